"""Where an address lies: what geocoders said, and a clerk's pin, set by numbers or by a click on a plain drawing.

The drawing needs no tiles, no scripts and no other host: a grid in metres around the place, with a circle for each
answer. A click on it is the button of a form (its picture's coordinates), and shows the place before it is kept.
"""

from http import HTTPStatus
from math import cos, isfinite, radians
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from delivery.addressing import shown_address
from delivery.domain.geodesy import Datum, Position
from delivery.geocoding import all_positions, position_of, set_pin
from delivery.store.parties import Address
from delivery.web.narrating import names_of
from delivery.web.rendering import page as render
from delivery.web.request_state import court_id, note_read, now, person, session

blueprint = Blueprint("positions", __name__, url_prefix="/addresses/<uuid:address_id>")

_SPANS = (200, 1_000, 5_000, 25_000)  # metres from edge to edge
_SIZE = 280  # pixels
_METRES_PER_DEGREE = 111_195.0


@blueprint.get("/position")
def page(address_id: UUID) -> ResponseReturnValue:
    """Every answer, the drawing, and the form of the pin."""
    known = all_positions(session(), court_id(), address_id)
    address = session().get_one(Address, (court_id(), address_id))
    stands = position_of(session(), court_id(), address_id)
    centre = _given("lat", "lon") or (Position(stands.lat, stands.lon) if stands else None)
    span = _span()
    if centre is not None:
        centre = _clicked(centre, span)
    note_read("position", address_id)
    return render(
        "console/position.html",
        address=address,
        line=shown_address(address.kind, address.value or ""),
        known=known,
        stands=stands,
        centre=centre,
        span=span,
        spans=_SPANS,
        size=_SIZE,
        datums=tuple(Datum),
        names=names_of(session(), [row.made_by for row, _ in known]),
        saved="saved" in request.args,
    )


@blueprint.post("/position")
def pin(address_id: UUID) -> ResponseReturnValue:
    """Keep the pin."""
    chosen = request.form.get("datum", "")
    place = Position(_number(request.form.get("lat", "")), _number(request.form.get("lon", "")))
    datum = Datum(chosen) if chosen in set(Datum) else Datum.WGS84
    set_pin(session(), court_id(), address_id, place, datum, by=person().account_id, now=now())
    return redirect(url_for("positions.page", address_id=address_id, saved=1), HTTPStatus.SEE_OTHER)


@blueprint.get("/map.svg")
def drawing(address_id: UUID) -> ResponseReturnValue:
    """The drawing around a place."""
    known = all_positions(session(), court_id(), address_id)
    centre = _given("lat", "lon") or (Position(known[0][1].lat, known[0][1].lon) if known else Position(0, 0))
    span = _span()
    scale = _SIZE / span
    circles = [
        {
            "x": _SIZE / 2 + _metres(centre, Position(one.lat, one.lon))[0] * scale,
            "y": _SIZE / 2 - _metres(centre, Position(one.lat, one.lon))[1] * scale,
            "radius": max(one.uncertainty_m * scale, 2),
            "pin": one.source == "pin",
        }
        for _, one in known
    ]
    svg = render("console/map.svg", circles=circles, size=_SIZE, span=span, step=_SIZE / 10, metres=span // 5)
    return Response(svg, mimetype="image/svg+xml")


def _metres(centre: Position, other: Position) -> tuple[float, float]:
    """East and north of the centre, metres; flat, which over some kilometres is a matter of centimetres."""
    east = (other.lon - centre.lon) * _METRES_PER_DEGREE * cos(radians(centre.lat))
    return east, (other.lat - centre.lat) * _METRES_PER_DEGREE


def _clicked(centre: Position, span: int) -> Position:
    """The place that was clicked at on the drawing around the centre, or the centre itself."""
    x, y = (_number(request.args.get(f"at.{axis}", "")) for axis in "xy")
    if not (isfinite(x) and isfinite(y)):
        return centre
    east, north = (x / _SIZE - 0.5) * span, (0.5 - y / _SIZE) * span
    lat = centre.lat + north / _METRES_PER_DEGREE
    lon = centre.lon + east / (_METRES_PER_DEGREE * cos(radians(centre.lat)))
    return Position(round(lat, 6), round(lon, 6))


def _given(lat: str, lon: str) -> Position | None:
    place = Position(_number(request.args.get(lat, "")), _number(request.args.get(lon, "")))
    fits = abs(place.lat) < 90 and abs(place.lon) <= 180  # noqa: PLR2004 -- degrees; what is no number fits nowhere
    return place if fits else None


def _span() -> int:
    asked = request.args.get("span", "")
    return int(asked) if asked in {str(span) for span in _SPANS} else _SPANS[1]


def _number(text: str) -> float:
    """A number as it was typed; NaN for anything else, which no place has."""
    try:
        return float(text.strip())
    except ValueError:
        return float("nan")
