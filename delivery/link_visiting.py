"""Who acts through an e-service link, and the one way in which such acts are written down."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from delivery.domain.event import Report
from delivery.store.courts import Court
from delivery.store.journal import DeliveryEvent
from delivery.store.links import ServiceLink
from delivery.store.orders import Attempt, lock_order
from delivery.tracking import record_fact


class LinkRole(StrEnum):
    """As whom a person acts, in their own words. `HOLDER` merely holds the telephone or mailbox, unchecked."""

    RECIPIENT = "recipient"
    LAWYER = "lawyer"
    FAMILY = "family"
    ASSISTANT = "assistant"
    OTHER = "other"
    HOLDER = "holder"


# Only what these do can count as the recipient's own act: the party itself, and its litigation agent.
OWN_ROLES = frozenset({LinkRole.RECIPIENT, LinkRole.LAWYER})
UNCHECKED = "none"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who acts through a link: the role that they named, and how their identity was checked (or `none`)."""

    link: ServiceLink
    role: LinkRole
    identity: str


def attempt_of(session: Session, link: ServiceLink) -> Attempt | None:
    """The attempt whose message carried the link."""
    return session.get(Attempt, (link.court_id, link.attempt_id)) if link.attempt_id else None


def record_act(session: Session, visitor: Visitor, report: Report) -> DeliveryEvent | None:
    """Lock the order, then append the fact, with who acted and how they were checked. None if it was known."""
    link = visitor.link
    order = lock_order(session, link.court_id, link.order_id)
    assert order is not None
    attempt = attempt_of(session, link)
    if attempt is not None:
        session.refresh(attempt)
    args = {**report.args, "role": visitor.role, "identity": visitor.identity, "link": str(link.id)}
    full = Report(
        report.kind, report.event_id, report.occurred_at, reason=report.reason, args=args, detail=report.detail
    )
    return record_fact(session, order, full, now=report.occurred_at, attempt=attempt)


def court_day(session: Session, link: ServiceLink, now: datetime) -> date:
    """The court-local date of an instant."""
    return now.astimezone(ZoneInfo(session.get_one(Court, link.court_id).time_zone)).date()
