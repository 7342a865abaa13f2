"""Finding out whether every journal still says what was written.

Each entry is checked against its own hash, the entry before it, the columns that repeat it, the sealed detail that it
vouches for, and the order that it belongs to.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.domain.errors import IntegrityFault
from delivery.domain.event import EventKind
from delivery.domain.order import OrderStatus, next_status
from delivery.store.courts import Court
from delivery.store.journal import (
    FORMAT,
    DeliveryEvent,
    EventDetail,
    canonical,
    detail_digest,
    entry_hash,
    instant,
)
from delivery.store.orders import ServiceOrder

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be: a stable code, and the ids that name it."""

    code: str
    court: str
    args: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """As one line."""
        named = " ".join(f"{name}={value}" for name, value in self.args.items())
        return f"{self.code} court={self.court} {named}".strip()


def check_journals(session: Session, court: Court) -> Iterator[Finding]:
    """Every broken entry of one court's journals, order by order."""
    orders = session.execute(
        select(ServiceOrder.id, ServiceOrder.status, ServiceOrder.journal_length, ServiceOrder.journal_head)
        .where(ServiceOrder.court_id == court.id)
        .order_by(ServiceOrder.id)
    ).all()
    for start in range(0, len(orders), _BATCH):
        batch = orders[start : start + _BATCH]
        journals = _journals(session, court, [row.id for row in batch])
        for row in batch:
            chain = _Chain(court, str(row.id))
            for event, detail in journals.get(str(row.id), []):
                yield from chain.check(event, detail)
            yield from chain.check_order(row.journal_length, row.journal_head, row.status)
        session.expunge_all()
        session.add(court)


def _journals(
    session: Session, court: Court, order_ids: list[Any]
) -> dict[str, list[tuple[DeliveryEvent, EventDetail | None]]]:
    rows = session.execute(
        select(DeliveryEvent, EventDetail)
        .outerjoin(EventDetail, (EventDetail.court_id == DeliveryEvent.court_id) & (EventDetail.id == DeliveryEvent.id))
        .where(DeliveryEvent.court_id == court.id, DeliveryEvent.order_id.in_(order_ids))
        .order_by(DeliveryEvent.order_id, DeliveryEvent.sequence)
    )
    found: dict[str, list[tuple[DeliveryEvent, EventDetail | None]]] = {}
    for event, detail in rows:
        found.setdefault(str(event.order_id), []).append((event, detail))
    return found


class _Chain:
    """One order's journal while it is read."""

    def __init__(self, court: Court, order: str) -> None:
        self._court = court
        self._order = order
        self._previous = ""
        self._length = 0
        self._status = OrderStatus.OPEN

    def _found(self, code: str, **args: object) -> Finding:
        named = {name: str(value) for name, value in args.items()}
        return Finding(code, self._court.code, {"order": self._order, **named})

    def check(self, event: DeliveryEvent, detail: EventDetail | None) -> Iterator[Finding]:
        """What is wrong with the next entry."""
        self._length += 1
        where = {"sequence": event.sequence, "event": event.id}
        if event.sequence != self._length:
            yield self._found("journal_gap", expected=self._length, **where)
            self._length = event.sequence
        if entry_hash(event.entry) != event.hash:
            yield self._found("journal_entry_altered", **where)
        body = _read(event.entry)
        if body is None:
            yield self._found("journal_entry_unreadable", **where)
            self._previous = event.hash
            return
        if body.get("previous") != self._previous:
            yield self._found("journal_chain_broken", **where)
        for column in _differing(event, body):
            yield self._found("journal_column_differs", column=column, **where)
        yield from self._check_detail(body, detail, where)
        self._previous = event.hash
        if event.kind in set(EventKind):
            self._status = next_status(self._status, EventKind(event.kind))

    def _check_detail(
        self, body: dict[str, Any], detail: EventDetail | None, where: dict[str, Any]
    ) -> Iterator[Finding]:
        digest = body.get("detail")
        if digest is None:
            if detail is not None:
                yield self._found("detail_without_digest", **where)
            return
        if detail is None:
            yield self._found("detail_missing", **where)
            return
        if detail.content_sealed is None:
            if detail.erased_at is None:
                yield self._found("detail_missing", **where)
            return
        try:
            content = detail.content or ""
        except IntegrityFault:
            yield self._found("detail_does_not_open", **where)
            return
        if detail_digest(detail.salt, content) != digest:
            yield self._found("detail_altered", **where)

    def check_order(self, length: int, head: str, status: str) -> Iterator[Finding]:
        """What is wrong between the whole journal and its order."""
        if self._length == 0:
            yield self._found("journal_empty")
        elif (length, head) != (self._length, self._previous):
            yield self._found("journal_head_differs", expected=length, found=self._length)
        if status != self._status:
            yield self._found("order_status_differs", status=status, journal=self._status)


def _read(entry: str) -> dict[str, Any] | None:
    """The entry as a mapping, if it is of the form in which entries are written."""
    try:
        body = json.loads(entry)
    except ValueError:
        return None
    if not isinstance(body, dict) or body.get("v") != FORMAT or canonical(body) != entry:
        return None
    return body


def _differing(event: DeliveryEvent, body: dict[str, Any]) -> list[str]:
    """The columns that do not repeat what the entry says."""
    told: dict[str, object] = {
        "court_id": str(event.court_id),
        "order_id": str(event.order_id),
        "sequence": event.sequence,
        "kind": event.kind,
        "provider": event.provider,
        "event_id": event.event_id,
        "attempt_id": str(event.attempt_id) if event.attempt_id else None,
        "occurred_at": instant(event.occurred_at),
        "recorded_at": instant(event.recorded_at),
    }
    names = {"court_id": "court", "order_id": "order", "event_id": "event", "attempt_id": "attempt"}
    return [column for column, value in told.items() if body.get(names.get(column, column)) != value]
