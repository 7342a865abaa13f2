"""The door table against the law engine: a whole report gives it all it asks, and each lack is named with its cure."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.domain.door import AtDoor, answer_at, cards_at, judge, media_of, situations_at
from delivery.domain.door_codes import EFFORT, Cure, Excuse, Form, Lack, Policy, Role, Situation
from delivery.domain.door_table import CARDS
from delivery.domain.event import Channel, EventKind
from delivery.domain.law import assess, parse_facts
from delivery.domain.law.act_vocabulary import Media
from delivery.domain.law.vocabulary import Kind
from delivery.legal_acts import acts_of_attempt
from delivery.store.ids import new_id
from delivery.store.journal import DeliveryEvent, canonical
from delivery.store.orders import Attempt
from tests.delivery.scene import WEEKENDS
from tools.write_door_table import PAGE, page

AT = datetime(2026, 3, 10, 2, 30, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
VISIT = AtDoor(posting=False, recipient=Kind.NATURAL_PERSON)
COMPANY = replace(VISIT, recipient=Kind.ORGANISATION)
POSTING = replace(VISIT, posting=True)
ADDRESS = new_id()
# Leaving papers where nobody took them serves only at the party's own address, after its own fault (OP19 7).
_OWN, _OTHERS = {"basis": "confirmed", "accurate": False}, {"basis": "plaintiff_supplied"}
DOORS = (VISIT, COMPANY, POSTING, replace(COMPANY, posting=True))


def _put(report: dict[str, Any], place: str, value: object) -> None:
    *steps, last = place.split(".")
    for step in steps:
        report = report.setdefault(step, {})
    report[last] = value


def whole(door: AtDoor, situation: Situation) -> tuple[dict[str, Any], list[str]]:
    """The least report and captures that the table calls complete: the first answer that is wanted to each question."""
    card = next(card for card in cards_at(door) if card["code"] == situation)
    report: dict[str, Any] = {"result": card["result"]}
    for ask in card["asks"]:
        given = [*ask["wanted"], *ask["choices"], "2026-03-10" if ask["kind"] == Form.DATE else True]
        applies = all(answer_at(report, place) in values for place, values in ask["when"].items())
        if applies and ask["required"]:
            fitting = [answer for answer in given if not ask["choices"] or answer in ask["choices"]]
            _put(report, ask["fact"], fitting[0])
    roles: list[str] = []
    for need in card["captures"]:
        role, points = max(need["points"].items(), key=lambda item: item[1])
        roles += [role] * -(-need["least"] // points)
    return report, roles


def effect_of(door: AtDoor, report: dict[str, Any], roles: list[str], **facts: Any) -> Any:  # noqa: ANN401 -- an effect
    """What the law engine says of a report as the journal would hold it."""
    kind = EventKind.NOTICE_POSTED if report["result"] == "posted" else EventKind.VISITED
    args = {**report, "process_media": str(media_of(roles)), "noted_by": ["contractor"], "meaning": "left_at_address"}
    attempt = Attempt(id=new_id(), channel=Channel.POSTING if door.posting else Channel.IN_PERSON)
    attempt.address_id, attempt.law_firm_id = ADDRESS, None
    entry = canonical({"args": args, "reason": ""})
    event = DeliveryEvent(id=new_id(), kind=kind, entry=entry, occurred_at=AT, sequence=1)
    told = {
        "id": "x",
        "jurisdiction": "cn_civil",
        "as_of": "2026-03-20",
        "case": {"procedure": "ordinary"},
        "recipient": {"kind": str(door.recipient)},
        "documents": ["complaint_copy"],
        "addresses": [{"id": str(ADDRESS), "kind": "postal", **(_OWN if report["result"] == "posted" else _OTHERS)}],
        "acts": acts_of_attempt(attempt, [event], ZONE),
        **facts,
    }
    return assess(parse_facts(told), WEEKENDS)


SERVING = (
    (VISIT, Situation.HANDED_OVER),
    (VISIT, Situation.FAMILY),
    (VISIT, Situation.REFUSED),
    (COMPANY, Situation.HANDED_OVER),
    (COMPANY, Situation.COMPANY_DESK),
    (COMPANY, Situation.REFUSED),
    (POSTING, Situation.HANDED_OVER),
    (POSTING, Situation.FAMILY),
    (POSTING, Situation.REFUSED),
    (POSTING, Situation.POSTING),
)


@pytest.mark.parametrize(("door", "situation"), SERVING)
def test_a_whole_report_gives_the_law_engine_all_it_asks(door: AtDoor, situation: Situation) -> None:
    report, roles = whole(door, situation)
    assert judge(door, situation, report, roles).complete
    effect = effect_of(door, report, roles)
    assert (effect.outcome, effect.missing) == ("SERVED", ())
    assert effect.effective_on == date(2026, 3, 10)


def _asks(*, by_law: bool) -> list[Any]:
    return [
        pytest.param(door, situation, ask, id=f"{situation}-{ask.at}-{door.recipient}-{door.posting}")
        for door, situation in SERVING
        for ask in CARDS[situation].asks
        if ask.required and ask.by_law is by_law and ask.only_if is None
    ]


@pytest.mark.parametrize(("door", "situation", "ask"), _asks(by_law=True))
def test_what_the_law_needs_is_needed_by_the_table(door: AtDoor, situation: Situation, ask: Any) -> None:  # noqa: ANN401 -- a row
    report, roles = whole(door, situation)
    *path, last = ask.at.split(".")
    holder = deepcopy(report)
    inner = holder
    for step in path:
        inner = inner[step]
    del inner[last]
    verdict = judge(door, situation, holder, roles)
    assert (verdict.complete, verdict.serves_not, verdict.cure) == (False, True, ask.cure)
    if ask.at != "place" and not ask.at.endswith(".role"):
        assert effect_of(door, holder, roles).outcome == "NOT_SERVED"


@pytest.mark.parametrize(("door", "situation", "ask"), _asks(by_law=False))
def test_what_only_strengthens_the_proof_changes_no_effect(door: AtDoor, situation: Situation, ask: Any) -> None:  # noqa: ANN401 -- a row
    report, roles = whole(door, situation)
    _put(report, ask.at, False if ask.form is Form.FLAG else None)
    verdict = judge(door, situation, report, roles)
    assert (verdict.complete, verdict.serves_not, verdict.lacks[0].lack) == (False, False, ask.lack)
    told = {name: value for name, value in report.items() if name != "relation"}
    told["signer"] = {name: value for name, value in report["signer"].items() if value is not None}
    assert effect_of(door, told, roles).outcome == "SERVED"


def test_a_refusal_needs_its_process_recorded_and_the_cure_is_the_smallest_act() -> None:
    report, _ = whole(VISIT, Situation.REFUSED)
    for roles, cure in (([], Cure.SHORT_VIDEO), ([Role.WIDE], Cure.ONE_MORE_PHOTO), ([Role.RECEIPT], Cure.SHORT_VIDEO)):
        verdict = judge(VISIT, Situation.REFUSED, report, [str(role) for role in roles])
        assert (verdict.cure, verdict.serves_not) == (cure, True)
        assert effect_of(VISIT, report, [str(role) for role in roles]).outcome == "NOT_SERVED"
    for whole_record in ([Role.VIDEO], [Role.WIDE, Role.NEAR]):
        assert judge(VISIT, Situation.REFUSED, report, [str(role) for role in whole_record]).complete


@pytest.mark.parametrize(
    ("who", "answers", "cure"),
    [
        ("signer", {"co_resident": False, "adult": True}, Cure.ASK_FOR_ANOTHER),
        ("signer", {"co_resident": True, "adult": False}, Cure.ASK_FOR_ANOTHER),
        ("signer", {"co_resident": True, "adult": True, "opposing_party": True}, Cure.ASK_FOR_ANOTHER),
    ],
)
def test_family_that_may_not_sign_does_not(who: str, answers: dict[str, bool], cure: Cure) -> None:
    report, roles = whole(VISIT, Situation.FAMILY)
    report[who] |= answers
    assert judge(VISIT, Situation.FAMILY, report, roles).cure == cure
    assert effect_of(VISIT, report, roles).outcome == "NOT_SERVED"


def test_family_refuses_for_the_recipient_but_not_for_the_debtor() -> None:
    report, roles = whole(VISIT, Situation.REFUSED)
    report["refused_by"] = {"role": "family", "co_resident": True, "adult": True}
    assert judge(VISIT, Situation.REFUSED, report, roles).complete
    assert effect_of(VISIT, report, roles).outcome == "SERVED"
    debtor = replace(VISIT, cautions=frozenset({"debtor_alone_refuses"}))
    assert judge(debtor, Situation.REFUSED, report, roles).lacks[0].lack == Lack.NO_REFUSER
    assert effect_of(VISIT, report, roles, documents=["payment_order"]).outcome == "NOT_SERVED"


def test_a_mediation_statement_goes_to_the_party_alone_and_nothing_is_left() -> None:
    door = replace(VISIT, cautions=frozenset({"party_in_person"}))
    assert Situation.FAMILY not in situations_at(door)
    report, roles = whole(door, Situation.REFUSED)
    assert roles == []
    assert judge(door, Situation.REFUSED, report, roles).complete
    family, receipt = whole(VISIT, Situation.FAMILY)
    assert judge(door, Situation.FAMILY, family, receipt).lacks[-1].lack == Lack.NOT_LAWFUL_HERE


def test_a_posting_is_a_pair_at_the_address_itself() -> None:
    report, roles = whole(POSTING, Situation.POSTING)
    assert sorted(roles) == ["near", "wide"]
    assert judge(POSTING, Situation.POSTING, report | {"place": "elsewhere"}, roles).cure == Cure.NAME_THE_PLACE
    assert effect_of(POSTING, report | {"place": "elsewhere"}, roles).outcome == "NOT_SERVED"
    assert judge(POSTING, Situation.POSTING, report, ["near"]).cure == Cure.PHOTOGRAPH_DOOR
    assert Situation.POSTING not in situations_at(VISIT)
    assert Situation.NOBODY_HOME not in situations_at(POSTING)


def test_a_screen_signature_is_enough_only_where_the_court_says_so() -> None:
    report, _ = whole(VISIT, Situation.HANDED_OVER)
    assert judge(VISIT, Situation.HANDED_OVER, report, ["signature"]).cure == Cure.PHOTOGRAPH_RECEIPT
    lenient = replace(VISIT, policy=frozenset({Policy.SCREEN_SIGNATURE_ENOUGH}))
    assert judge(lenient, Situation.HANDED_OVER, report, ["signature"]).complete


def test_an_excuse_lets_somebody_leave_and_serves_nobody() -> None:
    report, _ = whole(VISIT, Situation.REFUSED)
    excused = judge(VISIT, Situation.REFUSED, report, [], Excuse.FILMING_FORBIDDEN)
    assert (excused.complete, excused.closes, excused.serves_not) == (False, True, True)
    assert not judge(VISIT, Situation.REFUSED, report, [], Excuse.NO_DOOR_NUMBER).closes
    assert not judge(VISIT, Situation.REFUSED, report, ["video"], Excuse.FILMING_FORBIDDEN).excused


roles_taken = st.lists(st.sampled_from([str(role) for role in Role]), max_size=5)


@given(st.sampled_from(DOORS), st.sampled_from(Situation), roles_taken, roles_taken, st.data())
@settings(max_examples=50)
def test_more_never_lacks_more_and_the_easiest_cure_comes_first(
    door: AtDoor, situation: Situation, roles: list[str], more: list[str], data: st.DataObject
) -> None:
    excuse = data.draw(st.sampled_from(["", *map(str, Excuse)]))
    report = whole(door, situation)[0] if situation in situations_at(door) else {}
    verdict = judge(door, situation, report, roles, excuse)
    ranks = [EFFORT[missing.cure] for missing in verdict.lacks]
    assert ranks == sorted(ranks)
    after = {missing.lack for missing in judge(door, situation, report, [*roles, *more], excuse).lacks}
    assert after <= {missing.lack for missing in verdict.lacks}
    assert verdict.closes == (verdict.complete or verdict.excused)
    if situation not in situations_at(door):
        assert not verdict.complete


def test_every_situation_can_be_completed_and_every_cure_is_used() -> None:
    for door in DOORS:
        for situation in situations_at(door):
            assert judge(door, situation, *whole(door, situation)).complete
    cures = {ask.cure for card in CARDS.values() for ask in card.asks}
    cures |= {cure for card in CARDS.values() for need in card.needs for cure in need.cures.values()}
    assert cures | {Cure.CHOOSE_ANOTHER} == set(Cure)
    assert {excuse for card in CARDS.values() for excuse in card.excuses} == set(Excuse)


@pytest.mark.parametrize(
    ("roles", "media"),
    [
        ([], Media.NONE),
        (["receipt", "signature", "audio"], Media.NONE),
        (["wide"], Media.SINGLE_PHOTO),
        (["wide", "near"], Media.PHOTOS),
        (["wide", "video"], Media.VIDEO),
    ],
)
def test_what_captures_are_as_a_record_of_the_process(roles: list[str], media: Media) -> None:
    assert media_of(roles) == media


def test_the_documents_table_is_the_codes_own() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert page(written) == written


@pytest.mark.parametrize(
    ("situation", "fits", "fits_not"),
    [(Situation.FAMILY, VISIT, COMPANY), (Situation.COMPANY_DESK, COMPANY, VISIT)],
)
def test_who_may_sign_depends_on_what_the_recipient_is(situation: Situation, fits: AtDoor, fits_not: AtDoor) -> None:
    report, roles = whole(fits, situation)
    assert situation in situations_at(fits)
    assert situation not in situations_at(fits_not)
    assert judge(fits_not, situation, report, roles).serves_not
    assert effect_of(fits_not, report, roles).outcome == "NOT_SERVED"
