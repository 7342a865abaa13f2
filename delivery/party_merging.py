"""A clerk says that two parties are one person, or takes it back: what that does to their open orders.

After a merge the open orders of both look for addresses once more; after it is taken back they hear that those
addresses are not theirs. Both are facts in their journals.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.address_reuse import Wanted, attach_reused
from delivery.domain.errors import NotFound
from delivery.domain.event import EventKind, Report
from delivery.domain.order import UNFINISHED
from delivery.parties_as_one import merge_parties, same_people, unmerge_parties
from delivery.store.cases import Case, Recipient
from delivery.store.courts import Court
from delivery.store.orders import ServiceOrder, lock_order, lock_orders
from delivery.store.parties import Party, PartyMerge
from delivery.store.tasks import schedule
from delivery.tracking import record_fact


def merge(
    session: Session, court_id: UUID, one_id: UUID, other_id: UUID, *, by: UUID | None, now: datetime
) -> PartyMerge:
    """Record that two parties are one, and bring their addresses to their open orders. Raises as `merge_parties`."""
    decided = merge_parties(session, court_id, one_id, other_id, by=by, now=now)
    people = same_people(session, court_id, [decided.kept_id])[decided.kept_id]
    wanted = _open_orders(session, court_id, people)
    attach_reused(session, session.get_one(Court, court_id), wanted, now)
    for order in (order for item in wanted for order in item.orders):
        schedule(session, court_id, "advance_order", order.id, due_at=now, created_at=now)
    return decided


def _open_orders(session: Session, court_id: UUID, people: Iterable[UUID]) -> list[Wanted]:
    """The orders under way of these parties, locked, by party and case."""
    rows = session.execute(
        select(ServiceOrder.id, Case, Party)
        .join(Recipient, (Recipient.court_id == ServiceOrder.court_id) & (Recipient.id == ServiceOrder.recipient_id))
        .join(Case, (Case.court_id == ServiceOrder.court_id) & (Case.id == ServiceOrder.case_id))
        .join(Party, (Party.court_id == Recipient.court_id) & (Party.id == Recipient.party_id))
        .where(
            ServiceOrder.court_id == court_id,
            ServiceOrder.status.in_(UNFINISHED),
            Recipient.party_id.in_(list(people)),
        )
        .order_by(ServiceOrder.id)
    ).all()
    wanted: dict[tuple[UUID, UUID], Wanted] = {}
    for order_id, case, party in rows:
        order = lock_order(session, court_id, order_id)
        assert order is not None
        wanted.setdefault((case.id, party.id), Wanted(party, case)).orders.append(order)
    return list(wanted.values())


def merges_of(session: Session, court_id: UUID, party_id: UUID) -> list[PartyMerge]:
    """The merges in force that a party takes part in, newest first."""
    rows = select(PartyMerge).where(
        PartyMerge.court_id == court_id,
        (PartyMerge.kept_id == party_id) | (PartyMerge.merged_id == party_id),
        PartyMerge.undone_at.is_(None),
    )
    return list(session.scalars(rows.order_by(PartyMerge.decided_at.desc(), PartyMerge.id.desc())))


def take_back_merge(session: Session, court_id: UUID, merge_id: UUID, *, by: UUID | None, now: datetime) -> None:
    """Two parties are two after all. Raises `NotFound`, `Conflict` (`merge_already_undone`)."""
    decided = session.get(PartyMerge, (court_id, merge_id), with_for_update=True, populate_existing=True)
    if decided is None:
        raise NotFound
    for order in lock_orders(session, court_id, ServiceOrder.id.in_(set(unmerge_parties(session, decided, now=now)))):
        args = {"by": str(by or "")}
        report = Report(EventKind.ADDRESS_RECORDED, "", now, reason="merge_undone", args=args)
        record_fact(session, order, report, now=now)
