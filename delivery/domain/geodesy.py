"""Where things are: three datums brought to one, and how far apart two places lie.

Browsers and cameras say WGS-84; maps and geocoders of the mainland say GCJ-02 or BD-09, which lie some 400 to 680 m
away. Comparing a phone with an address across datums would accuse every honest server, so everything is compared in
WGS-84. The shift exists in the mainland alone: in Hong Kong, Macau and Taiwan, and abroad, such maps say WGS-84.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import asin, atan2, cos, hypot, pi, radians, sin, sqrt
from typing import assert_never

_EARTH_METRES = 6_371_008.8  # mean radius (IUGG)
# Krasovsky's ellipsoid, on which the shift of GCJ-02 is drawn.
_AXIS = 6_378_245.0
_ECCENTRICITY = 0.006_693_421_622_965_943
_CENTRE_LAT, _CENTRE_LON = 35.0, 105.0
_BAIDU = pi * 3000 / 180
_CLOSE = 1e-11  # degrees: a thousandth of a millimetre
_ROUNDS = 30


class Datum(StrEnum):
    """In which system a pair of numbers is meant."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


@dataclass(frozen=True, slots=True)
class Position:
    """Degrees north and east, in WGS-84 unless a function says otherwise."""

    lat: float
    lon: float


# The mainland as (lon, lat), anticlockwise from the north. Some tens of kilometres coarse in mountains and at sea,
# within a few hundred metres where cities stand on both sides: Shenzhen, Zhuhai, Xiamen, Heihe, Dandong, Hekou.
_MAINLAND = (
    (123.5, 53.6), (121.0, 53.4), (120.1, 52.6), (120.7, 51.9), (119.2, 50.35), (117.7, 49.6), (117.38, 49.625),
    (116.7, 49.78), (115.6, 48.2), (115.6, 47.9), (118.5, 47.95), (119.7, 46.6), (116.6, 46.35), (115.6, 45.6),
    (113.9, 44.9), (112.0, 45.05), (111.6, 44.3), (111.9, 43.69), (109.5, 42.45), (107.5, 42.45), (104.9, 41.65),
    (101.8, 42.55), (96.4, 42.75), (95.3, 44.3), (91.0, 45.2), (91.0, 46.6), (90.0, 47.9), (88.0, 49.15),
    (87.0, 49.1), (85.8, 48.4), (85.5, 47.1), (83.0, 47.2), (82.4, 45.4), (80.4, 45.0), (80.36, 44.15), (80.3, 43.2),
    (80.2, 42.1), (78.2, 41.1), (76.5, 40.4), (74.9, 40.4), (73.6, 39.4), (73.8, 38.6), (74.9, 38.4), (74.6, 37.4),
    (75.0, 37.0), (76.2, 35.8), (78.0, 35.4), (78.9, 34.0), (79.2, 32.8), (78.5, 32.5), (78.8, 31.4), (79.7, 30.9),
    (81.0, 30.2), (82.1, 30.3), (83.3, 29.4), (84.2, 28.9), (85.2, 28.4), (85.95, 27.96), (86.9, 27.95), (88.1, 27.9),
    (88.8, 27.9), (88.9, 27.3), (89.2, 27.5), (90.2, 28.2), (91.7, 27.8), (92.5, 27.9), (94.2, 29.0), (95.4, 29.05),
    (96.3, 28.4), (97.4, 28.3), (98.3, 27.6), (98.7, 27.5), (98.7, 25.9), (98.0, 25.2), (97.55, 24.4), (97.53, 23.95),
    (97.86, 23.99), (98.7, 24.1), (98.9, 23.15), (99.5, 22.95), (99.2, 22.15), (99.95, 22.05), (100.1, 21.7),
    (100.6, 21.45), (101.1, 21.65), (101.2, 21.2), (101.75, 21.15), (101.55, 22.2), (102.1, 22.4), (102.45, 22.75),
    (103.0, 22.45), (103.6, 22.75), (103.955, 22.503), (104.3, 22.7), (104.8, 22.95), (105.4, 23.3), (105.9, 22.95),
    (106.8, 22.8), (106.6, 22.4), (106.68, 22.1), (106.71, 21.973), (106.95, 21.93), (107.3, 21.75), (107.7, 21.61),
    (107.95, 21.539), (107.985, 21.535), (108.05, 21.5), (108.3, 21.4), (109.0, 20.9), (109.2, 20.6), (109.0, 20.2),
    (108.5, 19.3), (108.5, 18.5), (109.3, 18.0), (110.0, 18.2), (110.7, 18.7), (111.3, 19.6), (111.0, 20.2),
    (110.9, 21.1), (111.8, 21.4), (112.9, 21.5), (113.5, 21.9), (113.56, 22.05), (113.543, 22.11), (113.548, 22.13),
    (113.547, 22.15), (113.535, 22.17), (113.531, 22.185), (113.534, 22.2), (113.5375, 22.2125), (113.549, 22.2152),
    (113.56, 22.2155), (113.62, 22.23), (113.72, 22.3), (113.84, 22.4), (113.87, 22.45), (113.93, 22.465),
    (113.96, 22.48), (114.0, 22.5), (114.03, 22.505), (114.068, 22.516), (114.09, 22.528), (114.113, 22.5305),
    (114.15, 22.545), (114.165, 22.558), (114.19, 22.556), (114.225, 22.549), (114.235, 22.554), (114.36, 22.572),
    (114.46, 22.56), (114.475, 22.53), (114.52, 22.46), (114.62, 22.42), (114.85, 22.4), (115.5, 22.6), (116.5, 22.8),
    (117.2, 23.2), (117.6, 23.45), (117.9, 23.8), (118.12, 24.2), (118.1, 24.36), (118.17, 24.43), (118.205, 24.47),
    (118.22, 24.52), (118.33, 24.547), (118.47, 24.55), (118.55, 24.5), (118.75, 24.55), (118.95, 24.7),
    (119.1, 24.9), (119.7, 25.1), (119.95, 25.5), (119.8, 25.95), (119.8, 26.25), (120.05, 26.45), (120.6, 26.75),
    (121.0, 26.9), (121.9, 27.6), (122.6, 28.9), (123.0, 30.0), (123.0, 31.0), (122.3, 31.8), (121.2, 33.2),
    (120.6, 34.5), (121.0, 35.6), (122.8, 36.6), (123.0, 37.4), (122.0, 38.5), (123.3, 39.0), (124.15, 39.8),
    (124.35, 40.06), (124.4, 40.118), (124.6, 40.25), (125.6, 40.85), (126.18, 41.1), (126.92, 41.78), (128.2, 41.4),
    (128.05, 42.0), (128.9, 42.0), (129.2, 42.2), (129.75, 42.45), (129.8, 42.9), (129.86, 42.96), (130.05, 42.95),
    (130.25, 42.7), (130.6, 42.42), (130.85, 42.95), (131.2, 43.5), (131.0, 44.85), (131.85, 45.3), (133.1, 45.1),
    (134.4, 47.4), (134.7, 48.4), (134.2, 48.4), (133.1, 48.13), (132.5, 47.75), (130.9, 47.75), (130.2, 48.87),
    (128.8, 49.5), (127.6, 49.8), (127.6, 50.21), (127.53, 50.253), (127.4, 50.285), (127.3, 50.75), (126.9, 51.4),
    (126.1, 52.6), (125.6, 53.1),
)  # fmt: skip


