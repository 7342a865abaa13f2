"""`songda assess FILE`: a facts file in, one JSON result per line out.

Reads no settings and no database, so that anybody can check a conclusion on any machine. Invalid facts stop the run
before the first line is printed; a year without calendar data spoils only its own case.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from delivery.domain.law import Calendar, CalendarMissing, Facts, FactsInvalid, assess, parse_facts
from delivery.wording import say

GOOD = 0
INVALID = 2
CALENDAR_MISSING = 3


def assess_file(path: Path, calendar: Callable[[], Calendar], out: TextIO, err: TextIO, language: str = "en") -> int:
    """Print one result per facts object, in input order; the exit status.

    The file holds one facts object or a list of them. 2: not readable, not JSON, or invalid facts, with the path of
    the culprit on `err`. 3: a year had no calendar data; the other results stand.
    """
    try:
        facts = read_facts(_content(path))
    except FactsInvalid as invalid:
        print(f"{path.name}: {told(invalid, language)}", file=err)
        return INVALID
    status = GOOD
    known = calendar()
    for one in facts:
        result = _result(one, known)
        if "error" in result:
            status = CALENDAR_MISSING
        print(json.dumps(result, ensure_ascii=False), file=out)
    return status


def told(invalid: FactsInvalid, language: str) -> str:
    """The message for people: the path of the culprit, or its line and column, and what is wrong there."""
    line, _, column = invalid.detail.partition(":")
    place = {"path": invalid.path or "/", "line": line, "column": column}
    return say(language, f"law.invalid.{invalid.problem}", detail=invalid.detail, **place)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FactsInvalid("", "unreadable", error.strerror or type(error).__name__) from error


def read_facts(content: bytes) -> list[Facts]:
    """The facts in a file, one object or a list of them, as UTF-8.

    Raises `FactsInvalid`; the detail of `not_json` is the line and the column, with a colon between them.
    """
    try:
        text = content.decode("utf-8-sig")
        raw = json.loads(text) if text.strip() else None
    except json.JSONDecodeError as error:
        raise FactsInvalid("", "not_json", f"{error.lineno}:{error.colno}") from error
    except UnicodeDecodeError as error:
        raise FactsInvalid("", "not_utf8") from error
    except (ValueError, RecursionError) as error:  # digits or brackets without end
        raise FactsInvalid("", "endless") from error
    if not text.strip():
        raise FactsInvalid("", "nothing")
    if not isinstance(raw, list):
        return [parse_facts(raw)]
    return [_at(index, value) for index, value in enumerate(raw)]


def _at(index: int, raw: object) -> Facts:
    try:
        return parse_facts(raw)
    except FactsInvalid as invalid:
        path = f"[{index}].{invalid.path}" if invalid.path else f"[{index}]"
        raise FactsInvalid(path, invalid.problem, invalid.detail) from None


def _result(facts: Facts, calendar: Calendar) -> dict[str, Any]:
    try:
        return assess(facts, calendar).to_json()
    except CalendarMissing as missing:
        return {"id": facts.id, "error": {"code": "calendar_missing", "year": missing.year}}
