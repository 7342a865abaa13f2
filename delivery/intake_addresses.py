"""The addresses that a batch of entries names: the ledger's rows, the right to use each in the case, the signed forms.

What is already known is kept; a better right (a form signed meanwhile) takes the place of a weaker one, never the
other way round, so that the same docket again changes nothing and an old one spoils nothing. New rows are written in
bulk.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from delivery.addressing import BASIS_RANK, lies_in_area
from delivery.intake_entries import AddressEntry
from delivery.store.cases import Case, Recipient
from delivery.store.courts import Court
from delivery.store.ids import new_id
from delivery.store.model import vault_of
from delivery.store.parties import Address, AddressBasis, AddressConfirmation, Party


@dataclass(slots=True)
class _NewBasis:
    """An `AddressBasis` that is not written yet; its attributes are the columns."""

    id: UUID
    address_id: UUID
    case_id: UUID
    created_at: datetime
    basis: str = ""
    given_on: date | None = None
    confirmation_id: UUID | None = None
    consent_scope: str = ""
    consent_source: str = ""
    consent_given_on: date | None = None
    consent_withdrawn_on: date | None = None
    source_basis: str = ""
    source_note: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Form:
    """A signed 送达地址确认书: when, how and by whom it was given, and the scan of it, if there is one."""

    signed_on: date
    means: str = "form"
    signer_role: str = "recipient"
    warnings_version: str = ""
    evidence_sha256: str | None = None


class AddressBook:
    """One batch's view of its parties' addresses."""

    def __init__(self, session: Session, court: Court, now: datetime) -> None:
        self._session = session
        self._court = court
        self._now = now
        self._today = now.astimezone(ZoneInfo(court.time_zone)).date()
        self._vault = vault_of(session)
        self._indexes: dict[str, str] = {}
        self._addresses: dict[tuple[UUID, str, str], UUID] = {}
        self._bases: dict[tuple[UUID, UUID], AddressBasis | _NewBasis] = {}
        self._confirmations: dict[UUID, AddressConfirmation] = {}
        self._new_addresses: list[dict[str, Any]] = []
        self._new_bases: list[_NewBasis] = []

    def look_up(self, party_ids: Sequence[UUID], case_ids: Sequence[UUID]) -> None:
        """What the parties have already, and by which right in these cases."""
        of_parties = select(Address.party_id, Address.kind, Address.value_index, Address.id).where(
            Address.court_id == self._court.id, Address.party_id.in_(party_ids)
        )
        for party_id, kind, index, address_id in self._session.execute(of_parties) if party_ids else ():
            self._addresses[party_id, kind, index] = address_id
        in_cases = select(AddressBasis).where(
            AddressBasis.court_id == self._court.id, AddressBasis.case_id.in_(case_ids)
        )
        for basis in self._session.scalars(in_cases) if case_ids else ():
            self._bases[basis.address_id, basis.case_id] = basis

    def write(self) -> None:
        """Write what is new, addresses first."""
        if self._new_addresses:
            self._session.execute(insert(Address), self._new_addresses)
        if self._new_bases:
            # `asdict` would copy every value deeply, which takes longer than the writing.
            names = [column.name for column in fields(_NewBasis)]
            rows = [
                {"court_id": self._court.id, **{name: getattr(basis, name) for name in names}}
                for basis in self._new_bases
            ]
            self._session.execute(insert(AddressBasis), rows)
        self._new_addresses, self._new_bases = [], []

    def address_of(self, party: Party, wanted: AddressEntry) -> UUID:
        """The ledger row of one destination, made if it is new."""
        key = (party.id, wanted.kind, self.index_of(wanted.value))
        found = self._addresses.get(key)
        if found is None:
            found = self._addresses[key] = new_id()
            place = Address.value.place_in(Address.__tablename__, found)
            self._new_addresses.append(
                {
                    "court_id": self._court.id,
                    "id": found,
                    "party_id": party.id,
                    "kind": wanted.kind,
                    "value_sealed": self._vault.seal(wanted.value.encode(), place),
                    "value_index": key[2],
                    "standing": "good",
                    "standing_reason": "",
                    "in_area": lies_in_area(self._court.area, wanted.kind, wanted.value),
                    "created_at": self._now,
                }
            )
        return found

    def index_of(self, value: str) -> str:
        """The look-up index of a value, computed once a batch."""
        index = self._indexes.get(value)
        if index is None:
            index = self._indexes[value] = Address.value.index_for(self._vault, value)
        return index

    def confirm(self, wanted: Sequence[AddressEntry], case: Case, recipient: Recipient, party: Party) -> None:
        """The signed form behind confirmed addresses, if they bring one that the case does not have yet."""
        confirmed = [entry for entry in wanted if entry.basis == "confirmed"]
        if not confirmed or recipient.id in self._confirmations:
            return
        known = [self._bases.get((self.address_of(party, entry), case.id)) for entry in confirmed]
        if any(basis is None or basis.basis != "confirmed" for basis in known):
            self.sign(confirmed, case, recipient, Form(confirmed[0].given_on or self._today))

    def sign(
        self, confirmed: Sequence[AddressEntry], case: Case, recipient: Recipient, form: Form
    ) -> AddressConfirmation:
        """Keep a signed form; what is bound afterwards in this batch rests on it."""
        confirmation = AddressConfirmation(
            court_id=self._court.id,
            id=new_id(),
            case_id=case.id,
            recipient_id=recipient.id,
            signed_on=form.signed_on,
            means=form.means,
            signer_role=form.signer_role,
            consent_scope=next((one.consent_scope for one in confirmed if one.consent_scope), ""),
            covers_other_cases=any(one.covers_other_cases for one in confirmed),
            warnings_version=form.warnings_version,
            evidence_sha256=form.evidence_sha256,
            created_at=self._now,
        )
        self._session.add(confirmation)
        self._confirmations[recipient.id] = confirmation
        recipient.address_confirmation = "given"
        return confirmation

    def basis_in(self, party: Party, wanted: AddressEntry, case: Case) -> "AddressBasis | _NewBasis | None":
        """The right to use this destination in the case, as it stands now; None when it has none."""
        address_id = self._addresses.get((party.id, wanted.kind, self.index_of(wanted.value)))
        return self._bases.get((address_id, case.id)) if address_id is not None else None

    def bind(self, wanted: Sequence[AddressEntry], case: Case, recipient: Recipient, party: Party) -> list[str]:
        """The right to use each address in the case; the kinds of those that are new here or stand better now."""
        changed = []
        for entry in wanted:
            address_id = self.address_of(party, entry)
            basis = self._bases.get((address_id, case.id))
            confirmation = self._confirmations.get(recipient.id)
            if basis is None:
                basis = _NewBasis(new_id(), address_id, case.id, self._now)
                self._bases[address_id, case.id] = basis
                self._new_bases.append(basis)
                self._write(basis, entry, confirmation)
                changed.append(entry.kind)
            elif BASIS_RANK[entry.basis] < BASIS_RANK[basis.basis]:
                self._write(basis, entry, confirmation)
                changed.append(entry.kind)
            elif entry.basis == basis.basis and entry.consent_scope and not basis.consent_scope:
                self._consent(basis, entry)
                changed.append(entry.kind)
        return changed

    def _write(
        self, basis: AddressBasis | _NewBasis, wanted: AddressEntry, confirmation: AddressConfirmation | None
    ) -> None:
        basis.basis, basis.given_on = wanted.basis, wanted.given_on
        basis.confirmation_id = confirmation.id if confirmation and wanted.basis == "confirmed" else None
        basis.source_note = {"covers_other_cases": wanted.covers_other_cases}
        if wanted.consent_scope:
            self._consent(basis, wanted)

    def _consent(self, basis: AddressBasis | _NewBasis, wanted: AddressEntry) -> None:
        source = "pre_dispute" if wanted.basis == "pre_dispute_agreed" else "express"
        basis.consent_scope, basis.consent_source = wanted.consent_scope, source
        # A consent without a day counts from the day on which we learn of it.
        basis.consent_given_on, basis.consent_withdrawn_on = wanted.given_on or self._today, None
