"""Orders come in: from a docket, the API or a form, always as a batch of entries, and always through `open_orders`.

An entry names one recipient in one case with the papers to be served. Whoever is known by identity number is the
same party as before; a name alone never is. Papers under different gates (a mediation statement; a judgment outside
the consent) become sibling orders. The same entry again changes nothing. The number of queries depends on the batch,
not on its rows.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from delivery.addressing import attach_reused
from delivery.domain.event import EventKind, Report
from delivery.domain.order import OrderStatus
from delivery.domain.paper import DocumentKind, split_by_gate
from delivery.domain.plan import Plan
from delivery.planning import DEFAULT, plan_named
from delivery.store.cases import Case, Counsel, Document, LawFirm, Recipient
from delivery.store.courts import Court
from delivery.store.desk import put_on_desk
from delivery.store.ids import new_id
from delivery.store.model import vault_of
from delivery.store.orders import OrderDocument, ServiceOrder
from delivery.store.parties import Address, AddressBasis, AddressConfirmation, Party
from delivery.store.tasks import schedule
from delivery.tracking import record_fact

# A court wants its papers out within five days of acceptance (CPL 128) and served well before a hearing.
_USUAL_SPAN = timedelta(days=30)
_HEARING_MARGIN = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class AddressEntry:
    """A destination of the recipient as the docket gives it.

    `consent_scope`: "all", document kinds by comma, or empty.
    """

    kind: str
    value: str
    basis: str
    given_on: date | None = None
    consent_scope: str = ""
    covers_other_cases: bool = False


@dataclass(frozen=True, slots=True)
class PaperEntry:
    """A paper to be served; without `sha256` its bytes are still to come and nothing that carries it starts."""

    kind: DocumentKind
    title: str
    sha256: str | None = None
    size: int | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class OrderEntry:
    """One recipient in one case with the papers to be served."""

    case_number: str
    procedure: str
    recipient_name: str
    recipient_kind: str
    role: str
    papers: tuple[PaperEntry, ...]
    addresses: tuple[AddressEntry, ...] = ()
    cause: str = ""
    instance: str = "first"
    dispute: str = ""
    confidential: bool = False
    accepted_on: date | None = None
    hearing_at: datetime | None = None
    identity_number: str = ""
    born_on: date | None = None
    language: str = "zh"
    firm: str = ""
    firm_email: str = ""
    lawyer: str = ""
    plan: str = DEFAULT


@dataclass(slots=True)
class Opened:
    """What became of one entry: its orders, and whether anything new came in with it."""

    orders: list[ServiceOrder] = field(default_factory=list)
    created: bool = False


def open_orders(
    session: Session, court: Court, entries: Sequence[OrderEntry], *, now: datetime, start: bool = True
) -> list[Opened]:
    """Take a batch in, one answer per entry, in the caller's transaction.

    `start=False` only records (history brought over from elsewhere): the orders are not set going. Entries must
    already be valid; the reading of dockets and the API refuse what is not.
    """
    return _Batch(session, court, now, start=start).take(entries)


class _Batch:
    """The rows of one batch, looked up by set and written level by level, parents first."""

    def __init__(self, session: Session, court: Court, now: datetime, *, start: bool) -> None:
        self._session = session
        self._court = court
        self._now = now
        self._start = start
        self._vault = vault_of(session)
        self._cases: dict[str, Case] = {}
        self._parties: dict[str, Party] = {}
        self._known_parties: set[UUID] = set()
        self._recipients: dict[tuple[UUID, UUID], Recipient] = {}
        self._firms: dict[str, LawFirm] = {}
        self._counsel: set[tuple[UUID, UUID]] = set()
        self._addresses: dict[tuple[UUID, str, str], Address] = {}
        self._bases: set[tuple[UUID, UUID]] = set()
        self._documents: dict[tuple[UUID, str, str | None], Document] = {}
        self._orders: dict[str, ServiceOrder] = {}

    def take(self, entries: Sequence[OrderEntry]) -> list[Opened]:
        """All levels, one flush each."""
        self._look_up(entries)
        for entry in entries:
            self._case_of(entry)
            self._party_of(entry)
            self._firm_of(entry)
        self._session.flush()
        for entry in entries:
            self._recipient_of(entry)
            for address in entry.addresses:
                self._address_of(entry, address)
            for paper in entry.papers:
                self._document_of(entry, paper)
        self._session.flush()
        for entry in entries:
            self._bind(entry)
        opened = [self._orders_of(entry) for entry in entries]
        self._session.flush()
        for entry, result in zip(entries, opened, strict=True):
            if result.created:
                self._begin(entry, result)
        return opened

    def _look_up(self, entries: Sequence[OrderEntry]) -> None:
        """Everything that may already be there, in a fixed number of queries."""
        court_id, session = self._court.id, self._session
        numbers = {entry.case_number for entry in entries}
        for case in session.scalars(select(Case).where(Case.court_id == court_id, Case.number.in_(numbers))):
            self._cases[case.number] = case
        indexes = {self._identity_index(entry.identity_number) for entry in entries if entry.identity_number}
        parties = select(Party).where(
            Party.court_id == court_id, Party.identity_number_index.in_(indexes), Party.merged_into_id.is_(None)
        )
        for party in session.scalars(parties):
            self._parties[party.identity_number_index or ""] = party
            self._known_parties.add(party.id)
        names = {entry.firm for entry in entries if entry.firm}
        for firm in session.scalars(select(LawFirm).where(LawFirm.court_id == court_id, LawFirm.name.in_(names))):
            self._firms[firm.name] = firm
        self._look_up_in_cases([case.id for case in self._cases.values()])
        of_parties = select(Address).where(
            Address.court_id == court_id, Address.party_id.in_([party.id for party in self._parties.values()])
        )
        for address in session.scalars(of_parties):
            self._addresses[address.party_id, address.kind, address.value_index] = address

    def _look_up_in_cases(self, case_ids: list[UUID]) -> None:
        if not case_ids:
            return
        court_id, session = self._court.id, self._session
        of_cases = select(Recipient).where(Recipient.court_id == court_id, Recipient.case_id.in_(case_ids))
        recipients = list(session.scalars(of_cases))
        for recipient in recipients:
            self._recipients[recipient.case_id, recipient.party_id] = recipient
        unnamed = select(Party).where(
            Party.court_id == court_id,
            Party.id.in_([recipient.party_id for recipient in recipients]),
            Party.identity_number_index.is_(None),
        )
        numbers = {case.id: number for number, case in self._cases.items()}
        case_of = {recipient.party_id: numbers[recipient.case_id] for recipient in recipients}
        for party in session.scalars(unnamed):
            # Without an identity number a party is known only inside its own case, by its name there.
            self._parties[f"{case_of[party.id]}\0{party.name_index}"] = party
        for document in session.scalars(
            select(Document).where(
                Document.court_id == court_id, Document.case_id.in_(case_ids), Document.replaced_at.is_(None)
            )
        ):
            self._documents[document.case_id, document.title, document.sha256] = document
        for basis in session.execute(
            select(AddressBasis.address_id, AddressBasis.case_id).where(
                AddressBasis.court_id == court_id, AddressBasis.case_id.in_(case_ids)
            )
        ):
            self._bases.add((basis.address_id, basis.case_id))
        for counsel in session.execute(
            select(Counsel.recipient_id, Counsel.law_firm_id).where(
                Counsel.court_id == court_id, Counsel.recipient_id.in_([item.id for item in recipients])
            )
        ):
            self._counsel.add((counsel.recipient_id, counsel.law_firm_id))
        for order in session.scalars(
            select(ServiceOrder).where(ServiceOrder.court_id == court_id, ServiceOrder.case_id.in_(case_ids))
        ):
            self._orders[order.intake_key] = order

    def _identity_index(self, number: str) -> str:
        return Party.identity_number.index_for(self._vault, number)

    def _party_key(self, entry: OrderEntry) -> str:
        if entry.identity_number:
            return self._identity_index(entry.identity_number)
        return f"{entry.case_number}\0{Party.name.index_for(self._vault, entry.recipient_name)}"

    def _case_of(self, entry: OrderEntry) -> Case:
        case = self._cases.get(entry.case_number)
        if case is None:
            case = Case(
                court_id=self._court.id,
                id=new_id(),
                number=entry.case_number,
                cause=entry.cause,
                procedure=entry.procedure,
                instance=entry.instance,
                dispute=entry.dispute or entry.case_number,
                confidential=entry.confidential,
                accepted_on=entry.accepted_on,
                hearing_at=entry.hearing_at,
                created_at=self._now,
            )
            self._session.add(case)
            self._cases[entry.case_number] = case
        return case

    def _party_of(self, entry: OrderEntry) -> Party:
        key = self._party_key(entry)
        party = self._parties.get(key)
        if party is None:
            party = Party(court_id=self._court.id, id=new_id(), kind=entry.recipient_kind, created_at=self._now)
            with self._session.no_autoflush:
                self._session.add(party)
                party.name = entry.recipient_name
                party.identity_number = entry.identity_number or None
                party.born_on = entry.born_on.isoformat() if entry.born_on else None
            self._parties[key] = party
        return party

    def _firm_of(self, entry: OrderEntry) -> LawFirm | None:
        if not entry.firm:
            return None
        firm = self._firms.get(entry.firm)
        if firm is None:
            firm = LawFirm(court_id=self._court.id, id=new_id(), name=entry.firm, created_at=self._now)
            self._session.add(firm)
            self._firms[entry.firm] = firm
        if entry.firm_email and firm.email_sealed is None:
            firm.email = entry.firm_email
        return firm

    def _recipient_of(self, entry: OrderEntry) -> Recipient:
        case, party = self._case_of(entry), self._party_of(entry)
        recipient = self._recipients.get((case.id, party.id))
        if recipient is None:
            confirmed = any(address.basis == "confirmed" for address in entry.addresses)
            recipient = Recipient(
                court_id=self._court.id,
                id=new_id(),
                case_id=case.id,
                party_id=party.id,
                role=entry.role,
                language=entry.language,
                status="none",
                domicile="mainland",
                whereabouts="known",
                address_confirmation="given" if confirmed else "not_requested",
                created_at=self._now,
            )
            self._session.add(recipient)
            self._recipients[case.id, party.id] = recipient
        return recipient

    def _address_of(self, entry: OrderEntry, wanted: AddressEntry) -> Address:
        party = self._party_of(entry)
        key = (party.id, wanted.kind, Address.value.index_for(self._vault, wanted.value))
        address = self._addresses.get(key)
        if address is None:
            address = Address(
                court_id=self._court.id,
                id=new_id(),
                party_id=party.id,
                kind=wanted.kind,
                standing="good",
                in_area=self._in_area(wanted),
                created_at=self._now,
            )
            with self._session.no_autoflush:
                self._session.add(address)
                address.value = wanted.value
            self._addresses[key] = address
        return address

    def _in_area(self, wanted: AddressEntry) -> bool | None:
        """Whether the court's own servers go there (CPL 91: elsewhere mail or another court serves)."""
        return self._court.area in wanted.value if wanted.kind == "postal" and self._court.area else None

    def _document_of(self, entry: OrderEntry, paper: PaperEntry) -> Document:
        case = self._case_of(entry)
        key = (case.id, paper.title, paper.sha256)
        document = self._documents.get(key)
        if document is None:
            document = Document(
                court_id=self._court.id,
                id=new_id(),
                case_id=case.id,
                kind=paper.kind,
                title=paper.title,
                version=1,
                sha256=paper.sha256,
                size=paper.size,
                media_type=paper.media_type,
                created_at=self._now,
            )
            self._session.add(document)
            self._documents[key] = document
        return document

    def _bind(self, entry: OrderEntry) -> None:
        """What ties address, firm and form to the case: bases, confirmation, counsel."""
        case, recipient = self._case_of(entry), self._recipient_of(entry)
        confirmation: AddressConfirmation | None = None
        for wanted in entry.addresses:
            address = self._address_of(entry, wanted)
            if (address.id, case.id) in self._bases:
                continue
            self._bases.add((address.id, case.id))
            if wanted.basis == "confirmed" and confirmation is None:
                confirmation = self._confirmation(recipient, wanted)
            self._session.add(self._basis(address, case, wanted, confirmation))
        firm = self._firm_of(entry)
        if firm is not None and (recipient.id, firm.id) not in self._counsel:
            self._counsel.add((recipient.id, firm.id))
            counsel = Counsel(
                court_id=self._court.id, id=new_id(), recipient_id=recipient.id, law_firm_id=firm.id, may_receive=True
            )
            self._session.add(counsel)
            counsel.lawyer = entry.lawyer or None

    def _confirmation(self, recipient: Recipient, wanted: AddressEntry) -> AddressConfirmation:
        confirmation = AddressConfirmation(
            court_id=self._court.id,
            id=new_id(),
            case_id=recipient.case_id,
            recipient_id=recipient.id,
            signed_on=wanted.given_on or self._now.astimezone(ZoneInfo(self._court.time_zone)).date(),
            means="form",
            signer_role="recipient",
            consent_scope=wanted.consent_scope,
            covers_other_cases=wanted.covers_other_cases,
            created_at=self._now,
        )
        self._session.add(confirmation)
        self._session.flush()
        return confirmation

    def _basis(
        self, address: Address, case: Case, wanted: AddressEntry, confirmation: AddressConfirmation | None
    ) -> AddressBasis:
        has_consent = bool(wanted.consent_scope)
        return AddressBasis(
            court_id=self._court.id,
            id=new_id(),
            address_id=address.id,
            case_id=case.id,
            basis=wanted.basis,
            given_on=wanted.given_on,
            confirmation_id=confirmation.id if confirmation and wanted.basis == "confirmed" else None,
            consent_scope=wanted.consent_scope,
            consent_source="express" if has_consent else "",
            consent_given_on=wanted.given_on if has_consent else None,
            source_note={"covers_other_cases": wanted.covers_other_cases},
            created_at=self._now,
        )

    def _orders_of(self, entry: OrderEntry) -> Opened:
        opened = Opened()
        plan = plan_named(entry.plan)
        for papers in split_by_gate(entry.papers, _consented(entry)):
            key = self._intake_key(entry, papers)
            order = self._orders.get(key)
            if order is None:
                order = self._new_order(entry, key, plan)
                self._orders[key] = order
                for position, paper in enumerate(papers):
                    self._session.add(
                        OrderDocument(
                            court_id=self._court.id,
                            order_id=order.id,
                            document_id=self._document_of(entry, paper).id,
                            position=position,
                        )
                    )
                opened.created = True
            opened.orders.append(order)
        return opened

    def _new_order(self, entry: OrderEntry, key: str, plan: Plan) -> ServiceOrder:
        recipient = self._recipient_of(entry)
        order = ServiceOrder(
            court_id=self._court.id,
            id=new_id(),
            case_id=recipient.case_id,
            recipient_id=recipient.id,
            intake_key=key,
            status=OrderStatus.OPEN,
            plan=plan.frozen(),
            plan_name=plan.name,
            opened_at=self._now,
            due_on=self._due_on(entry),
            effect={},
            outcome="NOT_SERVED",
            journal_length=0,
            journal_head="",
        )
        self._session.add(order)
        self._session.flush()
        return order

    def _due_on(self, entry: OrderEntry) -> date:
        zone = ZoneInfo(self._court.time_zone)
        usual = self._now.astimezone(zone).date() + _USUAL_SPAN
        if entry.hearing_at is None:
            return usual
        return min(usual, (entry.hearing_at.astimezone(zone) - _HEARING_MARGIN).date())

    def _intake_key(self, entry: OrderEntry, papers: Sequence[PaperEntry]) -> str:
        """The same recipient, case and papers are the same order, however often they come in."""
        parts = [entry.case_number, self._party_key(entry), *sorted(f"{p.kind}:{p.title}" for p in papers)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _begin(self, entry: OrderEntry, opened: Opened) -> None:
        """The first facts of each new order, what can be reused, and the task that starts its ladder."""
        case, party = self._case_of(entry), self._party_of(entry)
        for order in opened.orders:
            if order.journal_length:
                continue
            args = {"plan": order.plan_name, "papers": [str(paper.kind) for paper in entry.papers]}
            record_fact(
                self._session,
                order,
                Report(EventKind.ORDER_OPENED, "", self._now, args=args),
                now=self._now,
                look_again=False,
            )
            if party.id in self._known_parties:
                attach_reused(self._session, order, party, case, self._now)
            elif not entry.identity_number:
                self._candidates(order, party)
            if self._start:
                schedule(
                    self._session, order.court_id, "advance_order", order.id, due_at=self._now, created_at=self._now
                )

    def _candidates(self, order: ServiceOrder, party: Party) -> None:
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
        candidate = self._session.scalar(
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
                self._session,
                party.court_id,
                kind="party_candidate",
                subject=f"{party.id}:{candidate}",
                at=self._now,
                order_id=order.id,
                party=str(party.id),
                candidate=str(candidate),
            )


def _consented(entry: OrderEntry) -> set[DocumentKind] | None:
    """What the recipient's consents to e-service cover together; None when there is none."""
    scopes = [address.consent_scope for address in entry.addresses if address.consent_scope]
    if not scopes:
        return None
    if "all" in scopes:
        return set(DocumentKind)
    return {DocumentKind(kind) for scope in scopes for kind in scope.split(",")}
