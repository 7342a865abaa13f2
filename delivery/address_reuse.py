"""Addresses that a party gave in other cases, brought into a new one: the seed of the success rate.

A destination that the party confirmed in *another dispute* enters this case as `other_proceedings`, without its
consent to e-service unless the source form names other cases; within the same dispute (appeal, retrial, enforcement)
`confirmed` carries over (INT 137, OP19 6, 8(3)). The party is found by a checked identity number, or because a person
said that two are one; never by name alone. Another court's ledger is read only under an agreement in force, and the
value is copied into this court's own. What goes into the file is an extract of the source form: neither the other
case's parties nor its cause.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.addressing import lies_in_area
from delivery.domain.event import EventKind, Report
from delivery.intake_ledger import identified
from delivery.parties_as_one import same_people
from delivery.store.cases import Case
from delivery.store.courts import Court, sharing_courts
from delivery.store.ids import new_id
from delivery.store.orders import ServiceOrder
from delivery.store.parties import Address, AddressBasis, AddressConfirmation, Party
from delivery.tracking import record_fact

# What the party gave itself, to a court; others' words about it stay in their case.
_OWN_WORD = ("confirmed", "given_orally", "own_filing")
# Mail that came back once leaves a door that may still be the party's.
_STILL_GOOD = ("good", "returned")


@dataclass(slots=True)
class Wanted:
    """A party in a case for which addresses are wanted, and the orders whose journals should say which came.

    `known_here`: whether this court may have met the party in another case; if not, only other courts are asked.
    """

    party: Party
    case: Case
    known_here: bool = True
    orders: list[ServiceOrder] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Source:
    """An address of the same party in another case, with what it was there."""

    address: Address
    basis: AddressBasis
    case: Case
    form: AddressConfirmation | None
    court: Court

    def is_same_dispute(self, case: Case) -> bool:
        """Whether the source is an earlier or later instance of this case's dispute, in the same court."""
        return self.case.court_id == case.court_id and self.case.dispute == case.dispute


def attach_reused(session: Session, court: Court, wanted: Sequence[Wanted], now: datetime) -> int:
    """Bring over what the parties gave elsewhere, each with its source; returns how many came.

    A fixed number of queries, however many parties. The journal of every order says from where.
    """
    if not wanted:
        return 0
    sources = _sources(session, court, wanted)
    if not sources:
        return 0
    present = _present(session, court.id, wanted)
    rows = _own_rows(session, court.id, [item.party.id for item in wanted])
    chosen = [
        (item, source)
        for item in wanted
        for source in _best(sources.get(item.party.id, ()), item.case)
        if (item.case.id, *_destination(source.address)) not in present
    ]
    for item, source in chosen:
        _row(session, rows, item.party, source, court.area, now)
    session.flush()
    for item, source in chosen:
        address = _row(session, rows, item.party, source, court.area, now)
        basis = _carried_over(source, item.case, address, now)
        session.add(basis)
        for order in item.orders:
            _note(session, order, source, basis, now)
    session.flush()
    return len(chosen)


def _destination(address: Address) -> tuple[str, str]:
    return address.kind, address.value_index


def _sources(session: Session, court: Court, wanted: Sequence[Wanted]) -> dict[UUID, list[Source]]:
    """Party -> what it gave in other cases, here and in the courts that share with this one."""
    here = [item.party.id for item in wanted if item.known_here]
    groups = same_people(session, court.id, here) if here else {}
    people: dict[UUID, set[tuple[UUID, UUID]]] = {
        party_id: {(court.id, member) for member in group} for party_id, group in groups.items()
    }
    sharing = sharing_courts(session, court.id)
    if sharing:
        for party_id, elsewhere in _elsewhere(session, sharing, [item.party for item in wanted]).items():
            people.setdefault(party_id, set()).update(elsewhere)
    if not people:
        return {}
    given = _given_by(session, {member for members in people.values() for member in members})
    return {
        party_id: [source for member in sorted(members) for source in given.get(member, ())]
        for party_id, members in people.items()
    }


def _elsewhere(
    session: Session, courts: Sequence[UUID], parties: Iterable[Party]
) -> dict[UUID, set[tuple[UUID, UUID]]]:
    """The same people in other courts: by checked identity number only."""
    by_index = {party.identity_number_index: party.id for party in identified(parties)}
    found = session.execute(
        select(Party.court_id, Party.id, Party.identity_number_index).where(
            Party.court_id.in_(courts), Party.identity_number_index.in_(list(by_index))
        )
    )
    people: dict[UUID, set[tuple[UUID, UUID]]] = {}
    for court_id, party_id, index in found:
        people.setdefault(by_index[index], set()).add((court_id, party_id))
    return people


def _given_by(session: Session, members: set[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], list[Source]]:
    """(court, party) -> its own word about where it can be reached, in all its cases."""
    rows = session.execute(
        select(Address, AddressBasis, Case, AddressConfirmation, Court)
        .join(AddressBasis, (AddressBasis.court_id == Address.court_id) & (AddressBasis.address_id == Address.id))
        .join(Case, (Case.court_id == AddressBasis.court_id) & (Case.id == AddressBasis.case_id))
        .join(Court, Court.id == Case.court_id)
        .outerjoin(
            AddressConfirmation,
            (AddressConfirmation.court_id == AddressBasis.court_id)
            & (AddressConfirmation.id == AddressBasis.confirmation_id),
        )
        .where(
            Address.court_id.in_({court_id for court_id, _ in members}),
            Address.party_id.in_({party_id for _, party_id in members}),
            Address.standing.in_(_STILL_GOOD),
            AddressBasis.basis.in_(_OWN_WORD),
            AddressBasis.moved_on.is_(None),
        )
    )
    given: dict[tuple[UUID, UUID], list[Source]] = {}
    for address, basis, case, form, court in rows:
        if "replaced_on" not in basis.source_note:
            given.setdefault((address.court_id, address.party_id), []).append(Source(address, basis, case, form, court))
    return given


