"""Whom the court asks about whom: the sources that a public notice waits for, by the law's own table."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.case import CAME_TO_COURT, PartyKind, PartyRole
from delivery.domain.law.rules import RULES
from delivery.domain.search import ANSWER_DAYS, BASES, KINDS, Need, Sought, Source, sources_for

PERSON = Sought("natural_person", identified=True)
COMPANY = Sought("organisation", identified=True)


def _need(sought: Sought) -> dict[str, str]:
    """What is required and what may be asked; the rest does not apply."""
    return {applies.source: applies.need for applies in sources_for(sought) if applies.need is not Need.NOT_APPLICABLE}


@pytest.mark.parametrize(
    ("sought", "expected"),
    [
        (
            PERSON,
            {
                "ask_plaintiff": "required",
                "household_register": "required",
                "carrier_lookup": "optional",
                "committee_statement": "optional",
            },
        ),
        (COMPANY, {"ask_plaintiff": "required", "company_register": "required"}),
        (
            replace(PERSON, whereabouts="unknown"),
            {
                "ask_plaintiff": "required",
                "household_register": "required",
                "carrier_lookup": "optional",
                "committee_statement": "required",
            },
        ),
        (
            replace(PERSON, identified=False),
            {"ask_plaintiff": "required", "household_register": "required", "committee_statement": "optional"},
        ),
        (replace(PERSON, domicile="foreign"), {"ask_plaintiff": "required", "carrier_lookup": "optional"}),
        (replace(COMPANY, domicile="hong_kong"), {"ask_plaintiff": "required"}),
        (replace(COMPANY, role="plaintiff"), {"company_register": "required"}),
    ],
)
def test_who_is_asked(sought: Sought, expected: dict[str, str]) -> None:
    assert _need(sought) == expected


SOUGHT = st.builds(
    Sought,
    kind=st.sampled_from(PartyKind),
    role=st.sampled_from(PartyRole),
    domicile=st.sampled_from(["mainland", "hong_kong", "macao", "taiwan", "foreign"]),
    whereabouts=st.sampled_from(["known", "unknown"]),
    identified=st.booleans(),
)


@given(SOUGHT)
def test_every_source_has_one_answer_with_a_rule(sought: Sought) -> None:
    found = sources_for(sought)
    assert [applies.source for applies in found] == list(Source)
    assert all(applies.rule in RULES and applies.reason for applies in found)
    asked_the_other_side = found[0].need is Need.REQUIRED
    assert asked_the_other_side is (sought.role not in CAME_TO_COURT)
    registers = [a for a in found if a.source in {Source.HOUSEHOLD_REGISTER, Source.COMPANY_REGISTER}]
    assert sum(a.need is Need.REQUIRED for a in registers) == (sought.domicile == "mainland")


def test_every_source_has_its_days_kinds_and_bases() -> None:
    assert set(ANSWER_DAYS) == set(KINDS) == set(BASES) == set(Source)
    assert all(days > 0 for days in ANSWER_DAYS.values())
    assert all(KINDS[source] and BASES[source] for source in Source)
