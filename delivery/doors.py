"""Doors before somebody goes there: what a posting would mean in law, said when it is planned and kept with it.

The rule is `domain.posting`; here its facts are read, and what was said is read back. A posting that was planned before
meanings were kept is asked about again.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.domain.case import Procedure
from delivery.domain.event import Channel, EventKind
from delivery.domain.paper import DocumentKind
from delivery.domain.plan import Purpose
from delivery.domain.posting import Door, PostingMeaning, posting_meaning
from delivery.store.cases import Case, Recipient
from delivery.store.journal import DeliveryEvent
from delivery.store.orders import Attempt, ServiceOrder, documents_of
from delivery.store.parties import AddressBasis

# OP19 8, EMS04 5: whoever refuses to name an address, or hides, answers for the one that the law presumes.
_DODGING = frozenset({"refused", "evaded"})


def door_of(session: Session, order: ServiceOrder, address_id: UUID | None, purpose: str) -> Door:
    """What is known of a door of this order."""
    case = session.get_one(Case, (order.court_id, order.case_id))
    recipient = session.get_one(Recipient, (order.court_id, order.recipient_id))
    basis = session.scalar(
        select(AddressBasis.basis).where(
            AddressBasis.court_id == order.court_id,
            AddressBasis.address_id == address_id,
            AddressBasis.case_id == order.case_id,
        )
    )
    return Door(
        basis=basis,
        papers=frozenset(DocumentKind(paper.kind) for paper in documents_of(session, order.court_id, order.id)),
        procedure=Procedure(case.procedure),
        confidential=case.confidential,
        answered_for=recipient.address_confirmation in _DODGING,
        notice_approved=purpose == Purpose.PUBLIC_NOTICE,
    )


def planned_meaning(session: Session, order: ServiceOrder, attempt: Attempt) -> PostingMeaning:
    """What a posting means, as it was said when it was planned."""
    planned = session.scalar(
        select(DeliveryEvent).where(
            DeliveryEvent.court_id == attempt.court_id,
            DeliveryEvent.order_id == attempt.order_id,
            DeliveryEvent.attempt_id == attempt.id,
            DeliveryEvent.kind == EventKind.ATTEMPT_PLANNED,
        )
    )
    said = planned.args.get("meaning") if planned is not None else None
    if said:
        return PostingMeaning(said)
    return posting_meaning(door_of(session, order, attempt.address_id, attempt.purpose))


def meanings_of(session: Session, order: ServiceOrder, attempts: Iterable[Attempt]) -> dict[UUID, str]:
    """Attempt -> what the posting meant, for the postings that were made."""
    wanted = [attempt.id for attempt in attempts if attempt.channel == Channel.POSTING]
    if not wanted:
        return {}
    made = session.scalars(
        select(DeliveryEvent)
        .where(
            DeliveryEvent.court_id == order.court_id,
            DeliveryEvent.order_id == order.id,
            DeliveryEvent.attempt_id.in_(wanted),
            DeliveryEvent.kind == EventKind.NOTICE_POSTED,
        )
        .order_by(DeliveryEvent.sequence)
    )
    return {event.attempt_id: str(event.args.get("meaning", "")) for event in made if event.attempt_id is not None}
