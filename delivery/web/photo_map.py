"""A small map without a map: where the phone was and where the address lies, both with their circles, north on top."""

from dataclasses import dataclass
from math import cos, radians

from delivery.domain.geodesy import Position, metres_between

WIDTH, HEIGHT = 320, 240
_MARGIN = 22
_DEGREE_M = 111_195.0
_LEAST_M = 30.0  # what is nearer than this is drawn no larger
_BARS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 500_000)
_BAR_SHARE = 0.35


@dataclass(frozen=True, slots=True)
class Spot:
    """One point with its circle, in pixels."""

    x: float
    y: float
    radius: float

    @property
    def is_right(self) -> bool:
        """Whether it lies in the right third, where its name goes to its left."""
        return self.x > WIDTH * 2 / 3


@dataclass(frozen=True, slots=True)
class PhotoMap:
    """What is drawn. `bar_px` long means `bar_m` metres; `distance_m` is None when only one point is known."""

    phone: Spot | None
    door: Spot | None
    bar_px: float
    bar_m: int
    distance_m: int | None


def draw(phone: tuple[Position, float] | None, door: tuple[Position, float] | None) -> PhotoMap | None:
    """The map of one or two points, each with the radius of its circle in metres; None when there is nothing."""
    known = [spot for spot in (phone, door) if spot is not None]
    if not known:
        return None
    origin = known[0][0]
    flat = [(*_flat(place, origin), max(radius, 1.0)) for place, radius in known]
    west, east = min(x - r for x, _, r in flat), max(x + r for x, _, r in flat)
    south, north = min(y - r for _, y, r in flat), max(y + r for _, y, r in flat)
    span = max((east - west) / (WIDTH - 2 * _MARGIN), (north - south) / (HEIGHT - 3 * _MARGIN))
    metres_a_pixel = max(span, _LEAST_M / WIDTH)
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    spots = [
        Spot(
            round(WIDTH / 2 + (x - middle_x) / metres_a_pixel, 1),
            round((HEIGHT - _MARGIN) / 2 - (y - middle_y) / metres_a_pixel, 1),
            round(max(r / metres_a_pixel, 3), 1),
        )
        for x, y, r in flat
    ]
    bar = max((one for one in _BARS if one / metres_a_pixel <= WIDTH * _BAR_SHARE), default=_BARS[0])
    both = phone is not None and door is not None
    return PhotoMap(
        phone=spots[0] if phone is not None else None,
        door=spots[-1] if door is not None else None,
        bar_px=round(bar / metres_a_pixel, 1),
        bar_m=bar,
        distance_m=round(metres_between(known[0][0], known[-1][0])) if both else None,
    )


def _flat(place: Position, origin: Position) -> tuple[float, float]:
    """Metres east and north of the origin, on a plane: good enough for what fits on a small picture."""
    east = (place.lon - origin.lon) * cos(radians(origin.lat)) * _DEGREE_M
    north = (place.lat - origin.lat) * _DEGREE_M
    return east, north
