"""What the figures count, day by day: the orders opened on one court-local day, and what came of them.

The sums of a day are kept in a row of their own, so that a page of figures reads as many rows as it has days, however
many orders there are. They are derived: `live_sums` makes them anew from the orders, and says what is right. A day is
stale while something happened to one of its orders after the court's sums were last made.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, Date, ForeignKey, Select, and_, case, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from delivery.store.ids import first_id_at
from delivery.store.journal import DeliveryEvent
from delivery.store.model import Model
from delivery.store.order_list import attempts_with_basis, measured
from delivery.store.orders import Attempt, ServiceOrder, TierRun

MEASURES = ("initiated", "finished", "reached", "effective", "without_notice", "censored", "cancelled")
DaySums = dict[str, dict[str, list[int]]]
"""Dimension -> key -> counts. `total` has the one key "", the counts of `MEASURES`; `channel`, `tier` and `basis` the
same for each key that was tried, where `effective` and `without_notice` count what that key served itself; `days` the
days from opening to the legal date, each with one count; `reason` the orders with an attempt that failed for it, where
`effective` are those that became effective all the same."""

# A transaction writes its facts some moments before it commits them; what lies that close to the last sums is stale.
_LONGEST_TRANSACTION = timedelta(minutes=2)


class CohortDay(Model):
    """The sums of the orders of one court that were opened on one day. `summed_at` is machine time."""

    __tablename__ = "cohort_day"

    court_id: Mapped[UUID] = mapped_column(ForeignKey("court.id"), primary_key=True)
    opened_on: Mapped[date] = mapped_column(Date, primary_key=True)
    sums: Mapped[DaySums] = mapped_column(JSON)
    summed_at: Mapped[datetime]


def stored_sums(session: Session, court_id: UUID, since: date, until: date) -> dict[date, DaySums]:
    """The sums that are kept of these days, both included; some may be stale."""
    rows = session.execute(
        select(CohortDay.opened_on, CohortDay.sums).where(
            CohortDay.court_id == court_id, CohortDay.opened_on.between(since, until)
        )
    )
    return {row.opened_on: row.sums for row in rows}


def stale_days(session: Session, court_id: UUID, summed_at: datetime) -> set[date]:
    """The days with an order to which something has happened since the court's sums were made."""
    rows = session.scalars(
        select(ServiceOrder.opened_on)
        .join(
            DeliveryEvent,
            and_(DeliveryEvent.court_id == ServiceOrder.court_id, DeliveryEvent.order_id == ServiceOrder.id),
        )
        .where(DeliveryEvent.court_id == court_id, DeliveryEvent.id >= first_id_at(summed_at - _LONGEST_TRANSACTION))
        .distinct()
    )
    return set(rows)


def oldest_sums(session: Session, court_id: UUID, before: datetime, limit: int) -> set[date]:
    """Some days whose sums were made before this instant (machine time), the oldest ones."""
    rows = session.scalars(
        select(CohortDay.opened_on)
        .where(CohortDay.court_id == court_id, CohortDay.summed_at < before)
        .order_by(CohortDay.summed_at, CohortDay.opened_on)
        .limit(limit)
    )
    return set(rows)


def live_sums(session: Session, court_id: UUID, spans: Sequence[tuple[date, date]]) -> dict[date, DaySums]:
    """The sums of all days within these spans (first and last day) that have orders, counted now; six queries."""
    if not spans:
        return {}
    cohort = [ServiceOrder.court_id == court_id, or_(*(ServiceOrder.opened_on.between(*span) for span in spans))]
    found: dict[date, DaySums] = {}
    for row in session.execute(
        select(ServiceOrder.opened_on, *_counts()).where(*cohort).group_by(ServiceOrder.opened_on)
    ):
        found[row.opened_on] = {
            "total": {"": _numbers(row)},
            "channel": {},
            "tier": {},
            "basis": {},
            "reason": {},
            "days": {},
        }
    channels = select(Attempt.order_id, Attempt.channel.label("key")).where(Attempt.court_id == court_id).distinct()
    ran = select(TierRun.order_id, TierRun.tier.label("key"))
    tiers = ran.where(TierRun.court_id == court_id, TierRun.skipped_reason == "").distinct()
    bases = attempts_with_basis().where(Attempt.court_id == court_id).subquery()
    used = select(bases.c.order_id, bases.c.basis.label("key")).distinct()
    failures = select(Attempt.order_id, Attempt.reason.label("key")).where(Attempt.court_id == court_id)
    failed = failures.where(Attempt.status == "failed", Attempt.reason != "").distinct()
    for dimension, tried, served in (
        ("channel", channels, ServiceOrder.effect_channel),
        ("tier", tiers, ServiceOrder.effect_tier),
        ("basis", used, ServiceOrder.effect_basis),
        ("reason", failed, None),
    ):
        _add_groups(session, found, dimension, tried, served, cohort)
    waits = select(ServiceOrder.opened_on, ServiceOrder.effective_on, func.count().label("number")).where(
        *cohort, measured("effective"), ServiceOrder.effective_on.is_not(None)
    )
    for wait in session.execute(waits.group_by(ServiceOrder.opened_on, ServiceOrder.effective_on)):
        found[wait.opened_on]["days"][str((wait.effective_on - wait.opened_on).days)] = [wait.number]
    return found


def _add_groups(
    session: Session,
    found: Mapping[date, DaySums],
    dimension: str,
    tried: Select[UUID, str],
    served: ColumnElement[str] | Any,  # noqa: ANN401 -- a mapped column
    cohort: Iterable[ColumnElement[bool]],
) -> None:
    part = tried.subquery()
    rows = session.execute(
        select(ServiceOrder.opened_on, part.c.key, *_counts(None if served is None else served == part.c.key))
        .join_from(part, ServiceOrder, ServiceOrder.id == part.c.order_id)
        .where(*cohort)
        .group_by(ServiceOrder.opened_on, part.c.key)
    )
    for row in rows:
        found[row.opened_on][dimension][row.key] = _numbers(row)


def _counts(served_by: ColumnElement[bool] | None = None) -> list[ColumnElement[int]]:
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


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _numbers(row: Any) -> list[int]:  # noqa: ANN401 -- a row with the columns of `_counts`
    return [int(getattr(row, name)) for name in MEASURES]
