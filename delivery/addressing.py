"""Whose address, by which right, best first: the ledger as the ladder sees it, and reuse from other cases.

A destination that the party confirmed in *another dispute* enters this case as `other_proceedings`, without its
consent to e-service unless the source form names other cases; within the same dispute (appeal, retrial, enforcement)
`confirmed` carries over (INT 137, OP19 6). It is found by the party's identity number only, never by name alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.domain.escalation import KnownAddress
from delivery.domain.event import EventKind, Report
from delivery.domain.postal import PostalParts
from delivery.store.cases import Case
from delivery.store.orders import ServiceOrder
from delivery.store.parties import Address, AddressBasis, Party, addresses_in_case
from delivery.tracking import record_fact

# OP19 6-9 and the practice of law/facts.md section 2: lower is better.
_RANK = {
    "confirmed": 0,
    "given_orally": 1,
    "own_filing": 2,
    "pre_dispute_agreed": 3,
    "other_proceedings": 4,
    "regular_use": 5,
    "registry": 6,
    "habitual_residence": 7,
    "found": 8,
    "plaintiff_supplied": 9,
}
_STANDING_RANK = {"good": 0, "replaced": 1, "opted_out": 2, "returned": 3, "dead": 4, "not_theirs": 5}
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


def known_addresses(pairs: Iterable[tuple[Address, AddressBasis]]) -> list[KnownAddress]:
    """The party's addresses in this case for the ladder, best first; ties keep the order in which they came."""
    known = [
        KnownAddress(
            id=address.id,
            kind=address.kind,
            basis=basis.basis,
            # What a later form replaced is a last resort, for as long as it is alive at all.
            standing="replaced" if address.standing == "good" and _is_replaced(basis) else address.standing,
            reused=basis.source_case_id is not None and basis.basis == "other_proceedings",
            in_area=address.in_area is not False,
        )
        for address, basis in pairs
    ]
    return sorted(known, key=lambda item: (_STANDING_RANK.get(item.standing, 0), _RANK.get(item.basis, 99)))


def _is_replaced(basis: AddressBasis) -> bool:
    """Whether the party named another address of this kind in writing since (INT 137)."""
    return "replaced_on" in (basis.source_note or {})


@dataclass(frozen=True, slots=True)
class Reusable:
    """An address of the same party in another case, with what it was there."""

    address: Address
    basis: AddressBasis
    case: Case


def reusable_addresses(session: Session, party: Party, case: Case) -> list[Reusable]:
    """What this court already knows of the same party from its other cases, newest confirmation first.

    One row per address.
    """
    rows = session.execute(
        select(Address, AddressBasis, Case)
        .join(AddressBasis, (AddressBasis.court_id == Address.court_id) & (AddressBasis.address_id == Address.id))
        .join(Case, (Case.court_id == AddressBasis.court_id) & (Case.id == AddressBasis.case_id))
        .where(
            Address.court_id == party.court_id,
            Address.party_id == party.id,
            AddressBasis.case_id != case.id,
            AddressBasis.basis == "confirmed",
            Address.standing.in_(("good", "returned")),
        )
        .order_by(AddressBasis.given_on.desc(), Address.kind)
    )
    found: dict[UUID, Reusable] = {}
    for address, basis, source in rows:
        if not _is_replaced(basis):
            found.setdefault(address.id, Reusable(address, basis, source))
    return list(found.values())


def attach_reused(session: Session, order: ServiceOrder, party: Party, case: Case, now: datetime) -> int:
    """Bring over what the party confirmed elsewhere, each with its source; returns how many came.

    The journal says from where.
    """
    present = {address.id: basis for address, basis in addresses_in_case(session, case.court_id, case.id, party.id)}
    count = 0
    for item in reusable_addresses(session, party, case):
        if item.address.id in present:
            continue
        basis = _carried_over(item, case, now)
        session.add(basis)
        args = {
            "kind": item.address.kind,
            "basis": basis.basis,
            "source_case": item.case.number,
            "given_on": item.basis.given_on.isoformat() if item.basis.given_on else "",
            "consent": bool(basis.consent_scope),
        }
        record_fact(session, order, Report(EventKind.ADDRESS_REUSED, "", now, args=args), now=now, look_again=False)
        count += 1
    return count


def _carried_over(item: Reusable, case: Case, now: datetime) -> AddressBasis:
    same_dispute = item.case.dispute == case.dispute
    names_other_cases = bool(item.basis.source_note.get("covers_other_cases"))
    keeps_consent = same_dispute or names_other_cases
    return AddressBasis(
        court_id=case.court_id,
        address_id=item.address.id,
        case_id=case.id,
        basis="confirmed" if same_dispute else "other_proceedings",
        given_on=item.basis.given_on,
        confirmation_id=item.basis.confirmation_id,
        consent_scope=item.basis.consent_scope if keeps_consent else "",
        consent_source=item.basis.consent_source if keeps_consent else "",
        consent_given_on=item.basis.consent_given_on if keeps_consent else None,
        source_court_id=item.case.court_id,
        source_case_id=item.case.id,
        source_basis=item.basis.basis,
        source_note={"covers_other_cases": names_other_cases},
        created_at=now,
    )


def within_a_year(given_on: date | None, today: date) -> bool:
    """Whether an address of other proceedings is fresh enough for the presumed ladder (OP19 8(3): within one year)."""
    if given_on is None:
        return False
    try:
        anniversary = given_on.replace(year=given_on.year + 1)
    except ValueError:  # 29 February
        anniversary = date(given_on.year + 1, 2, 28)
    return today <= anniversary
