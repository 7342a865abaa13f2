"""Calls by people: who is on the sheet, what a call is worth, and what a word on the telephone changes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from delivery.calling import CallOutcome, CallReport, CallToMake, SpokeWith, calls_to_make, record_call
from delivery.domain.errors import RequestError
from delivery.domain.event import Channel, EventKind
from delivery.store.courts import Court
from delivery.store.evidence import Evidence
from delivery.store.parties import Address, AddressBasis
from tests.delivery.scene import HOME, MOBILE, Scene

# Told by the other party: nobody has said yet that it is the recipient's own.
NUMBER = replace(MOBILE, basis="plaintiff_supplied", consent_scope="")
RECORDING = (b"ID3 two voices", "audio/mpeg")


def _sheet(scene: Scene) -> list[CallToMake]:
    with scene.looking() as session:
        return calls_to_make(session, scene.court_id)


def _called(scene: Scene, outcome: CallOutcome = CallOutcome.REACHED, **told: Any) -> None:  # noqa: ANN401 -- fields of a report
    (call,) = _sheet(scene)
    report = CallReport(outcome, call.numbers[0].id, **told)
    with scene.runtime.transaction() as session:
        record_call(scene.runtime, session, scene.court_id, call.order_id, report, by=None, now=scene.now)
    scene.run()


def _asked(scene: Scene, **more: Any) -> None:  # noqa: ANN401 -- fields of an entry
    scene.open(NUMBER, HOME, **more)
    scene.run()
    scene.tell(EventKind.REPLIED, scene.attempt(Channel.SMS), args={"choice": "call_me"})
    scene.run()


OWN: dict[str, Any] = {"spoke_with": SpokeWith.RECIPIENT, "identity_checked": True}
TOLD: dict[str, Any] = {**OWN, "contents_told": True, "confirms_receipt": True, "recording": RECORDING}


def test_whoever_asks_is_on_the_sheet_with_the_least_that_a_caller_needs(scene: Scene) -> None:
    _asked(scene)
    (call,) = _sheet(scene)
    assert (call.recipient_name, call.asked, [number.value for number in call.numbers]) == (
        "李伟",
        True,
        [MOBILE.value],
    )
    assert call.papers == ("起诉状副本",)


def test_a_confirmed_and_recorded_call_is_service_in_summary_procedure(scene: Scene) -> None:
    _asked(scene, procedure="summary")
    _called(scene, **TOLD)
    order = scene.order()
    assert (order.outcome, order.effect_method, str(order.effective_on)) == ("SERVED", "telephone", "2026-03-02")
    assert _sheet(scene) == []
    with scene.looking() as session:
        (kept,) = session.scalars(select(Evidence).where(Evidence.kind == "call_recording")).all()
    assert scene.runtime.blobs.get(scene.court_id, kept.sha256) == RECORDING[0]


def test_the_same_call_is_no_service_in_ordinary_procedure_before_visit_and_mail(scene: Scene) -> None:
    _asked(scene)
    _called(scene, **TOLD)
    assert scene.order().outcome == "NOT_SERVED"


@pytest.mark.parametrize(
    "lacking", [{"identity_checked": False}, {"spoke_with": SpokeWith.FAMILY}, {"contents_told": False}]
)
def test_a_call_without_proof_of_who_and_what_serves_nobody(scene: Scene, lacking: dict[str, Any]) -> None:
    _asked(scene, procedure="summary")
    _called(scene, **{**TOLD, **lacking})
    assert scene.order().outcome == "NOT_SERVED"


def _right(scene: Scene) -> tuple[str, str]:
    with scene.looking() as session:
        (basis,) = session.scalars(
            select(AddressBasis).join(Address, Address.id == AddressBasis.address_id).where(Address.kind == "mobile")
        ).all()
        return basis.basis, basis.consent_scope


def test_a_number_confirmed_by_word_is_given_orally_with_its_consent(scene: Scene) -> None:
    _asked(scene)
    _called(scene, **OWN, scope_told=True, effect_told=True, confirms_number=True, consents=True)
    assert _right(scene) == ("given_orally", "all")


@pytest.mark.parametrize("missing", ["scope_told", "effect_told", "identity_checked"])
def test_without_its_conditions_a_word_changes_nothing(scene: Scene, missing: str) -> None:
    _asked(scene)
    told = {**OWN, "scope_told": True, "effect_told": True, "confirms_number": True, "consents": True, missing: False}
    with pytest.raises(RequestError) as caught:
        _called(scene, **told)
    assert caught.value.code == "call_conditions_missing"
    assert _right(scene) == ("plaintiff_supplied", "")


def test_a_wrong_person_stops_the_number(scene: Scene) -> None:
    _asked(scene)
    _called(scene, CallOutcome.WRONG_PERSON)
    with scene.looking() as session:
        assert session.scalars(select(Address.standing).where(Address.kind == "mobile")).all() == ["not_theirs"]
    assert _sheet(scene) == []


def test_who_was_not_reached_stays_on_the_sheet(scene: Scene) -> None:
    _asked(scene)
    _called(scene, CallOutcome.NO_ANSWER)
    _called(scene, CallOutcome.CALL_BACK, call_back_at="2026-03-03T10:00")
    (call,) = _sheet(scene)
    assert call.call_back_at == "2026-03-03T10:00"
    assert scene.desk() == ["call_wanted"]


def test_where_people_call_the_plan_puts_its_calls_on_the_sheet(scene: Scene) -> None:
    with scene.runtime.transaction() as session:
        session.get_one(Court, scene.court_id).settings = {"calls": "people"}
    scene.open(MOBILE, case_number="（2026）云0102民初9号")
    scene.open(HOME)
    scene.step(timedelta(hours=1))
    assert [call.asked for call in _sheet(scene)] == [False]
    _called(scene, **OWN, contents_told=True)
    assert _sheet(scene) == []


def test_whoever_asked_is_on_a_short_sheet_before_older_orders(scene: Scene) -> None:
    with scene.runtime.transaction() as session:
        session.get_one(Court, scene.court_id).settings = {"calls": "people"}
    scene.open(MOBILE, case_number="（2026）云0102民初9号")
    scene.open(HOME)
    scene.step(timedelta(hours=1))
    newer = scene.open(
        replace(MOBILE, value="139 0013 9000"),
        recipient_name="张敏",
        identity_number=None,
        case_number="（2026）云0102民初2号",
    )
    scene.step(timedelta(hours=1))
    (text,) = [attempt for attempt in scene.attempts(Channel.SMS) if attempt.order_id == newer]
    scene.tell(EventKind.REPLIED, text, args={"choice": "call_me"})
    assert [(call.recipient_name, call.asked) for call in _sheet(scene)] == [("张敏", True), ("李伟", False)]
    with scene.looking() as session:
        (first,) = calls_to_make(session, scene.court_id, limit=1)
    assert first.recipient_name == "张敏"
