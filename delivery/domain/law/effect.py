"""What the engine answers: the finding about one act, and the legal effect of all of them together.

Both hold codes with arguments, never sentences. A `Finding` says what one rule found in one act; a `LegalEffect` says
whether the papers are served, from which day, by which rules, what is missing and what would undo it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import IntEnum, StrEnum
from typing import Any


class Outcome(StrEnum):
    """Served on a fixed day; presumed served until rebutted; nothing effective; or a court officer must decide."""

    SERVED = "SERVED"
    PRESUMED = "PRESUMED"
    NOT_SERVED = "NOT_SERVED"
    COURT_REVIEW = "COURT_REVIEW"


class Strength(IntEnum):
    """How much one act does, in order."""

    NOTHING = 0
    DOUBTFUL = 1
    PRESUMED = 2
    FIXED = 3


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, as a code with arguments; `act` is the act it speaks of, `in_doubt` that a court officer must decide.

    `rules` are the articles that were applied to it.
    """

    code: str
    act: str | None = None
    args: tuple[tuple[str, str], ...] = ()
    rules: tuple[str, ...] = ()
    in_doubt: bool = False

    def to_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {"code": self.code}
        if self.act is not None:
            said["act"] = self.act
        if self.args:
            said["args"] = dict(self.args)
        if self.rules:
            said["rules"] = list(self.rules)
        if self.in_doubt:
            said["in_doubt"] = True
        return said


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the rules find in one act. `deemed`: the law treats it as service (视为), so a court officer confirms it."""

    strength: Strength
    code: str
    on: date | None = None
    args: tuple[tuple[str, str], ...] = ()
    cites: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    defeaters: tuple[str, ...] = ()
    deemed: bool = False

    @property
    def valid(self) -> bool:
        return self.strength >= Strength.PRESUMED

    def also(self, *cites: str, advice: tuple[str, ...] = (), defeaters: tuple[str, ...] = ()) -> "Finding":
        """The same finding, resting on more rules."""
        return replace(
            self, cites=self.cites + cites, advice=self.advice + advice, defeaters=self.defeaters + defeaters
        )


def served(
    on: date,
    code: str,
    *cites: str,
    deemed: bool = False,
    defeaters: tuple[str, ...] = (),
    args: tuple[tuple[str, str], ...] = (),
) -> Finding:
    """Service on a fixed day."""
    return Finding(
        strength=Strength.FIXED, code=code, on=on, cites=cites, deemed=deemed, defeaters=defeaters, args=args
    )


def presumed(on: date, code: str, *cites: str, defeaters: tuple[str, ...]) -> Finding:
    """Service on a fixed day that the recipient may rebut."""
    return Finding(strength=Strength.PRESUMED, code=code, on=on, cites=cites, deemed=True, defeaters=defeaters)


def doubtful(code: str, *cites: str, advice: tuple[str, ...] = (), missing: tuple[str, ...] = ()) -> Finding:
    """Not service until a court officer decides."""
    return Finding(strength=Strength.DOUBTFUL, code=code, cites=cites, advice=advice, missing=missing)


def nothing(
    code: str,
    *cites: str,
    advice: tuple[str, ...] = (),
    missing: tuple[str, ...] = (),
    args: tuple[tuple[str, str], ...] = (),
) -> Finding:
    """No service."""
    return Finding(strength=Strength.NOTHING, code=code, cites=cites, advice=advice, missing=missing, args=args)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalEffect:
    """送达效力 of one set of papers on one recipient.

    `basis`: the rules of the deciding act; `cites`: all rules applied.
    """

    facts_id: str
    outcome: Outcome
    effective_on: date | None = None
    by_act: str | None = None
    by_reason: str | None = None
    method: str | None = None
    deadlines: Mapping[str, date] = field(default_factory=dict)
    advice: tuple[str, ...] = ()
    address_id: str | None = None
    basis: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    facts_used: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    defeaters: tuple[str, ...] = ()
    needs_confirmation: bool = False
    default_judgment_allowed: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """The object that `songda assess` prints; days as YYYY-MM-DD.

        A default judgment is spoken of only where it is asked.
        """
        said: dict[str, Any] = {
            "id": self.facts_id,
            "outcome": self.outcome.value,
            "effective_on": self.effective_on.isoformat() if self.effective_on else None,
            "by_act": self.by_act,
            "by_reason": self.by_reason,
            "method": self.method,
            "deadlines": {name: day.isoformat() for name, day in self.deadlines.items()},
            "advice": list(self.advice),
            "address_id": self.address_id,
            "basis": list(self.basis),
            "cites": list(self.cites),
            "reasons": [reason.to_json() for reason in self.reasons],
            "facts_used": list(self.facts_used),
            "missing": list(self.missing),
            "defeaters": list(self.defeaters),
            "needs_confirmation": self.needs_confirmation,
        }
        if self.default_judgment_allowed is not None:
            said["default_judgment_allowed"] = self.default_judgment_allowed
        return said
