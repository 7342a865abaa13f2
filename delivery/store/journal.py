"""The journal: every fact of an order, as the exact bytes that were hashed, chained per order.

And the sealed details beside it. An entry is canonical UTF-8 JSON (keys sorted, no spaces, format version `v`), stored
as text and never re-serialised. It holds codes, ids and the salted digest of the detail only, so that personal data can
be re-sealed, or erased by a retention rule, while the chain still verifies. The other columns repeat what the entry
says for querying; `songda audit` compares them.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String, Text, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from delivery.store.model import InCourt, Model, Sealed, in_same_court

FORMAT = 1


class DeliveryEvent(InCourt, Model):
    """One entry of an order's journal."""

    __tablename__ = "delivery_event"
    __table_args__ = (
        in_same_court("order_id", "service_order"),
        UniqueConstraint("court_id", "order_id", "sequence"),
        UniqueConstraint("court_id", "provider", "event_id"),
        Index(None, "court_id", "recorded_at"),
    )

    order_id: Mapped[UUID]
    sequence: Mapped[int]
    entry: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    attempt_id: Mapped[UUID | None]
    provider: Mapped[str] = mapped_column(String(40))
    event_id: Mapped[str] = mapped_column(String(120))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]

    @property
    def body(self) -> dict[str, Any]:
        """The entry as a mapping."""
        loaded: dict[str, Any] = json.loads(self.entry)
        return loaded

    @property
    def args(self) -> dict[str, Any]:
        """The codes that came with the fact."""
        arguments: dict[str, Any] = self.body["args"]
        return arguments

    @property
    def reason(self) -> str:
        """The reason code, or an empty string."""
        return str(self.body["reason"])


class EventDetail(InCourt, Model):
    """The personal part of one journal entry, sealed, with the salt that its digest was made with.

    Its id is the event's.
    """

    __tablename__ = "event_detail"
    __table_args__ = (in_same_court("id", "delivery_event"),)

    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    content_sealed: Mapped[bytes | None]
    content = Sealed()
    erased_at: Mapped[datetime | None]


# Built once, because every look at an order and every fact asks them.
_JOURNAL = (
    select(DeliveryEvent)
    .where(DeliveryEvent.court_id == bindparam("court"), DeliveryEvent.order_id == bindparam("order"))
    .order_by(DeliveryEvent.sequence)
)
_KNOWN = select(DeliveryEvent).where(
    DeliveryEvent.court_id == bindparam("court"),
    DeliveryEvent.provider == bindparam("provider"),
    DeliveryEvent.event_id == bindparam("event"),
)


def canonical(content: Mapping[str, Any]) -> str:
    """Canonical JSON: sorted keys, no spaces, UTF-8 as is."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def instant(moment: datetime) -> str:
    """An instant as the journal writes it: UTC, microseconds, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def entry_hash(entry: str) -> str:
    """SHA-256 over the exact bytes of an entry."""
    return hashlib.sha256(entry.encode()).hexdigest()


def detail_digest(salt: bytes, content: str) -> str:
    """The salted digest by which an entry vouches for its detail."""
    return hashlib.sha256(salt + content.encode()).hexdigest()


def journal_of(session: Session, court_id: UUID, order_id: UUID) -> list[DeliveryEvent]:
    """The whole journal of one order, in sequence."""
    return list(session.scalars(_JOURNAL, {"court": court_id, "order": order_id}))


def event_known(session: Session, court_id: UUID, provider: str, event_id: str) -> DeliveryEvent | None:
    """The entry already made for this report, if any."""
    return session.scalar(_KNOWN, {"court": court_id, "provider": provider, "event": event_id})
