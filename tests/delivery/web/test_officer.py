"""The officer's desk: what awaits a decision, what each decision does, who may decide, and who comes second."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from delivery.clock import SteppedClock
from delivery.desk_work import resolve_item
from delivery.domain.errors import Forbidden
from delivery.domain.event import EventKind, Report
from delivery.field_reports import report_visit
from delivery.officer_acts import OFFICER_ACTIONS, OFFICER_ONLY, OfficerAct, Presence
from delivery.order_life import order_to_change
from delivery.runtime import Runtime
from delivery.signing_in import Role, add_membership
from delivery.store.accounts import Account, ApiKey
from delivery.store.courts import Court
from delivery.store.desk import DeskItem, put_on_desk
from delivery.store.ids import new_id
from delivery.store.journal import journal_of
from delivery.store.orders import Attempt, ServiceOrder
from delivery.store.parties import Address
from delivery.tasks import run_due
from delivery.tracking import record_fact
from tests.delivery.served_links import Served
from tests.delivery.web.conftest import Browser, SignInAs
from tests.delivery.web.court_life import CourtLife
from tests.delivery.web.link_forms import enter

DEEMED = 5  # its recipient refused at the door, on video: left in place, and an officer must confirm it
"""The order of the court's life that waits for a confirmation."""


def _work(runtime: Runtime) -> None:
    while run_due(runtime, "test"):
        pass


def _order(runtime: Runtime, life: CourtLife, number: int) -> ServiceOrder:
    with runtime.transaction() as session:
        return session.get_one(ServiceOrder, (life.court_id, life.orders[number]))


def _item(runtime: Runtime, life: CourtLife, number: int, kind: str) -> UUID:
    with runtime.reading() as session:
        found = session.scalars(
            select(DeskItem.id).where(
                DeskItem.order_id == life.orders[number], DeskItem.kind == kind, DeskItem.closed_at.is_(None)
            )
        )
        return found.one()


def _facts(runtime: Runtime, life: CourtLife, number: int, kind: EventKind) -> list[dict[str, object]]:
    with runtime.reading() as session:
        events = journal_of(session, life.court_id, life.orders[number])
        return [event.args for event in events if event.kind == kind]


def _seen(browser: Browser, item: UUID) -> str:
    found = re.search(r'name="seen" value="(\w+)"', browser.look(f"/officer/{item}").text)
    assert found is not None
    return found[1]


def _objects(runtime: Runtime, life: CourtLife, number: int) -> UUID:
    """The recipient objects to the service, as through a link."""
    with runtime.transaction() as session:
        order = order_to_change(session, life.court_id, life.orders[number])
        report = Report(EventKind.OBJECTED, f"objected:{number}", runtime.now(), args={"objection": "other"})
        event = record_fact(session, order, report, now=runtime.now())
        assert event is not None
        item = put_on_desk(
            session,
            life.court_id,
            kind="objection",
            subject=str(event.id),
            at=runtime.now(),
            order_id=order.id,
            objection="other",
        )
        return item.id


