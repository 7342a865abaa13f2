"""Where the address of a visit lies, as far as a photo may be compared with it."""

import json
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.domain.geodesy import Position
from delivery.domain.photo_facts import Door
from delivery.store.geocodes import PIN, geocodes_of

_STREET_M = 50  # a geocode that is no more exact than this names a street


def door_at(session: Session, court_id: UUID, address_id: UUID | None) -> Door | None:
    """The newest pin that a clerk set, else the newest answer of a geocoder; None when nobody knows."""
    if address_id is None:
        return None
    placed = [row for row in geocodes_of(session, court_id, address_id) if row.position and row.uncertainty_m]
    row = next((one for one in placed if one.source == PIN), placed[0] if placed else None)
    if row is None or row.uncertainty_m is None:
        return None
    told = json.loads(row.position or "{}")
    place = Position(told["wgs84_latitude"], told["wgs84_longitude"])
    return Door(place, row.uncertainty_m, checkable=row.uncertainty_m <= _STREET_M)
