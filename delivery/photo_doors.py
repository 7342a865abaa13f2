"""Where the address of a visit lies, as far as a photo may be compared with it."""

from uuid import UUID

from sqlalchemy.orm import Session

from delivery.domain.geodesy import Position
from delivery.domain.photo_facts import Door
from delivery.geocoding import position_of


def door_at(session: Session, court_id: UUID, address_id: UUID | None) -> Door | None:
    """The clerk's pin, else what a geocoder said; None when nobody knows."""
    found = position_of(session, court_id, address_id) if address_id is not None else None
    return None if found is None else Door(Position(found.lat, found.lon), found.uncertainty_m, found.checkable)
