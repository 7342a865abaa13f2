"""`songda assess FILE`, at the use-case that stands behind the command."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from delivery.assessing_file import assess_file
from delivery.calendars import court_calendar

SERVED: dict[str, Any] = {
    "id": "one",
    "jurisdiction": "cn_civil",
    "case": {"procedure": "ordinary"},
    "recipient": {"kind": "natural_person"},
    "documents": ["complaint_copy"],
    "acts": [
        {"id": "s1", "method": "direct", "result": "signed", "signer": {"role": "recipient"}, "signed_on": "2026-03-11"}
    ],
}


def run(folder: Path, content: str) -> tuple[int, list[dict[str, Any]], str]:
    file = folder / "facts.json"
    file.write_text(content, encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()
    status = assess_file(file, court_calendar, out, err)
    return status, [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()


def test_one_object_gives_one_line(tmp_path: Path) -> None:
    status, lines, problems = run(tmp_path, json.dumps(SERVED))
    assert (status, problems) == (0, "")
    assert [(line["id"], line["outcome"], line["deadlines"]) for line in lines] == [
        ("one", "SERVED", {"answer": "2026-03-26"})
    ]


def test_a_list_gives_its_results_in_order(tmp_path: Path) -> None:
    nothing_done = {**SERVED, "id": "two", "acts": []}
    status, lines, _ = run(tmp_path, json.dumps([nothing_done, SERVED]))
    assert status == 0
    assert [(line["id"], line["outcome"]) for line in lines] == [("two", "NOT_SERVED"), ("one", "SERVED")]


def test_a_year_without_calendar_spoils_only_its_own_case(tmp_path: Path) -> None:
    late = json.loads(json.dumps(SERVED).replace("2026-03-11", "2090-03-11").replace("one", "late"))
    status, lines, _ = run(tmp_path, json.dumps([late, SERVED]))
    assert status == 3
    assert lines[0] == {"id": "late", "error": {"code": "calendar_missing", "year": 2090}}
    assert lines[1]["outcome"] == "SERVED"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"acts": [{"id": "s1", "method": "direct"}]}, "facts.json: [1].acts[0].result: is missing"),
        ({"acts": [{"id": "s1", "method": "pigeon"}]}, "facts.json: [1].acts[0].method: is not a known word: 'pigeon'"),
        ({"case": {"procedure": "summary", "answer_period_days": 31}}, "is not a whole number in 1-30"),
        ({"weather": "fine"}, "facts.json: [1].weather: is not a known key"),
    ],
)
def test_invalid_facts_name_the_place_and_print_nothing(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    status, lines, problems = run(tmp_path, json.dumps([SERVED, {**SERVED, **change}]))
    assert (status, lines) == (2, [])
    assert message in problems


def test_a_case_without_its_procedure_is_invalid_in_the_mainland_only(tmp_path: Path) -> None:
    without = {key: value for key, value in SERVED.items() if key != "case"}
    assert run(tmp_path, json.dumps(without))[0] == 2
    assert run(tmp_path, json.dumps({**without, "jurisdiction": "ny_cplr"}))[0] == 0


@pytest.mark.parametrize("content", ["", "{", "[" * 100_000, "1", '"text"', "[1]", "NaN"])
def test_what_is_no_facts_file_is_refused(tmp_path: Path, content: str) -> None:
    status, lines, problems = run(tmp_path, content)
    assert (status, lines) == (2, [])
    assert problems


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    err = io.StringIO()
    assert assess_file(tmp_path / "none.json", court_calendar, io.StringIO(), err) == 2
    assert "none.json" in err.getvalue()


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    file.write_bytes(b"\xff\xfe\x00")
    assert assess_file(file, court_calendar, io.StringIO(), io.StringIO()) == 2
