"""Everything that the page of one order shows, read in a fixed number of queries."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.addressing import shown_address
from delivery.domain.address import mask_email, mask_phone, mask_wechat
from delivery.domain.errors import NotFound
from delivery.domain.plan import Plan, thaw_plan
from delivery.planning import reason_of
from delivery.store.cases import Case, Counsel, Document, LawFirm, Recipient, counsel_of
from delivery.store.desk import DeskItem, open_items_of
from delivery.store.journal import DeliveryEvent, EventDetail, journal_of
from delivery.store.orders import Attempt, ServiceOrder, TierRun, attempts_of, documents_of, tier_runs_of
from delivery.store.parties import Address, AddressBasis, Party, addresses_in_case

_MASKED_POSTAL = 6


@dataclass(frozen=True, slots=True)
class Rung:
    """A tier of the order's frozen plan: to come, now, past, or skipped with a reason."""

    name: str
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OrderView:
    """One order with what belongs to it."""

    order: ServiceOrder
    case: Case
    recipient: Recipient
    party: Party
    counsel: list[tuple[Counsel, LawFirm]]
    papers: list[Document]
    events: list[DeliveryEvent]
    attempts: list[Attempt]
    addresses: list[tuple[Address, AddressBasis]]
    source_cases: Mapping[UUID, str]
    desk: list[DeskItem]
    rungs: list[Rung]
    plan: Plan
    detailed: frozenset[UUID]

    @property
    def channels(self) -> dict[UUID, str]:
        """Attempt -> channel."""
        return {attempt.id: attempt.channel for attempt in self.attempts}

    @property
    def address_by_id(self) -> dict[UUID, Address]:
        """The addresses of the recipient in this case."""
        return {address.id: address for address, _ in self.addresses}

    @property
    def firm_by_id(self) -> dict[UUID, LawFirm]:
        """The firms of the recipient's counsel."""
        return {firm.id: firm for _, firm in self.counsel}

    @property
    def plan_reason(self) -> str:
        """Why the order has its plan, as a code; empty for one that was opened before reasons were kept."""
        return reason_of(self.events) or ""

    @property
    def next_rung(self) -> str:
        """The tier that comes after the running one, if any."""
        return next((rung.name for rung in self.rungs if rung.state == "to_come"), "")


def read_order(session: Session, court_id: UUID, order_id: UUID) -> OrderView:
    """One order of this court. Raises `NotFound`, also for another court's."""
    found = session.execute(
        select(ServiceOrder, Case, Recipient, Party)
        .join(Case, (Case.court_id == ServiceOrder.court_id) & (Case.id == ServiceOrder.case_id))
        .join(Recipient, (Recipient.court_id == ServiceOrder.court_id) & (Recipient.id == ServiceOrder.recipient_id))
        .join(Party, (Party.court_id == Recipient.court_id) & (Party.id == Recipient.party_id))
        .where(ServiceOrder.court_id == court_id, ServiceOrder.id == order_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    order, case, recipient, party = found
    addresses = addresses_in_case(session, court_id, case.id, party.id)
    events = journal_of(session, court_id, order_id)
    plan = thaw_plan(order.plan)
    return OrderView(
        order=order,
        case=case,
        recipient=recipient,
        party=party,
        counsel=counsel_of(session, court_id, recipient.id),
        papers=documents_of(session, court_id, order_id),
        events=events,
        attempts=attempts_of(session, court_id, order_id),
        addresses=addresses,
        source_cases=_source_cases(addresses),
        desk=open_items_of(session, court_id, order_id),
        rungs=_rungs(order, plan, tier_runs_of(session, court_id, order_id)),
        plan=plan,
        detailed=_detailed(session, court_id, order_id),
    )


def _source_cases(addresses: list[tuple[Address, AddressBasis]]) -> dict[UUID, str]:
    """Source case -> its number as the extract in this file gives it: nothing where that case is confidential."""
    found: dict[UUID, str] = {}
    for _, basis in addresses:
        extract = basis.source_note.get("extract")
        if basis.source_case_id is not None and isinstance(extract, dict):
            found[basis.source_case_id] = str(extract.get("case", ""))
    return found


def _detailed(session: Session, court_id: UUID, order_id: UUID) -> frozenset[UUID]:
    """The entries that have something personal beside them."""
    return frozenset(
        session.scalars(
            select(EventDetail.id)
            .join(
                DeliveryEvent,
                (DeliveryEvent.court_id == EventDetail.court_id) & (DeliveryEvent.id == EventDetail.id),
            )
            .where(
                EventDetail.court_id == court_id,
                DeliveryEvent.order_id == order_id,
                EventDetail.content_sealed.is_not(None),
            )
        )
    )


def _rungs(order: ServiceOrder, plan: Plan, runs: list[TierRun]) -> list[Rung]:
    ran = {run.tier: run for run in runs if run.round == order.round}
    rungs = []
    for tier in plan.tiers:
        run = ran.get(tier.name)
        if run is None:
            rungs.append(Rung(tier.name, "to_come" if order.status in {"open", "held"} else "unused"))
        elif run.skipped_reason:
            rungs.append(Rung(tier.name, "skipped", run.skipped_reason))
        elif tier.name == order.tier and order.status in {"open", "held"}:
            rungs.append(Rung(tier.name, "now"))
        else:
            rungs.append(Rung(tier.name, "past"))
    return rungs


def detail_of(session: Session, court_id: UUID, event_id: UUID) -> dict[str, str]:
    """The personal part of one entry, opened. Raises `NotFound`."""
    row = session.get(EventDetail, (court_id, event_id))
    content = None if row is None else row.content
    if not content:
        raise NotFound
    loaded: dict[str, object] = json.loads(content)
    return {name: str(value) for name, value in loaded.items()}


def masked(kind: str, value: str) -> str:
    """An address as it is shown before somebody asks for the whole."""
    match kind:
        case "mobile" | "fax":
            return mask_phone(value)
        case "email":
            return mask_email(value)
        case "wechat":
            return mask_wechat(value)
        case "postal":
            line = shown_address(kind, value)
            return line[:_MASKED_POSTAL] + "****" if len(line) > _MASKED_POSTAL else "****"
        case _:
            return value[:2] + "****"
