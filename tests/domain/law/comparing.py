"""How a result of the engine is compared with a worked case: the comparison rules of the facts format."""

from collections.abc import Iterator, Mapping
from typing import Any


def differences(result: Mapping[str, Any], expected: Mapping[str, Any]) -> Iterator[str]:
    """What in the result is not as the case expects, one line each."""
    for key in ("outcome", "effective_on", "deadlines", "default_judgment_allowed", "address_id", "by_act"):
        if key in expected and result.get(key) != expected[key]:
            yield f"{key}: {result.get(key)} instead of {expected[key]}"
    for key in ("advice", "cites"):
        lacking = set(expected.get(key, ())) - set(result[key])
        if lacking:
            yield f"{key} lacks {sorted(lacking)}, has {result[key]}"
    unwanted = set(expected.get("advice_absent", ())) & set(result["advice"])
    if unwanted:
        yield f"advice should not say {sorted(unwanted)}"
    for key in ("missing", "defeaters", "reasons"):
        said = [reason["code"] for reason in result[key]] if key == "reasons" else result[key]
        lacking = set(expected.get(key, ())) - set(said)
        if lacking:
            yield f"{key} lacks {sorted(lacking)}, has {said}"
    if "needs_confirmation" in expected and result["needs_confirmation"] != expected["needs_confirmation"]:
        yield f"needs_confirmation: {result['needs_confirmation']}"
