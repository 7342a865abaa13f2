"""Packets and who carries them: numbered before the day, given to servers, scanned out in the morning and in at night.

A scan is a record of a phone. "14 of 15, missing 7" is said to whoever hands the packets out, before somebody stands
at a door without one, and in the evening before a receipt is lost.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from delivery.domain.errors import BadValue, Conflict, NotFound
from delivery.domain.event import Channel
from delivery.domain.field_record import Doubt, RecordKind
from delivery.domain.order import AttemptStatus
from delivery.signing_in import Role
from delivery.store.accounts import Account, Membership
from delivery.store.courts import Court
from delivery.store.field import FieldPacket, FieldRecord, last_packet, packets_of, scans_between
from delivery.store.ids import new_id
from delivery.store.orders import Attempt, ServiceOrder

_ON_FOOT = (Channel.IN_PERSON, Channel.POSTING)
_NO_SCAN = frozenset({Doubt.BAD_SIGNATURE, Doubt.PACKET_UNKNOWN, Doubt.RECORD_DIFFERS, Doubt.DEVICE_UNKNOWN})


@dataclass(frozen=True, slots=True)
class Server:
    """A field server of a court."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Load:
    """The packets of one person on one day, by their numbers; `server` None: of nobody yet.

    `expected` are those given to that person or scanned by it; `loaded` and `handed_in` those of them that were
    scanned out and back in.
    """

    server: Server | None
    expected: tuple[int, ...]
    loaded: frozenset[int]
    handed_in: frozenset[int]

    @property
    def missing(self) -> tuple[int, ...]:
        """Not scanned in the morning."""
        return tuple(number for number in self.expected if number not in self.loaded)

    @property
    def out(self) -> tuple[int, ...]:
        """Taken along and not handed in."""
        return tuple(sorted(self.loaded - self.handed_in))


def servers_of(session: Session, court_id: UUID) -> list[Server]:
    """The field servers of a court, by name."""
    rows = session.execute(
        select(Account.id, Account.name)
        .join(Membership, Membership.account_id == Account.id)
        .where(
            Membership.court_id == court_id,
            Membership.role == Role.FIELD_SERVER,
            Membership.ended_at.is_(None),
            Account.disabled_at.is_(None),
        )
        .order_by(Account.name, Account.id)
    )
    return [Server(row.id, row.name) for row in rows]


def loads_of(session: Session, court: Court, now: datetime) -> list[Load]:
    """How the packets of this court-local day stand, person by person; what belongs to nobody comes last."""
    zone = ZoneInfo(court.time_zone)
    start = datetime.combine(now.astimezone(zone).date(), time(), zone)
    kinds = (RecordKind.LOAD_SCAN, RecordKind.HAND_IN)
    scans = [
        scan
        for scan in scans_between(session, court.id, kinds, start, start + timedelta(days=1))
        if scan.packet is not None and not _NO_SCAN & set(scan.doubts)
    ]
    waiting = _numbers_by_server(session, court.id)
    loaded = _by_account(scans, RecordKind.LOAD_SCAN)
    back = _by_account(scans, RecordKind.HAND_IN)
    everywhere = frozenset().union(*loaded.values()) if loaded else frozenset()
    people = {server.id: server for server in servers_of(session, court.id)}
    people |= _others(session, ({*waiting, *loaded, *back} - {None}) - set(people))
    loads = [
        Load(
            server,
            tuple(sorted(waiting.get(server.id, set()) - everywhere | loaded.get(server.id, frozenset()))),
            loaded.get(server.id, frozenset()),
            frozenset().union(*back.values()) & loaded.get(server.id, frozenset()) if back else frozenset(),
        )
        for server in people.values()
    ]
    unclaimed = tuple(sorted(waiting.get(None, set()) - everywhere))
    loads.append(Load(None, unclaimed, frozenset(), frozenset()))
    return [load for load in loads if load.expected or load.loaded]


def number_packets(session: Session, court_id: UUID, now: datetime) -> int:
    """Give a number to each door that waits and has none. Returns how many."""
    session.get_one(Court, court_id, with_for_update=True)
    waiting = session.scalars(
        select(Attempt.id).where(*_waiting(court_id)).order_by(Attempt.due_on.is_(None), Attempt.due_on, Attempt.id)
    ).all()
    have = packets_of(session, court_id, waiting)
    bare = [attempt_id for attempt_id in waiting if attempt_id not in have]
    for number, attempt_id in enumerate(bare, start=last_packet(session, court_id) + 1):
        row = FieldPacket(court_id=court_id, id=new_id(), attempt_id=attempt_id, number=number, numbered_at=now)
        session.add(row)
    session.flush()
    return len(bare)


def unnumbered(session: Session, court_id: UUID) -> int:
    """How many doors wait without a number."""
    waiting = session.scalars(select(Attempt.id).where(*_waiting(court_id))).all()
    return len(waiting) - len(packets_of(session, court_id, waiting))


def give_visits(session: Session, court_id: UUID, visits: Collection[UUID], server_id: UUID) -> int:
    """Let one field server go to these doors, whoever was to go before. Returns how many.

    Raises `BadValue` (nothing_chosen, server_unknown), `NotFound` for a visit of another court, `Conflict`
    (visit_is_over) for one that has been made.
    """
    if not visits:
        raise BadValue("nothing_chosen")
    if server_id not in {server.id for server in servers_of(session, court_id)}:
        raise BadValue("server_unknown")
    for visit_id in sorted(visits):  # two people who give the same doors lock them in one sequence
        attempt = session.get(Attempt, (court_id, visit_id), with_for_update=True)
        if attempt is None or attempt.channel not in _ON_FOOT:
            raise NotFound
        if attempt.status != AttemptStatus.PLANNED:
            raise Conflict("visit_is_over")
        attempt.assigned_to = server_id
    return len(visits)


def _waiting(court_id: UUID) -> Sequence[ColumnElement[bool]]:
    return (
        Attempt.court_id == court_id,
        Attempt.channel.in_(_ON_FOOT),
        Attempt.status == AttemptStatus.PLANNED,
        select(ServiceOrder.id)
        .where(ServiceOrder.court_id == court_id, ServiceOrder.id == Attempt.order_id, ServiceOrder.status == "open")
        .exists(),
    )


def _numbers_by_server(session: Session, court_id: UUID) -> dict[UUID | None, set[int]]:
    rows = session.execute(
        select(Attempt.assigned_to, FieldPacket.number)
        .join(FieldPacket, (FieldPacket.court_id == Attempt.court_id) & (FieldPacket.attempt_id == Attempt.id))
        .where(*_waiting(court_id))
    )
    found: dict[UUID | None, set[int]] = {}
    for row in rows:
        found.setdefault(row.assigned_to, set()).add(row.number)
    return found


def _by_account(scans: Sequence[FieldRecord], kind: RecordKind) -> dict[UUID | None, frozenset[int]]:
    found: dict[UUID | None, set[int]] = {}
    for scan in scans:
        if scan.kind == kind and scan.packet is not None:
            found.setdefault(scan.account_id, set()).add(scan.packet)
    return {account: frozenset(numbers) for account, numbers in found.items()}


def _others(session: Session, account_ids: Collection[UUID | None]) -> dict[UUID, Server]:
    """People who carry packets and are no field servers (any more)."""
    rows = session.execute(select(Account.id, Account.name).where(Account.id.in_(account_ids)).order_by(Account.name))
    return {row.id: Server(row.id, row.name) for row in rows}
