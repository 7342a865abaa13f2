"""Simulation: the real platform against a town of people, on a clock that is stepped from one happening to the next.

Nothing here decides or sends. The loop runs what is due, lets the town do what is due, and steps the clock to
whatever comes next; the same seed therefore gives the same figures on every run and on both engines.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery.auditing import audit
from delivery.clock import SteppedClock
from delivery.domain.order import AttemptStatus
from delivery.reporting import Figures, figures
from delivery.runtime import Runtime
from delivery.store.courts import Court
from delivery.store.desk import DeskItem
from delivery.store.inbox import Callback
from delivery.store.orders import Attempt, ServiceOrder
from delivery.store.tasks import next_due_at
from delivery.tasks import run_due, worker_name

LOG = logging.getLogger(__name__)
START_ON = date(2026, 3, 2)
ZONE = ZoneInfo("Asia/Shanghai")
_OPENS = time(8, 30)
_SHORTEST_STEP = timedelta(seconds=1)


class Town(Protocol):
    """People, carriers and staff, as a rehearsal drives them."""

    def advance(self, now: datetime) -> datetime | None:
        """Let happen what is due by now; when the next thing is due."""

    def next_due(self) -> datetime | None:
        """When the next thing is due."""

    def counts(self) -> Mapping[str, Any]:
        """`requests_received`, `callbacks_sent`, `doubled` and more, as the town counted them."""

    def days_with_cases(self) -> list[date]:
        """The days on which cases are accepted."""

    def docket_of(self, day: date) -> tuple[bytes, bytes]:
        """What is accepted on one day: a CSV docket and the ZIP of its papers."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One simulation: its size, its policy, and how a docket is brought in (`take`: court, docket, papers, plan)."""

    orders: int
    days: int
    seed: int
    policy: str
    take: Callable[[UUID, bytes, bytes], None]

    @property
    def starts_at(self) -> datetime:
        """The first morning."""
        return datetime.combine(START_ON, _OPENS, ZONE)

    @property
    def ends_at(self) -> datetime:
        """The instant after the last day."""
        return datetime.combine(START_ON + timedelta(days=self.days), time(), ZONE)


def rehearse(runtime: Runtime, town: Town, court_id: UUID, rehearsal: Rehearsal) -> None:
    """Play all the days: dockets in the morning, then everything in the order of its time."""
    clock = runtime.clock
    assert isinstance(clock, SteppedClock)
    dockets = [day for day in town.days_with_cases() if day >= START_ON]
    owner = worker_name()
    while clock.now() < rehearsal.ends_at:
        while dockets and datetime.combine(dockets[0], _OPENS, ZONE) <= clock.now():
            rehearsal.take(court_id, *town.docket_of(dockets.pop(0)))
        while run_due(runtime, owner):
            pass
        town.advance(clock.now())
        clock.step_to(_next_moment(runtime, town, dockets, rehearsal))
    while run_due(runtime, owner):
        pass


def _next_moment(runtime: Runtime, town: Town, dockets: list[date], rehearsal: Rehearsal) -> datetime:
    now = runtime.now()
    with runtime.reading() as session:
        due = next_due_at(session)
    moments = [rehearsal.ends_at]
    moments += [moment for moment in (due, town.next_due()) if moment is not None]
    if dockets:
        moments.append(datetime.combine(dockets[0], _OPENS, ZONE))
    nearest = min(moments)
    # What became due while it was looked at is run without moving the clock; a happening put off must not stop it.
    return nearest if nearest > now else (now if due is not None and due <= now else now + _SHORTEST_STEP)


def report_of(runtime: Runtime, town: Town, court_id: UUID, rehearsal: Rehearsal) -> dict[str, Any]:
    """The figures of one simulation, in the form that `songda simulate --json` prints."""
    counts = town.counts()
    with runtime.reading() as session:
        found = figures(session, court_id, rehearsal.starts_at, rehearsal.ends_at, ZONE)
        asked = _counted(session, court_id)
    findings = [str(finding) for finding in audit(runtime)]
    total = found.total
    return {
        "orders": rehearsal.orders,
        "days": rehearsal.days,
        "seed": rehearsal.seed,
        "policy": rehearsal.policy,
        "initiated": total.initiated,
        "finished": total.finished,
        "reached": total.reached,
        "effective": total.effective,
        "effective_without_notice": total.without_notice,
        "censored": total.censored,
        "cancelled": total.cancelled,
        "by_channel": _by(found, "by_channel"),
        "by_tier": _by(found, "by_tier"),
        "by_basis": _by(found, "by_basis"),
        "days_to_service": {"median": found.days_median, "p90": found.days_p90},
        **asked,
        "town": {
            name: counts[name] for name in ("requests_received", "callbacks_sent", "sms", "emails", "mail_orders")
        },
        "doubled_sends": len(counts["doubled"]),
        "audit": findings or "clean",
    }


def _by(found: Figures, name: str) -> dict[str, dict[str, int]]:
    groups = sorted(getattr(found, name), key=lambda group: group.key)
    return {group.key: {"tried": group.counts.initiated, "effective": group.counts.effective} for group in groups}


def _counted(session: Session, court_id: UUID) -> dict[str, Any]:
    """What the platform counted itself, to be held against the town's own counts."""
    requests = session.scalar(
        select(func.coalesce(func.sum(Attempt.tries), 0)).where(Attempt.court_id == court_id, Attempt.provider != "")
    )
    callbacks = session.scalar(select(func.count()).select_from(Callback).where(Callback.court_id == court_id))
    unknown = session.scalar(
        select(func.count())
        .select_from(Attempt)
        .where(Attempt.court_id == court_id, Attempt.status == AttemptStatus.UNKNOWN)
    )
    desk = session.execute(
        select(DeskItem.kind, func.count())
        .where(DeskItem.court_id == court_id, DeskItem.closed_at.is_(None))
        .group_by(DeskItem.kind)
        .order_by(DeskItem.kind)
    )
    statuses = session.execute(
        select(ServiceOrder.status, func.count())
        .where(ServiceOrder.court_id == court_id)
        .group_by(ServiceOrder.status)
        .order_by(ServiceOrder.status)
    )
    return {
        "requests_sent": int(requests or 0),
        "callbacks_received": int(callbacks or 0),
        "unknown_outcomes": int(unknown or 0),
        "desk": dict(desk.tuples().all()),
        "statuses": dict(statuses.tuples().all()),
    }


def printed(report: Mapping[str, Any]) -> str:
    """The report as one line of JSON."""
    return json.dumps(report, ensure_ascii=False)


def add_court(session: Session, *, code: str, name: str, name_en: str, area: str) -> Court:
    """The rehearsed court."""
    court = Court(
        code=code, name=name, name_en=name_en, time_zone=str(ZONE), area=area, phone="0755-12368", settings={}
    )
    session.add(court)
    session.flush()
    return court
