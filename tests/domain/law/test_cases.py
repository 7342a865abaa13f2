"""The worked cases of the law: every one of them, under the comparison rules of the facts format."""

import pytest

from delivery.calendars import court_calendar
from delivery.domain.law.rules import RULES
from tests.domain.law.tables import DOCUMENTED, Case, cases, differences, invalid_facts, refusal_of, result_of


@pytest.mark.parametrize("case", cases(), ids=[case["facts"]["id"] for case in cases()])
def test_a_worked_case_comes_out_as_the_law_says(case: Case) -> None:
    assert [*differences(result_of(case["facts"], court_calendar()), case["expect"])] == [], case["note"]


@pytest.mark.parametrize("case", invalid_facts(), ids=map(str, range(len(invalid_facts()))))
def test_invalid_facts_are_refused_with_the_place(case: Case) -> None:
    assert refusal_of(case["facts"]) == (case["path"], case["problem"])


def test_no_two_cases_share_an_id() -> None:
    ids = [case["facts"]["id"] for case in cases()]
    assert len(ids) == len(set(ids))
    assert DOCUMENTED.exists()


def test_every_rule_is_cited_by_a_case_that_turns_on_it() -> None:
    assert set(RULES) - {rule for case in cases() for rule in case["expect"].get("cites", ())} == set()
