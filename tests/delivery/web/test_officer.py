"""The officer's desk: what awaits a decision, what each decision does, and who comes second."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from delivery.domain.event import EventKind
from delivery.field_reports import report_visit
from delivery.officer_acts import OFFICER_ACTIONS
from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.store.desk import put_on_desk
from delivery.store.orders import Attempt
from tests.delivery.web.conftest import SignInAs
from tests.delivery.web.court_life import CourtLife
from tests.delivery.web.officer_scene import DEEMED, facts_of, item_of, mark_seen, object_to, order_of, work


def test_an_officer_lands_on_the_desk_and_confirms_with_presence(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    officer = sign_in_as(Role.COURT_OFFICER)
    assert officer.look("/").location == "/officer"
    item = item_of(runtime, life, DEEMED, "confirm_outcome")
    assert f"/officer/{item}" in officer.look("/officer").text
    page = officer.look(f"/officer/{item}").text
    for told in ("留置送达", "民事诉讼法", "可能推翻的事由", "没有异议", "视频", "确认送达"):
        assert told in page
    form = {"action": "confirm", "presence": "live_video", "seen": mark_seen(officer, item)}
    assert officer.send(f"/officer/{item}", form).status_code == 303
    work(runtime)
    order = order_of(runtime, life, DEEMED)
    assert order.status == "concluded"
    confirmed = facts_of(runtime, life, DEEMED, EventKind.OUTCOME_CONFIRMED)
    assert [(fact["presence"], fact["by"]) for fact in confirmed] == [("live_video", str(order.confirmed_by))]
    assert "薄弱之处" not in officer.look(f"/orders/{order.id}").text


def test_seen_afterwards_is_a_weak_point_wherever_the_outcome_is_shown(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    officer = sign_in_as(Role.COURT_OFFICER)
    item = item_of(runtime, life, DEEMED, "confirm_outcome")
    assert officer.send(f"/officer/{item}", {"action": "confirm"}).status_code == 303
    work(runtime)
    order = order_of(runtime, life, DEEMED)
    assert facts_of(runtime, life, DEEMED, EventKind.OUTCOME_CONFIRMED)[0]["presence"] == "afterwards"
    for address in (f"/orders/{order.id}", f"/officer/{item}", f"/cases/{order.case_id}/service-sheet"):
        assert "事后审查记录确认" in officer.look(address).text, address


def test_a_second_click_is_one_act_and_the_second_officer_sees_who_was_faster(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    first, second = sign_in_as(Role.COURT_OFFICER), sign_in_as(Role.COURT_OFFICER, language="en")
    item = item_of(runtime, life, DEEMED, "confirm_outcome")
    form = {"action": "confirm", "seen": mark_seen(first, item)}
    assert first.send(f"/officer/{item}", form).status_code == 303
    assert first.send(f"/officer/{item}", form).status_code == 303
    late = second.send(f"/officer/{item}", form)
    assert late.status_code == 409
    assert "周明 settled this" in late.text
    assert "Confirm service" in late.text
    assert len(facts_of(runtime, life, DEEMED, EventKind.OUTCOME_CONFIRMED)) == 1


def test_nothing_is_confirmed_on_facts_that_have_changed(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    officer = sign_in_as(Role.COURT_OFFICER)
    item = item_of(runtime, life, DEEMED, "confirm_outcome")
    seen = mark_seen(officer, item)
    object_to(runtime, life, DEEMED)
    refused = officer.send(f"/officer/{item}", {"action": "confirm", "seen": seen})
    assert refused.status_code == 409
    assert "事实有变化" in refused.text
    assert facts_of(runtime, life, DEEMED, EventKind.OUTCOME_CONFIRMED) == []
    again = {"action": "confirm", "seen": mark_seen(officer, item)}
    assert officer.send(f"/officer/{item}", again).status_code == 303


def test_what_is_sent_back_returns_with_an_answer(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    officer, dispatcher = sign_in_as(Role.COURT_OFFICER), sign_in_as(Role.DISPATCHER)
    item = item_of(runtime, life, DEEMED, "confirm_outcome")
    assert officer.send(f"/officer/{item}", {"action": "send_back", "reason": " "}).status_code == 422
    assert officer.send(f"/officer/{item}", {"action": "send_back", "reason": "录像不清"}).status_code == 303
    work(runtime)
    assert facts_of(runtime, life, DEEMED, EventKind.OUTCOME_SENT_BACK)[0]["asked"] == "confirm_outcome"
    assert f"/officer/{item}" not in officer.look("/officer").text
    assert "录像不清" in dispatcher.look("/desk?kind=sent_back").text
    returned = item_of(runtime, life, DEEMED, "sent_back")
    done = dispatcher.send(f"/desk/{returned}", {"action": "hand_in_again", "reason": "已补全程录像"})
    assert done.status_code == 303
    work(runtime)
    assert "已补全程录像" in officer.look(f"/officer/{item_of(runtime, life, DEEMED, 'confirm_outcome')}").text


@pytest.mark.parametrize(("outcome", "day"), [("NOT_SERVED", ""), ("SERVED", "2026-03-11")])
def test_a_decision_otherwise_is_a_fact_that_the_engine_honours(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs, outcome: str, day: str
) -> None:
    officer = sign_in_as(Role.COURT_OFFICER)
    item = item_of(runtime, life, DEEMED, "confirm_outcome")
    unclear = {"action": "decide_otherwise", "reason": "地址有误", "outcome": "SERVED", "effective_on": ""}
    assert officer.send(f"/officer/{item}", unclear).status_code == 422
    form = {"action": "decide_otherwise", "reason": "地址有误", "outcome": outcome, "effective_on": day}
    assert officer.send(f"/officer/{item}", form).status_code == 303
    work(runtime)
    order = order_of(runtime, life, DEEMED)
    assert order.outcome == outcome
    assert str(order.effective_on or "") == day
    assert order.status == ("concluded" if outcome == "SERVED" else "open")
    assert facts_of(runtime, life, DEEMED, EventKind.OUTCOME_DECIDED)[0]["outcome"] == outcome
    life.work_until(runtime.now() + timedelta(days=1))
    assert order_of(runtime, life, DEEMED).outcome == outcome, "no later look turns it round"


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
    work(runtime)
    assert order_of(runtime, life, 1).outcome == "COURT_REVIEW"
    officer = sign_in_as(Role.COURT_OFFICER)
    assert "待补记拒收情况" in officer.look("/officer").text
    item = item_of(runtime, life, 1, "court_review")
    form = {"action": "write_note", "noter": "judge", "presence": "present", "seen": mark_seen(officer, item)}
    assert officer.send(f"/officer/{item}", form).status_code == 303
    work(runtime)
    note = facts_of(runtime, life, 1, EventKind.OFFICER_NOTED)
    assert [(fact["noted_by"], fact["presence"]) for fact in note] == [("judge", "present")]
    assert order_of(runtime, life, 1).outcome == "SERVED"
    assert item_of(runtime, life, 1, "confirm_outcome") != item, "it is deemed, so it is confirmed before it counts"


def test_the_list_is_sorted_by_hearing_and_counted(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    officer = sign_in_as(Role.COURT_OFFICER)
    object_to(runtime, life, 11)
    object_to(runtime, life, 0)
    page = officer.look("/officer").text
    hearings = re.findall(r'<span class="nowrap">(2026-\d\d-\d\d \d\d:\d\d)</span>', page)
    assert len(hearings) >= 3
    assert hearings == sorted(hearings)
    assert "异议待审查 2" in re.sub(r"\s+", " ", page)
    assert officer.look("/officer?kind=objection").text.count("data-row") == 2


def test_who_works_through_one_kind_stays_with_it(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    officer = sign_in_as(Role.COURT_OFFICER)
    objections = {object_to(runtime, life, 11), object_to(runtime, life, 0)}
    at = re.findall(r'data-row href="([^"]+)"', officer.look("/officer?kind=objection").text)[0]
    for left in (1, 0):
        (told,) = set(re.findall(r'method="post" action="(/officer/[^"]+)"', officer.look(at).text))
        done = officer.send(told, {"action": "dismiss", "reason": "录像清楚"})
        assert (done.status_code, "kind=objection" in done.location) == (303, True)
        at = done.location
        assert at.startswith("/officer/") == bool(left)
    assert all(str(item) not in officer.look("/officer?kind=objection").text for item in objections)


def test_an_objection_is_decided_with_a_reason(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    officer = sign_in_as(Role.COURT_OFFICER)
    item = object_to(runtime, life, DEEMED)
    assert officer.send(f"/officer/{item}", {"action": "dismiss"}).status_code == 422
    assert officer.send(f"/officer/{item}", {"action": "dismiss", "reason": "录像清楚"}).status_code == 303
    assert facts_of(runtime, life, DEEMED, EventKind.DOUBT_DECIDED)[0]["decision"] == "dismissed"
    other = object_to(runtime, life, 1)
    upheld = {"action": "uphold", "reason": "属实", "outcome": "NOT_SERVED"}
    assert officer.send(f"/officer/{other}", upheld).status_code == 422, "nothing was served that could be undone"


def test_the_service_sheet_says_what_bars_a_default_judgment_in_both_languages(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    officer = sign_in_as(Role.COURT_OFFICER)
    address = f"/cases/{order_of(runtime, life, DEEMED).case_id}/service-sheet"
    assert "尚未经法官确认" in officer.look(address).text
    item = item_of(runtime, life, DEEMED, "confirm_outcome")
    officer.send(f"/officer/{item}", {"action": "confirm", "presence": "present"})
    work(runtime)
    page = officer.look(address).text
    assert "送达方面无障碍" in page
    assert "不得径行缺席判决" not in page
    assert "在场见证" in page
    doubt = object_to(runtime, life, DEEMED)
    for language in (officer, sign_in_as(Role.CLERK, language="en")):
        page = language.look(address).text
        assert page.index("不得径行缺席判决") < page.index("<h1>")
        assert "No default judgment yet" in page
    officer.send(f"/officer/{doubt}", {"action": "dismiss", "reason": "录像清楚"})
    assert "不得径行缺席判决" not in officer.look(address).text


def test_every_act_of_an_officer_is_offered_on_a_page(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    officer = sign_in_as(Role.COURT_OFFICER, language="en")
    made = [("confirm_outcome", item_of(runtime, life, DEEMED, "confirm_outcome"))]
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
