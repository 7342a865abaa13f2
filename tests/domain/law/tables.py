"""The tables of the law: worked cases and invalid facts, and what the engine says to each.

Kept apart from the tests that assert them, so that the mutation run asks the very same questions of a changed engine.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from delivery.domain import law as sound_engine
from delivery.domain.law import Calendar

HERE = Path(__file__).parent
DOCUMENTED = HERE / "cases.json"
OWN = HERE / "more_cases.json"
INVALID = HERE / "invalid_facts.json"

Case = dict[str, Any]

# Compared as they stand, when the case speaks of them; our own cases go into more detail than the documented ones.
EXACT = (
    *("outcome", "effective_on", "deadlines", "default_judgment_allowed", "address_id", "by_act"),
    *("needs_confirmation", "facts_used", "method", "basis"),
)


@cache
def cases() -> tuple[Case, ...]:
    """The documented cases and our own: facts, what is expected, how sure the law is, a note."""
    return tuple(case for path in (DOCUMENTED, OWN) for case in json.loads(path.read_text(encoding="utf-8")))


@cache
def invalid_facts() -> tuple[Case, ...]:
    """Facts that are refused, with the path of the culprit and the code of the problem."""
    return tuple(json.loads(INVALID.read_text(encoding="utf-8")))


def result_of(facts: object, calendar: Calendar, engine: Any = sound_engine) -> dict[str, Any]:  # noqa: ANN401 - a package
    """What `songda assess` prints for one facts object."""
    parsed = engine.parse_facts(facts)
    try:
        effect = engine.assess(parsed, calendar)
    except engine.CalendarMissing as missing:
        return {"id": parsed.id, "error": {"code": "calendar_missing", "year": missing.year}}
    result: dict[str, Any] = effect.to_json()
    return result


def differences(result: Case, expected: Case) -> Iterator[str]:
    """What in a result is not as the case expects, one line each, by the comparison rules of the facts format."""
    if "error" in expected or "error" in result:
        if result.get("error") != expected.get("error"):
            yield f"error: {result.get('error')} instead of {expected.get('error')}"
        return
    for key in EXACT:
        if key in expected and result.get(key) != expected[key]:
            yield f"{key}: {result.get(key)} instead of {expected[key]}"
    if "told" in expected and result["reasons"] != expected["told"]:
        yield f"reasons: {result['reasons']} instead of {expected['told']}"
    said = {**result, "reasons": [reason["code"] for reason in result["reasons"]]}
    for key in ("advice", "cites", "missing", "defeaters", "reasons"):
        lacking = set(expected.get(key, ())) - set(said[key])
        if lacking:
            yield f"{key} lacks {sorted(lacking)}, has {said[key]}"
    for key in ("advice", "cites", "defeaters"):
        unwanted = set(expected.get(f"{key}_absent", ())) & set(result[key])
        if unwanted:
            yield f"{key} should not say {sorted(unwanted)}"


def refusal_of(facts: object, engine: Any = sound_engine) -> tuple[str, str]:  # noqa: ANN401
    """Path and problem of the refusal of invalid facts; empty when they are accepted."""
    try:
        engine.parse_facts(facts)
    except engine.FactsInvalid as invalid:
        return invalid.path, invalid.problem
    return "", ""
