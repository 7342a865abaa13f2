"""The four meanings of papers on a door: by table, against the law engine, and that a visit card serves nobody."""

from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.address import Basis
from delivery.domain.case import Procedure
from delivery.domain.law import assess, parse_facts
from delivery.domain.law.calendar import Calendar, Territory
from delivery.domain.limits import Method, forbidden_methods
from delivery.domain.paper import DocumentKind
from delivery.domain.posting import Door, PostingMeaning, Trigger, cautions_for, posting_meaning, reported_meaning

TODAY = date(2026, 3, 2)
SUMMONS = frozenset({DocumentKind.SUMMONS})
MEDIATION = frozenset({DocumentKind.MEDIATION_STATEMENT})
PAYMENT = frozenset({DocumentKind.PAYMENT_ORDER})
ORDINARY = Procedure.ORDINARY
WEEKENDS = Calendar(
    {
        Territory.MAINLAND: {
            2026: frozenset(day for n in range(365) if (day := date(2026, 1, 1) + timedelta(days=n)).weekday() >= 5)
        }
    }
)
DOORS = st.builds(
    Door,
    basis=st.none() | st.sampled_from([*Basis]),
    papers=st.frozensets(st.sampled_from(list(DocumentKind)), min_size=1, max_size=3),
    procedure=st.sampled_from(list(Procedure)),
    confidential=st.booleans(),
    answered_for=st.booleans(),
    notice_approved=st.booleans(),
)


@pytest.mark.parametrize(
    ("door", "trigger", "meaning"),
    [
        (Door("confirmed", SUMMONS, ORDINARY), Trigger.NOBODY_HOME, "left_at_address"),
        (Door("own_filing", SUMMONS, ORDINARY), Trigger.NOBODY_HOME, "left_at_address"),
        (Door("plaintiff_supplied", SUMMONS, ORDINARY), Trigger.NOBODY_HOME, "visit_card"),
        (Door("plaintiff_supplied", SUMMONS, ORDINARY, answered_for=True), Trigger.NOBODY_HOME, "visit_card"),
        (Door("registry", SUMMONS, ORDINARY), Trigger.NOBODY_HOME, "visit_card"),
        (Door("registry", SUMMONS, ORDINARY, answered_for=True), Trigger.NOBODY_HOME, "left_at_address"),
        (Door(None, SUMMONS, ORDINARY), Trigger.NOBODY_HOME, "visit_card"),
        (Door(None, SUMMONS, ORDINARY), Trigger.REFUSED, "left_in_place"),
        (Door("confirmed", SUMMONS, ORDINARY, confidential=True), Trigger.NOBODY_HOME, "visit_card"),
        (Door("confirmed", SUMMONS, ORDINARY, confidential=True), Trigger.REFUSED, "left_in_place"),
        (Door("found", SUMMONS, ORDINARY, notice_approved=True), Trigger.NOBODY_HOME, "public_notice"),
        (Door("found", SUMMONS, Procedure.SUMMARY, notice_approved=True), Trigger.NOBODY_HOME, "visit_card"),
        (Door("confirmed", MEDIATION, ORDINARY, notice_approved=True), Trigger.REFUSED, "visit_card"),
        (Door("confirmed", PAYMENT, Procedure.PAYMENT_ORDER), Trigger.NOBODY_HOME, "visit_card"),
        (Door("confirmed", PAYMENT, Procedure.PAYMENT_ORDER), Trigger.REFUSED, "left_in_place"),
    ],
)
def test_what_a_posting_means(door: Door, trigger: Trigger, meaning: str) -> None:
    assert posting_meaning(door, trigger) == meaning


def test_a_notice_hangs_only_where_the_law_knows_one() -> None:
    for papers, procedure in product(({paper} for paper in DocumentKind), Procedure):
        meaning = posting_meaning(Door("found", frozenset(papers), procedure, notice_approved=True))
        known = Method.PUBLIC_NOTICE not in forbidden_methods(papers, procedure, TODAY)
        assert (meaning is PostingMeaning.PUBLIC_NOTICE) is known


@pytest.mark.parametrize(
    ("planned", "told", "trigger", "meaning"),
    [
        ("visit_card", "visit_card", "", "visit_card"),
        ("visit_card", "left_at_address", "nobody_home", "visit_card"),
        ("visit_card", "public_notice", "", "visit_card"),
        ("visit_card", "left_in_place", "nobody_home", "visit_card"),
        ("visit_card", "left_in_place", "refused", "left_in_place"),
        ("left_at_address", "left_at_address", "", "left_at_address"),
        ("left_at_address", "visit_card", "", "visit_card"),
        ("left_at_address", "left_in_place", "refused", "left_in_place"),
    ],
)
def test_a_report_makes_no_more_of_it_than_was_said(planned: str, told: str, trigger: str, meaning: str) -> None:
    assert reported_meaning(planned, told, trigger) == meaning


def test_what_must_not_be_done_is_said_at_the_door() -> None:
    assert cautions_for(SUMMONS, confidential=False) == ()
    assert cautions_for(SUMMONS, confidential=True) == ("nothing_at_the_door",)
    assert cautions_for(MEDIATION | PAYMENT, confidential=False) == ("party_in_person", "debtor_alone_refuses")


@given(DOORS, st.sampled_from(["refused", "evaded", "given", "not_requested"]), st.booleans())
def test_where_the_party_does_not_answer_for_the_address_nothing_is_lost_by_a_card(
    door: Door,
    confirmation: str,
    warned: bool,  # noqa: FBT001
) -> None:
    """The engine agrees: at such a door papers that are left would serve nobody either."""
    if door.confidential or door.papers & (MEDIATION | PAYMENT) or door.procedure is Procedure.PAYMENT_ORDER:
        return
    facts = {
        "id": "door",
        "jurisdiction": "cn_civil",
        "as_of": "2026-03-09",
        "case": {"procedure": door.procedure},
        "recipient": {"kind": "natural_person", "address_confirmation": confirmation, "warned": warned},
        "documents": sorted(door.papers),
        "addresses": [{"id": "a", "kind": "postal", "basis": door.basis or "found", "given_on": "2026-02-20"}],
        "acts": [
            {
                "id": "1",
                "method": "left_in_place",
                "address": "a",
                "on": "2026-03-02",
                "place": "residence",
                "trigger": "nobody_home",
                "process_media": "video",
            }
        ],
    }
    effect = assess(parse_facts(facts), WEEKENDS)
    asked = Door(door.basis, door.papers, door.procedure, answered_for=confirmation in {"refused", "evaded"})
    if posting_meaning(asked) is PostingMeaning.VISIT_CARD:
        assert effect.outcome == "NOT_SERVED"
