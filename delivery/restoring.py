"""Putting a backup back, into an empty installation that then starts held.

What happened between the backup and the loss is unknown here. So all sending is stopped in every court until a person
resumes it; whatever may have gone out in between is asked for where the provider can be asked, sent again under the
same key where that can make no second message, and put before a person otherwise.
"""

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, String, column, delete, func, select, table, update
from sqlalchemy.orm import Session

from delivery.backing_up import FORMAT, MANIFEST, BackupUnusable
from delivery.domain.order import UNFINISHED, AttemptStatus
from delivery.installing import check_keys
from delivery.migrating import head, revision_of, upgrade
from delivery.outcomes import outcome_unknown
from delivery.runtime import Runtime
from delivery.store.accounts import SignIn
from delivery.store.courts import Court, all_courts, installation
from delivery.store.desk import put_on_desk
from delivery.store.model import UTCDateTime
from delivery.store.orders import Attempt, ServiceOrder, lock_order
from delivery.store.portable_rows import TableShape, put_rows
from delivery.store.tasks import Task, schedule

RESTORED = "restored"


@dataclass(slots=True)
class Restored:
    """What came back, and the attempts that may have gone out since, by what was done about them."""

    rows: int = 0
    blobs: int = 0
    asked: list[str] = field(default_factory=list)
    same_key: list[str] = field(default_factory=list)
    on_desk: list[str] = field(default_factory=list)
    orders_due: list[str] = field(default_factory=list)


def restore(runtime: Runtime, source: Path) -> Restored:
    """Restore into an empty database. All or nothing, but for stored bytes. Raises `BackupUnusable`."""
    try:
        with tarfile.open(source) as archive:
            return _restore(runtime, archive)
    except (tarfile.TarError, OSError, KeyError, ValueError) as error:
        message = f"{source} is not a backup that can be read ({type(error).__name__})"
        raise BackupUnusable(message) from error


def _restore(runtime: Runtime, archive: tarfile.TarFile) -> Restored:
    manifest = json.loads(_content(archive, MANIFEST))
    _check(runtime, manifest)
    result = Restored()
    for member in archive.getmembers():
        if member.name.startswith("blobs/"):
            _, court, sha256 = member.name.split("/")
            runtime.blobs.put_sealed(UUID(court), sha256, _content(archive, member.name))
            result.blobs += 1
    # The tables of the backup's own time first: later migrations then treat its rows like any others.
    upgrade(runtime.database, manifest["revision"])
    of_today = manifest["revision"] == head()
    with runtime.transaction() as session:
        result.rows = _put_all(session.connection(), archive, manifest)
        check_keys(session)
        _stop_sending(session.connection(), runtime.now())
        if of_today:  # whoever dies here leaves nothing that looks like an installation
            _hold(runtime, session, result)
    if not of_today:
        # Only now are the tables those of the models.
        upgrade(runtime.database)
        with runtime.transaction() as session:
            _hold(runtime, session, result)
    return result


def _check(runtime: Runtime, manifest: dict[str, Any]) -> None:
    if manifest["format"] != FORMAT:
        message = f"the backup has format {manifest['format']}; this version reads {FORMAT}"
        raise BackupUnusable(message)
    missing = [key_id for key_id in manifest["key_ids"] if key_id not in runtime.vault.sealing]
    if missing or manifest["index_version"] != runtime.vault.index_version:
        message = f"SONGDA_KEYS lacks keys of the backup: {', '.join(missing) or 'the index key'}"
        raise BackupUnusable(message)
    if revision_of(runtime.database) is not None:
        with runtime.reading() as session:
            if installation(session) is not None or session.scalar(select(func.count()).select_from(Court)):
                message = "the database is not empty; a backup is restored into a new one"
                raise BackupUnusable(message)


def _content(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        raise KeyError(name)
    return file.read()


def _put_all(connection: Connection, archive: tarfile.TarFile, manifest: dict[str, Any]) -> int:
    count = 0
    for told in manifest["tables"]:
        shape = TableShape(told["name"], told["columns"], tuple(told["key"]), tuple(told["to_itself"]))
        put = put_rows(connection, shape, _rows(archive, shape.name))
        if put != manifest["rows"][shape.name]:
            message = f"the backup holds {put} rows of {shape.name}, not {manifest['rows'][shape.name]}"
            raise BackupUnusable(message)
        count += put
    return count


def _rows(archive: tarfile.TarFile, table: str) -> Iterator[dict[str, Any]]:
    file = archive.extractfile(f"rows/{table}.jsonl")
    if file is None:
        raise KeyError(table)
    for line in file:
        yield json.loads(line)


def _stop_sending(connection: Connection, now: datetime) -> None:
    """Stop every court in the transaction that brings its rows, in words that the tables of every revision know."""
    court = table("court", column("sending_stopped_at", UTCDateTime()), column("sending_stopped_reason", String()))
    connection.execute(
        update(court)
        .where(court.c.sending_stopped_at.is_(None))
        .values(sending_stopped_at=now, sending_stopped_reason=RESTORED)
    )


def _hold(runtime: Runtime, session: Session, result: Restored) -> None:
    """Say on the desk that sending is stopped, and settle what can be settled about the time since the backup."""
    row = installation(session)
    if row is not None:
        row.restored_at = runtime.now()
    # Whoever was signed in signs in again: sessions of a machine that was lost may be in other hands.
    session.execute(delete(SignIn))
    now = runtime.now()
    for court in all_courts(session):
        put_on_desk(session, court.id, kind=RESTORED, subject=str(court.id), at=now)
        for attempt in _maybe_gone(session, court, now):
            _settle(runtime, session, attempt, now, result)
        due = select(Task.subject_id).where(
            Task.court_id == court.id,
            Task.handler == "advance_order",
            Task.status.in_(("ready", "leased")),
            Task.due_at <= now,
        )
        result.orders_due += sorted({str(order_id) for order_id in session.scalars(due)})


def _maybe_gone(session: Session, court: Court, now: datetime) -> list[Attempt]:
    """Attempts that were being sent at the backup, or were due to be sent between then and now."""
    attempts = session.scalars(
        select(Attempt)
        .join(ServiceOrder, (ServiceOrder.court_id == Attempt.court_id) & (ServiceOrder.id == Attempt.order_id))
        .where(
            Attempt.court_id == court.id,
            Attempt.provider != "",
            Attempt.status.in_((AttemptStatus.PLANNED, AttemptStatus.SUBMITTING)),
            ServiceOrder.status.in_(UNFINISHED),
        )
        .order_by(Attempt.planned_at, Attempt.id)
    ).all()
    return [
        attempt
        for attempt in attempts
        if attempt.status == AttemptStatus.SUBMITTING or attempt.not_before is None or attempt.not_before <= now
    ]


def _settle(runtime: Runtime, session: Session, attempt: Attempt, now: datetime, result: Restored) -> None:
    provider = runtime.providers.get(attempt.provider)
    if provider is not None and provider.capabilities.idempotent:
        result.same_key.append(str(attempt.id))
        return
    order = lock_order(session, attempt.court_id, attempt.order_id)
    assert order is not None
    if attempt.submitted_at is None:
        attempt.submitted_at = attempt.planned_at
    outcome_unknown(session, order, attempt, RESTORED, now)
    if provider is not None and provider.capabilities.askable:
        schedule(
            session,
            attempt.court_id,
            "ask_attempt",
            attempt.order_id,
            due_at=now,
            created_at=now,
            attempt=str(attempt.id),
        )
        result.asked.append(str(attempt.id))
    else:
        result.on_desk.append(str(attempt.id))
