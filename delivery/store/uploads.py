"""What phones send in pieces: how far each upload has come, who may write to it at this moment, what became of it.

One writer at a time, by a lease of seconds in the upload's own row: a phone may take minutes for its bytes, and no
transaction waits for a phone. Leases run on machine time, expiry on court time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CursorResult,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from delivery.store.accounts import Account
from delivery.store.model import InCourt, Model, Sealed, in_same_court

LEASE: Final = timedelta(seconds=10)


class UploadState(StrEnum):
    """Whether more may come, or how it ended."""

    RECEIVING = "receiving"
    COMPLETE = "complete"
    ENDED = "ended"  # by the phone itself
    EXPIRED = "expired"
    DAMAGED = "damaged"  # the bytes were not those that were promised


class Upload(InCourt, Model):
    """One file on its way, bound to the person whose session began it and to the visit of their ticket.

    `told` is the Upload-Metadata as the phone wrote it. `received` counts the bytes that are safe. `receipt` is the id
    of the evidence that it became. `cleared`: nothing of its pieces lies about any more.
    """

    __tablename__ = "upload"
    __table_args__ = (
        in_same_court("order_id", "service_order"),
        in_same_court("attempt_id", "attempt"),
        in_same_court("receipt", "evidence"),
        Index(None, "court_id", "account_id", "capture_id"),
        Index(None, "state", "expires_at"),
        Index(None, "cleared", "state"),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    order_id: Mapped[UUID]
    attempt_id: Mapped[UUID]
    device_id: Mapped[UUID]
    capture_id: Mapped[UUID]
    ticket_nonce: Mapped[str] = mapped_column(String(32))
    ticket_expires_at: Mapped[datetime]
    role: Mapped[str] = mapped_column(String(16))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(80))
    told_sealed: Mapped[bytes | None]
    told = Sealed()
    state: Mapped[str] = mapped_column(String(12), default=UploadState.RECEIVING.value)
    received: Mapped[int] = mapped_column(default=0)
    lease_number: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    receipt: Mapped[UUID | None]
    cleared: Mapped[bool] = mapped_column(Boolean, default=False)


class UploadPiece(InCourt, Model):
    """Bytes `begins` to `begins + size` of an upload; they lie under `name` with the other pieces of its id."""

    __tablename__ = "upload_piece"
    __table_args__ = (in_same_court("upload_id", "upload"), UniqueConstraint("court_id", "upload_id", "begins"))

    upload_id: Mapped[UUID]
    begins: Mapped[int]
    size: Mapped[int]
    name: Mapped[str] = mapped_column(String(80))


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to write to an upload for some seconds. `number` tells it from every other turn."""

    court_id: UUID
    upload_id: UUID
    number: int


def upload_of(session: Session, court_id: UUID, account_id: UUID, upload_id: UUID) -> Upload | None:
    """An upload of this person's own."""
    upload = session.get(Upload, (court_id, upload_id))
    return upload if upload is not None and upload.account_id == account_id else None


def unfinished_of(session: Session, court_id: UUID, account_id: UUID, *, now: datetime) -> tuple[int, int]:
    """How many unfinished uploads a person has, and the bytes that they were announced with.

    The account stays locked until the transaction ends, so that of two announcements at once the second is counted too.
    """
    session.execute(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))
    waiting = (Upload.state == UploadState.RECEIVING.value) & (Upload.expires_at > now)
    counted = select(func.count(), func.coalesce(func.sum(Upload.size), 0)).where(
        Upload.court_id == court_id, Upload.account_id == account_id, waiting
    )
    count, size = session.execute(counted).one()
    return count, int(size)


def take_turn(session: Session, upload: Upload, *, machine_now: datetime, span: timedelta = LEASE) -> Turn | None:
    """Become the one writer for this long; None while somebody else is."""
    number = session.scalar(
        update(Upload)
        .where(
            Upload.court_id == upload.court_id,
            Upload.id == upload.id,
            or_(Upload.lease_until.is_(None), Upload.lease_until <= machine_now),
        )
        .values(lease_number=Upload.lease_number + 1, lease_until=machine_now + span)
        .returning(Upload.lease_number)
        .execution_options(synchronize_session=False)
    )
    return None if number is None else Turn(upload.court_id, upload.id, number)


