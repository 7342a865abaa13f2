"""The figures, always with their four denominators: initiated, finished, reached, legally effective.

A figure is about a cohort: the orders opened in a span. Those still open are censored, not dropped: the share of
effective orders lies between what is effective already and what could still become so. Every count is a condition
of `store/order_list`, so the list behind a number has as many lines as the number says.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from statistics import quantiles
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import Session

from delivery.store.order_list import OrderFilter, attempts_with_basis, conditions, measured
from delivery.store.orders import Attempt, ServiceOrder, TierRun

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
    """The counts of one channel, tier or basis that was tried: `effective` are those that it served itself."""

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

    since: datetime
    until: datetime
    total: Counts
    by_channel: tuple[Group, ...]
    by_tier: tuple[Group, ...]
    by_basis: tuple[Group, ...]
    by_week: tuple[Week, ...] = field(default=())
    days_median: float | None = None
    days_p90: float | None = None


def figures(session: Session, court_id: UUID, since: datetime, until: datetime, zone: ZoneInfo) -> Figures:
    """The figures of the orders opened from `since` up to `until`, in six queries."""
    cohort = conditions(court_id, OrderFilter(opened_from=since, opened_until=until))
    total = session.execute(select(*_sums()).where(*cohort)).one()
    channels = select(Attempt.order_id, Attempt.channel.label("key")).where(Attempt.court_id == court_id).distinct()
    ran = select(TierRun.order_id, TierRun.tier.label("key"))
    tiers = ran.where(TierRun.court_id == court_id, TierRun.skipped_reason == "").distinct()
    bases = attempts_with_basis().where(Attempt.court_id == court_id).subquery()
    used = select(bases.c.order_id, bases.c.basis.label("key")).distinct()
    median, p90 = _days(session, cohort, zone)
    return Figures(
        since=since,
        until=until,
        total=_counts(total),
        by_channel=_groups(session, channels, cohort, ServiceOrder.effect_channel),
        by_tier=_groups(session, tiers, cohort, ServiceOrder.effect_tier),
        by_basis=_groups(session, used, cohort, ServiceOrder.effect_basis),
        by_week=_weeks(session, cohort, since, until, zone),
        days_median=median,
        days_p90=p90,
    )


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _sums(served_by: ColumnElement[bool] | None = None) -> list[ColumnElement[int]]:
    effective = measured("effective")
    own = effective if served_by is None else and_(effective, served_by)
    return [
        func.count().label("initiated"),
        _sum(measured("finished")).label("finished"),
        _sum(measured("reached")).label("reached"),
        _sum(own).label("effective"),
        _sum(and_(own, ServiceOrder.effect_channel != "publication")).label("without_notice"),
        _sum(measured("censored")).label("censored"),
        _sum(measured("cancelled")).label("cancelled"),
    ]


def _counts(row: Any) -> Counts:  # noqa: ANN401 -- a row whose columns are those of `_sums`
    return Counts(
        **{name: int(getattr(row, name)) for name in (*MEASURES, "without_notice")},
    )


def _groups(
    session: Session,
    tried: Select[UUID, str],
    cohort: Iterable[ColumnElement[bool]],
    served: ColumnElement[str] | Any,  # noqa: ANN401 -- a mapped column
) -> tuple[Group, ...]:
    part = tried.subquery()
    rows = session.execute(
        select(part.c.key, *_sums(served == part.c.key))
        .join_from(part, ServiceOrder, ServiceOrder.id == part.c.order_id)
        .where(*cohort)
        .group_by(part.c.key)
    ).all()
    return tuple(sorted((Group(row.key, _counts(row)) for row in rows), key=lambda group: -group.counts.initiated))


def _weeks(
    session: Session, cohort: Iterable[ColumnElement[bool]], since: datetime, until: datetime, zone: ZoneInfo
) -> tuple[Week, ...]:
    mondays = weeks_of(since, until, zone)
    number: ColumnElement[int] = case(
        *[(ServiceOrder.opened_at < midnight(monday + _WEEK, zone), index) for index, monday in enumerate(mondays)],
        else_=len(mondays),
    )
    rows = session.execute(select(number.label("number"), *_sums()).where(*cohort).group_by(number)).all()
    found = {row.number: _counts(row) for row in rows}
    return tuple(Week(monday, found.get(index, Counts())) for index, monday in enumerate(mondays))


def weeks_of(since: datetime, until: datetime, zone: ZoneInfo) -> list[date]:
    """The Mondays of the court-local weeks that a span touches, at most the last sixty."""
    first = since.astimezone(zone).date()
    monday = first - timedelta(days=first.weekday())
    last = (until - timedelta(microseconds=1)).astimezone(zone).date()
    count = max(1, (last - monday) // _WEEK + 1)
    return [monday + _WEEK * index for index in range(count)][-_MOST_WEEKS:]


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a court-local day begins."""
    return datetime.combine(day, time(), zone)


def _days(session: Session, cohort: Sequence[ColumnElement[bool]], zone: ZoneInfo) -> tuple[float | None, float | None]:
    """Median and ninetieth percentile of the days from opening to the legal date, over the effective orders."""
    rows = session.execute(
        select(ServiceOrder.opened_at, ServiceOrder.effective_on).where(
            *cohort, measured("effective"), ServiceOrder.effective_on.is_not(None)
        )
    ).all()
    days = sorted((on - at.astimezone(zone).date()).days for at, on in rows if on is not None)
    if not days:
        return None, None
    if len(days) == 1:
        return float(days[0]), float(days[0])
    tenths = quantiles(days, n=10, method="inclusive")
    return tenths[4], tenths[8]
