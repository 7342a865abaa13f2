"""Visits and postings that wait to be made, with the least that a field server needs: never the claims."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from delivery.addressing import shown_address
from delivery.domain.errors import NotFound
from delivery.domain.event import Channel
from delivery.domain.paper import DocumentKind
from delivery.domain.posting import Trigger, cautions_for, posting_meaning
from delivery.doors import door_of, planned_meaning
from delivery.store.cases import Case, Recipient
from delivery.store.orders import Attempt, ServiceOrder, documents_of
from delivery.store.parties import Address, AddressBasis, Party

_ON_FOOT = (Channel.IN_PERSON, Channel.POSTING)


@dataclass(frozen=True, slots=True)
class Visit:
    """One door to go to.

    `meaning` says before departure what a posting there is worth in law, `if_refused` what it becomes when somebody
    there refuses; None for visits. `cautions` are codes of what must not be done there with these papers.
    `recipient_kind` is natural_person or organisation. `assigned_to` is None while anybody may go.
    """

    id: UUID
    order_id: UUID
    channel: str
    meaning: str | None
    recipient_name: str
    address: str
    phone: str
    document_titles: tuple[str, ...]
    due_on: date | None
    if_refused: str | None = None
    cautions: tuple[str, ...] = ()
    recipient_kind: str = ""
    address_id: UUID | None = None
    assigned_to: UUID | None = None


def open_visits(
    session: Session, court_id: UUID, *, after: UUID | None = None, limit: int = 50, server: UUID | None = None
) -> list[Visit]:
    """The visits that wait, in the order in which they were planned, after a cursor if given.

    For one server: those given to that account, then those given to nobody, what is due first on top.
    """
    query = (
        select(Attempt, ServiceOrder, Recipient, Case)
        .join(ServiceOrder, (ServiceOrder.court_id == Attempt.court_id) & (ServiceOrder.id == Attempt.order_id))
        .join(Recipient, (Recipient.court_id == Attempt.court_id) & (Recipient.id == ServiceOrder.recipient_id))
        .join(Case, (Case.court_id == Attempt.court_id) & (Case.id == ServiceOrder.case_id))
        .where(
            Attempt.court_id == court_id,
            Attempt.channel.in_(_ON_FOOT),
            Attempt.status == "planned",
            ServiceOrder.status == "open",
        )
        .order_by(Attempt.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(Attempt.id > after)
    if server is not None:
        query = query.where(or_(Attempt.assigned_to == server, Attempt.assigned_to.is_(None))).order_by(None)
        query = query.order_by(Attempt.assigned_to.is_(None), Attempt.due_on.is_(None), Attempt.due_on, Attempt.id)
    return [_visit(session, *found) for found in session.execute(query)]


def visit_of(session: Session, court_id: UUID, attempt_id: UUID, *, server: UUID | None = None) -> Visit:
    """One visit. Raises `NotFound` when it is not this court's, not made on foot, or given to another `server`."""
    attempt = session.get(Attempt, (court_id, attempt_id))
    if attempt is None or attempt.channel not in _ON_FOOT:
        raise NotFound
    if server is not None and attempt.assigned_to not in {None, server}:
        raise NotFound
    order = session.get_one(ServiceOrder, (court_id, attempt.order_id))
    recipient = session.get_one(Recipient, (court_id, order.recipient_id))
    return _visit(session, attempt, order, recipient, session.get_one(Case, (court_id, order.case_id)))


def _visit(session: Session, attempt: Attempt, order: ServiceOrder, recipient: Recipient, case: Case) -> Visit:
    party = session.get_one(Party, (order.court_id, recipient.party_id))
    address = session.get_one(Address, (order.court_id, attempt.address_id)) if attempt.address_id else None
    phone = session.scalar(
        select(Address)
        .join(AddressBasis, (AddressBasis.court_id == Address.court_id) & (AddressBasis.address_id == Address.id))
        .where(
            Address.court_id == order.court_id,
            Address.party_id == party.id,
            Address.kind == "mobile",
            AddressBasis.case_id == case.id,
        )
        .order_by(Address.created_at, Address.id)
        .limit(1)
    )
    papers = documents_of(session, order.court_id, order.id)
    is_posting = attempt.channel == Channel.POSTING
    return Visit(
        id=attempt.id,
        order_id=order.id,
        channel=attempt.channel,
        meaning=planned_meaning(session, order, attempt) if is_posting else None,
        if_refused=_if_refused(session, order, attempt) if is_posting else None,
        cautions=cautions_for({DocumentKind(paper.kind) for paper in papers}, confidential=case.confidential),
        recipient_name=party.name or "",
        address=shown_address(address.kind, address.value or "") if address else "",
        phone=(phone.value if phone else "") or "",
        document_titles=() if case.confidential else tuple(paper.title for paper in papers),
        due_on=attempt.due_on,
        recipient_kind=party.kind,
        address_id=attempt.address_id,
        assigned_to=attempt.assigned_to,
    )


def _if_refused(session: Session, order: ServiceOrder, attempt: Attempt) -> str:
    return posting_meaning(door_of(session, order, attempt.address_id, attempt.purpose), Trigger.REFUSED)
