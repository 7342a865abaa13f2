"""What should have happened and did not: broken journals, work that nobody does, orders that nobody looks at.

Everything found is named by a stable code and ids. An installation without findings is clean: each open order has a
look ahead of it, something out on its way, or a person who was asked.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from delivery.domain.errors import IntegrityFault, NotFound
from delivery.domain.event import Channel
from delivery.domain.order import ENDED, AttemptStatus, OrderStatus
from delivery.journal_checking import Finding, check_journals
from delivery.runtime import Runtime
from delivery.store.blobs import Blobs
from delivery.store.cases import Document
from delivery.store.courts import Court, all_courts
from delivery.store.desk import DeskItem
from delivery.store.evidence import Evidence
from delivery.store.inbox import Callback
from delivery.store.orders import Attempt, ServiceOrder
from delivery.store.tasks import Task

OVERDUE = timedelta(hours=1)
STUCK = timedelta(minutes=5)
UNREAD = timedelta(hours=6)
_BY_PEOPLE = (Channel.IN_PERSON, Channel.POSTING, Channel.PUBLICATION)
_LIVE = ("ready", "leased")


def audit(runtime: Runtime, *, blobs: bool = False) -> list[Finding]:
    """Everything that is not as it should be; an empty list means clean. With `blobs`, stored bytes are read too."""
    found: list[Finding] = []
    with runtime.reading() as session:
        courts = all_courts(session)
    for court in courts:
        with runtime.reading() as session:
            session.add(court)
            found += check_journals(session, court)
            found += _tasks(session, court, runtime)
            found += _callbacks(session, court, _long_ago(runtime, UNREAD))
            found += _orders(session, court)
            found += _attempts(session, court)
            if blobs:
                found += _blobs(session, court, runtime.blobs)
            session.expunge(court)
    return found


def _named(code: str, court: Court, **args: object) -> Finding:
    return Finding(code, court.code, {name: str(value) for name, value in args.items()})


def _long_ago(runtime: Runtime, patience: timedelta) -> datetime:
    """Court time so long ago that workers had `patience` since: where court time runs fast, they have it no longer."""
    clock = runtime.settings.clock
    return runtime.now() - patience * (clock.speed if clock else 1)


def _tasks(session: Session, court: Court, runtime: Runtime) -> Iterator[Finding]:
    """Work that is late, held by a dead worker, or buried with nobody having seen to it."""
    suspects: list[tuple[str, ColumnElement[bool]]] = [
        ("task_overdue", (Task.status == "ready") & (Task.due_at < _long_ago(runtime, OVERDUE))),
        ("lease_stuck", (Task.status == "leased") & (Task.lease_until < runtime.machine_now() - STUCK)),
    ]
    for code, condition in suspects:
        for row in session.execute(select(Task.id, Task.handler).where(Task.court_id == court.id, condition)):
            yield _named(code, court, task=row.id, handler=row.handler)
    buried = select(Task.id, Task.handler).where(Task.court_id == court.id, Task.status == "buried")
    for row in session.execute(buried.order_by(Task.id)):
        if not _was_seen_to(session, court, f"task_buried:{row.id}"):
            yield _named("task_buried", court, task=row.id, handler=row.handler)


def _was_seen_to(session: Session, court: Court, subject: str) -> bool:
    """Whether a person closed the item about this, and none is open."""
    items = session.scalars(select(DeskItem).where(DeskItem.court_id == court.id, DeskItem.subject == subject)).all()
    return bool(items) and all(item.closed_at is not None for item in items)


def _callbacks(session: Session, court: Court, long_ago: datetime) -> Iterator[Finding]:
    """What came in and was not understood, or not yet read."""
    rows = session.execute(
        select(Callback.id, Callback.provider, Callback.status, Callback.received_at)
        .where(Callback.court_id == court.id, Callback.status != "done")
        .order_by(Callback.received_at, Callback.id)
    )
    for row in rows.all():
        if row.status == "waiting":
            if row.received_at < long_ago:
                yield _named("callback_unread", court, callback=row.id, provider=row.provider)
        elif not _was_seen_to(session, court, f"callback_{row.status}:{row.id}"):
            yield _named(f"callback_{row.status}", court, callback=row.id, provider=row.provider)


def _orders(session: Session, court: Court) -> Iterator[Finding]:
    """Open orders with neither a look ahead, nor anything out on its way, nor a question to a person."""
    order = ServiceOrder
    looked_at = exists().where(Task.court_id == order.court_id, Task.subject_id == order.id, Task.status.in_(_LIVE))
    on_its_way = exists().where(
        Attempt.court_id == order.court_id, Attempt.order_id == order.id, Attempt.status.not_in(ENDED)
    )
    asked = exists().where(
        DeskItem.court_id == order.court_id, DeskItem.order_id == order.id, DeskItem.closed_at.is_(None)
    )
    forgotten = select(order.id).where(
        order.court_id == court.id, order.status == OrderStatus.OPEN, ~looked_at, ~on_its_way, ~asked
    )
    for order_id in session.scalars(forgotten.order_by(order.id)):
        yield _named("order_forgotten", court, order=order_id)


def _attempts(session: Session, court: Court) -> Iterator[Finding]:
    """Attempts that wait for a worker, with no task that would bring one."""
    rows = session.execute(
        select(Attempt.id, Attempt.order_id, Attempt.status)
        .join(ServiceOrder, (ServiceOrder.court_id == Attempt.court_id) & (ServiceOrder.id == Attempt.order_id))
        .where(
            Attempt.court_id == court.id,
            Attempt.status.in_((AttemptStatus.PLANNED, AttemptStatus.SUBMITTING)),
            Attempt.channel.not_in(_BY_PEOPLE),
            ServiceOrder.status != OrderStatus.CANCELLED,
        )
        .order_by(Attempt.id)
    ).all()
    cared_for = _attempts_with_tasks(session, court, {row.order_id for row in rows})
    for row in rows:
        if str(row.id) not in cared_for:
            code = "attempt_stuck" if row.status == AttemptStatus.SUBMITTING else "attempt_forgotten"
            yield _named(code, court, order=row.order_id, attempt=row.id)


def _attempts_with_tasks(session: Session, court: Court, order_ids: set[UUID]) -> set[str]:
    found: set[str] = set()
    ids = sorted(order_ids)
    for start in range(0, len(ids), 500):
        rows = session.scalars(
            select(Task.args).where(
                Task.court_id == court.id,
                Task.subject_id.in_(ids[start : start + 500]),
                # A buried task is a finding of its own, and its desk item brings it back.
                Task.status.in_((*_LIVE, "buried")),
                Task.handler == "submit_attempt",
            )
        )
        found |= {str(args.get("attempt", "")) for args in rows}
    return found


def _blobs(session: Session, court: Court, blobs: Blobs) -> Iterator[Finding]:
    """Papers and evidence whose bytes are gone or differ from their name."""
    for table in (Document, Evidence):
        rows = session.execute(
            select(table.id, table.sha256).where(table.court_id == court.id, table.sha256.is_not(None))
        )
        for row in rows:
            try:
                blobs.get(court.id, str(row.sha256))
            except NotFound:
                yield _named("blob_missing", court, sha256=row.sha256, **{table.__tablename__: row.id})
            except IntegrityFault:
                yield _named("blob_altered", court, sha256=row.sha256, **{table.__tablename__: row.id})
