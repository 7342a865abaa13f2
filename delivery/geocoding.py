"""Where postal addresses lie: asked once of a geocoder, put right by a clerk's pin, and kept with tier and datum.

Without a geocoder nothing is asked and everything works, only no distance is known. A pin outranks
every geocoder. Positions are as personal as the addresses, and sealed like them.
"""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.addressing import postal_of, shown_address
from delivery.data_gates import may_use
from delivery.domain.errors import Misconfigured, NotFound, Permanent, RequestError, SendError, Transient
from delivery.domain.geocode import UNCERTAINTY_M, AddressPosition, Located, Tier
from delivery.domain.geodesy import Datum, Position, to_wgs84
from delivery.runtime import Call, Runtime
from delivery.store.courts import Court
from delivery.store.desk import put_on_desk
from delivery.store.geocodes import PIN, Geocode, geocodes_of, geocodes_of_visits
from delivery.store.ids import new_id
from delivery.store.parties import Address
from delivery.store.tasks import Lease, schedule

TASK = "geocode_address"
REFUSED = "geocoder_refused"
_TRIES = 6
_FIRST_PAUSE = timedelta(minutes=10)
_DEGREES = {"latitude": 90.0, "longitude": 180.0}


def want_position(runtime: Runtime, session: Session, address_id: UUID, order_id: UUID, court_id: UUID) -> None:
    """Have a geocoder asked about an address that somebody will go to, if there is one and it was not asked yet."""
    if runtime.geocoder is None or geocodes_of(session, court_id, address_id):
        return
    now = runtime.now()
    schedule(session, court_id, TASK, order_id, due_at=now, created_at=now, address=str(address_id))


def geocode_address(runtime: Runtime, session: Session, lease: Lease, _now: datetime) -> Call | None:
    """Task handler: ask the geocoder about one address, once."""
    geocoder = runtime.geocoder
    address = session.get(Address, (lease.court_id, UUID(lease.args["address"])))
    court = session.get_one(Court, lease.court_id)
    if geocoder is None or address is None or address.kind != "postal" or not address.value:
        return None
    if geocoder.abroad and not may_use(runtime, session, court, geocoder.name):
        return None
    known = geocodes_of(session, lease.court_id, address.id)
    if any(row.state != "failed" for row in known):
        return None
    line, city = shown_address(address.kind, address.value), postal_of(address.value).city
    court_id, address_id, name = lease.court_id, address.id, geocoder.name
    order_id, tries = lease.subject_id, len(known)

    def record(session: Session, outcome: Located | SendError | None, now: datetime) -> None:
        if isinstance(outcome, SendError):
            _note_failure(session, court_id, address_id, name, outcome, now)
            _again(session, court_id, order_id, address_id, outcome, tries, now)
        else:
            _note(session, court_id, address_id, name, outcome, now)

    return Call(lambda: geocoder.locate(line, city), record)


def set_pin(
    session: Session,
    court_id: UUID,
    address_id: UUID,
    place: Position,
    datum: Datum,
    *,
    by: UUID | None,
    now: datetime,
) -> AddressPosition:
    """A clerk says where the door is. Raises `NotFound`, or `RequestError("coordinates_malformed")`."""
    _postal(session, court_id, address_id)
    if not (abs(place.lat) <= _DEGREES["latitude"] and abs(place.lon) <= _DEGREES["longitude"]) or place == Position(
        0, 0
    ):
        raise RequestError("coordinates_malformed", status=422)
    _note(session, court_id, address_id, PIN, Located(place, datum, Tier.ROOFTOP), now, by=by)
    session.flush()
    found = position_of(session, court_id, address_id)
    assert found is not None
    return found


def position_of(session: Session, court_id: UUID, address_id: UUID) -> AddressPosition | None:
    """Where an address lies: the newest pin, else the newest answer of a geocoder; None if nobody knows."""
    return _best(geocodes_of(session, court_id, address_id))


def positions_of_visits(session: Session, court_id: UUID, attempts: Collection[UUID]) -> dict[UUID, AddressPosition]:
    """Visit -> where its address lies, for those of which that is known."""
    found = {one: _best(rows) for one, rows in geocodes_of_visits(session, court_id, attempts).items()}
    return {one: position for one, position in found.items() if position is not None}


def _best(rows: Sequence[Geocode]) -> AddressPosition | None:
    found = [row for row in rows if row.state == "found"]
    row = next((one for one in found if one.source == PIN), found[0] if found else None)
    return None if row is None else _position(row)


def _position(row: Geocode) -> AddressPosition:
    told = json.loads(row.position or "{}")
    return AddressPosition(
        told["wgs84_latitude"],
        told["wgs84_longitude"],
        row.uncertainty_m or 0,
        Tier(row.tier),
        Datum(row.datum),
        row.source,
    )


def all_positions(session: Session, court_id: UUID, address_id: UUID) -> list[tuple[Geocode, AddressPosition]]:
    """Every place that was ever said, newest first. Raises `NotFound` unless it is a postal address of this court."""
    _postal(session, court_id, address_id)
    rows = geocodes_of(session, court_id, address_id)
    return [(row, _position(row)) for row in rows if row.state == "found"]


def _postal(session: Session, court_id: UUID, address_id: UUID) -> Address:
    address = session.get(Address, (court_id, address_id))
    if address is None or address.kind != "postal":
        raise NotFound
    return address


def _note(
    session: Session,
    court_id: UUID,
    address_id: UUID,
    source: str,
    located: Located | None,
    now: datetime,
    *,
    by: UUID | None = None,
) -> None:
    row = Geocode(court_id=court_id, id=new_id(), address_id=address_id, source=source, made_at=now, made_by=by)
    session.add(row)
    if located is None:
        row.state, row.reason = "not_found", "no_such_place"
        return
    wgs84 = to_wgs84(located.place, located.datum)
    row.state, row.datum, row.tier = "found", located.datum, located.tier
    row.level, row.uncertainty_m = located.level[:20], UNCERTAINTY_M[located.tier]
    row.position = json.dumps(
        {
            "latitude": located.place.lat,
            "longitude": located.place.lon,
            "wgs84_latitude": round(wgs84.lat, 7),
            "wgs84_longitude": round(wgs84.lon, 7),
        }
    )


def _note_failure(
    session: Session, court_id: UUID, address_id: UUID, source: str, error: SendError, now: datetime
) -> None:
    state = "not_found" if isinstance(error, Permanent) else "failed"
    row = Geocode(
        court_id=court_id, id=new_id(), address_id=address_id, source=source, state=state, made_at=now,
        reason=error.reason[:40],
    )  # fmt: skip
    session.add(row)
    if isinstance(error, Misconfigured):
        put_on_desk(session, court_id, kind=REFUSED, subject=source, at=now, reason=error.reason)


def _again(
    session: Session, court_id: UUID, order_id: UUID, address_id: UUID, error: SendError, tries: int, now: datetime
) -> None:
    """A question changes nothing, so it is asked again whatever became of the last one, later each time."""
    if isinstance(error, Permanent) or tries + 1 >= _TRIES:
        return
    pause = _FIRST_PAUSE * 4**tries
    if isinstance(error, Transient) and error.retry_after is not None:
        pause = max(pause, error.retry_after)
    schedule(session, court_id, TASK, order_id, due_at=now + pause, created_at=now, address=str(address_id))
