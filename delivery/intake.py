"""Orders come in: from a docket, the API or a form, always as a batch of entries, and always through `open_orders`.

Whoever is known by identity number is the same party as before; a name alone never is. Papers under different gates
(a mediation statement; a judgment outside the consent) become sibling orders. The same entry again changes nothing.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from delivery.addressing import attach_reused
from delivery.domain.event import EventKind, Report
from delivery.domain.order import OrderStatus
from delivery.domain.paper import split_by_gate
from delivery.domain.plan import Plan
from delivery.intake_entries import OrderEntry, PaperEntry, consented_kinds
from delivery.intake_ledger import Ledger
from delivery.planning import plan_named
from delivery.store.courts import Court
from delivery.store.desk import put_on_desk
from delivery.store.ids import new_id
from delivery.store.orders import OrderDocument, ServiceOrder
from delivery.store.parties import Address, Party
from delivery.store.tasks import schedule
from delivery.tracking import record_fact

# A court wants its papers served within a month, and well before a hearing.
_USUAL_SPAN = timedelta(days=30)
_HEARING_MARGIN = timedelta(days=4)


@dataclass(slots=True)
class Opened:
    """What became of one entry: all its orders, and those that are new."""

    orders: list[ServiceOrder] = field(default_factory=list)
    new: list[ServiceOrder] = field(default_factory=list)

    @property
    def created(self) -> bool:
        """Whether the entry brought anything new."""
        return bool(self.new)


def open_orders(
    session: Session, court: Court, entries: Sequence[OrderEntry], *, now: datetime, start: bool = True
) -> list[Opened]:
    """Take a batch in, one answer per entry, in the caller's transaction.

    `start=False` only records (history brought over from elsewhere): the orders are not set going. Entries must
    already be valid; the reading of dockets and the API refuse what is not.
    """
    ledger = Ledger(session, court, now)
    with session.no_autoflush:
        ledger.look_up(entries)
        for entry in entries:
            ledger.case_of(entry)
            ledger.party_of(entry)
            ledger.firm_of(entry)
        session.flush()
        for entry in entries:
            ledger.recipient_of(entry)
            for address in entry.addresses:
                ledger.address_of(entry, address)
            for paper in entry.papers:
                ledger.document_of(entry, paper)
        session.flush()
        for entry in entries:
            ledger.confirm(entry)
        opened = [_orders_of(session, court, ledger, entry, now) for entry in entries]
        session.flush()
        for entry, result in zip(entries, opened, strict=True):
            ledger.bind(entry)
            _list_papers(session, ledger, entry, result)
        session.flush()
        for entry, result in zip(entries, opened, strict=True):
            _begin(session, ledger, entry, result, now, start=start)
        session.flush()
    return opened


def _orders_of(session: Session, court: Court, ledger: Ledger, entry: OrderEntry, now: datetime) -> Opened:
    opened = Opened()
    plan = plan_named(entry.plan)
    for papers in split_by_gate(entry.papers, consented_kinds(entry)):
        key = _intake_key(ledger, entry, papers)
        order = ledger.orders.get(key)
        if order is None:
            order = _new_order(court, ledger, entry, key, plan, now)
            session.add(order)
            ledger.orders[key] = order
            opened.new.append(order)
        opened.orders.append(order)
    return opened


def _new_order(court: Court, ledger: Ledger, entry: OrderEntry, key: str, plan: Plan, now: datetime) -> ServiceOrder:
    recipient = ledger.recipient_of(entry)
    return ServiceOrder(
        court_id=court.id,
        id=new_id(),
        case_id=recipient.case_id,
        recipient_id=recipient.id,
        intake_key=key,
        status=OrderStatus.OPEN,
        plan=plan.frozen(),
        plan_name=plan.name,
        opened_at=now,
        due_on=_due_on(court, entry, now),
        effect={},
        outcome="NOT_SERVED",
        journal_length=0,
        journal_head="",
    )


def _due_on(court: Court, entry: OrderEntry, now: datetime) -> date:
    zone = ZoneInfo(court.time_zone)
    usual = now.astimezone(zone).date() + _USUAL_SPAN
    if entry.hearing_at is None:
        return usual
    return min(usual, (entry.hearing_at.astimezone(zone) - _HEARING_MARGIN).date())


def _intake_key(ledger: Ledger, entry: OrderEntry, papers: Sequence[PaperEntry]) -> str:
    """The same recipient, case and papers are the same order, however often they come in."""
    parts = [entry.case_number, ledger.party_key(entry), *sorted(f"{paper.kind}:{paper.title}" for paper in papers)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _list_papers(session: Session, ledger: Ledger, entry: OrderEntry, opened: Opened) -> None:
    groups = split_by_gate(entry.papers, consented_kinds(entry))
    for order, papers in zip(opened.orders, groups, strict=True):
        if order not in opened.new:
            continue
        for position, paper in enumerate(papers):
            session.add(
                OrderDocument(
                    court_id=order.court_id,
                    order_id=order.id,
                    document_id=ledger.document_of(entry, paper).id,
                    position=position,
                )
            )


def _begin(session: Session, ledger: Ledger, entry: OrderEntry, opened: Opened, now: datetime, *, start: bool) -> None:
    """The first facts of each new order, what can be reused, and the task that starts its ladder."""
    case, party = ledger.case_of(entry), ledger.party_of(entry)
    for order in opened.new:
        args = {"plan": order.plan_name, "papers": [str(paper.kind) for paper in entry.papers]}
        record_fact(session, order, Report(EventKind.ORDER_OPENED, "", now, args=args), now=now, look_again=False)
        if party.id in ledger.known:
            attach_reused(session, order, party, case, now)
        elif not entry.identity_number:
            _candidates(session, order, party, now)
        if start:
            schedule(session, order.court_id, "advance_order", order.id, due_at=now, created_at=now)


def _candidates(session: Session, order: ServiceOrder, party: Party, now: datetime) -> None:
    """Same name and same number as somebody known: a person says whether they are one, never the platform."""
    same_name = select(Party.id).where(
        Party.court_id == party.court_id,
        Party.name_index == party.name_index,
        Party.id != party.id,
        Party.merged_into_id.is_(None),
    )
    own = select(Address.kind, Address.value_index).where(
        Address.court_id == party.court_id, Address.party_id == party.id, Address.kind != "postal"
    )
    candidate = session.scalar(
        select(Address.party_id)
        .where(
            Address.court_id == party.court_id,
            Address.party_id.in_(same_name),
            tuple_(Address.kind, Address.value_index).in_(own),
        )
        .limit(1)
    )
    if candidate is not None:
        put_on_desk(
            session,
            party.court_id,
            kind="party_candidate",
            subject=f"{party.id}:{candidate}",
            at=now,
            order_id=order.id,
            party=str(party.id),
            candidate=str(candidate),
        )
