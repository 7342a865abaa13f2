"""The desk: everything that needs a person, one row each, with the code of why and who settled it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, Index, String, bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from delivery.domain.announcement import told_of_item, type_of_item
from delivery.store.announcements import write_down
from delivery.store.database import one_at_a_time
from delivery.store.model import InCourt, Model, in_same_court

COUNT_LIMIT = 1000


class DeskItem(InCourt, Model):
    """One thing that needs a person. `subject` makes the same need one row while it is open."""

    __tablename__ = "desk_item"
    __table_args__ = (
        in_same_court("order_id", "service_order"),
        Index(None, "court_id", "closed_at", "opened_at"),
        Index(None, "court_id", "kind", "closed_at"),
        Index(None, "court_id", "order_id"),
        Index(None, "court_id", "subject"),
    )

    kind: Mapped[str] = mapped_column(String(40))
    order_id: Mapped[UUID | None]
    subject: Mapped[str] = mapped_column(String(120))
    args: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    resolution: Mapped[str] = mapped_column(String(40), default="")
    note: Mapped[str] = mapped_column(String(400), default="")


# Built once, because every look at an order asks them.
_ABOUT = (
    select(DeskItem)
    .where(
        DeskItem.court_id == bindparam("court"),
        DeskItem.subject == bindparam("subject"),
        DeskItem.closed_at.is_(None),
    )
    .limit(1)
)
_OF_ORDER = (
    select(DeskItem)
    .where(
        DeskItem.court_id == bindparam("court"),
        DeskItem.order_id == bindparam("order"),
        DeskItem.closed_at.is_(None),
    )
    .order_by(DeskItem.opened_at)
)


def open_item(session: Session, court_id: UUID, subject: str) -> DeskItem | None:
    """The open item about this subject, if any."""
    return session.scalar(_ABOUT, {"court": court_id, "subject": subject})


def was_answered(session: Session, court_id: UUID, subject: str) -> bool:
    """Whether a person has settled an item about this subject before."""
    closed = select(DeskItem.id).where(
        DeskItem.court_id == court_id, DeskItem.subject == subject, DeskItem.closed_by.is_not(None)
    )
    return session.scalar(closed.limit(1)) is not None


def last_resolution(session: Session, court_id: UUID, subject: str) -> str:
    """How the newest item about this subject was settled; empty while it is open or when there was none."""
    newest = (
        select(DeskItem.resolution)
        .where(DeskItem.court_id == court_id, DeskItem.subject == subject)
        .order_by(DeskItem.opened_at.desc(), DeskItem.id.desc())
        .limit(1)
    )
    return session.scalar(newest) or ""


def put_on_desk(
    session: Session,
    court_id: UUID,
    *,
    kind: str,
    subject: str,
    at: datetime,
    order_id: UUID | None = None,
    **args: object,
) -> DeskItem:
    """Open an item, or return the one that is already open about the same subject.

    The court's case system is told of a new one about an order.
    """
    item = open_item(session, court_id, f"{kind}:{subject}")
    if item is None and order_id is None:
        # No order is locked that would keep others from finding the same at this moment.
        one_at_a_time(session, [f"{court_id}\0{kind}:{subject}"])
        item = open_item(session, court_id, f"{kind}:{subject}")
    if item is None:
        item = DeskItem(
            court_id=court_id, kind=kind, subject=f"{kind}:{subject}", order_id=order_id, args=args, opened_at=at
        )
        session.add(item)
        session.flush()
        if order_id is not None:
            told = {"item_id": str(item.id), **told_of_item(kind, args)}
            write_down(session, court_id, type_of_item(kind), told, at=at, order=order_id)
    return item


def close_item(session: Session, court_id: UUID, subject: str, *, at: datetime, resolution: str) -> None:
    """Close what is open about this subject: the need has gone by itself."""
    open_ones = select(DeskItem).where(
        DeskItem.court_id == court_id, DeskItem.subject == subject, DeskItem.closed_at.is_(None)
    )
    for item in session.scalars(open_ones):
        item.closed_at, item.resolution = at, resolution


def open_items_of(session: Session, court_id: UUID, order_id: UUID) -> list[DeskItem]:
    """What is open on the desk about one order."""
    return list(session.scalars(_OF_ORDER, {"court": court_id, "order": order_id}))


def count_open(session: Session, court_id: UUID) -> int:
    """How many items wait for a person in this court: exact below `COUNT_LIMIT`, because every page shows it."""
    some = select(DeskItem.id).where(DeskItem.court_id == court_id, DeskItem.closed_at.is_(None)).limit(COUNT_LIMIT)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0
