"""Keeping the sums of the figures: day by day, made anew for the days on which something happened.

Nothing depends on it but speed. A page of figures counts the days that are stale itself, so it is right at once, also
when this has never run.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.reporting import spans_of
from delivery.runtime import Runtime
from delivery.store.cohorts import CohortDay, live_sums, oldest_sums, stale_days
from delivery.store.courts import Court, all_courts
from delivery.store.orders import ServiceOrder

# What a sum leaves out without a fact of its own order (the basis of an address shared with another order that changed)
# is put right within a day.
_KEPT = timedelta(days=1)
_DAYS_AT_ONCE = 30


def sum_cohorts(runtime: Runtime) -> int:
    """Make the sums of every court that are stale or a day old; returns how many days were summed."""
    with runtime.reading() as session:
        courts = [court.id for court in all_courts(session)]
    return sum(_sum_court(runtime, court_id) for court_id in courts)


def _sum_court(runtime: Runtime, court_id: UUID) -> int:
    machine_now = runtime.machine_now()
    with runtime.reading() as session:
        if not _days(session, court_id, session.get_one(Court, court_id).cohorts_summed_at, machine_now):
            return 0
    with runtime.transaction() as session:
        # Somebody else is at it when the row is locked. Rows that point to the court may come in meanwhile.
        court = session.scalar(
            select(Court).where(Court.id == court_id).with_for_update(skip_locked=True, key_share=True)
        )
        if court is None:
            return 0
        days = _days(session, court_id, court.cohorts_summed_at, machine_now)
        found = live_sums(session, court_id, spans_of(days))
        for day, sums in found.items():
            session.merge(CohortDay(court_id=court_id, opened_on=day, sums=sums, summed_at=machine_now))
        court.cohorts_summed_at = machine_now
    return len(found)


def _days(session: Session, court_id: UUID, summed_at: datetime | None, machine_now: datetime) -> set[date]:
    if summed_at is None:
        return set(session.scalars(select(ServiceOrder.opened_on).where(ServiceOrder.court_id == court_id).distinct()))
    aged = oldest_sums(session, court_id, machine_now - _KEPT, _DAYS_AT_ONCE)
    return stale_days(session, court_id, summed_at) | aged
