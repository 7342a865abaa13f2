"""The rows that a batch of entries needs, looked up by set and made where they are missing.

Cases, parties, firms, addresses, papers.

The number of queries depends on the batch, not on its rows. Nothing is flushed here: the caller writes level by
level, parents first.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.intake_entries import AddressEntry, OrderEntry, PaperEntry
from delivery.store.cases import Case, Counsel, Document, LawFirm, Recipient
from delivery.store.courts import Court
from delivery.store.ids import new_id
from delivery.store.model import vault_of
from delivery.store.orders import ServiceOrder
from delivery.store.parties import Address, AddressBasis, AddressConfirmation, Party


class Ledger:
    """One batch's view of the court's rows.

    `orders` are those already there, by intake key; `known` parties came before.
    """

    def __init__(self, session: Session, court: Court, now: datetime) -> None:
        self._session = session
        self._court = court
        self._now = now
        self._vault = vault_of(session)
        self.orders: dict[str, ServiceOrder] = {}
        self.known: set[UUID] = set()
        self._cases: dict[str, Case] = {}
        self._parties: dict[str, Party] = {}
        self._recipients: dict[tuple[UUID, UUID], Recipient] = {}
        self._firms: dict[str, LawFirm] = {}
        self._counsel: set[tuple[UUID, UUID]] = set()
        self._addresses: dict[tuple[UUID, str, str], Address] = {}
        self._bases: set[tuple[UUID, UUID]] = set()
        self._confirmations: dict[UUID, AddressConfirmation] = {}
        self._documents: dict[tuple[UUID, str, str | None], Document] = {}

    def look_up(self, entries: Sequence[OrderEntry]) -> None:
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
            self.known.add(party.id)
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
            self.orders[order.intake_key] = order

    def _identity_index(self, number: str) -> str:
        return Party.identity_number.index_for(self._vault, number)

    def party_key(self, entry: OrderEntry) -> str:
        """What makes a party the same within this batch: its number, or its name inside the case."""
        if entry.identity_number:
            return self._identity_index(entry.identity_number)
        return f"{entry.case_number}\0{Party.name.index_for(self._vault, entry.recipient_name)}"

    def case_of(self, entry: OrderEntry) -> Case:
        """The entry's case."""
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

    def party_of(self, entry: OrderEntry) -> Party:
        """The entry's party: known by its number, else by its name inside the case."""
        key = self.party_key(entry)
        party = self._parties.get(key)
        if party is None:
            party = Party(court_id=self._court.id, id=new_id(), kind=entry.recipient_kind, created_at=self._now)
            self._session.add(party)
            party.name = entry.recipient_name
            party.identity_number = entry.identity_number or None
            party.born_on = entry.born_on.isoformat() if entry.born_on else None
            self._parties[key] = party
        return party

    def firm_of(self, entry: OrderEntry) -> LawFirm | None:
        """The firm that represents the recipient, if any."""
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

    def recipient_of(self, entry: OrderEntry) -> Recipient:
        """The party's place in the case."""
        case, party = self.case_of(entry), self.party_of(entry)
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

    def address_of(self, entry: OrderEntry, wanted: AddressEntry) -> Address:
        """The ledger row of one destination."""
        party = self.party_of(entry)
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
            self._session.add(address)
            address.value = wanted.value
            self._addresses[key] = address
        return address

    def _in_area(self, wanted: AddressEntry) -> bool | None:
        """Whether the court's own servers go there (CPL 91: elsewhere mail or another court serves)."""
        return self._court.area in wanted.value if wanted.kind == "postal" and self._court.area else None

    def document_of(self, entry: OrderEntry, paper: PaperEntry) -> Document:
        """The row of one paper in the case."""
        case = self.case_of(entry)
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

    def confirm(self, entry: OrderEntry) -> None:
        """The signed form behind the entry's confirmed addresses, if it brings one that the case does not have yet."""
        case, recipient = self.case_of(entry), self.recipient_of(entry)
        wanted = next((address for address in entry.addresses if address.basis == "confirmed"), None)
        if wanted is None or recipient.id in self._confirmations:
            return
        if (self.address_of(entry, wanted).id, case.id) in self._bases:
            return
        confirmation = AddressConfirmation(
            court_id=self._court.id,
            id=new_id(),
            case_id=case.id,
            recipient_id=recipient.id,
            signed_on=wanted.given_on or self._now.astimezone(ZoneInfo(self._court.time_zone)).date(),
            means="form",
            signer_role="recipient",
            consent_scope=wanted.consent_scope,
            covers_other_cases=wanted.covers_other_cases,
            created_at=self._now,
        )
        self._session.add(confirmation)
        self._confirmations[recipient.id] = confirmation

    def bind(self, entry: OrderEntry) -> None:
        """What ties address and firm to the case: bases and counsel."""
        case, recipient = self.case_of(entry), self.recipient_of(entry)
        for wanted in entry.addresses:
            address = self.address_of(entry, wanted)
            if (address.id, case.id) in self._bases:
                continue
            self._bases.add((address.id, case.id))
            self._session.add(self._basis(address, case, wanted, self._confirmations.get(recipient.id)))
        firm = self.firm_of(entry)
        if firm is not None and (recipient.id, firm.id) not in self._counsel:
            self._counsel.add((recipient.id, firm.id))
            counsel = Counsel(
                court_id=self._court.id, id=new_id(), recipient_id=recipient.id, law_firm_id=firm.id, may_receive=True
            )
            self._session.add(counsel)
            counsel.lawyer = entry.lawyer or None

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
