"""What goes by itself after a while: finished tasks, announcements that arrived, sessions that are over, old tries.

None of it is evidence, and the journal never goes. How long each is kept is a setting, each round takes some rows of
each table at a time, and what went is told to the operating log as a count. What failed or was buried stays until a
person has seen to it. Tasks and announcements count in court time, sessions and tries in machine time.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Table, and_, delete, exists, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from delivery.domain.announcement import DeliveryStatus
from delivery.runtime import Runtime
from delivery.store.accounts import SignIn, SignInTry
from delivery.store.announcements import Announcement, AnnouncementDelivery, AnnouncementTry
from delivery.store.links import LinkSession
from delivery.store.model import Model
from delivery.store.tasks import Task

LOG = logging.getLogger(__name__)
AT_ONCE, MOST_TIMES = 500, 200
_KEPT_FOR_EVER = timedelta(0)
_OVER = (DeliveryStatus.DELIVERED, DeliveryStatus.STOPPED)


def retire(runtime: Runtime) -> dict[str, int]:
    """One round of every rule, each in a transaction of its own. Returns table -> rows that went."""
    settings, now, machine_now = runtime.settings, runtime.now(), runtime.machine_now()
    gone: dict[str, int] = {}
    if settings.keep_tasks > _KEPT_FOR_EVER:
        before = now - settings.keep_tasks
        _round(runtime, gone, Task, Task.id, and_(Task.status == "done", Task.due_at < before))
    if settings.keep_announcements > _KEPT_FOR_EVER:
        before = now - settings.keep_announcements
        over = and_(AnnouncementDelivery.status.in_(_OVER), AnnouncementDelivery.ended_at < before)
        for _ in range(MOST_TIMES):
            with runtime.transaction() as session:
                if not _retire_deliveries(session, gone, over):
                    break
        told = exists().where(
            AnnouncementDelivery.court_id == Announcement.court_id,
            AnnouncementDelivery.announcement_id == Announcement.id,
        )
        _round(runtime, gone, Announcement, Announcement.id, and_(Announcement.occurred_at < before, ~told))
    if settings.keep_sessions > _KEPT_FOR_EVER:
        before = machine_now - settings.keep_sessions
        ended = or_(SignIn.expires_at < before, SignIn.revoked_at < before)
        _round(runtime, gone, SignIn, SignIn.token_hash, ended)
        _round(runtime, gone, LinkSession, LinkSession.token_hash, LinkSession.expires_at < before)
        _round(runtime, gone, SignInTry, SignInTry.id, SignInTry.tried_at < before)
    for table, rows in gone.items():
        LOG.info("retired", extra={"table": table, "rows": rows})
    return gone


def _round(
    runtime: Runtime,
    gone: dict[str, int],
    model: type[Model],
    key: InstrumentedAttribute[Any],
    due: ColumnElement[bool],
) -> None:
    """Some rows of one table, looked for in a reading session first: a round with nothing to do locks nothing."""
    for _ in range(MOST_TIMES):
        with runtime.reading() as session:
            keys = session.scalars(select(key).where(due).limit(AT_ONCE)).all()
        if not keys:
            return
        with runtime.transaction() as session:
            _count(gone, model, session.execute(delete(model).where(key.in_(keys), due)))


def _retire_deliveries(session: Session, gone: dict[str, int], over: ColumnElement[bool]) -> bool:
    """Some deliveries that are over, with their tries; whether there were any."""
    rows = session.execute(
        select(AnnouncementDelivery.court_id, AnnouncementDelivery.id).where(over).limit(AT_ONCE)
    ).all()
    keys: Sequence[tuple[Any, ...]] = [tuple(row) for row in rows]
    if not keys:
        return False
    of_them = tuple_(AnnouncementTry.court_id, AnnouncementTry.delivery_id).in_(keys)
    _count(gone, AnnouncementTry, session.execute(delete(AnnouncementTry).where(of_them)))
    them = tuple_(AnnouncementDelivery.court_id, AnnouncementDelivery.id).in_(keys)
    _count(gone, AnnouncementDelivery, session.execute(delete(AnnouncementDelivery).where(them)))
    return True


def _count(gone: dict[str, int], model: type[Model], result: object) -> None:
    assert isinstance(result, CursorResult)
    assert isinstance(model.__table__, Table)
    if result.rowcount:
        gone[model.__table__.name] = gone.get(model.__table__.name, 0) + result.rowcount
