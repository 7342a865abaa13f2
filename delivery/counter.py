"""Papers handed over at the court's counter to a recipient who said that they would come for them (INT 131(1)).

Whoever sits at the counter has looked at the identity card and has the signed receipt (CPL 87): nothing else is
recorded with this act. Somebody who signs for the recipient, or who refuses, is a visit like any other.
"""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from delivery.domain.event import Channel, EventKind, Report
from delivery.domain.plan import Purpose
from delivery.store.courts import Court
from delivery.store.orders import Attempt, ServiceOrder, add_attempt_beyond_plan
from delivery.tracking import record_fact

TIER = "counter"
"""Not a tier of any plan: people come when they like."""


def hand_over(session: Session, order: ServiceOrder, *, by: UUID | None, now: datetime) -> Attempt:
    """Record on a locked order that the recipient in person signed the receipt today."""
    attempt = add_attempt_beyond_plan(
        session, order, tier=TIER, channel=Channel.IN_PERSON, purpose=Purpose.HAND_OVER, now=now
    )
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
