"""The addresses that a batch of entries names: the ledger's rows, the right to use each in the case, the signed forms.

What is already known is kept; a better right (a form signed meanwhile) takes the place of a weaker one, never the
other way round, so that the same docket again changes nothing and an old one spoils nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.addressing import BASIS_RANK
from delivery.intake_entries import AddressEntry, OrderEntry
from delivery.store.cases import Case, Recipient
from delivery.store.courts import Court
from delivery.store.ids import new_id
from delivery.store.model import vault_of
from delivery.store.parties import Address, AddressBasis, AddressConfirmation, Party


class AddressBook:
    """One batch's view of its parties' addresses. Nothing is flushed here."""

    def __init__(self, session: Session, court: Court, now: datetime) -> None:
        self._session = session
        self._court = court
        self._now = now
        self._vault = vault_of(session)
        self._indexes: dict[str, str] = {}
        self._addresses: dict[tuple[UUID, str, str], Address] = {}
        self._bases: dict[tuple[UUID, UUID], AddressBasis] = {}
        self._confirmations: dict[UUID, AddressConfirmation] = {}

    def look_up(self, party_ids: Sequence[UUID], case_ids: Sequence[UUID]) -> None:
        """What the parties have already, and by which right in these cases."""
        of_parties = select(Address).where(Address.court_id == self._court.id, Address.party_id.in_(party_ids))
        for address in self._session.scalars(of_parties):
            self._addresses[address.party_id, address.kind, address.value_index] = address
        in_cases = select(AddressBasis).where(
            AddressBasis.court_id == self._court.id, AddressBasis.case_id.in_(case_ids)
        )
        for basis in self._session.scalars(in_cases):
            self._bases[basis.address_id, basis.case_id] = basis

    def address_of(self, party: Party, wanted: AddressEntry) -> Address:
        """The ledger row of one destination, made if it is new."""
        key = (party.id, wanted.kind, self._index(wanted.value))
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

    def _index(self, value: str) -> str:
        index = self._indexes.get(value)
        if index is None:
            index = self._indexes[value] = Address.value.index_for(self._vault, value)
        return index

    def _in_area(self, wanted: AddressEntry) -> bool | None:
        """Whether the court's own servers go there (CPL 91: elsewhere mail or another court serves)."""
        return self._court.area in wanted.value if wanted.kind == "postal" and self._court.area else None

    def confirm(self, entry: OrderEntry, case: Case, recipient: Recipient, party: Party) -> None:
        """The signed form behind the entry's confirmed addresses, if it brings one that the case does not have yet."""
        confirmed = [wanted for wanted in entry.addresses if wanted.basis == "confirmed"]
        if not confirmed or recipient.id in self._confirmations:
            return
        known = [self._bases.get((self.address_of(party, wanted).id, case.id)) for wanted in confirmed]
        if all(basis is not None and basis.basis == "confirmed" for basis in known):
            return
        wanted = confirmed[0]
        confirmation = AddressConfirmation(
            court_id=self._court.id,
            id=new_id(),
            case_id=case.id,
            recipient_id=recipient.id,
            signed_on=wanted.given_on or self._now.astimezone(ZoneInfo(self._court.time_zone)).date(),
            means="form",
            signer_role="recipient",
            consent_scope=next((one.consent_scope for one in confirmed if one.consent_scope), ""),
            covers_other_cases=wanted.covers_other_cases,
            created_at=self._now,
        )
        self._session.add(confirmation)
        self._confirmations[recipient.id] = confirmation
        recipient.address_confirmation = "given"

    def bind(self, entry: OrderEntry, case: Case, recipient: Recipient, party: Party) -> list[str]:
        """The right to use each address in the case; the kinds of those that are new here or stand better now."""
        changed = []
        for wanted in entry.addresses:
            address = self.address_of(party, wanted)
            basis = self._bases.get((address.id, case.id))
            confirmation = self._confirmations.get(recipient.id)
            if basis is None:
                basis = self._new(address, case)
                self._write(basis, wanted, confirmation)
                self._session.add(basis)
                changed.append(wanted.kind)
            elif BASIS_RANK[wanted.basis] < BASIS_RANK[basis.basis]:
                self._write(basis, wanted, confirmation)
                changed.append(wanted.kind)
            elif wanted.basis == basis.basis and wanted.consent_scope and not basis.consent_scope:
                self._consent(basis, wanted)
                changed.append(wanted.kind)
        return changed

    def _new(self, address: Address, case: Case) -> AddressBasis:
        basis = AddressBasis(
            court_id=self._court.id,
            id=new_id(),
            address_id=address.id,
            case_id=case.id,
            consent_scope="",
            consent_source="",
            source_basis="",
            created_at=self._now,
        )
        self._bases[address.id, case.id] = basis
        return basis

    def _write(self, basis: AddressBasis, wanted: AddressEntry, confirmation: AddressConfirmation | None) -> None:
        basis.basis, basis.given_on = wanted.basis, wanted.given_on
        basis.confirmation_id = confirmation.id if confirmation and wanted.basis == "confirmed" else None
        basis.source_note = {"covers_other_cases": wanted.covers_other_cases}
        if wanted.consent_scope:
            self._consent(basis, wanted)

    def _consent(self, basis: AddressBasis, wanted: AddressEntry) -> None:
        source = "pre_dispute" if wanted.basis == "pre_dispute_agreed" else "express"
        basis.consent_scope, basis.consent_source = wanted.consent_scope, source
        basis.consent_given_on, basis.consent_withdrawn_on = wanted.given_on, None
