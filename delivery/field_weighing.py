"""What can be doubted about a record of a field server's phone before anything is done with it.

Its form, its phone, its signature and place in the phone's chain, its ticket, its clocks, its visit. A missing record
that comes later heals the gap that it left.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.domain import field_ticket
from delivery.domain.event import Channel
from delivery.domain.field_chain import (
    Link,
    doubts_of_clock,
    doubts_of_ticket,
    happened_at,
    is_signed,
    place_in_chain,
)
from delivery.domain.field_record import Doubt, Record, RecordKind, read
from delivery.domain.field_ticket import Ticket, TicketRefused
from delivery.store.field import FieldDevice, packets_numbered, records_numbered, reported_with
from delivery.store.model import vault_of
from delivery.store.orders import Attempt

_AT_A_DOOR: Final = frozenset({RecordKind.REPORT, RecordKind.SHEET_BOUND, RecordKind.UNSAFE})
_EVER: Final = timedelta(days=36500)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends records: a person signed in at a court."""

    court_id: UUID
    account_id: UUID


@dataclass(slots=True)
class Intake:
    """One record on its way in, with what is known of it so far."""

    session: Session
    sender: Sender
    record: Record
    now: datetime
    doubts: set[Doubt]
    device: FieldDevice | None = None
    ticket: Ticket | None = None
    attempt: Attempt | None = None


def weigh(intake: Intake, signature: str) -> None:
    """Everything that can be doubted before anything is done with it."""
    record, doubts = intake.record, intake.doubts
    if not record.canonical:
        doubts.add(Doubt.NOT_CANONICAL)
    if record.malformed or record.kind is None:
        doubts.add(Doubt.PART_MALFORMED)
    _weigh_device(intake, signature)
    _weigh_ticket(intake)
    doubts |= doubts_of_clock(record, intake.now, intake.ticket)
    _weigh_visit(intake)
    if record.kind in {RecordKind.LOAD_SCAN, RecordKind.HAND_IN}:
        numbered = packets_numbered(intake.session, intake.sender.court_id, [record.packet or 0])
        meant = numbered.get(record.packet or 0)
        if meant is None or record.visit not in {None, meant}:
            doubts.add(Doubt.PACKET_UNKNOWN)


def _weigh_device(intake: Intake, signature: str) -> None:
    device, record = intake.device, intake.record
    if device is None:
        intake.doubts.add(Doubt.DEVICE_UNKNOWN)
        return
    if device.account_id != intake.sender.account_id:
        intake.doubts.add(Doubt.FOREIGN_DEVICE)
    if device.revoked_at is not None:
        intake.doubts.add(Doubt.DEVICE_REVOKED)
    if not is_signed(record.raw, signature, device.key):
        intake.doubts.add(Doubt.BAD_SIGNATURE)
    elif Doubt.RECORD_DIFFERS not in intake.doubts:
        intake.doubts |= _put_in_chain(intake)


def _weigh_ticket(intake: Intake) -> None:
    record, session = intake.record, intake.session
    if not record.ticket:
        if record.kind in _AT_A_DOOR:
            intake.doubts.add(Doubt.TICKET_MISSING)
        return
    key = vault_of(session).derive(field_ticket.KEY_PURPOSE)
    try:
        ticket = field_ticket.read(record.ticket, [key], intake.now, late=_EVER)
    except TicketRefused:
        intake.doubts.add(Doubt.TICKET_FORGED)
        return
    made_at = happened_at(None, record, intake.now, None)
    doubts = set(doubts_of_ticket(record, ticket, made_at, intake.now))
    owner = intake.device.account_id if intake.device else intake.sender.account_id
    if (ticket.court, ticket.server) != (intake.sender.court_id, owner):
        doubts.add(Doubt.TICKET_FOREIGN)
    intake.doubts |= doubts
    if Doubt.TICKET_FOREIGN in doubts:
        return
    intake.ticket = ticket
    used = reported_with(session, intake.sender.court_id, ticket.nonce) if record.kind is RecordKind.REPORT else None
    if used is not None and used.record_id != record.id:
        intake.doubts.add(Doubt.TICKET_REPLAYED)


def _weigh_visit(intake: Intake) -> None:
    record = intake.record
    if record.visit is None and record.kind not in _AT_A_DOOR:
        return
    found = intake.session.get(Attempt, (intake.sender.court_id, record.visit)) if record.visit else None
    if found is None or found.channel not in {Channel.IN_PERSON, Channel.POSTING}:
        intake.doubts.add(Doubt.VISIT_UNKNOWN)
        return
    intake.attempt = found
    if found.assigned_to not in {None, intake.sender.account_id}:
        intake.doubts.add(Doubt.VISIT_FOREIGN)


def _put_in_chain(intake: Intake) -> frozenset[Doubt]:
    """Find a record's place in its phone's chain, and look again at those whose place depends on it.

    Only what the phone really signed counts: nobody else can break its chain.
    """
    record = intake.record
    if record.seq is None or record.device_id is None:
        return place_in_chain(record, None, number_taken=False)
    around = [record.seq - 1, record.seq, record.seq + 1]
    rows = [
        row
        for row in records_numbered(intake.session, intake.sender.court_id, record.device_id, around)
        if not {Doubt.BAD_SIGNATURE, Doubt.RECORD_DIFFERS} & set(row.doubts)
    ]
    before = next((Link(row.seq, row.sha256) for row in rows if row.seq == record.seq - 1), None)
    same = [row for row in rows if row.seq == record.seq]
    for row in same:
        row.doubts = sorted({*row.doubts, Doubt.NUMBER_TWICE})
    for row in (row for row in rows if row.seq == record.seq + 1 and Doubt.GAP in row.doubts):
        after = read((row.raw or "").encode())
        found = place_in_chain(after, Link(record.seq, record.sha256), number_taken=False)
        row.doubts = sorted({*row.doubts} - {Doubt.GAP} | {str(doubt) for doubt in found})
    return place_in_chain(record, before, number_taken=bool(same))
