"""Where postal addresses lie, by whose word and how exactly: every answer that was ever had about one."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from delivery.store.model import InCourt, Model, Sealed, in_same_court
from delivery.store.orders import Attempt

PIN = "pin"


class Geocode(InCourt, Model):
    """One answer about one address. `source` is a geocoder's name or `pin`; an answer may be that there is none.

    `position` is sealed JSON: the coordinates as they were given (`latitude`, `longitude`, `datum`) and in WGS-84
    (`wgs84_latitude`, `wgs84_longitude`), degrees. `level` is the source's own word for how well it matched, `tier`
    ours, `uncertainty_m` the radius in which the door lies. Rows are added and never changed.
    """

    __tablename__ = "geocode"
    __table_args__ = (in_same_court("address_id", "address"), Index(None, "court_id", "address_id"))

    address_id: Mapped[UUID]
    source: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(40), default="")
    datum: Mapped[str] = mapped_column(String(8), default="")
    tier: Mapped[str] = mapped_column(String(16), default="")
    level: Mapped[str] = mapped_column(String(20), default="")
    uncertainty_m: Mapped[int | None]
    position_sealed: Mapped[bytes | None]
    position = Sealed()
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]


def geocodes_of(session: Session, court_id: UUID, address_id: UUID) -> list[Geocode]:
    """Everything that was ever said of where an address lies, newest first."""
    return list(
        session.scalars(
            select(Geocode)
            .where(Geocode.court_id == court_id, Geocode.address_id == address_id)
            .order_by(Geocode.id.desc())
        )
    )


def geocodes_of_visits(session: Session, court_id: UUID, attempts: Collection[UUID]) -> dict[UUID, list[Geocode]]:
    """Visit -> everything that was ever said of where its address lies, newest first."""
    found: dict[UUID, list[Geocode]] = {}
    if not attempts:
        return found
    rows = session.execute(
        select(Attempt.id, Geocode)
        .join(Geocode, (Geocode.court_id == Attempt.court_id) & (Geocode.address_id == Attempt.address_id))
        .where(Attempt.court_id == court_id, Attempt.id.in_(attempts))
        .order_by(Geocode.id.desc())
    )
    for attempt_id, row in rows:
        found.setdefault(attempt_id, []).append(row)
    return found
