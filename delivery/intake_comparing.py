"""What comes in against what is held: where a row of a known case tells something else than the platform knows.

Intake takes in what is new (an address, a firm, a paper) and never changes what is there by itself: a moved hearing or
a corrected name is somebody's decision. Nothing of either is passed over in silence, so every difference is named here,
field by field, with what was held and what was told. Runs while a batch comes in, before addresses and firms are bound.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.addressing import BASIS_RANK
from delivery.docket_headings import Column
from delivery.domain.address import AddressKind
from delivery.intake_addresses import AddressBook
from delivery.intake_entries import AddressEntry, OrderEntry
from delivery.intake_ledger import Ledger
from delivery.store.cases import Case, Counsel, LawFirm, Recipient
from delivery.store.courts import Court
from delivery.store.parties import Address, AddressBasis, Party

_COLUMN_OF_KIND = {
    AddressKind.MOBILE: Column.PHONE,
    AddressKind.LANDLINE: Column.PHONE,
    AddressKind.EMAIL: Column.EMAIL,
    AddressKind.WECHAT: Column.WECHAT,
    AddressKind.POSTAL: Column.ADDRESS,
}
# Two recipients of one case seldom share these; who does may be one person with a corrected name.
_PERSONAL = frozenset({AddressKind.MOBILE, AddressKind.EMAIL})
PERSONAL_FIELDS = frozenset(
    {
        *(Column.RECIPIENT, Column.IDENTITY, Column.PHONE, Column.EMAIL, Column.WECHAT, Column.ADDRESS),
        *(Column.LAWYER, Column.LAW_FIRM_EMAIL, Column.LAW_FIRM_WECHAT),
    }
)
"""Fields whose values are about a person: never shown to programs, always sealed."""


class Standing(StrEnum):
    """What became of a difference. The first is a person's to decide, the others are settled."""

    OPEN = "open"  # nothing was changed; somebody may apply it or keep what is held
    NOTED = "noted"  # nothing was changed, and no button changes it: its cure is said
    TAKEN = "taken"  # it came in beside what is held
    APPLIED = "applied"  # somebody, or whoever sent the row, had it changed
    KEPT = "kept"  # somebody decided for what is held
    OUTDATED = "outdated"  # what is held has become a third thing meanwhile
    SUPERSEDED = "superseded"  # a later import told the same


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of one row; values as they are stored (ISO days and instants, codes), several by `; `."""

    field: Column
    held: str
    told: str
    standing: Standing
    case_id: UUID
    recipient_id: UUID | None = None


class Comparison:
    """One batch's differences. What it asks the database for, it asks once for all of the batch, and only if needed."""

    def __init__(self, session: Session, court: Court, ledger: Ledger, book: AddressBook) -> None:
        self._session = session
        self._court_id = court.id
        self._ledger = ledger
        self._book = book
        self._addresses: list[tuple[UUID, Address]] | None = None
        self._firms: dict[UUID, str] | None = None

    def of(self, entry: OrderEntry, place: tuple[Case, Recipient, Party]) -> list[Difference]:
        """Everything that the entry tells otherwise than it is held, except its papers."""
        return [*self._of_case(entry, place[0]), *self._of_recipient(entry, *place), *self._of_firm(entry, *place[:2])]

    def _of_case(self, entry: OrderEntry, case: Case) -> Iterator[Difference]:
        """What a row leaves empty, it does not speak of."""
        told = {
            Column.CAUSE: (case.cause, entry.cause),
            Column.PROCEDURE: (case.procedure, entry.procedure),
            Column.ACCEPTED_ON: (case.accepted_on, entry.accepted_on),
            Column.HEARING_AT: (case.hearing_at, entry.hearing_at),
            Column.CONFIDENTIAL: (case.confidential, entry.confidential),
        }
        for field, (held, new) in told.items():
            if held != new and new not in {None, ""}:
                yield Difference(field, stored(held), stored(new), Standing.OPEN, case.id)

    def _of_recipient(self, entry: OrderEntry, case: Case, recipient: Recipient, party: Party) -> Iterator[Difference]:
        at = (case.id, recipient.id)
        if party.name_index != self._ledger.name_index(entry.recipient_name):
            yield Difference(Column.RECIPIENT, party.name or "", entry.recipient_name, Standing.OPEN, *at)
        if recipient.id in self._ledger.new_recipients:
            if case not in self._ledger.new_cases:
                yield from self._of_somebody_alike(entry, *at, party)
            return
        if recipient.role != entry.role:
            yield Difference(Column.ROLE, recipient.role, entry.role, Standing.OPEN, *at)
        for address in entry.addresses:
            yield from self._of_address(address, case, recipient, party)

    def _of_somebody_alike(
        self, entry: OrderEntry, case_id: UUID, recipient_id: UUID, party: Party
    ) -> Iterator[Difference]:
        """A new recipient of a known case who has the name, the number or the mailbox of another one there."""
        at = (Standing.NOTED, case_id, recipient_id)
        mine = {(one.kind, self._book.index_of(one.value)) for one in entry.addresses if one.kind in _PERSONAL}
        sharing = {
            address.party_id
            for of_case, address in self._in_cases()
            if of_case == case_id and (address.kind, address.value_index) in mine
        }
        for other in self._ledger.others_in(case_id, party):
            if other.name_index == party.name_index:
                yield Difference(Column.IDENTITY, other.identity_number or "", entry.identity_number, *at)
            elif other.id in sharing:
                yield Difference(Column.RECIPIENT, other.name or "", entry.recipient_name, *at)

    def _of_address(self, told: AddressEntry, case: Case, recipient: Recipient, party: Party) -> Iterator[Difference]:
        at = (case.id, recipient.id)
        held = self._book.basis_in(party, told, case)
        if held is None:
            column = _COLUMN_OF_KIND[AddressKind(told.kind)]
            yield Difference(column, self._held_in(column, case, party), told.value, Standing.TAKEN, *at)
        elif BASIS_RANK[told.basis] < BASIS_RANK[held.basis]:
            yield Difference(Column.BASIS, held.basis, told.basis, Standing.TAKEN, *at)
        elif told.basis == held.basis:
            if told.consent_scope and told.consent_scope != held.consent_scope:
                standing = Standing.NOTED if held.consent_scope else Standing.TAKEN
                yield Difference(Column.CONSENT, held.consent_scope, told.consent_scope, standing, *at)
            if told.basis == "confirmed" and told.given_on and held.given_on and told.given_on > held.given_on:
                day = stored(held.given_on)
                yield Difference(Column.CONFIRMED_ON, day, stored(told.given_on), Standing.NOTED, *at)

    def _held_in(self, column: Column, case: Case, party: Party) -> str:
        found = (
            address
            for case_id, address in self._in_cases()
            if (case_id, address.party_id) == (case.id, party.id)
            and _COLUMN_OF_KIND.get(AddressKind(address.kind)) == column
        )
        return listed([address.value or "" for address in found])

    def _in_cases(self) -> list[tuple[UUID, Address]]:
        """Every address that may be used in a case of the batch."""
        if self._addresses is None:
            query = (
                select(AddressBasis.case_id, Address)
                .join(Address, (Address.court_id == AddressBasis.court_id) & (Address.id == AddressBasis.address_id))
                .where(AddressBasis.court_id == self._court_id, AddressBasis.case_id.in_(self._ledger.case_ids))
                .order_by(Address.created_at, Address.id)
            )
            self._addresses = [(case_id, address) for case_id, address in self._session.execute(query)]
        return self._addresses

    def _of_firm(self, entry: OrderEntry, case: Case, recipient: Recipient) -> Iterator[Difference]:
        firm = self._ledger.firm_of(entry)
        if firm is None:
            return
        at = (case.id, recipient.id)
        held = self._ledger.counsel_of(recipient)
        counsel = next((one for one in held if one.law_firm_id == firm.id), None)
        if counsel is None and recipient.id not in self._ledger.new_recipients:
            names = listed([self._name_of(one) for one in held])
            yield Difference(Column.LAW_FIRM, names, entry.firm, Standing.TAKEN, *at)
        if counsel is not None and entry.lawyer and entry.lawyer != (counsel.lawyer or ""):
            yield Difference(Column.LAWYER, counsel.lawyer or "", entry.lawyer, Standing.OPEN, *at)
        mail, wechat = self._ledger.reach_of(firm)
        if entry.firm_email and entry.firm_email != mail:
            yield Difference(Column.LAW_FIRM_EMAIL, mail, entry.firm_email, Standing.OPEN, *at)
        if entry.firm_wechat and entry.firm_wechat != wechat:
            yield Difference(Column.LAW_FIRM_WECHAT, wechat, entry.firm_wechat, Standing.OPEN, *at)

    def _name_of(self, counsel: Counsel) -> str:
        if self._firms is None:
            query = (
                select(LawFirm.id, LawFirm.name)
                .join(Counsel, (Counsel.court_id == LawFirm.court_id) & (Counsel.law_firm_id == LawFirm.id))
                .join(Recipient, (Recipient.court_id == Counsel.court_id) & (Recipient.id == Counsel.recipient_id))
                .where(LawFirm.court_id == self._court_id, Recipient.case_id.in_(self._ledger.case_ids))
            )
            self._firms = {row.id: row.name for row in self._session.execute(query)}
        return self._firms.get(counsel.law_firm_id, "")


def of_papers(case_id: UUID, recipient_id: UUID, held: set[str], told: Sequence[str]) -> list[Difference]:
    """The row lists other papers than those that the recipient's orders serve: more are taken in, fewer are noted."""
    if not held or held == set(told):
        return []
    standing = Standing.TAKEN if set(told) - held else Standing.NOTED
    return [Difference(Column.DOCUMENTS, listed(sorted(held)), listed(told), standing, case_id, recipient_id)]


def stored(value: date | str | bool | None) -> str:  # noqa: FBT001 -- a value, not a switch
    """A value as a difference keeps it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else value.isoformat()


def listed(values: Sequence[str]) -> str:
    """Several values in one, without repetition."""
    return "; ".join(dict.fromkeys(value for value in values if value))
