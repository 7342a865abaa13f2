"""Two parties that are one person: found as candidates, decided by a person, and undone without loss.

A merge moves nothing. It says that two rows are one person, and whoever looks for a party's addresses follows it; so
undoing it is taking the word back, and putting aside what came over meanwhile. Same name and same number (or mailbox,
or unchecked identity number) make a candidate for the desk, never a merge.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from delivery.domain.errors import Conflict, NotFound
from delivery.intake_ledger import is_identified
from delivery.store.cases import Recipient
from delivery.store.desk import put_on_desk, was_answered
from delivery.store.orders import ServiceOrder
from delivery.store.parties import Address, AddressBasis, Party, PartyMerge

CANDIDATE = "party_candidate"


def same_people(session: Session, court_id: UUID, party_ids: Sequence[UUID]) -> dict[UUID, set[UUID]]:
    """For each party all rows of the same person, itself among them."""
    people: dict[UUID, set[UUID]] = {party_id: {party_id} for party_id in party_ids}
    links: dict[UUID, UUID] = {}
    open_ends = set(party_ids)
    while open_ends:
        rows = session.execute(
            select(Party.id, Party.merged_into_id).where(
                Party.court_id == court_id,
                Party.merged_into_id.is_not(None),
                or_(Party.id.in_(open_ends), Party.merged_into_id.in_(open_ends)),
            )
        )
        found = {row.id: row.merged_into_id for row in rows if row.id not in links}
        links |= found
        open_ends = set(found) | set(found.values())
    if not links:
        return people
    members: dict[UUID, set[UUID]] = {}
    for party_id in {*links, *links.values(), *party_ids}:
        members.setdefault(_root(links, party_id), set()).add(party_id)
    return {party_id: members[_root(links, party_id)] for party_id in party_ids}


def _root(links: Mapping[UUID, UUID], party_id: UUID) -> UUID:
    while party_id in links:
        party_id = links[party_id]
    return party_id


def put_candidates_on_desk(
    session: Session, court_id: UUID, new: Mapping[UUID, Party], orders: Mapping[UUID, ServiceOrder], now: datetime
) -> None:
    """Who of the new parties may be somebody known: one desk item each. `orders` names one order of each party."""
    namesakes = _namesakes(session, court_id, new)
    if not namesakes:
        return
    everyone = {*namesakes, *(party.id for found in namesakes.values() for party in found)}
    numbers = _numbers(session, court_id, everyone)
    for party_id, others in sorted(namesakes.items()):
        party = new[party_id]
        alike = {
            _stands_for(session, other)
            for other in others
            if numbers.get(party_id, set()) & numbers.get(other.id, set())
            or (party.identity_number_index and party.identity_number_index == other.identity_number_index)
        }
        for candidate in sorted(alike, key=lambda one: one.id):
            if not _surely_two(party, candidate):
                _ask(session, court_id, party_id, candidate.id, orders.get(party_id), now)


def _namesakes(session: Session, court_id: UUID, new: Mapping[UUID, Party]) -> dict[UUID, list[Party]]:
    """New party -> older parties of the same name."""
    by_name: dict[str, list[UUID]] = {}
    for party_id, party in new.items():
        by_name.setdefault(party.name_index, []).append(party_id)
    older: dict[UUID, list[Party]] = {}
    rows = session.scalars(
        select(Party).where(Party.court_id == court_id, Party.name_index.in_(list(by_name))).order_by(Party.id)
    )
    for other in rows:
        for party_id in by_name[other.name_index]:
            if other.id < party_id:
                older.setdefault(party_id, []).append(other)
    return older


def _stands_for(session: Session, party: Party) -> Party:
    """The row that stands for this one after all merges."""
    while party.merged_into_id is not None:
        party = session.get_one(Party, (party.court_id, party.merged_into_id))
    return party


def _numbers(session: Session, court_id: UUID, party_ids: Collection[UUID]) -> dict[UUID, set[tuple[str, str]]]:
    """Party -> its numbers and mailboxes, as indexes. Households share doors, so that a door says nothing here."""
    rows = session.execute(
        select(Address.party_id, Address.kind, Address.value_index).where(
            Address.court_id == court_id, Address.party_id.in_(party_ids), Address.kind != "postal"
        )
    )
    found: dict[UUID, set[tuple[str, str]]] = {}
    for row in rows:
        found.setdefault(row.party_id, set()).add((row.kind, row.value_index))
    return found


def _surely_two(one: Party, other: Party) -> bool:
    """Two checked numbers that differ are two people, whatever else they share."""
    both = is_identified(one) and is_identified(other)
    return both and one.identity_number_index != other.identity_number_index


def _ask(
    session: Session, court_id: UUID, party_id: UUID, candidate: UUID, order: ServiceOrder | None, now: datetime
) -> None:
    subject = f"{party_id}:{candidate}"
    if was_answered(session, court_id, f"{CANDIDATE}:{subject}"):
        return
    put_on_desk(
        session,
        court_id,
        kind=CANDIDATE,
        subject=subject,
        at=now,
        order_id=order.id if order else None,
        party=str(party_id),
        candidate=str(candidate),
    )


def merge_parties(
    session: Session, court_id: UUID, one_id: UUID, other_id: UUID, *, by: UUID | None, now: datetime
) -> PartyMerge:
    """Record that two parties are one person.

    The one whose identity number is checked stands, else the older one. Raises `NotFound`, `Conflict`
    (`parties_already_one`, `parties_differ` when two checked numbers or two kinds contradict each other).
    """
    # In one sequence, so that two people who say it at once, each the other way round, do not wait for each other.
    one, other = (_standing(session, court_id, party_id) for party_id in sorted((one_id, other_id)))
    if one.id == other.id:
        raise Conflict("parties_already_one")
    if _surely_two(one, other) or one.kind != other.kind:
        raise Conflict("parties_differ")
    kept, merged = sorted((one, other), key=lambda party: (not is_identified(party), party.id))
    merged.merged_into_id = kept.id
    merge = PartyMerge(court_id=court_id, kept_id=kept.id, merged_id=merged.id, decided_by=by, decided_at=now)
    session.add(merge)
    session.flush()
    return merge


def _standing(session: Session, court_id: UUID, party_id: UUID) -> Party:
    """The party row that stands for this one, locked."""
    while True:
        party = session.get(Party, (court_id, party_id), with_for_update=True, populate_existing=True)
        if party is None:
            raise NotFound
        if party.merged_into_id is None:
            return party
        party_id = party.merged_into_id


def unmerge_parties(session: Session, merge: PartyMerge, *, now: datetime) -> list[UUID]:
    """Take a merge back; returns the open orders that lose an address by it.

    Both parties have everything that was their own. Addresses that one brought over from the other meanwhile are kept,
    as not theirs. Raises `Conflict` when it was taken back before.
    """
    if merge.undone_at is not None:
        raise Conflict("merge_already_undone")
    merge.undone_at = now
    merged = session.get_one(Party, (merge.court_id, merge.merged_id), with_for_update=True)
    before = same_people(session, merge.court_id, [merge.kept_id])[merge.kept_id]
    merged.merged_into_id = None
    session.flush()
    theirs = same_people(session, merge.court_id, [merge.merged_id])[merge.merged_id]
    affected: list[UUID] = []
    for side, far in ((before - theirs, theirs), (theirs, before - theirs)):
        affected += _put_aside(session, merge, side, far, now)
    return affected


def _put_aside(session: Session, merge: PartyMerge, side: set[UUID], far: set[UUID], now: datetime) -> list[UUID]:
    """What one side has only from the cases of the other is not its own address; the orders that are still open."""
    cases_of_far = select(Recipient.case_id).where(Recipient.court_id == merge.court_id, Recipient.party_id.in_(far))
    rows = session.execute(
        select(Address, AddressBasis.case_id)
        .join(AddressBasis, (AddressBasis.court_id == Address.court_id) & (AddressBasis.address_id == Address.id))
        .where(
            Address.court_id == merge.court_id,
            Address.party_id.in_(side),
            Address.created_at >= merge.decided_at,
            AddressBasis.source_case_id.in_(cases_of_far),
        )
    )
    orders: list[UUID] = []
    for address, case_id in rows:
        address.standing, address.standing_reason, address.standing_at = "not_theirs", "merge_undone", now
        orders += session.scalars(
            select(ServiceOrder.id)
            .join(
                Recipient,
                (Recipient.court_id == ServiceOrder.court_id) & (Recipient.id == ServiceOrder.recipient_id),
            )
            .where(
                ServiceOrder.court_id == merge.court_id,
                ServiceOrder.case_id == case_id,
                ServiceOrder.status.in_(("open", "held")),
                Recipient.party_id == address.party_id,
            )
        )
    return orders
