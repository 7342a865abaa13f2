"""Sheets that are left at doors: each with its code, what it was made for, and every try to bind a blank one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from delivery.store.model import InCourt, Model, Sealed, in_same_court


class Notice(InCourt, Model):
    """One sheet. The code is looked up by its hash, and kept sealed so that the same sheet can be printed again.

    `number` is what is printed on a blank pad, `batch_id` the pads that were printed with it. `content` is what a
    public notice says, as JSON. `record_id` is the field record that bound a pad.
    """

    __tablename__ = "notice"
    __table_args__ = (
        in_same_court("order_id", "service_order"),
        in_same_court("attempt_id", "attempt"),
        in_same_court("link_id", "service_link"),
        UniqueConstraint("court_id", "number"),
        Index(None, "court_id", "order_id"),
        Index(None, "court_id", "attempt_id"),
        Index(None, "court_id", "batch_id"),
    )

    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    code_sealed: Mapped[bytes]
    code = Sealed()
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(16), default="")
    number: Mapped[int | None]
    batch_id: Mapped[UUID | None]
    order_id: Mapped[UUID | None]
    attempt_id: Mapped[UUID | None]
    link_id: Mapped[UUID | None]
    content_sealed: Mapped[bytes | None]
    content = Sealed()
    minted_at: Mapped[datetime]
    minted_by: Mapped[UUID | None]
    expires_at: Mapped[datetime]
    bound_at: Mapped[datetime | None]
    bound_by: Mapped[UUID | None]
    record_id: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]


class NoticeBinding(InCourt, Model):
    """One try to bind a sheet to a visit, and what came of it: nothing that somebody scanned at a door is lost."""

    __tablename__ = "notice_binding"
    __table_args__ = (
        in_same_court("notice_id", "notice"),
        in_same_court("attempt_id", "attempt"),
        Index(None, "court_id", "notice_id"),
    )

    notice_id: Mapped[UUID]
    attempt_id: Mapped[UUID]
    record_id: Mapped[UUID]
    result: Mapped[str] = mapped_column(String(16))
    tried_by: Mapped[UUID | None]
    tried_at: Mapped[datetime]


def notice_by_hash(session: Session, court_id: UUID, code_hash: str) -> Notice | None:
    """The court's sheet with this code."""
    return session.scalar(select(Notice).where(Notice.court_id == court_id, Notice.code_hash == code_hash))


def notice_anywhere(session: Session, code_hash: str) -> Notice | None:
    """The sheet with this code, whatever its court: for whoever stands before it and knows nothing but the code."""
    return session.scalar(select(Notice).where(Notice.code_hash == code_hash))


def lock_notice(session: Session, court_id: UUID, code_hash: str) -> Notice | None:
    """The court's sheet with this code, locked: a pad goes to one visit."""
    return session.scalar(
        select(Notice)
        .where(Notice.court_id == court_id, Notice.code_hash == code_hash)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def notices_of(session: Session, court_id: UUID, order_id: UUID) -> list[Notice]:
    """Every sheet that was ever made for or bound to an order, oldest first."""
    return list(
        session.scalars(
            select(Notice).where(Notice.court_id == court_id, Notice.order_id == order_id).order_by(Notice.id)
        )
    )


def notices_of_attempts(session: Session, court_id: UUID, attempts: list[UUID]) -> list[Notice]:
    """The sheets of these visits, oldest first."""
    if not attempts:
        return []
    return list(
        session.scalars(
            select(Notice).where(Notice.court_id == court_id, Notice.attempt_id.in_(attempts)).order_by(Notice.id)
        )
    )


def pads_of(session: Session, court_id: UUID, batch_id: UUID) -> list[Notice]:
    """The pads of one batch, by number."""
    return list(
        session.scalars(
            select(Notice).where(Notice.court_id == court_id, Notice.batch_id == batch_id).order_by(Notice.number)
        )
    )


def highest_number(session: Session, court_id: UUID) -> int:
    """The number on the newest pad of the court; 0 before the first."""
    return session.scalar(select(func.max(Notice.number)).where(Notice.court_id == court_id)) or 0
