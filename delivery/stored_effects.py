"""The law engine's answer as an order keeps it, read back as the value that the explanation is made from.

An answer that an older engine wrote may lack what a newer one says; what is there is read, and nothing is made up.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from delivery.domain.law.effect import LegalEffect, Outcome, Reason


def read_effect(stored: Mapping[str, Any]) -> LegalEffect | None:
    """The effect that `LegalEffect.to_json` wrote; None when the engine has never answered."""
    if "outcome" not in stored:
        return None
    on = stored.get("effective_on")
    by_act = stored.get("by_act")
    reasons = tuple(_reason(item) for item in stored.get("reasons", ()))
    of_the_act = next((reason.code for reason in reasons if reason.act == by_act), None)
    return LegalEffect(
        facts_id=str(stored.get("id", "")),
        outcome=Outcome(stored["outcome"]),
        effective_on=date.fromisoformat(on) if on else None,
        by_act=by_act,
        by_reason=stored.get("by_reason") or of_the_act,
        method=stored.get("method"),
        deadlines={name: date.fromisoformat(day) for name, day in stored.get("deadlines", {}).items()},
        advice=tuple(stored.get("advice", ())),
        address_id=stored.get("address_id"),
        basis=tuple(stored.get("basis", ())),
        cites=tuple(stored.get("cites", ())),
        reasons=reasons,
        facts_used=tuple(stored.get("facts_used", ())),
        missing=tuple(stored.get("missing", ())),
        defeaters=tuple(stored.get("defeaters", ())),
        needs_confirmation=bool(stored.get("needs_confirmation")),
        default_judgment_allowed=stored.get("default_judgment_allowed"),
    )


def _reason(item: Mapping[str, Any]) -> Reason:
    return Reason(
        str(item["code"]),
        item.get("act"),
        tuple((name, str(value)) for name, value in item.get("args", {}).items()),
        tuple(item.get("rules", ())),
        bool(item.get("in_doubt")),
    )
