"""Evidence: content-addressed bytes with the facts of their capture."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

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
