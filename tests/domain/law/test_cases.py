"""The worked cases of the law: every one of them, under the comparison rules of the facts format."""

import json
from pathlib import Path
from typing import Any

import pytest

from delivery.calendars import court_calendar
from delivery.domain.law import assess, parse_facts
from tests.domain.law.comparing import differences

HERE = Path(__file__).parent
CASES: list[dict[str, Any]] = [
    case for name in ("cases.json",) for case in json.loads((HERE / name).read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("case", CASES, ids=[case["facts"]["id"] for case in CASES])
def test_a_worked_case_comes_out_as_the_law_says(case: dict[str, Any]) -> None:
    result = assess(parse_facts(case["facts"]), court_calendar()).to_json()
    assert [*differences(result, case["expect"])] == [], case["note"]


def test_no_two_cases_share_an_id() -> None:
    ids = [case["facts"]["id"] for case in CASES]
    assert len(ids) == len(set(ids))
