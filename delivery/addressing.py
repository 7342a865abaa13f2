"""Whose address, by which right, best first: the ledger as the ladder sees it, and reuse from other cases.

A destination that the party confirmed in *another dispute* enters this case as `other_proceedings`, without its
consent to e-service unless the source form names other cases; within the same dispute (appeal, retrial, enforcement)
`confirmed` carries over (INT 137, OP19 6). It is found by the party's identity number only, never by name alone.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.domain.address import Basis
from delivery.domain.event import Channel
from delivery.domain.ladder import KnownAddress
from delivery.domain.places import is_within
from delivery.domain.postal import PostalParts
from delivery.domain.rungs import BASES, is_aged
from delivery.store.cases import LawFirm
from delivery.store.parties import Address, AddressBasis

# OP19 6-9 and the practice of law/facts.md section 2: lower is better.
BASIS_RANK: Mapping[str, int] = {basis.value: rank for rank, basis in enumerate(BASES)}
_AFTER = 0.5
_STANDING_RANK = {"good": 0, "replaced": 1, "opted_out": 2, "voice_only": 2, "returned": 3, "dead": 4, "not_theirs": 5}
_SEPARATOR = "|"


def postal_value(parts: PostalParts) -> str:
    """The stored form of a postal address: its five parts, separated."""
    return _SEPARATOR.join((parts.province, parts.city, parts.county, parts.street, parts.postcode))


def postal_of(value: str) -> PostalParts:
    """The parts of a stored postal address."""
    province, city, county, street, postcode = (value.split(_SEPARATOR) + [""] * 5)[:5]
    return PostalParts(province, city, county, street, postcode)


def shown_address(kind: str, value: str) -> str:
    """An address as a person reads it."""
    return postal_of(value).line if kind == "postal" else value


def destination_of(
    session: Session, court_id: UUID, channel: Channel, *, address_id: UUID | None, firm_id: UUID | None
) -> str:
    """Where an attempt goes: an address of the party, or the account at which counsel's firm takes this channel."""
    if firm_id is not None:
        firm = session.get_one(LawFirm, (court_id, firm_id))
        return (firm.wechat if channel is Channel.WECHAT else firm.email) or ""
    if address_id is not None:
        return session.get_one(Address, (court_id, address_id)).value or ""
    return ""


def lies_in_area(area: str, kind: str, value: str) -> bool | None:
    """Whether the court's own servers go there (CPL 91: elsewhere mail or another court serves); None: nobody said."""
    if kind != "postal":
        return None
    parts = postal_of(value)
    return is_within(area, parts.province, parts.city, parts.county)


def known_addresses(
    pairs: Iterable[tuple[Address, AddressBasis]], today: date | None = None, papers: AbstractSet[str] = frozenset()
) -> list[KnownAddress]:
    """The party's addresses in this case for the ladder, best first; ties keep the order in which they came.

    With `today` (court-local), an address from elsewhere that is more than a year old loses its rank. `papers` are the
    kinds that are to be served: whether the party agreed to get these there is part of the answer.
    """
    ranked = [(_rank(basis, today), _known(address, basis, papers)) for address, basis in pairs]
    return [known for _, known in sorted(ranked, key=lambda item: (_STANDING_RANK.get(item[1].standing, 0), item[0]))]


def _known(address: Address, basis: AddressBasis, papers: AbstractSet[str]) -> KnownAddress:
    return KnownAddress(
        id=address.id,
        kind=address.kind,
        basis=basis.basis,
        # What a later form replaced is a last resort, for as long as it is alive at all.
        standing="replaced" if address.standing == "good" and _is_replaced(basis) else address.standing,
        reused=basis.source_case_id is not None and basis.basis == "other_proceedings",
        in_area=address.in_area is not False,
        consents=_covers(basis, papers),
    )


def _covers(basis: AddressBasis, papers: AbstractSet[str]) -> bool:
    """ONL 4: consent to some papers is no consent to others; CPL 90: none that was withdrawn."""
    if not basis.consent_scope or basis.consent_withdrawn_on is not None:
        return False
    return basis.consent_scope == "all" or papers <= set(basis.consent_scope.split(","))


def _rank(basis: AddressBasis, today: date | None) -> float:
    """The place on the ladder; OP19 8(3), (4): an address from elsewhere counts within one year of its use."""
    if today is not None and is_aged(Basis(basis.basis), basis.given_on, today):
        return BASIS_RANK["habitual_residence"] + _AFTER
    return BASIS_RANK.get(basis.basis, len(BASIS_RANK))


def _is_replaced(basis: AddressBasis) -> bool:
    """Whether the party named another address of this kind in writing since (INT 137)."""
    return "replaced_on" in (basis.source_note or {})
