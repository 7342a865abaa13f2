"""Who may do an officer's acts, by whichever door, and who sees a deemed day when."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from delivery.clock import SteppedClock
from delivery.desk_work import resolve_item
from delivery.domain.errors import Forbidden
from delivery.domain.event import EventKind
from delivery.field_reports import report_visit
from delivery.officer_acts import OFFICER_ONLY, OfficerAct, Presence
from delivery.order_life import order_to_change
from delivery.runtime import Runtime
from delivery.signing_in import Role, add_membership
from delivery.store.accounts import Account, ApiKey
from delivery.store.courts import Court
from delivery.store.desk import DeskItem
from delivery.store.ids import new_id
from delivery.store.orders import Attempt, ServiceOrder
from delivery.store.parties import Address
from tests.delivery.served_links import Served
from tests.delivery.web.conftest import Browser, SignInAs
from tests.delivery.web.court_life import CourtLife
from tests.delivery.web.link_forms import enter
from tests.delivery.web.officer_scene import DEEMED, facts_of, item_of, mark_seen, object_to, order_of, work


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.COURT_OFFICER])
def test_nobody_else_does_an_officers_act_by_any_door(
    life: CourtLife, runtime: Runtime, app: Flask, sign_in_as: SignInAs, role: Role
) -> None:
    browser = sign_in_as(role)
    item = item_of(runtime, life, DEEMED, "confirm_outcome")
    doubt = object_to(runtime, life, DEEMED)
    for address in ("/officer", f"/officer/{item}"):
        assert browser.look(address).status_code == 403
    for subject in (item, doubt):
        for action in OFFICER_ONLY | {"done"}:
            form = {"action": action, "reason": "x", "outcome": "NOT_SERVED"}
            assert browser.send(f"/officer/{subject}", form).status_code == 403
            assert browser.send(f"/desk/{subject}", form).status_code in {403, 422}
    with runtime.transaction() as session, pytest.raises(Forbidden):
        resolve_item(
            runtime,
            session,
            life.court_id,
            item,
            action="confirm",
            reason="",
            by=None,
            roles=frozenset({str(role)}),
            now=runtime.now(),
        )
    assert app.test_client().post(f"/api/v1/desk/{item}/resolve", json={"action": "confirm"}).status_code == 401
    assert facts_of(runtime, life, DEEMED, EventKind.OUTCOME_CONFIRMED) == []


@pytest.mark.parametrize("second", [Role.DISPATCHER, Role.FIELD_SERVER, Role.LAW_FIRM])
def test_a_post_outside_the_court_bars_an_officer(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs, second: Role
) -> None:
    officer = sign_in_as(Role.COURT_OFFICER)
    with runtime.transaction() as session:
        account = session.scalars(select(Account).where(Account.login == "court_officer.qinghe.zh")).one()
        elsewhere = session.scalars(select(Court).where(Court.code == "baishan")).one()
        add_membership(session, account.id, elsewhere.id, second)
    item = item_of(runtime, life, DEEMED, "confirm_outcome")
    assert officer.send(f"/officer/{item}", {"action": "confirm"}).status_code == 403
    assert facts_of(runtime, life, DEEMED, EventKind.OUTCOME_CONFIRMED) == []


def test_a_program_without_the_officers_role_is_refused(life: CourtLife, runtime: Runtime, app: Flask) -> None:
    import hashlib

    with runtime.transaction() as session:
        for token, scopes in (("outside", "desk"), ("officer", "desk role:court_officer")):
            digest = hashlib.sha256(token.encode()).hexdigest()
            session.add(
                ApiKey(court_id=life.court_id, key_hash=digest, label=token, scopes=scopes, created_at=runtime.now())
            )
    item = item_of(runtime, life, DEEMED, "confirm_outcome")

    def tell(token: str, **body: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return app.test_client().post(f"/api/v1/desk/{item}/resolve", json=body, headers=headers).status_code

    assert tell("outside", action="confirm") == 403
    assert tell("outside", action="decide_otherwise", reason="x", outcome="NOT_SERVED") == 403
    assert tell("officer", action="confirm", seen="0" * 16) == 409
    assert tell("officer", action="confirm", presence="present") == 200
    assert facts_of(runtime, life, DEEMED, EventKind.OUTCOME_CONFIRMED)[0]["presence"] == "present"


def _refuse_at_the_door(runtime: Runtime, served: Served, at: datetime) -> None:
    """A visit to the recipient of a link, who refuses: left in place on that day, subject to confirmation."""
    with runtime.transaction() as session:
        order = order_to_change(session, served.court_id, served.order_id)
        address = session.scalars(
            select(Address).where(Address.court_id == served.court_id, Address.kind == "postal")
        ).first()
        attempt = Attempt(
            court_id=served.court_id,
            id=new_id(),
            order_id=order.id,
            tier="visit",
            channel="in_person",
            purpose="hand_over",
            address_id=address.id if address else None,
            idempotency_key=str(new_id()),
            status="planned",
            planned_at=at,
        )
        session.add(attempt)
        session.flush()
        report = {
            "result": "refused",
            "at": at,
            "place": "residence",
            "refused_by": {"role": "recipient", "adult": True},
            "process_media": "video",
        }
        report_visit(session, served.court_id, attempt.id, report, by=None, now=runtime.now())
    work(runtime)


def _confirm(runtime: Runtime, served: Served) -> None:
    with runtime.transaction() as session:
        item = session.scalars(
            select(DeskItem).where(DeskItem.kind == "confirm_outcome", DeskItem.closed_at.is_(None))
        ).one()
        resolve_item(
            runtime,
            session,
            served.court_id,
            item.id,
            action="confirm",
            reason="",
            by=None,
            roles=frozenset({"court_officer"}),
            now=runtime.now(),
        )
    work(runtime)


def test_recipients_see_no_deemed_day_before_its_confirmation(
    runtime: Runtime, served: Served, browser: Browser
) -> None:
    enter(browser, served)
    clock = runtime.clock
    assert isinstance(clock, SteppedClock)
    clock.step_to(runtime.now() + timedelta(days=3))
    second, first = runtime.now() - timedelta(days=1), runtime.now() - timedelta(days=2)
    days = [moment.astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat() for moment in (second, first)]

    def shown() -> list[str]:
        page = browser.look(f"{served.address}/papers").text
        return [day for day in days if day in page]

    _refuse_at_the_door(runtime, served, second)
    with runtime.reading() as session:
        order = session.get_one(ServiceOrder, (served.court_id, served.order_id))
        assert str(order.effective_on) == days[0]
        assert order.effect["needs_confirmation"]
    assert shown() == []
    assert "答辩期" not in browser.look(f"{served.address}/papers").text
    _confirm(runtime, served)
    assert shown() == [days[0]]
    _refuse_at_the_door(runtime, served, first)
    with runtime.reading() as session:
        order = session.get_one(ServiceOrder, (served.court_id, served.order_id))
        assert (order.status, str(order.effective_on), order.confirmed_at) == ("concluded", days[1], None)
    assert shown() == [], "an earlier deemed day came out later, and nobody has confirmed that one"


def test_a_firm_sees_no_deemed_day_before_its_confirmation(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    firm = sign_in_as(Role.LAW_FIRM, law_firm_id=life.firm_id)
    day = str(order_of(runtime, life, DEEMED).effective_on)
    for address in ("/firm", f"/firm/{life.orders[DEEMED]}"):
        assert day not in firm.look(address).text
    item = item_of(runtime, life, DEEMED, "confirm_outcome")
    sign_in_as(Role.COURT_OFFICER).send(f"/officer/{item}", {"action": "confirm"})
    work(runtime)
    assert day in firm.look(f"/firm/{life.orders[DEEMED]}").text


def test_presence_is_honest_by_default() -> None:
    """Whoever says nothing has seen nothing but the record."""
    told: Callable[[], OfficerAct] = OfficerAct
    assert told().presence is Presence.AFTERWARDS


def test_two_officers_at_once_are_one_act(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    item = item_of(runtime, life, DEEMED, "confirm_outcome")
    officers = [sign_in_as(Role.COURT_OFFICER, language=language) for language in ("zh", "en")]
    forms = [{"action": "confirm", "csrf": one.token(), "seen": mark_seen(one, item)} for one in officers]
    gate = threading.Barrier(len(officers))
    answers: list[int] = []

    def decide(one: Browser, form: dict[str, str]) -> None:
        gate.wait()
        answers.append(one.post(f"/officer/{item}", data=form, buffered=True).status_code)

    threads = [threading.Thread(target=decide, args=pair) for pair in zip(officers, forms, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 409]
    assert len(facts_of(runtime, life, DEEMED, EventKind.OUTCOME_CONFIRMED)) == 1
