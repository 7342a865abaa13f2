"""What came in from providers, verbatim: stored before it is understood, and kept as evidence."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from delivery.store.model import InCourt, Model, Sealed


class Callback(InCourt, Model):
    """One authentic inbound request. `status` is waiting, done, unmatched or malformed.

    The request itself is sealed JSON.
    """

    __tablename__ = "callback"
    __table_args__ = (Index(None, "court_id", "provider", "received_at"), Index(None, "court_id", "status"))

    provider: Mapped[str] = mapped_column(String(40))
    received_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(12), default="waiting")
    reason: Mapped[str] = mapped_column(String(80), default="")
    tries: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(String(64))
    request_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    request = Sealed()


class Quarantine(InCourt, Model):
    """A request that failed verification, sealed, for seven days at most.

    So that a botched secret rotation loses nothing.
    """

    __tablename__ = "quarantine"
    __table_args__ = (Index(None, "court_id", "received_at"),)

    provider: Mapped[str] = mapped_column(String(40))
    received_at: Mapped[datetime]
    request_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    request = Sealed()
