"""Evidence: content-addressed bytes with the facts of their capture."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from delivery.store.model import InCourt, Model, in_same_court


class Evidence(InCourt, Model):
    """A picture, recording, slip or page that proves something about an order.

    The bytes are a blob named by `sha256`.
    """

    __tablename__ = "evidence"
    __table_args__ = (in_same_court("order_id", "service_order"), Index(None, "court_id", "order_id"))

    order_id: Mapped[UUID]
    attempt_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(String(24))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(80))
    capture: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime]


def evidence_of_attempt(session: Session, court_id: UUID, attempt_id: UUID, kind: str) -> Evidence | None:
    """What was kept of one kind for an attempt."""
    mine = (Evidence.court_id == court_id) & (Evidence.attempt_id == attempt_id)
    return session.scalar(select(Evidence).where(mine, Evidence.kind == kind).limit(1))


def evidence_by_attempt(session: Session, court_id: UUID, order_id: UUID, kind: str) -> dict[UUID, Evidence]:
    """What was kept of one kind for an order's attempts."""
    mine = (Evidence.court_id == court_id) & (Evidence.order_id == order_id)
    found = session.scalars(select(Evidence).where(mine, Evidence.kind == kind))
    return {one.attempt_id: one for one in found if one.attempt_id is not None}
