"""What a field server's phone is to us: the phone itself, its signed records, their captures, and numbered packets.

A record is stored as the exact bytes that the phone signed, sealed, because they tell where somebody stood and who
opened the door. Beside it lie the codes, numbers and instants by which it is found and weighed. What a record names
(a visit, a phone) may be unknown to us, so that these columns point nowhere by force.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from delivery.domain.field_record import RecordKind
from delivery.store.model import InCourt, Model, Sealed, in_same_court


class FieldDevice(InCourt, Model):
    """A phone of one field server in one court, known by a key that it cannot give away.

    `key` is the public JWK, `key_hash` its SHA-256. `seen_at` is when its newest record came.
    """

    __tablename__ = "field_device"
    __table_args__ = (UniqueConstraint("court_id", "account_id", "key_hash"),)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(Text)
    key_hash: Mapped[str] = mapped_column(String(64))
    enrolled_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[UUID | None]


class FieldRecord(InCourt, Model):
    """One record as it came; its id is the receipt.

    `record_id`, `device_id`, `seq`, `kind` and `attempt_id` are what it says of itself; `account_id` is who sent it.
    `ticket_issued_at` is set when its ticket is ours. `made_at` is the phone's word, `happened_at` the same by our
    clock, `received_at` when it came. `applied_at` says that its report is in the order's journal. Of records with one
    `record_id`, the first that came counts.
    """

    __tablename__ = "field_record"
    __table_args__ = (
        UniqueConstraint("court_id", "record_id", "sha256"),
        Index(None, "court_id", "device_id", "seq"),
        Index(None, "court_id", "attempt_id"),
        Index(None, "court_id", "nonce"),
        Index(None, "court_id", "kind", "happened_at"),
    )

    record_id: Mapped[UUID]
    sha256: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    device_id: Mapped[UUID | None]
    seq: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(16))
    attempt_id: Mapped[UUID | None]
    nonce: Mapped[str] = mapped_column(String(32), default="")
    ticket_issued_at: Mapped[datetime | None]
    ticket_expires_at: Mapped[datetime | None]
    made_at: Mapped[datetime | None]
    happened_at: Mapped[datetime]
    received_at: Mapped[datetime]
    clocks: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    situation: Mapped[str] = mapped_column(String(80), default="")
    excuse: Mapped[str] = mapped_column(String(80), default="")
    packet: Mapped[int | None]
    signature: Mapped[str] = mapped_column(String(120), default="")
    raw_sealed: Mapped[bytes]
    raw = Sealed()
    doubts: Mapped[list[str]] = mapped_column(JSON, default=list)
    applied_at: Mapped[datetime | None]


class FieldCapture(InCourt, Model):
    """One capture of a record: the hash that its upload must have, and, sealed, all that the phone told of it."""

    __tablename__ = "field_capture"
    __table_args__ = (
        in_same_court("record_id", "field_record"),
        UniqueConstraint("court_id", "capture_id"),
        Index(None, "court_id", "attempt_id"),
        Index(None, "court_id", "record_id"),
        Index(None, "court_id", "sha256"),
    )

    capture_id: Mapped[UUID]
    record_id: Mapped[UUID]
    attempt_id: Mapped[UUID | None]
    role: Mapped[str] = mapped_column(String(80))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(80), default="")
    mode: Mapped[str] = mapped_column(String(80), default="")
    told_sealed: Mapped[bytes]
    told = Sealed()


class FieldPacket(InCourt, Model):
    """The number that is printed on the packet of one visit."""

    __tablename__ = "field_packet"
    __table_args__ = (
        in_same_court("attempt_id", "attempt"),
        UniqueConstraint("court_id", "attempt_id"),
        UniqueConstraint("court_id", "number"),
    )

    attempt_id: Mapped[UUID]
    number: Mapped[int]
    numbered_at: Mapped[datetime]


def devices_of(session: Session, court_id: UUID, account_id: UUID | None = None) -> list[FieldDevice]:
    """The phones of a court, or of one person in it, newest first."""
    query = select(FieldDevice).where(FieldDevice.court_id == court_id)
    if account_id is not None:
        query = query.where(FieldDevice.account_id == account_id)
    return list(session.scalars(query.order_by(FieldDevice.enrolled_at.desc(), FieldDevice.id)))


def device_with_key(session: Session, court_id: UUID, account_id: UUID, key_hash: str) -> FieldDevice | None:
    """The phone that this person enrolled with this key."""
    return session.scalar(
        select(FieldDevice).where(
            FieldDevice.court_id == court_id,
            FieldDevice.account_id == account_id,
            FieldDevice.key_hash == key_hash,
        )
    )


def lock_device(session: Session, court_id: UUID, device_id: UUID) -> FieldDevice | None:
    """The phone, locked until the transaction ends, so that its records are put into their chain one by one."""
    return session.scalar(
        select(FieldDevice).where(FieldDevice.court_id == court_id, FieldDevice.id == device_id).with_for_update()
    )


def records_named(session: Session, court_id: UUID, record_ids: Collection[UUID]) -> list[FieldRecord]:
    """All that came under these ids, in the order in which it came."""
    return list(
        session.scalars(
            select(FieldRecord)
            .where(FieldRecord.court_id == court_id, FieldRecord.record_id.in_(record_ids))
            .order_by(FieldRecord.id)
        )
    )


def records_numbered(session: Session, court_id: UUID, device_id: UUID, seqs: Collection[int]) -> list[FieldRecord]:
    """The records of one phone with these numbers, in the order in which they came."""
    return list(
        session.scalars(
            select(FieldRecord)
            .where(FieldRecord.court_id == court_id, FieldRecord.device_id == device_id, FieldRecord.seq.in_(seqs))
            .order_by(FieldRecord.id)
        )
    )


def records_of_visit(session: Session, court_id: UUID, attempt_id: UUID) -> list[FieldRecord]:
    """What phones told of one visit, in the order in which it came."""
    return list(
        session.scalars(
            select(FieldRecord)
            .where(FieldRecord.court_id == court_id, FieldRecord.attempt_id == attempt_id)
            .order_by(FieldRecord.id)
        )
    )


def reported_with(session: Session, court_id: UUID, nonce: str) -> FieldRecord | None:
    """The first report that came with the ticket of this nonce."""
    return session.scalar(
        select(FieldRecord)
        .where(FieldRecord.court_id == court_id, FieldRecord.nonce == nonce, FieldRecord.kind == RecordKind.REPORT)
        .order_by(FieldRecord.id)
        .limit(1)
    )


def captures_named(session: Session, court_id: UUID, capture_ids: Collection[UUID]) -> list[FieldCapture]:
    """The captures with these ids, whichever record they belong to."""
    return list(
        session.scalars(
            select(FieldCapture).where(FieldCapture.court_id == court_id, FieldCapture.capture_id.in_(capture_ids))
        )
    )


def captures_of(session: Session, court_id: UUID, record_row: UUID) -> list[FieldCapture]:
    """The captures of one stored record."""
    return list(
        session.scalars(
            select(FieldCapture)
            .where(FieldCapture.court_id == court_id, FieldCapture.record_id == record_row)
            .order_by(FieldCapture.id)
        )
    )


def scans_between(
    session: Session, court_id: UUID, kinds: Collection[str], start: datetime, end: datetime
) -> list[FieldRecord]:
    """The scans of these kinds that happened in this span, in the order in which they came."""
    return list(
        session.scalars(
            select(FieldRecord)
            .where(
                FieldRecord.court_id == court_id,
                FieldRecord.kind.in_(kinds),
                FieldRecord.happened_at >= start,
                FieldRecord.happened_at < end,
            )
            .order_by(FieldRecord.id)
        )
    )


def packets_of(session: Session, court_id: UUID, attempt_ids: Collection[UUID]) -> dict[UUID, int]:
    """Visit -> the number on its packet, for those that have one."""
    rows = session.execute(
        select(FieldPacket.attempt_id, FieldPacket.number).where(
            FieldPacket.court_id == court_id, FieldPacket.attempt_id.in_(attempt_ids)
        )
    )
    return {row.attempt_id: row.number for row in rows}


def packets_numbered(session: Session, court_id: UUID, numbers: Collection[int]) -> dict[int, UUID]:
    """Number -> visit, for the numbers that this court gave."""
    rows = session.execute(
        select(FieldPacket.number, FieldPacket.attempt_id).where(
            FieldPacket.court_id == court_id, FieldPacket.number.in_(numbers)
        )
    )
    return {row.number: row.attempt_id for row in rows}


def last_packet(session: Session, court_id: UUID) -> int:
    """The highest number that this court gave to a packet; 0 before the first."""
    return session.scalar(select(func.max(FieldPacket.number)).where(FieldPacket.court_id == court_id)) or 0


def left_for_safety(session: Session, court_id: UUID, attempt_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Visit -> when somebody last left there because it was not safe."""
    rows = session.execute(
        select(FieldRecord.attempt_id, func.max(FieldRecord.happened_at).label("at"))
        .where(
            FieldRecord.court_id == court_id,
            FieldRecord.attempt_id.in_(attempt_ids),
            FieldRecord.kind == RecordKind.UNSAFE,
        )
        .group_by(FieldRecord.attempt_id)
    )
    return {row.attempt_id: row.at for row in rows}
