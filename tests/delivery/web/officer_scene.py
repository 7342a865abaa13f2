"""What tests of the officer's desk start from: the one deemed outcome of the court's life, and looks at its journal."""

import re
from uuid import UUID

from sqlalchemy import select

from delivery.domain.event import EventKind, Report
from delivery.order_life import order_to_change
from delivery.runtime import Runtime
from delivery.store.desk import DeskItem, put_on_desk
from delivery.store.journal import journal_of
from delivery.store.orders import ServiceOrder
from delivery.tasks import run_due
from delivery.tracking import record_fact
from tests.delivery.web.conftest import Browser
from tests.delivery.web.court_life import CourtLife

DEEMED = 5  # its recipient refused at the door, on video: left in place, and an officer must confirm it
"""The order of the court's life that waits for a confirmation."""


def work(runtime: Runtime) -> None:
    while run_due(runtime, "test"):
        pass


def order_of(runtime: Runtime, life: CourtLife, number: int) -> ServiceOrder:
    with runtime.transaction() as session:
        return session.get_one(ServiceOrder, (life.court_id, life.orders[number]))


def item_of(runtime: Runtime, life: CourtLife, number: int, kind: str) -> UUID:
    with runtime.reading() as session:
        found = session.scalars(
            select(DeskItem.id).where(
                DeskItem.order_id == life.orders[number], DeskItem.kind == kind, DeskItem.closed_at.is_(None)
            )
        )
        return found.one()


def facts_of(runtime: Runtime, life: CourtLife, number: int, kind: EventKind) -> list[dict[str, object]]:
    with runtime.reading() as session:
        events = journal_of(session, life.court_id, life.orders[number])
        return [event.args for event in events if event.kind == kind]


def mark_seen(browser: Browser, item: UUID) -> str:
    found = re.search(r'name="seen" value="(\w+)"', browser.look(f"/officer/{item}").text)
    assert found is not None
    return found[1]


def object_to(runtime: Runtime, life: CourtLife, number: int) -> UUID:
    """The recipient objects to the service, as through a link."""
    with runtime.transaction() as session:
        order = order_to_change(session, life.court_id, life.orders[number])
        report = Report(EventKind.OBJECTED, f"objected:{number}", runtime.now(), args={"objection": "other"})
        event = record_fact(session, order, report, now=runtime.now())
        assert event is not None
        item = put_on_desk(
            session,
            life.court_id,
            kind="objection",
            subject=str(event.id),
            at=runtime.now(),
            order_id=order.id,
            objection="other",
        )
        return item.id
