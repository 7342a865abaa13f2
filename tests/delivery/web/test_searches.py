"""Address search and exhaustion certificate in the browser: asked, answered, and only then a notice approved."""

import io
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.store.cases import Recipient
from delivery.store.desk import DeskItem, put_on_desk
from delivery.store.evidence import Evidence
from delivery.store.orders import ServiceOrder
from delivery.store.parties import Address
from delivery.store.searches import AddressSearch
from tests.delivery.web.conftest import Browser, SignInAs
from tests.delivery.web.court_life import PDF, CourtLife


def _of(runtime: Runtime, page: str) -> dict[str, UUID]:
    """Source -> the search that the page shows."""
    with runtime.reading() as session:
        return {row.source: row.id for row in session.scalars(select(AddressSearch)) if str(row.order_id) in page}


@pytest.fixture
def page(life: CourtLife, runtime: Runtime) -> str:
    """The searches of an open order that has no address any more."""
    with runtime.transaction() as session:
        order = session.get_one(ServiceOrder, (life.court_id, life.orders[3]))
        recipient = session.get_one(Recipient, (life.court_id, order.recipient_id))
        for address in session.scalars(select(Address).where(Address.party_id == recipient.party_id)):
            address.standing = "not_theirs"
        put_on_desk(
            session, life.court_id, kind="approve_notice", subject=str(order.id), at=runtime.now(), order_id=order.id
        )
    return f"/orders/{life.orders[3]}/searches"


def _approve(browser: Browser, runtime: Runtime, order_id: object) -> int:
    with runtime.reading() as session:
        item = session.scalars(
            select(DeskItem.id).where(DeskItem.kind == "approve_notice", DeskItem.order_id == order_id)
        ).one()
    answer = browser.send(f"/desk/{item}", {"action": "approve_notice", "reason": "穷尽其他方式"})
    if answer.status_code != 303:
        assert "公告前尚有未尽事项" in answer.text
    return answer.status_code


def test_a_notice_is_refused_while_a_search_is_open_and_accepted_after(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs, page: str
) -> None:
    clerk, officer = sign_in_as(Role.CLERK), sign_in_as(Role.COURT_OFFICER)
    shown = clerk.look(page).text
    for source in ("ask_plaintiff", "household_register", "company_register"):
        assert f'id="{source}"' in shown
        clerk.send(page, {"source": source})
    searches = _of(runtime, page)
    assert 1 <= len(searches) <= 2
    assert _approve(officer, runtime, life.orders[3]) == 409
    certificate = clerk.look(page.replace("searches", "exhaustion")).text
    assert "尚未答复" in certificate
    for number, search in enumerate(searches.values()):
        assert _approve(officer, runtime, life.orders[3]) == 409
        form: dict[str, object] = {"answer": "nothing", "note": "查无此人"}
        if number == 0:
            form["paper"] = (io.BytesIO(PDF), "reply.pdf")
        assert clerk.send(f"{page}/{search}", form).status_code == 303
        assert clerk.send(f"{page}/{search}", {"answer": "nothing"}).status_code == 409
    first = next(iter(searches.values()))
    assert clerk.look(f"{page}/{first}/paper").data == PDF
    assert "没有未尽事项" in clerk.look(page.replace("searches", "exhaustion")).text
    assert _approve(officer, runtime, life.orders[3]) == 303
    with runtime.reading() as session:
        kept = session.scalars(select(Evidence.sha256).where(Evidence.kind == "exhaustion")).one()
    assert kept in officer.look(page.replace("searches", "exhaustion")).text


def test_an_address_that_is_found_stands_on_the_page_of_addresses(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs, page: str
) -> None:
    clerk = sign_in_as(Role.CLERK)
    clerk.send(page, {"source": "ask_plaintiff"})
    search = _of(runtime, page)["ask_plaintiff"]
    found = {"answer": "found", "kind": "mobile", "value": "139 0013 9777", "basis": "plaintiff_supplied"}
    assert clerk.send(f"{page}/{search}", {**found, "value": "12"}).status_code == 422
    assert clerk.send(f"{page}/{search}", {**found, "answer": "perhaps"}).status_code == 422
    assert clerk.send(page, {"source": "horoscope"}).status_code == 422
    assert clerk.send(f"{page}/{search}", found).status_code == 303
    addresses = clerk.look(f"/orders/{life.orders[3]}/addresses").text
    assert "+8613900139777" in addresses
    assert "第 10 顺位" in addresses
    assert clerk.look(f"{page}/{search}/paper").status_code == 404
    with runtime.reading() as session:
        rows = session.scalars(select(AddressSearch.address_id).where(AddressSearch.answer == "found")).all()
    assert len(rows) == 1
    assert rows[0] is not None


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_read_in_both_languages(life: CourtLife, sign_in_as: SignInAs, page: str, language: str) -> None:
    clerk = sign_in_as(Role.CLERK, language=language)
    clerk.send(page, {"source": "ask_plaintiff"})
    words = {"zh": ("询问对方当事人", "穷尽送达方式情况表"), "en": ("Ask the other party", "Exhaustion certificate")}
    assert words[language][0] in clerk.look(page).text
    assert words[language][1] in clerk.look(page.replace("searches", "exhaustion")).text
    assert words[language][1] in clerk.look(f"/orders/{life.orders[3]}").text


def test_a_late_answer_is_shown_as_late(life: CourtLife, sign_in_as: SignInAs, page: str) -> None:
    clerk = sign_in_as(Role.CLERK)
    clerk.send(page, {"source": "ask_plaintiff"})
    assert "已逾期" not in clerk.look(page).text
    life.clock.step_to(life.clock.now() + timedelta(days=20))
    assert "已逾期" in clerk.look(page).text
    assert clerk.send(page, {"source": "ask_plaintiff"}).status_code == 303
    assert "已逾期" not in clerk.look(page).text