def _best(sources: Iterable[Source], case: Case) -> list[Source]:
    """One source for each destination: of the same dispute first, then confirmed, then the newest."""

    def order(source: Source) -> tuple[bool, bool, int, UUID]:
        age = -source.basis.given_on.toordinal() if source.basis.given_on else 0
        confirmed = source.basis.basis == "confirmed"
        return not (confirmed and source.is_same_dispute(case)), not confirmed, age, source.basis.id

    best: dict[tuple[str, str], Source] = {}
    for source in sorted(sources, key=order):
        if source.case.id != case.id:
            best.setdefault(_destination(source.address), source)
    return list(best.values())


def _present(session: Session, court_id: UUID, wanted: Sequence[Wanted]) -> set[tuple[UUID, str, str]]:
    """(case, kind, value index) of what the parties have in these cases already."""
    rows = session.execute(
        select(AddressBasis.case_id, Address.kind, Address.value_index)
        .join(Address, (Address.court_id == AddressBasis.court_id) & (Address.id == AddressBasis.address_id))
        .where(
            AddressBasis.court_id == court_id,
            AddressBasis.case_id.in_({item.case.id for item in wanted}),
            Address.party_id.in_({item.party.id for item in wanted}),
        )
    )
    return {(row.case_id, row.kind, row.value_index) for row in rows}


def _own_rows(session: Session, court_id: UUID, party_ids: Sequence[UUID]) -> dict[tuple[UUID, str, str], Address]:
    rows = session.scalars(select(Address).where(Address.court_id == court_id, Address.party_id.in_(party_ids)))
    return {(address.party_id, *_destination(address)): address for address in rows}


def _row(
    session: Session,
    rows: dict[tuple[UUID, str, str], Address],
    party: Party,
    source: Source,
    area: str,
    now: datetime,
) -> Address:
    """The party's own row of the destination, copied when it came from another court or a party merged with it.

    Whether a door lies in the area (`area`) is each court's own question.
    """
    key = (party.id, *_destination(source.address))
    address = rows.get(key)
    if address is None:
        address = Address(
            court_id=party.court_id,
            id=new_id(),
            party_id=party.id,
            kind=source.address.kind,
            standing=source.address.standing,
            standing_reason=source.address.standing_reason,
            standing_at=source.address.standing_at,
            in_area=lies_in_area(area, source.address.kind, source.address.value or ""),
            created_at=now,
        )
        with session.no_autoflush:
            session.add(address)
            address.value = source.address.value
        rows[key] = address
    return address


def _carried_over(source: Source, case: Case, address: Address, now: datetime) -> AddressBasis:
    confirmed_here = source.basis.basis == "confirmed" and source.is_same_dispute(case)
    names_other_cases = bool(source.basis.source_note.get("covers_other_cases"))
    keeps_consent = (confirmed_here or names_other_cases) and source.basis.consent_withdrawn_on is None
    own_form = source.case.court_id == case.court_id
    return AddressBasis(
        court_id=case.court_id,
        id=new_id(),
        address_id=address.id,
        case_id=case.id,
        basis="confirmed" if confirmed_here else "other_proceedings",
        given_on=source.basis.given_on,
        confirmation_id=source.basis.confirmation_id if own_form else None,
        consent_scope=source.basis.consent_scope if keeps_consent else "",
        consent_source=source.basis.consent_source if keeps_consent else "",
        consent_given_on=source.basis.consent_given_on if keeps_consent else None,
        source_court_id=source.case.court_id,
        source_case_id=source.case.id,
        source_basis=source.basis.basis,
        source_note={"covers_other_cases": names_other_cases, "extract": _extract(source)},
        created_at=now,
    )


def _extract(source: Source) -> Mapping[str, object]:
    """What the file of this case learns of the source form: when, where and how it was given, and no more."""
    given_on = source.form.signed_on if source.form else source.basis.given_on
    return {
        "court": source.court.name,
        "court_en": source.court.name_en,
        "case": _number(source),
        "basis": source.basis.basis,
        "given_on": _iso(given_on),
        "means": source.form.means if source.form else "",
        "signer_role": source.form.signer_role if source.form else "",
        "consent_scope": source.basis.consent_scope,
        "warnings_version": source.form.warnings_version if source.form else "",
        "evidence": (source.form.evidence_sha256 or "") if source.form else "",
    }


def _number(source: Source) -> str:
    """The source's case number; that a confidential case exists is nobody else's business."""
    return "" if source.case.confidential else source.case.number


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _note(session: Session, order: ServiceOrder, source: Source, basis: AddressBasis, now: datetime) -> None:
    args = {
        "kind": source.address.kind,
        "basis": basis.basis,
        "source_case": _number(source),
        "source_court": source.court.code,
        "given_on": _iso(source.basis.given_on),
        "consent": bool(basis.consent_scope),
    }
    record_fact(session, order, Report(EventKind.ADDRESS_REUSED, "", now, args=args), now=now, look_again=False)