def give_back(session: Session, turn: Turn) -> bool:
    """Let the next one write; False if the turn was lost before."""
    return _while_ours(session, turn, lease_until=None)


def move_on(session: Session, turn: Turn, piece: UploadPiece, *, expires_at: datetime) -> bool:
    """Enter a kept piece at the end of what was there, and give the turn back; False if the turn was lost."""
    moved = _while_ours(session, turn, received=piece.begins + piece.size, expires_at=expires_at, lease_until=None)
    if moved:
        session.add(piece)
    return moved


def end(session: Session, turn: Turn, state: UploadState, *, now: datetime, **more: Any) -> bool:  # noqa: ANN401 -- columns
    """Say how the upload ended, and give the turn back; False if the turn was lost."""
    return _while_ours(session, turn, state=state.value, ended_at=now, lease_until=None, **more)


def _while_ours(session: Session, turn: Turn, **values: Any) -> bool:  # noqa: ANN401 -- columns
    changed = session.execute(
        update(Upload)
        .where(
            Upload.court_id == turn.court_id,
            Upload.id == turn.upload_id,
            Upload.lease_number == turn.number,
            Upload.lease_until.is_not(None),
            Upload.state == UploadState.RECEIVING.value,
        )
        .values(**values),
        execution_options={"synchronize_session": False},
    )
    return cast("CursorResult[Any]", changed).rowcount == 1


def names_of_pieces(session: Session, court_id: UUID, upload_id: UUID) -> list[str]:
    """The pieces of an upload in their order."""
    return list(
        session.scalars(
            select(UploadPiece.name)
            .where(UploadPiece.court_id == court_id, UploadPiece.upload_id == upload_id)
            .order_by(UploadPiece.begins)
        )
    )


def finished_twin(session: Session, upload: Upload) -> Upload | None:
    """An upload that brought these bytes for this capture of this visit before."""
    return session.scalars(
        select(Upload)
        .where(
            Upload.court_id == upload.court_id,
            Upload.account_id == upload.account_id,
            Upload.capture_id == upload.capture_id,
            Upload.attempt_id == upload.attempt_id,
            Upload.sha256 == upload.sha256,
            Upload.state == UploadState.COMPLETE.value,
        )
        .order_by(Upload.ended_at, Upload.id)
    ).first()


def uploads_of_captures(session: Session, court_id: UUID, account_id: UUID, capture_ids: list[UUID]) -> list[Upload]:
    """Everything that was sent for these captures, oldest first."""
    return list(
        session.scalars(
            select(Upload)
            .where(Upload.court_id == court_id, Upload.account_id == account_id, Upload.capture_id.in_(capture_ids))
            .order_by(Upload.created_at, Upload.id)
        )
    )


def overdue(session: Session, *, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """Court and id of uploads whose time is over, in any court."""
    rows = session.execute(
        select(Upload.court_id, Upload.id)
        .where(Upload.state == UploadState.RECEIVING.value, Upload.expires_at <= now)
        .order_by(Upload.expires_at)
        .limit(limit)
    )
    return [(court_id, upload_id) for court_id, upload_id in rows]


def to_be_cleared(session: Session, *, limit: int) -> list[tuple[UUID, UUID]]:
    """Court and id of ended uploads whose pieces may still lie about, in any court."""
    rows = session.execute(
        select(Upload.court_id, Upload.id)
        .where(Upload.cleared.is_(False), Upload.state != UploadState.RECEIVING.value)
        .limit(limit)
    )
    return [(court_id, upload_id) for court_id, upload_id in rows]


def note_cleared(session: Session, court_id: UUID, upload_id: UUID) -> None:
    """The pieces of this upload are gone."""
    session.execute(
        delete(UploadPiece).where(UploadPiece.court_id == court_id, UploadPiece.upload_id == upload_id),
        execution_options={"synchronize_session": False},
    )
    session.execute(
        update(Upload).where(Upload.court_id == court_id, Upload.id == upload_id).values(cleared=True),
        execution_options={"synchronize_session": False},
    )
