"""The task table: outbox and timer in one row, claimed by lease.

A row says "run this handler at or after `due_at`" (court time). Leases run on machine time. The claiming query is
written once, here: `FOR UPDATE SKIP LOCKED` where the engine knows it; on SQLite the writer gate and BEGIN IMMEDIATE
already serialise claims.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    CursorResult,
    ForeignKey,
    Index,
    String,
    Text,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from delivery.store.ids import new_id
from delivery.store.model import Model

SHARDS = 16


class Task(Model):
    """One thing to be done. `status` is ready, leased, done or buried; `args` are ids only."""

    __tablename__ = "task"
    __table_args__ = (
        Index("ix_task_due", "status", "due_at", "id"),
        Index("ix_task_shard_due", "shard", "status", "due_at"),
        Index("ix_task_subject", "court_id", "subject_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    court_id: Mapped[UUID] = mapped_column(ForeignKey("court.id"))
    subject_id: Mapped[UUID]
    shard: Mapped[int]
    handler: Mapped[str] = mapped_column(String(40))
    args: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    due_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(8), default="ready")
    tries: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(60))
    lease_number: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Lease:
    """A claimed task as its worker sees it. `number` fences: a worker whose number is stale has lost the task."""

    task_id: UUID
    court_id: UUID
    subject_id: UUID
    handler: str
    args: dict[str, Any]
    number: int
    tries: int
    owner: str
    due_at: datetime


def shard_of(subject_id: UUID) -> int:
    """The shard of an order (or other subject): all its tasks run in one place."""
    return subject_id.int % SHARDS


def schedule(
    session: Session,
    court_id: UUID,
    handler: str,
    subject_id: UUID,
    *,
    due_at: datetime,
    created_at: datetime,
    **args: Any,  # noqa: ANN401 -- JSON scalars
) -> None:
    """Write a task down, in the caller's transaction."""
    session.add(
        Task(
            court_id=court_id,
            subject_id=subject_id,
            shard=shard_of(subject_id),
            handler=handler,
            args=args,
            due_at=due_at,
            created_at=created_at,
        )
    )


# Built once, because workers ask them all day. Two queries, each along one index and bounded: one with OR would sort
# all that is due before it takes any.
_LAPSED, _DUE = (
    select(Task.id)
    .where(Task.status == status, which)
    .order_by(Task.due_at, Task.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    for status, which in (
        ("leased", Task.lease_until < bindparam("machine_now")),
        ("ready", Task.due_at <= bindparam("now")),
    )
)
_LAPSED_OF_SHARD, _DUE_OF_SHARD = (query.where(Task.shard == bindparam("shard")) for query in (_LAPSED, _DUE))
_TAKE = (
    update(Task)
    .where(Task.id.in_(bindparam("ids", expanding=True)))
    .values(
        status="leased",
        lease_owner=bindparam("owner"),
        lease_number=Task.lease_number + 1,
        lease_until=bindparam("until"),
    )
    .returning(
        Task.id,
        Task.court_id,
        Task.subject_id,
        Task.handler,
        Task.args,
        Task.lease_number,
        Task.tries,
        Task.due_at,
    )
    .execution_options(synchronize_session=False)
)
_NEXT = select(func.min(Task.due_at)).where(Task.status == "ready")


def claim(
    session: Session,
    *,
    now: datetime,
    machine_now: datetime,
    owner: str,
    lease: timedelta,
    limit: int,
    shard: int | None = None,
) -> list[Lease]:
    """Claim up to `limit` due tasks, oldest first; those whose lease ran out count as due."""
    lapsed, due = (_LAPSED, _DUE) if shard is None else (_LAPSED_OF_SHARD, _DUE_OF_SHARD)
    of_shard = {} if shard is None else {"shard": shard}
    ids = list(session.scalars(lapsed, {"machine_now": machine_now, "most": limit, **of_shard}))
    if len(ids) < limit:
        ids += session.scalars(due, {"now": now, "most": limit - len(ids), **of_shard})
    if not ids:
        return []
    rows = session.execute(_TAKE, {"ids": ids, "owner": owner, "until": machine_now + lease})
    leases = [
        Lease(
            task_id=row.id,
            court_id=row.court_id,
            subject_id=row.subject_id,
            handler=row.handler,
            args=row.args,
            number=row.lease_number,
            tries=row.tries,
            owner=owner,
            due_at=row.due_at,
        )
        for row in rows
    ]
    return sorted(leases, key=lambda item: (item.due_at, item.task_id))


def renew(session: Session, leases: Iterable[Lease], *, machine_now: datetime, lease: timedelta) -> set[UUID]:
    """Hold leases for longer; returns the tasks that are still held. What is missing was lost to another worker."""
    held = {item.task_id: item.number for item in leases}
    if not held:
        return set()
    rows = session.execute(
        update(Task)
        .where(tuple_(Task.id, Task.lease_number).in_(list(held.items())), Task.status == "leased")
        .values(lease_until=machine_now + lease)
        .returning(Task.id)
        .execution_options(synchronize_session=False)
    )
    return set(rows.scalars())


def held_elsewhere(session: Session, lease: Lease, *, machine_now: datetime, **args: Any) -> bool:  # noqa: ANN401 -- JSON
    """Whether a worker that lives holds another task of the same kind, with these arguments, for the same subject."""
    held = select(Task.args).where(
        Task.court_id == lease.court_id,
        Task.subject_id == lease.subject_id,
        Task.handler == lease.handler,
        Task.status == "leased",
        Task.lease_until >= machine_now,
        Task.id != lease.task_id,
    )
    return any(args.items() <= found.items() for found in session.scalars(held))


def finish(session: Session, leases: Iterable[Lease]) -> int:
    """Mark tasks done; returns how many of the leases still held. A lost lease changes nothing."""
    held = {lease.task_id: lease.number for lease in leases}
    if not held:
        return 0
    result = session.execute(
        update(Task)
        .where(tuple_(Task.id, Task.lease_number).in_(list(held.items())), Task.status == "leased")
        .values(status="done", lease_owner=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)
    return result.rowcount


def put_back(
    session: Session, lease: Lease, *, due_at: datetime, error: str, buried: bool, counts: bool = True
) -> None:
    """Make a task ready again for later, or bury it, if the lease still holds. It `counts` as a try unless said."""
    session.execute(
        update(Task)
        .where(Task.id == lease.task_id, Task.lease_number == lease.number, Task.status == "leased")
        .values(
            status="buried" if buried else "ready",
            due_at=due_at,
            tries=Task.tries + int(counts),
            error=error,
            lease_owner=None,
            lease_until=None,
        )
        .execution_options(synchronize_session=False)
    )


def next_due_at(session: Session) -> datetime | None:
    """When the earliest ready task of the installation is due: for the stepped clock of a simulation."""
    return session.scalar(_NEXT)


def due_shards(session: Session, *, now: datetime, machine_now: datetime) -> list[int]:
    """The shards that have due rows: one bounded look per shard, however many rows wait."""
    looks = [
        select(literal(shard)).where(
            or_(
                exists().where(Task.shard == shard, Task.status == "ready", Task.due_at <= now),
                exists().where(Task.shard == shard, Task.status == "leased", Task.lease_until < machine_now),
            )
        )
        for shard in range(SHARDS)
    ]
    return sorted(session.scalars(union_all(*looks)))
