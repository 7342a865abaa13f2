"""Telling the court's case system what happened: facts become announcements, in the transaction that records them."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from delivery.domain.announcement import EventType, as_code, type_of_fact
from delivery.domain.event import Report
from delivery.store.announcements import write_down
from delivery.store.orders import ServiceOrder


def announce_fact(session: Session, order: ServiceOrder, report: Report, now: datetime) -> None:
    """Announce a fact of an order's journal if the court's system can want it."""
    kind = type_of_fact(report.kind)
    if kind is None:
        return
    data: dict[str, object] = {"status": order.status}
    if kind in {EventType.EFFECT_CHANGED, EventType.ORDER_CONCLUDED}:
        data |= _effect_of(order)
    elif as_code(report.reason):
        data["reason"] = report.reason
    write_down(session, order.court_id, kind, data, at=now, order=order)


def announce_opened(session: Session, orders: Iterable[ServiceOrder], now: datetime) -> None:
    """Announce new orders once all their rows are written."""
    for order in orders:
        data = {"status": order.status, "due_on": order.due_on.isoformat() if order.due_on else None}
        write_down(session, order.court_id, EventType.ORDER_OPENED, data, at=now, order=order)


def _effect_of(order: ServiceOrder) -> dict[str, object]:
    """Outcome, day and articles; a deemed day is for the court alone until an officer has confirmed it."""
    cites = order.effect.get("cites")
    return {
        "outcome": order.outcome,
        "effective_on": order.effective_on.isoformat() if order.effective_on else None,
        "method": order.effect_method or None,
        "articles": list(cites) if isinstance(cites, list) else [],
        "awaits_confirmation": bool(order.effect.get("needs_confirmation")) and order.confirmed_at is None,
    }
