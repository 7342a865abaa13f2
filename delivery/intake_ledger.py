"""Cases, parties, recipients and counsel that a batch of entries needs, looked up by set and made where missing.

The number of queries depends on the batch, not on its rows. Nothing is flushed here: the caller writes level by
level, parents first. Whoever is known by a checked identity number is the same party as before; without one, a party
is known only inside its own case, by its name there.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from delivery.domain.case import PartyKind
from delivery.domain.errors import BadValue
from delivery.domain.identity import parse_identity
from delivery.domain.order import OrderStatus
from delivery.intake_entries import OrderEntry
from delivery.store.cases import Case, Counsel, LawFirm, Recipient
from delivery.store.courts import Court
from delivery.store.database import one_at_a_time
from delivery.store.ids import new_id
from delivery.store.model import vault_of
from delivery.store.orders import ServiceOrder
from delivery.store.parties import Party


class Ledger:
    """One batch's view of the court's rows.

    `orders` are those already there, by intake key; `new_cases`, `new_parties`, `new_recipients` came with this batch.
    """

    def __init__(self, session: Session, court: Court, now: datetime) -> None:
        self._session = session
        self._court = court
        self._now = now
        self._vault = vault_of(session)
        self.orders: dict[str, ServiceOrder] = {}
        self.new_cases: list[Case] = []
        self.new_parties: dict[UUID, Party] = {}
        self.new_recipients: set[UUID] = set()
        self._orders_of: dict[UUID, list[ServiceOrder]] = {}
        self._indexes: dict[tuple[str, str], str] = {}
        self._cases: dict[str, Case] = {}
        self._origins: dict[str, Case] = {}
        self._parties: dict[str, Party] = {}
        self._recipients: dict[tuple[UUID, UUID], Recipient] = {}
        self._firms: dict[str, LawFirm] = {}
        self._counsel: dict[tuple[UUID, UUID], Counsel] = {}
        self._people: dict[UUID, list[Party]] = {}
        self._reach: dict[UUID, tuple[str, str]] = {}

    @property
    def case_ids(self) -> list[UUID]:
        """The cases of the batch."""
        return [case.id for case in self._cases.values()]

    @property
    def party_ids(self) -> list[UUID]:
        """The parties of the batch."""
        return list({party.id for party in self._parties.values()})

    def look_up(self, entries: Sequence[OrderEntry]) -> None:
        """Everything that may already be there, in a fixed number of queries."""
        court_id, session = self._court.id, self._session
        one_at_a_time(session, self._names(entries))
        numbers = {entry.case_number for entry in entries}
        origins = {entry.dispute for entry in entries if entry.dispute} - numbers
        for case in session.scalars(select(Case).where(Case.court_id == court_id, Case.number.in_(numbers | origins))):
            (self._cases if case.number in numbers else self._origins)[case.number] = case
        if indexes := {self.party_key(entry) for entry in entries if _is_identified(entry)}:
            self._look_up_by_number(indexes)
        names = {entry.firm for entry in entries if entry.firm}
        firms = select(LawFirm).where(LawFirm.court_id == court_id, LawFirm.name.in_(names))
        for firm in session.scalars(firms) if names else ():
            self._firms[firm.name] = firm
        if self._cases:
            self._look_up_in_cases(self.case_ids)

    def _names(self, entries: Sequence[OrderEntry]) -> set[str]:
        """What these entries may be the first to tell: two dockets at once make one case, person or firm of it."""
        told = {
            name
            for entry in entries
            for name in (entry.case_number, entry.dispute, entry.firm, self.party_key(entry))
            if name
        }
        return {f"{self._court.id}\0{name}" for name in told}

    def _look_up_by_number(self, indexes: set[str]) -> None:
        parties = select(Party).where(
            Party.court_id == self._court.id, Party.identity_number_index.in_(indexes), Party.merged_into_id.is_(None)
        )
        for party in self._session.scalars(parties.order_by(Party.id.desc())):
            self._parties[party.identity_number_index or ""] = party

    def _look_up_in_cases(self, case_ids: list[UUID]) -> None:
        court_id, session = self._court.id, self._session
        numbers = {case.id: number for number, case in self._cases.items()}
        of_cases = (
            select(Recipient, Party)
            .join(Party, (Party.court_id == Recipient.court_id) & (Party.id == Recipient.party_id))
            .where(Recipient.court_id == court_id, Recipient.case_id.in_(case_ids))
        )
        for recipient, party in session.execute(of_cases):
            self._recipients[recipient.case_id, recipient.party_id] = recipient
            self._people.setdefault(recipient.case_id, []).append(party)
            if not is_identified(party):
                self._parties[f"{numbers[recipient.case_id]}\0{party.name_index}"] = party
        of_recipients = select(Counsel).where(
            Counsel.court_id == court_id,
            Counsel.recipient_id.in_([recipient.id for recipient in self._recipients.values()]),
            Counsel.ended_at.is_(None),
        )
        for counsel in session.scalars(of_recipients):
            self._counsel[counsel.recipient_id, counsel.law_firm_id] = counsel
        for order in session.scalars(
            select(ServiceOrder).where(ServiceOrder.court_id == court_id, ServiceOrder.case_id.in_(case_ids))
        ):
            self.add_order(order)

    def add_order(self, order: ServiceOrder) -> None:
        """An order that is there now."""
        self.orders[order.intake_key] = order
        self._orders_of.setdefault(order.recipient_id, []).append(order)

    def orders_of(self, recipient: Recipient) -> list[ServiceOrder]:
        """All orders of one recipient, except those that were cancelled."""
        return [order for order in self._orders_of.get(recipient.id, ()) if order.status != OrderStatus.CANCELLED]

    def known_case(self, entry: OrderEntry) -> Case | None:
        """The entry's case, if it is there already."""
        return self._cases.get(entry.case_number)

    def party_key(self, entry: OrderEntry) -> str:
        """What makes a party the same within this batch: its checked number, or its name inside the case."""
        if _is_identified(entry):
            return self._index("number", entry.identity_number)
        return f"{entry.case_number}\0{self.name_index(entry.recipient_name)}"

    def name_index(self, name: str) -> str:
        """The look-up index of a party's name."""
        return self._index("name", name)

    def _index(self, column: str, text: str) -> str:
        index = self._indexes.get((column, text))
        if index is None:
            sealed = Party.identity_number if column == "number" else Party.name
            index = self._indexes[column, text] = sealed.index_for(self._vault, text)
        return index

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
                dispute=self._dispute_of(entry),
                confidential=entry.confidential,
                accepted_on=entry.accepted_on,
                hearing_at=entry.hearing_at,
                payment_order_issued_on=entry.payment_order_issued_on,
                created_at=self._now,
            )
            self._session.add(case)
            self.new_cases.append(case)
            self._cases[entry.case_number] = case
            if case.dispute != case.number:
                self._bring_along(case)
        return case

    def _dispute_of(self, entry: OrderEntry) -> str:
        """The number of the first case of the dispute, as far as the court knows it."""
        earlier = self._cases.get(entry.dispute) or self._origins.get(entry.dispute)
        return earlier.dispute if earlier else entry.dispute or entry.case_number

    def _bring_along(self, case: Case) -> None:
        """Later cases of the dispute that came in first now learn where it began."""
        for other in (*self._cases.values(), *self._origins.values()):
            if other.dispute == case.number:
                other.dispute = case.dispute
        self._session.execute(
            update(Case)
            .where(Case.court_id == self._court.id, Case.dispute == case.number)
            .values(dispute=case.dispute)
            .execution_options(synchronize_session=False)
        )

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
            self._parties[key] = self.new_parties[party.id] = party
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
        if entry.firm_wechat and firm.wechat_sealed is None:
            firm.wechat = entry.firm_wechat
        return firm

    def recipient_of(self, entry: OrderEntry) -> Recipient:
        """The party's place in the case."""
        case, party = self.case_of(entry), self.party_of(entry)
        recipient = self._recipients.get((case.id, party.id))
        if recipient is None:
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
                address_confirmation="not_requested",
                created_at=self._now,
            )
            self._session.add(recipient)
            self._recipients[case.id, party.id] = recipient
            self.new_recipients.add(recipient.id)
        return recipient

    def others_in(self, case_id: UUID, party: Party) -> list[Party]:
        """Who else was a recipient of this case before the batch."""
        return [other for other in self._people.get(case_id, ()) if other.id != party.id]

    def counsel_of(self, recipient: Recipient) -> list[Counsel]:
        """The counsel in force of one recipient."""
        return [counsel for (recipient_id, _), counsel in self._counsel.items() if recipient_id == recipient.id]

    def reach_of(self, firm: LawFirm) -> tuple[str, str]:
        """A firm's mailbox and WeChat account, opened once a batch."""
        if firm.id not in self._reach:
            self._reach[firm.id] = (firm.email or "", firm.wechat or "")
        return self._reach[firm.id]

    def represent(self, entry: OrderEntry) -> bool:
        """Tie the entry's firm to the recipient; whether that was new."""
        firm = self.firm_of(entry)
        recipient = self.recipient_of(entry)
        if firm is None or (recipient.id, firm.id) in self._counsel:
            return False
        counsel = Counsel(
            court_id=self._court.id, id=new_id(), recipient_id=recipient.id, law_firm_id=firm.id, may_receive=True
        )
        self._counsel[recipient.id, firm.id] = counsel
        self._session.add(counsel)
        counsel.lawyer = entry.lawyer or None
        return True


def _is_identified(entry: OrderEntry) -> bool:
    return bool(entry.identity_number) and entry.identity_checked


def is_identified(party: Party) -> bool:
    """Whether the party's number proves itself: only then does it make two parties one."""
    if party.identity_number_sealed is None:
        return False
    try:
        return parse_identity(party.identity_number or "", PartyKind(party.kind)).checked
    except BadValue:
        return False


def identified(parties: Iterable[Party]) -> list[Party]:
    """Those whose number proves itself."""
    return [party for party in parties if is_identified(party)]