def in_mainland(place: Position) -> bool:
    """Whether maps of the mainland draw this place shifted: a ray to the east crosses the border an odd times."""
    inside = False
    before_lon, before_lat = _MAINLAND[-1]
    for lon, lat in _MAINLAND:
        if (lat > place.lat) != (before_lat > place.lat):
            crossing = lon + (place.lat - lat) * (before_lon - lon) / (before_lat - lat)
            inside ^= place.lon < crossing
        before_lon, before_lat = lon, lat
    return inside


def to_wgs84(place: Position, datum: Datum) -> Position:
    """A place said in this datum, in WGS-84, to less than a millimetre.

    Within some 600 m of the border the numbers of GCJ-02 can mean two places; then the mainland one is taken.
    """
    match datum:
        case Datum.WGS84:
            return place
        case Datum.GCJ02:
            return _unshifted(place)
        case Datum.BD09:
            return _unshifted(_from_baidu(place)) if in_mainland(place) else place
        case _:
            assert_never(datum)


def from_wgs84(place: Position, datum: Datum) -> Position:
    """The numbers by which a map of this datum knows a place."""
    if datum is Datum.WGS84 or not in_mainland(place):
        return place
    shifted = _shifted(place)
    return shifted if datum is Datum.GCJ02 else _to_baidu(shifted)


def metres_between(one: Position, other: Position) -> float:
    """The great-circle distance (haversine), within 0.6 % of the ellipsoid's."""
    lat, other_lat = radians(one.lat), radians(other.lat)
    height = sin((other_lat - lat) / 2) ** 2
    width = sin(radians(other.lon - one.lon) / 2) ** 2
    return 2 * _EARTH_METRES * asin(min(1.0, sqrt(height + cos(lat) * cos(other_lat) * width)))


def _unshifted(place: Position) -> Position:
    """The inverse of the shift, by iteration: three rounds give a tenth of a millimetre."""
    found = place
    for _ in range(_ROUNDS):
        again = _shifted(found)
        lat, lon = again.lat - place.lat, again.lon - place.lon
        found = Position(found.lat - lat, found.lon - lon)
        if hypot(lat, lon) < _CLOSE:
            break
    return found if in_mainland(found) else place


def _shifted(place: Position) -> Position:
    """WGS-84 to GCJ-02, wherever the place lies."""
    x, y = place.lon - _CENTRE_LON, place.lat - _CENTRE_LAT
    ripple = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + ripple
    north += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + ripple
    east += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    lat = radians(place.lat)
    bulge = 1 - _ECCENTRICITY * sin(lat) ** 2
    north_degree = (_AXIS * (1 - _ECCENTRICITY)) / (bulge * sqrt(bulge)) * pi / 180
    east_degree = _AXIS / sqrt(bulge) * cos(lat) * pi / 180
    return Position(place.lat + north / north_degree, place.lon + east / east_degree)


def _to_baidu(place: Position) -> Position:
    """GCJ-02 to BD-09."""
    x, y = place.lon, place.lat
    length = hypot(x, y) + 0.00002 * sin(y * _BAIDU)
    angle = atan2(y, x) + 0.000003 * cos(x * _BAIDU)
    return Position(length * sin(angle) + 0.006, length * cos(angle) + 0.0065)


def _from_baidu(place: Position) -> Position:
    """BD-09 to GCJ-02, by iteration."""
    found = Position(place.lat - 0.006, place.lon - 0.0065)
    for _ in range(_ROUNDS):
        again = _to_baidu(found)
        lat, lon = again.lat - place.lat, again.lon - place.lon
        found = Position(found.lat - lat, found.lon - lon)
        if hypot(lat, lon) < _CLOSE:
            break
    return found
