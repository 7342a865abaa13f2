"""The day of one field server: the doors that wait, in a sensible order, each with what is lawful there and a ticket.

The least that the work needs: a name, an address, a telephone number, the titles of the papers; never the claims. The
whole day is read at once so that the phone can go on without signal. Reading it writes nothing: a ticket carries all
that it says.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from delivery.domain.door import AtDoor
from delivery.domain.door_codes import Policy
from delivery.domain.event import Channel
from delivery.domain.field_ticket import KEY_PURPOSE, issue, sign
from delivery.domain.geocode import AddressPosition
from delivery.domain.geodesy import Datum, Position
from delivery.domain.law.vocabulary import Kind
from delivery.domain.round_of_visits import Stop, in_order
from delivery.geocoding import positions_of_visits
from delivery.noticing import codes_of
from delivery.store.courts import Court
from delivery.store.field import FieldDevice, left_for_safety, packets_of
from delivery.store.model import vault_of
from delivery.visiting import Visit, open_visits

SETTING = "field"
_A_DAY = 60  # no more doors than somebody can walk to


@dataclass(frozen=True, slots=True)
class FieldPolicy:
    """What a court chose for its field servers.

    `tile_url` is where map tiles come from, empty for none; `choices` are the rules of its doors.
    """

    tile_url: str
    choices: frozenset[Policy]


@dataclass(frozen=True, slots=True)
class DayVisit:
    """One door of the day.

    `distance_m` from the one before it; `position` in WGS-84 with how exactly it is known, for the map; `notice_code`
    are the letters of its sheet; `left_at` is when somebody left there because it was not safe.
    """

    visit: Visit
    order: int
    distance_m: int | None
    packet: int | None
    position: dict[str, Any] | None
    notice_code: str | None
    left_at: datetime | None
    ticket: str | None
    door: AtDoor


def policy_of(court: Court) -> FieldPolicy:
    """The court's choices; without any, paper receipts, one server, no map tiles."""
    kept = court.settings.get(SETTING)
    chosen = kept if isinstance(kept, dict) else {}
    return FieldPolicy(
        str(chosen.get("tile_url") or ""), frozenset(choice for choice in Policy if chosen.get(choice) is True)
    )


def choose_policy(court: Court, tile_url: str, choices: Collection[Policy]) -> None:
    """Keep what a court chose for its doors."""
    chosen: dict[str, object] = {str(choice): choice in choices for choice in Policy}
    court.settings = {**court.settings, SETTING: {"tile_url": tile_url, **chosen}}


def day_of(
    session: Session, court: Court, account_id: UUID, device: FieldDevice | None, *, now: datetime
) -> list[DayVisit]:
    """The doors that wait for this person, first to last; each with a ticket for this phone, if it is enrolled."""
    today = now.astimezone(ZoneInfo(court.time_zone)).date()
    visits = open_visits(session, court.id, limit=_A_DAY, server=account_id)
    places = positions_of_visits(session, court.id, [visit.id for visit in visits])
    legs = in_order([Stop(visit.id, visit.due_on, _point(places.get(visit.id))) for visit in visits], today)
    by_id = {visit.id: visit for visit in visits}
    packets = packets_of(session, court.id, list(by_id))
    codes = codes_of(session, court.id, list(by_id), now=now)
    left = left_for_safety(session, court.id, list(by_id))
    choices = policy_of(court).choices
    return [
        DayVisit(
            visit=by_id[leg.id],
            order=number,
            distance_m=leg.distance_m,
            packet=packets.get(leg.id),
            position=_told(places.get(leg.id)),
            notice_code=codes.get(leg.id),
            left_at=left.get(leg.id),
            ticket=_ticket(session, court.id, account_id, device, by_id[leg.id], now) if device else None,
            door=door_at(by_id[leg.id], choices),
        )
        for number, leg in enumerate(legs, start=1)
    ]


def door_at(visit: Visit, choices: frozenset[Policy]) -> AtDoor:
    """What the door table needs to know of a visit."""
    return AtDoor(
        posting=visit.channel == Channel.POSTING,
        recipient=Kind(visit.recipient_kind),
        cautions=frozenset(visit.cautions),
        policy=choices,
    )


def _point(place: AddressPosition | None) -> Position | None:
    """A place that is exact enough to walk to; the middle of a city is none."""
    return Position(place.lat, place.lon) if place is not None and place.walkable else None


def _told(place: AddressPosition | None) -> dict[str, Any] | None:
    """A position as the phone reads it."""
    if place is None:
        return None
    return {
        "lat": place.lat,
        "lon": place.lon,
        "datum": Datum.WGS84.value,
        "uncertainty_m": place.uncertainty_m,
        "tier": place.tier.value,
    }


def _ticket(
    session: Session, court_id: UUID, account_id: UUID, device: FieldDevice, visit: Visit, now: datetime
) -> str:
    ticket = issue(
        task=visit.id,
        court=court_id,
        server=account_id,
        device=device.id,
        nonce=secrets.token_hex(16),
        address=visit.address,
        now=now,
    )
    return sign(ticket, vault_of(session).derive(KEY_PURPOSE))
