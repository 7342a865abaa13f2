"""The figures, always with their four denominators: initiated, finished, reached, legally effective.

A figure is about a cohort: the orders opened in a span. Those still open are censored, not dropped: the share of
effective orders lies between what is effective already and what could still become so. Every count is a condition
of `store/order_list`, so the list behind a number has as many lines as the number says.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from statistics import quantiles
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.store import cohorts
from delivery.store.cohorts import DaySums, live_sums, stale_days, stored_sums
from delivery.store.courts import Court

MEASURES = ("initiated", "finished", "reached", "effective", "censored", "cancelled")
_WEEK = timedelta(days=7)
_MOST_WEEKS = 60


@dataclass(frozen=True, slots=True)
class Counts:
    """How many orders of a cohort; `without_notice` are the effective ones that needed no public notice."""

    initiated: int = 0
    finished: int = 0
    reached: int = 0
    effective: int = 0
    without_notice: int = 0
    censored: int = 0
    cancelled: int = 0

    def share(self, name: str, of: str = "initiated") -> float | None:
        """One count as a share of another, or None of nothing."""
        whole = getattr(self, of)
        return getattr(self, name) / whole if whole else None

    @property
    def effective_at_most(self) -> float | None:
        """The share of effective orders if every open one still became effective."""
        return (self.effective + self.censored) / self.initiated if self.initiated else None


@dataclass(frozen=True, slots=True)
class Group:
    """The counts of one channel, tier or basis that was tried: `effective` are those that it served itself.

    Of a reason for which an attempt failed, `effective` are those that became effective all the same.
    """

    key: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Week:
    """The orders opened in one week, which begins on a Monday."""

    begins_on: date
    counts: Counts


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that the success page shows of one cohort."""

    since: date
    until: date
    total: Counts
    by_channel: tuple[Group, ...]
    by_tier: tuple[Group, ...]
    by_basis: tuple[Group, ...]
    by_reason: tuple[Group, ...] = field(default=())
    by_week: tuple[Week, ...] = field(default=())
    days_median: float | None = None
    days_p90: float | None = None


def figures(session: Session, court_id: UUID, since: date, until: date) -> Figures:
    """The figures of the orders opened from one court-local day to another, both included.

    What is kept of a day counts while nothing happened since; the other days are counted anew.
    """
    days = sums_of(session, court_id, since, until)
    waits = Counter[int]()
    for sums in days.values():
        waits.update({int(key): numbers[0] for key, numbers in sums["days"].items()})
    median, p90 = _middle_and_tail(sorted(waits.elements()))
    return Figures(
        since=since,
        until=until,
        total=_total(days.values()),
        by_channel=_groups(days.values(), "channel"),
        by_tier=_groups(days.values(), "tier"),
        by_basis=_groups(days.values(), "basis"),
        by_reason=_groups(days.values(), "reason"),
        by_week=tuple(
            Week(monday, _total(days[day] for day in days if monday <= day < monday + _WEEK))
            for monday in weeks_of(since, until)
        ),
        days_median=median,
        days_p90=p90,
    )


def sums_of(session: Session, court_id: UUID, since: date, until: date) -> dict[date, DaySums]:
    """The sums of each day that has orders, as they are now."""
    summed_at = session.get_one(Court, court_id).cohorts_summed_at
    if summed_at is None:
        return live_sums(session, court_id, [(since, until)])
    stale = {day for day in stale_days(session, court_id, summed_at) if since <= day <= until}
    kept = stored_sums(session, court_id, since, until)
    fresh = live_sums(session, court_id, spans_of(stale))
    return {day: sums for day, sums in kept.items() if day not in stale} | fresh


def spans_of(days: Iterable[date]) -> list[tuple[date, date]]:
    """Days as spans of consecutive ones, each with its first and last day."""
    ordered = sorted(days)
    if not ordered:
        return []
    gaps = [(before, after) for before, after in pairwise(ordered) if after - before > timedelta(days=1)]
    firsts = [ordered[0], *(after for _, after in gaps)]
    lasts = [*(before for before, _ in gaps), ordered[-1]]
    return list(zip(firsts, lasts, strict=True))


def _total(days: Iterable[DaySums]) -> Counts:
    return _counts([sums["total"][""] for sums in days])


def _groups(days: Iterable[DaySums], dimension: str) -> tuple[Group, ...]:
    rows: dict[str, list[list[int]]] = {}
    for sums in days:
        for key, numbers in sums.get(dimension, {}).items():  # kept before the dimension was: made anew within a day
            rows.setdefault(key, []).append(numbers)
    found = [Group(key, _counts(numbers)) for key, numbers in sorted(rows.items())]
    return tuple(sorted(found, key=lambda group: -group.counts.initiated))


def _counts(rows: Sequence[Sequence[int]]) -> Counts:
    if not rows:
        return Counts()
    return Counts(**dict(zip(cohorts.MEASURES, map(sum, zip(*rows, strict=True)), strict=True)))


def weeks_of(since: date, until: date) -> list[date]:
    """The Mondays of the weeks that a span of days touches, at most the last sixty."""
    monday = since - timedelta(days=since.weekday())
    count = max(1, (until - monday) // _WEEK + 1)
    return [monday + _WEEK * index for index in range(count)][-_MOST_WEEKS:]


def _middle_and_tail(days: Sequence[int]) -> tuple[float | None, float | None]:
    """Median and ninetieth percentile of sorted days."""
    if not days:
        return None, None
    if len(days) == 1:
        return float(days[0]), float(days[0])
    tenths = quantiles(days, n=10, method="inclusive")
    return tenths[4], tenths[8]
