"""The figures of hearings: of those whose day lies in a span, how many stood, were moved in time, or came to nothing.

Every hearing is in exactly one of the results, so they add up to what was set: `met` everybody was effective in time at
its hour; `moved_in_time` before it was lost, or while whoever was summoned could still be told; `moved_late` after
that; `vacated` its hour came with somebody unserved; `dropped` the case ended or the hearing was taken off; `to_come`.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from delivery.store.hearings import RESULTS, TO_COME, HearingRow, count_by_result, list_hearings

SET = "set"
COUNTED = (*RESULTS, "to_come")


@dataclass(frozen=True, slots=True)
class HearingFigures:
    """How many hearings of a span were set, and how many of these had each result."""

    by_result: dict[str, int]

    @property
    def set(self) -> int:
        """All of them."""
        return sum(self.by_result.values())

    def to_json(self) -> dict[str, Any]:
        """As reports print it: `set`, then every result, also those that are zero."""
        return {SET: self.set, **self.by_result}


def hearing_figures(session: Session, court_id: UUID, since: date, until: date, zone: ZoneInfo) -> HearingFigures:
    """The hearings whose court-local day lies from `since` to `until`, both included. One query."""
    found = count_by_result(session, court_id, *_span(since, until, zone))
    return HearingFigures({name: found.get(_stored(name), 0) for name in COUNTED})


def hearings_behind(
    session: Session, court_id: UUID, since: date, until: date, zone: ZoneInfo, *, result: str, after: int = 0
) -> list[HearingRow]:
    """The hearings behind one number (`set` or a result), one more than a page of them from number `after` on."""
    results = () if result == SET else (_stored(result),)
    return list_hearings(session, court_id, *_span(since, until, zone), results=results, after=after)


def _stored(name: str) -> str:
    return TO_COME if name == "to_come" else name


def _span(since: date, until: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    ends = until + timedelta(days=1)
    return datetime.combine(since, time(), zone), datetime.combine(ends, time(), zone)
