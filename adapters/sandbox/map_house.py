"""AMap as the platform calls it: where the town's addresses lie, in GCJ-02, found again for the same words.

The town is drawn around one point of the mainland, so that coordinates shift there as they do in a real one. Every
address has its true place, which the platform is told with the exactness of a house number, an estate or a street, and
a few are not on the map at all.
"""

import json
import re
from dataclasses import dataclass, field
from hashlib import sha256
from math import cos, radians, sin, sqrt, tau

from adapters.amap import GEOCODE, sign
from adapters.sandbox.conversation import Request, Response
from delivery.domain.geodesy import Datum, Position, from_wgs84

PATH = GEOCODE
_CENTRE = Position(26.5783, 106.7135)
_RADIUS_M = 6_000.0
_METRES_PER_DEGREE = 111_195.0
_UNKNOWN, _VAGUE = 3, 12  # of a hundred addresses: not on the map; only the street is


@dataclass(frozen=True, slots=True)
class MapAccount:
    """The court's account: its key, and what it signs its questions with."""

    key: str = field(repr=False)
    private_key: str = field(repr=False)


def true_place(seed: int, address: str) -> Position:
    """Where an address of the town really lies, WGS-84."""
    drawn = sha256(f"{seed} map {address}".encode()).digest()
    far = _RADIUS_M * sqrt(int.from_bytes(drawn[:4], "big") / 2**32)
    turn = tau * int.from_bytes(drawn[4:8], "big") / 2**32
    lat = _CENTRE.lat + far * cos(turn) / _METRES_PER_DEGREE
    lon = _CENTRE.lon + far * sin(turn) / (_METRES_PER_DEGREE * cos(radians(_CENTRE.lat)))
    return Position(lat, lon)


class MapHouse:
    """Answers questions; remembers nothing, because the same words always lie in the same place."""

    def __init__(self, account: MapAccount, seed: int) -> None:
        self._account = account
        self._seed = seed

    def answer(self, request: Request) -> Response:
        """One question, or why it is refused, as HTTP 200 either way."""
        fields = {name: value for name, value in request.query.items() if name != "sig"}
        if fields.get("key") != self._account.key:
            return _said("10001", "INVALID_USER_KEY")
        if request.query.get("sig") != sign(fields, self._account.private_key):
            return _said("10007", "INVALID_USER_SIGNATURE")
        if not fields.get("address"):
            return _said("20001", "MISSING_REQUIRED_PARAMS")
        return _said("10000", "OK", *self._places(fields["address"]))

    def _places(self, address: str) -> list[dict[str, object]]:
        lot = int.from_bytes(sha256(f"{self._seed} lot {address}".encode()).digest()[:4], "big") % 100
        if lot < _UNKNOWN:
            return []
        place = from_wgs84(true_place(self._seed, address), Datum.GCJ02)
        level = "门牌号" if re.search(r"\d+号", address) else "兴趣点"
        if lot < _UNKNOWN + _VAGUE:
            level = "道路"
        return [
            {"formatted_address": address, "location": f"{place.lon:.6f},{place.lat:.6f}", "level": level, "street": []}
        ]


def _said(infocode: str, info: str, *places: dict[str, object]) -> Response:
    good = infocode == "10000"
    answer = {
        "status": "1" if good else "0",
        "info": info,
        "infocode": infocode,
        "count": str(len(places)),
        "geocodes": list(places),
    }
    return Response(json.dumps(answer, ensure_ascii=False).encode())