def test_an_officer_lands_on_the_desk_and_confirms_with_presence(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    officer = sign_in_as(Role.COURT_OFFICER)
    assert officer.look("/").location == "/officer"
    item = _item(runtime, life, DEEMED, "confirm_outcome")
    assert f"/officer/{item}" in officer.look("/officer").text
    page = officer.look(f"/officer/{item}").text
    for told in ("留置送达", "民事诉讼法", "可能推翻的事由", "没有异议", "视频", "确认送达"):
        assert told in page
    form = {"action": "confirm", "presence": "live_video", "seen": _seen(officer, item)}
    assert officer.send(f"/officer/{item}", form).status_code == 303
    _work(runtime)
    order = _order(runtime, life, DEEMED)
    assert order.status == "concluded"
    confirmed = _facts(runtime, life, DEEMED, EventKind.OUTCOME_CONFIRMED)
    assert [(fact["presence"], fact["by"]) for fact in confirmed] == [("live_video", str(order.confirmed_by))]
    assert "薄弱之处" not in officer.look(f"/orders/{order.id}").text


def test_seen_afterwards_is_a_weak_point_wherever_the_outcome_is_shown(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    officer = sign_in_as(Role.COURT_OFFICER)
    item = _item(runtime, life, DEEMED, "confirm_outcome")
    assert officer.send(f"/officer/{item}", {"action": "confirm"}).status_code == 303
    _work(runtime)
    order = _order(runtime, life, DEEMED)
    assert _facts(runtime, life, DEEMED, EventKind.OUTCOME_CONFIRMED)[0]["presence"] == "afterwards"
    for address in (f"/orders/{order.id}", f"/officer/{item}", f"/cases/{order.case_id}/service-sheet"):
        assert "事后审查记录确认" in officer.look(address).text, address


def test_a_second_click_is_one_act_and_the_second_officer_sees_who_was_faster(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    first, second = sign_in_as(Role.COURT_OFFICER), sign_in_as(Role.COURT_OFFICER, language="en")
    item = _item(runtime, life, DEEMED, "confirm_outcome")
    form = {"action": "confirm", "seen": _seen(first, item)}
    assert first.send(f"/officer/{item}", form).status_code == 303
    assert first.send(f"/officer/{item}", form).status_code == 303
    late = second.send(f"/officer/{item}", form)
    assert late.status_code == 409
    assert "周明 settled this" in late.text
    assert "Confirm service" in late.text
    assert len(_facts(runtime, life, DEEMED, EventKind.OUTCOME_CONFIRMED)) == 1


def test_nothing_is_confirmed_on_facts_that_have_changed(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    officer = sign_in_as(Role.COURT_OFFICER)
    item = _item(runtime, life, DEEMED, "confirm_outcome")
    seen = _seen(officer, item)
    _objects(runtime, life, DEEMED)
    refused = officer.send(f"/officer/{item}", {"action": "confirm", "seen": seen})
    assert refused.status_code == 409
    assert "事实有变化" in refused.text
    assert _facts(runtime, life, DEEMED, EventKind.OUTCOME_CONFIRMED) == []
    again = {"action": "confirm", "seen": _seen(officer, item)}
    assert officer.send(f"/officer/{item}", again).status_code == 303


def test_what_is_sent_back_returns_with_an_answer(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    officer, dispatcher = sign_in_as(Role.COURT_OFFICER), sign_in_as(Role.DISPATCHER)
    item = _item(runtime, life, DEEMED, "confirm_outcome")
    assert officer.send(f"/officer/{item}", {"action": "send_back", "reason": " "}).status_code == 422
    assert officer.send(f"/officer/{item}", {"action": "send_back", "reason": "录像不清"}).status_code == 303
    _work(runtime)
    assert _facts(runtime, life, DEEMED, EventKind.OUTCOME_SENT_BACK)[0]["asked"] == "confirm_outcome"
    assert f"/officer/{item}" not in officer.look("/officer").text
    assert "录像不清" in dispatcher.look("/desk?kind=sent_back").text
    returned = _item(runtime, life, DEEMED, "sent_back")
    done = dispatcher.send(f"/desk/{returned}", {"action": "hand_in_again", "reason": "已补全程录像"})
    assert done.status_code == 303
    _work(runtime)
    assert "已补全程录像" in officer.look(f"/officer/{_item(runtime, life, DEEMED, 'confirm_outcome')}").text


@pytest.mark.parametrize(("outcome", "day"), [("NOT_SERVED", ""), ("SERVED", "2026-03-11")])
def test_a_decision_otherwise_is_a_fact_that_the_engine_honours(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs, outcome: str, day: str
) -> None:
    officer = sign_in_as(Role.COURT_OFFICER)
    item = _item(runtime, life, DEEMED, "confirm_outcome")
    unclear = {"action": "decide_otherwise", "reason": "地址有误", "outcome": "SERVED", "effective_on": ""}
    assert officer.send(f"/officer/{item}", unclear).status_code == 422
    form = {"action": "decide_otherwise", "reason": "地址有误", "outcome": outcome, "effective_on": day}
    assert officer.send(f"/officer/{item}", form).status_code == 303
    _work(runtime)
    order = _order(runtime, life, DEEMED)
    assert order.outcome == outcome
    assert str(order.effective_on or "") == day
    assert order.status == ("concluded" if outcome == "SERVED" else "open")
    assert _facts(runtime, life, DEEMED, EventKind.OUTCOME_DECIDED)[0]["outcome"] == outcome
    life.work_until(runtime.now() + timedelta(days=1))
    assert _order(runtime, life, DEEMED).outcome == outcome, "no later look turns it round"


def test_only_the_note_of_the_court_completes_a_refusal_elsewhere(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    """INT 131(2): the contractor's word that a clerk noted it is no note."""
    with runtime.transaction() as session:
        attempt = session.scalars(
            select(Attempt).where(Attempt.order_id == life.orders[1], Attempt.channel == "in_person")
        ).first()
        assert attempt is not None
        attempt.status = "planned"
        report = {
            "result": "refused",
            "at": runtime.now(),
            "place": "elsewhere",
            "refused_by": {"role": "recipient"},
            "process_media": "video",
            "noted_by": ["clerk"],
            "report_id": "elsewhere",
        }
        report_visit(session, life.court_id, attempt.id, report, by=None, now=runtime.now())
    _work(runtime)
    assert _order(runtime, life, 1).outcome == "COURT_REVIEW"
    officer = sign_in_as(Role.COURT_OFFICER)
    assert "待补记拒收情况" in officer.look("/officer").text
    item = _item(runtime, life, 1, "court_review")
    form = {"action": "write_note", "noter": "judge", "presence": "present", "seen": _seen(officer, item)}
    assert officer.send(f"/officer/{item}", form).status_code == 303
    _work(runtime)
    note = _facts(runtime, life, 1, EventKind.OFFICER_NOTED)
    assert [(fact["noted_by"], fact["presence"]) for fact in note] == [("judge", "present")]
    assert _order(runtime, life, 1).outcome == "SERVED"
    assert _item(runtime, life, 1, "confirm_outcome"), "it is deemed, so it is confirmed before it counts"


def test_the_list_is_sorted_by_hearing_and_counted(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    officer = sign_in_as(Role.COURT_OFFICER)
    _objects(runtime, life, 11)
    _objects(runtime, life, 0)
    page = officer.look("/officer").text
    hearings = re.findall(r'<span class="nowrap">(2026-\d\d-\d\d \d\d:\d\d)</span>', page)
    assert len(hearings) >= 3
    assert hearings == sorted(hearings)
    assert "异议待审查 2" in re.sub(r"\s+", " ", page)
    assert officer.look("/officer?kind=objection").text.count("data-row") == 2


def test_an_objection_is_decided_with_a_reason(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    officer = sign_in_as(Role.COURT_OFFICER)
    item = _objects(runtime, life, DEEMED)
    assert officer.send(f"/officer/{item}", {"action": "dismiss"}).status_code == 422
    assert officer.send(f"/officer/{item}", {"action": "dismiss", "reason": "录像清楚"}).status_code == 303
    assert _facts(runtime, life, DEEMED, EventKind.DOUBT_DECIDED)[0]["decision"] == "dismissed"
    other = _objects(runtime, life, 1)
    upheld = {"action": "uphold", "reason": "属实", "outcome": "NOT_SERVED"}
    assert officer.send(f"/officer/{other}", upheld).status_code == 422, "nothing was served that could be undone"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.COURT_OFFICER])
def test_nobody_else_does_an_officers_act_by_any_door(
    life: CourtLife, runtime: Runtime, app: Flask, sign_in_as: SignInAs, role: Role
) -> None:
    browser = sign_in_as(role)
    item = _item(runtime, life, DEEMED, "confirm_outcome")
    doubt = _objects(runtime, life, DEEMED)
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
    assert _facts(runtime, life, DEEMED, EventKind.OUTCOME_CONFIRMED) == []


@pytest.mark.parametrize("second", [Role.DISPATCHER, Role.FIELD_SERVER, Role.LAW_FIRM])
def test_a_post_outside_the_court_bars_an_officer(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs, second: Role
) -> None:
    officer = sign_in_as(Role.COURT_OFFICER)
    with runtime.transaction() as session:
        account = session.scalars(select(Account).where(Account.login == "court_officer.qinghe.zh")).one()
        elsewhere = session.scalars(select(Court).where(Court.code == "baishan")).one()
        add_membership(session, account.id, elsewhere.id, second)
    item = _item(runtime, life, DEEMED, "confirm_outcome")
    assert officer.send(f"/officer/{item}", {"action": "confirm"}).status_code == 403
    assert _facts(runtime, life, DEEMED, EventKind.OUTCOME_CONFIRMED) == []


def test_a_program_without_the_officers_role_is_refused(life: CourtLife, runtime: Runtime, app: Flask) -> None:
    import hashlib

    with runtime.transaction() as session:
        for token, scopes in (("outside", "desk"), ("officer", "desk role:court_officer")):
            digest = hashlib.sha256(token.encode()).hexdigest()
            session.add(
                ApiKey(court_id=life.court_id, key_hash=digest, label=token, scopes=scopes, created_at=runtime.now())
            )
    item = _item(runtime, life, DEEMED, "confirm_outcome")

    def tell(token: str, **body: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return app.test_client().post(f"/api/v1/desk/{item}/resolve", json=body, headers=headers).status_code

    assert tell("outside", action="confirm") == 403
    assert tell("outside", action="decide_otherwise", reason="x", outcome="NOT_SERVED") == 403
    assert tell("officer", action="confirm", seen="0" * 16) == 409
    assert tell("officer", action="confirm", presence="present") == 200
    assert _facts(runtime, life, DEEMED, EventKind.OUTCOME_CONFIRMED)[0]["presence"] == "present"


def test_the_service_sheet_says_what_bars_a_default_judgment_in_both_languages(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    officer = sign_in_as(Role.COURT_OFFICER)
    address = f"/cases/{_order(runtime, life, DEEMED).case_id}/service-sheet"
    assert "尚未经法官确认" in officer.look(address).text
    item = _item(runtime, life, DEEMED, "confirm_outcome")
    officer.send(f"/officer/{item}", {"action": "confirm", "presence": "present"})
    _work(runtime)
    page = officer.look(address).text
    assert "送达方面无障碍" in page
    assert "不得径行缺席判决" not in page
    assert "在场见证" in page
    doubt = _objects(runtime, life, DEEMED)
    for language in (officer, sign_in_as(Role.CLERK, language="en")):
        page = language.look(address).text
        assert page.index("不得径行缺席判决") < page.index("<h1>")
        assert "No default judgment yet" in page
    officer.send(f"/officer/{doubt}", {"action": "dismiss", "reason": "录像清楚"})
    assert "不得径行缺席判决" not in officer.look(address).text


def test_every_act_of_an_officer_is_offered_on_a_page(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    officer = sign_in_as(Role.COURT_OFFICER, language="en")
    made = [("confirm_outcome", _item(runtime, life, DEEMED, "confirm_outcome"))]
    with runtime.transaction() as session:
        for kind in ("objection", "contradiction", "effect_changed", "approve_notice"):
            item = put_on_desk(
                session, life.court_id, kind=kind, subject=f"probe:{kind}", at=runtime.now(), order_id=life.orders[5]
            )
            made.append((kind, item.id))
    for kind, item_id in made:
        page = officer.look(f"/officer/{item_id}")
        assert page.status_code == 200
        for action in OFFICER_ACTIONS[kind]:
            assert f'value="{action}"' in page.text, (kind, action)


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
    _work(runtime)


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
    _work(runtime)


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
    day = str(_order(runtime, life, DEEMED).effective_on)
    for address in ("/firm", f"/firm/{life.orders[DEEMED]}"):
        assert day not in firm.look(address).text
    item = _item(runtime, life, DEEMED, "confirm_outcome")
    sign_in_as(Role.COURT_OFFICER).send(f"/officer/{item}", {"action": "confirm"})
    _work(runtime)
    assert day in firm.look(f"/firm/{life.orders[DEEMED]}").text


def test_presence_is_honest_by_default() -> None:
    """Whoever says nothing has seen nothing but the record."""
    told: Callable[[], OfficerAct] = OfficerAct
    assert told().presence is Presence.AFTERWARDS
