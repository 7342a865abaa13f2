"""Address searches: whom the court asked where a party is, by when, and what came back."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, Index, String, bindparam, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from delivery.store.model import InCourt, Model, Sealed, in_same_court


class AddressSearch(InCourt, Model):
    """One question to one source about a party in a case. It counts for every order of the party there.

    `order_id` is the order that asked. `answer` is empty until somebody answers; `note` holds what was said, sealed.
    """

    __tablename__ = "address_search"
    __table_args__ = (
        in_same_court("order_id", "service_order"),
        in_same_court("case_id", "case"),
        in_same_court("party_id", "party"),
        in_same_court("address_id", "address"),
        in_same_court("evidence_id", "evidence"),
        # One question to one source at a time.
        Index(
            None,
            "court_id",
            "case_id",
            "party_id",
            "source",
            unique=True,
            sqlite_where=text("answer = ''"),
            postgresql_where=text("answer = ''"),
        ),
        Index(None, "court_id", "case_id", "party_id"),
    )

    order_id: Mapped[UUID]
    case_id: Mapped[UUID]
    party_id: Mapped[UUID]
    source: Mapped[str] = mapped_column(String(24))
    requested_at: Mapped[datetime]
    requested_by: Mapped[UUID | None]
    due_on: Mapped[date] = mapped_column(Date)
    answer: Mapped[str] = mapped_column(String(12), default="")
    replied_at: Mapped[datetime | None]
    replied_by: Mapped[UUID | None]
    address_id: Mapped[UUID | None]
    evidence_id: Mapped[UUID | None]
    note_sealed: Mapped[bytes | None]
    note = Sealed()


# Built once, because every look at an order asks it.
_SEARCHES = (
    select(AddressSearch)
    .where(
        AddressSearch.court_id == bindparam("court"),
        AddressSearch.case_id == bindparam("case"),
        AddressSearch.party_id == bindparam("party"),
    )
    .order_by(AddressSearch.requested_at, AddressSearch.id)
)


def searches_of(session: Session, court_id: UUID, case_id: UUID, party_id: UUID) -> list[AddressSearch]:
    """What was asked about a party in a case, oldest first."""
    return list(session.scalars(_SEARCHES, {"court": court_id, "case": case_id, "party": party_id}))
