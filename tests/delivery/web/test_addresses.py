"""The page of a recipient's addresses: entered, changed, confirmed, and a merge taken back, each a fact."""

from sqlalchemy import select

from delivery.party_merging import merge, merges_of
from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.store.cases import Recipient
from delivery.store.journal import journal_of
from delivery.store.orders import ServiceOrder
from delivery.store.parties import Address
from tests.delivery.web.conftest import SignInAs
from tests.delivery.web.court_life import CourtLife


def _facts(runtime: Runtime, life: CourtLife) -> int:
    with runtime.reading() as session:
        events = journal_of(session, life.court_id, life.orders[1])
        return sum(event.kind == "address_recorded" for event in events)


def test_a_clerk_enters_changes_and_confirms(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    browser = sign_in_as(Role.CLERK)
    page = f"/orders/{life.orders[1]}/addresses"
    one = {"kind": "mobile", "value": "139 0013 9001", "basis": "own_filing", "given_on": "2026-03-02"}

    assert browser.send(page, one).status_code == 303
    assert "+8613900139001" in browser.look(page).text
    for wrong in ({"value": "1390013"}, {"given_on": "someday"}, {"basis": "confirmed"}, {"given_on": "2099-01-01"}):
        assert browser.send(page, {**one, **wrong}).status_code == 422

    with runtime.reading() as session:
        ids = {address.value: address.id for address in session.scalars(select(Address))}
    change = {**one, "value": "13900139002", "address": str(ids["+8613900139001"]), "in_writing": "yes"}
    assert browser.send(f"{page}/change", change).status_code == 303
    assert "起停用" in browser.look(page).text
    assert browser.send(f"{page}/change", {**change, "address": "x"}).status_code == 404

    form = {"mobile": "13900139003", "signed_on": "2026-03-02", "consent": "yes", "warned": "yes"}
    assert browser.send(f"{page}/confirmation", form).status_code == 303
    assert "送达地址确认书" in browser.look(page).text
    assert browser.send(f"{page}/confirmation", {"signed_on": "2026-03-02"}).status_code == 422
    for day in ("1900-01-01", "2004-12-31", "2026-05-01", "2099-01-01"):
        refused = browser.send(f"{page}/confirmation", {**form, "signed_on": day})
        assert (refused.status_code, f"确认书不可能在 {day} 签署" in refused.text) == (422, True)
    assert _facts(runtime, life) == 3
    order_page = browser.look(f"/orders/{life.orders[1]}").text
    assert "登记送达地址" in order_page
    assert f'href="{page}"' in order_page


def test_the_page_is_english_for_who_reads_english(life: CourtLife, sign_in_as: SignInAs) -> None:
    page = sign_in_as(Role.CLERK, language="en").look(f"/orders/{life.orders[1]}/addresses").text
    assert "Record a signed confirmation form" in page


def test_a_merge_is_taken_back(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    with runtime.transaction() as session:
        parties = []
        for order_id in (life.orders[1], life.orders[3]):
            order = session.get_one(ServiceOrder, (life.court_id, order_id))
            parties.append(session.get_one(Recipient, (life.court_id, order.recipient_id)).party_id)
        merged = merge(session, life.court_id, *parties, by=None, now=runtime.now()).id
    browser = sign_in_as(Role.CLERK)
    page = f"/orders/{life.orders[1]}/addresses"
    assert "撤销合并" in browser.look(page).text

    assert browser.send(f"{page}/merge/undo", {"merge": str(merged)}).status_code == 303

    assert "撤销合并" not in browser.look(page).text
    assert browser.send(f"{page}/merge/undo", {"merge": str(merged)}).status_code == 404
    with runtime.reading() as session:
        assert merges_of(session, life.court_id, parties[0]) == []
