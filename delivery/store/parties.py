"""Parties and where they can be reached: the address ledger with provenance, consent scope and standing.

An address belongs to the party and is one row however many cases use it. What it is good for in a case is a row of its
own, the `AddressBasis`: the same mobile number may be confirmed in one case and a mere `other_proceedings` in the next.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, Boolean, Date, Float, Index, String, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from delivery.store.model import InCourt, Model, Sealed, in_same_court


class Party(InCourt, Model):
    """One natural person or organisation, the same across a court's cases.

    A merged party points to the one that stands.
    """

    __tablename__ = "party"
    __table_args__ = (
        in_same_court("merged_into_id", "party"),
        Index(None, "court_id", "identity_number_index"),
        Index(None, "court_id", "name_index"),
    )

    kind: Mapped[str] = mapped_column(String(16))
    name_sealed: Mapped[bytes]
    name_index: Mapped[str] = mapped_column(String(48))
    name = Sealed(indexed=True, purpose="party.name")
    identity_number_sealed: Mapped[bytes | None]
    identity_number_index: Mapped[str | None] = mapped_column(String(48))
    identity_number = Sealed(indexed=True, purpose="party.identity", normalise=lambda text: text.strip().upper())
    born_on_sealed: Mapped[bytes | None]
    born_on = Sealed()
    merged_into_id: Mapped[UUID | None]
    created_at: Mapped[datetime]


class PartyMerge(InCourt, Model):
    """A person's decision that two party rows are one; undone by `undone_at`, with nothing lost."""

    __tablename__ = "party_merge"
    __table_args__ = (in_same_court("kept_id", "party"), in_same_court("merged_id", "party"))

    kept_id: Mapped[UUID]
    merged_id: Mapped[UUID]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class Address(InCourt, Model):
    """A destination of one kind, owned by a party.

    `standing` falls when mail bounces, numbers are dead or post returns.
    """

    __tablename__ = "address"
    __table_args__ = (
        in_same_court("party_id", "party"),
        UniqueConstraint("court_id", "party_id", "kind", "value_index"),
        Index(None, "court_id", "value_index"),
    )

    party_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(20))
    value_sealed: Mapped[bytes]
    value_index: Mapped[str] = mapped_column(String(48))
    value = Sealed(indexed=True, purpose="address", normalise=lambda text: "".join(text.split()).lower())
    standing: Mapped[str] = mapped_column(String(16), default="good")
    standing_reason: Mapped[str] = mapped_column(String(60), default="")
    standing_at: Mapped[datetime | None]
    in_area: Mapped[bool | None] = mapped_column(Boolean)
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    created_at: Mapped[datetime]


class AddressConfirmation(InCourt, Model):
    """The signed form 送达地址确认书: who confirmed what, with which consents and warnings."""

    __tablename__ = "address_confirmation"
    __table_args__ = (in_same_court("case_id", "case"), in_same_court("recipient_id", "recipient"))

    case_id: Mapped[UUID]
    recipient_id: Mapped[UUID]
    signed_on: Mapped[date] = mapped_column(Date)
    means: Mapped[str] = mapped_column(String(20))
    signer_role: Mapped[str] = mapped_column(String(20))
    consent_scope: Mapped[str] = mapped_column(String(200), default="")
    covers_other_cases: Mapped[bool] = mapped_column(Boolean, default=False)
    warnings_version: Mapped[str] = mapped_column(String(20), default="")
    evidence_sha256: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]


class AddressBasis(InCourt, Model):
    """Why an address may be used in a case (law/README "Address basis"), where that comes from.

    And the e-service consent. `consent_scope` is "all" or document kinds joined by commas; empty means no consent. A
    reused address names its source.
    """

    __tablename__ = "address_basis"
    __table_args__ = (
        in_same_court("address_id", "address"),
        in_same_court("case_id", "case"),
        in_same_court("confirmation_id", "address_confirmation"),
        UniqueConstraint("court_id", "address_id", "case_id"),
        Index(None, "court_id", "case_id"),
    )

    address_id: Mapped[UUID]
    case_id: Mapped[UUID]
    basis: Mapped[str] = mapped_column(String(24))
    given_on: Mapped[date | None] = mapped_column(Date)
    confirmation_id: Mapped[UUID | None]
    consent_scope: Mapped[str] = mapped_column(String(200), default="")
    consent_source: Mapped[str] = mapped_column(String(16), default="")
    consent_given_on: Mapped[date | None] = mapped_column(Date)
    consent_withdrawn_on: Mapped[date | None] = mapped_column(Date)
    moved_on: Mapped[date | None] = mapped_column(Date)
    source_court_id: Mapped[UUID | None]
    source_case_id: Mapped[UUID | None]
    source_basis: Mapped[str] = mapped_column(String(24), default="")
    source_note: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime]


# Built once, because every look at an order asks it.
_IN_CASE = (
    select(Address, AddressBasis)
    .join(AddressBasis, (AddressBasis.court_id == Address.court_id) & (AddressBasis.address_id == Address.id))
    .where(
        Address.court_id == bindparam("court"),
        Address.party_id == bindparam("party"),
        AddressBasis.case_id == bindparam("case"),
    )
    .order_by(Address.created_at, Address.kind, Address.id)
)


def addresses_in_case(
    session: Session, court_id: UUID, case_id: UUID, party_id: UUID
) -> list[tuple[Address, AddressBasis]]:
    """The addresses of one party that may be used in one case, with the right to each, oldest first."""
    rows = session.execute(_IN_CASE, {"court": court_id, "party": party_id, "case": case_id})
    return [(address, basis) for address, basis in rows]
