"""Papers handed over at the court's counter to a recipient who said that they would come for them (INT 131(1)).

Whoever sits at the counter has looked at the identity card and has the signed receipt (CPL 87): nothing else is
recorded with this act. Somebody who signs for the recipient, or who refuses, is a visit like any other.
"""

from datetime import datetime
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from delivery.domain.event import Channel, EventKind, Report
from delivery.domain.order import AttemptStatus
from delivery.domain.plan import Purpose
from delivery.store.courts import Court
from delivery.store.ids import new_id
from delivery.store.orders import Attempt, ServiceOrder, attempts_of
from delivery.tracking import record_fact

TIER = "counter"
"""Not a tier of any plan: people come when they like."""


def hand_over(session: Session, order: ServiceOrder, *, by: UUID | None, now: datetime) -> Attempt:
    """Record on a locked order that the recipient in person signed the receipt today."""
    count = sum(attempt.tier == TIER for attempt in attempts_of(session, order.court_id, order.id))
    attempt = Attempt(
        court_id=order.court_id,
        id=new_id(),
        order_id=order.id,
        round=order.round,
        tier=TIER,
        channel=Channel.IN_PERSON,
        purpose=Purpose.HAND_OVER,
        provider="",
        idempotency_key=str(uuid5(order.id, f"{TIER}|{order.round}|{count}")),
        status=AttemptStatus.PLANNED,
        planned_at=now,
    )
    session.add(attempt)
    session.flush()
    zone = ZoneInfo(session.get_one(Court, order.court_id).time_zone)
    args = {
        "result": "signed",
        "place": "court",
        "collected": True,
        "signer": {"role": "recipient", "id_checked": True},
        "signed_on": now.astimezone(zone).date().isoformat(),
        "by": str(by or ""),
    }
    record_fact(
        session, order, Report(EventKind.VISITED, f"counter:{attempt.id}", now, args=args), now=now, attempt=attempt
    )
    return attempt
