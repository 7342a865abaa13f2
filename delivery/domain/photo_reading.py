"""From what a phone told of a picture, and what its bytes say, to the values that are graded.

Both come from outside and may be anything. What is not of its form is left out, as if it had not been said; nothing
here fails, and nothing is made up in its place.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from delivery.domain.door_codes import Role
from delivery.domain.field_record import Capture
from delivery.domain.geodesy import Position
from delivery.domain.notice import NoticeResult
from delivery.domain.photo_facts import NO_EXIF, Exif, Fix, Likeness, Mode, PositionState, Shot

_HEMISPHERE, _HALF_TURN = 90.0, 180.0
_MOST_FIXES = 200
_WRITTEN = "%Y:%m:%d %H:%M:%S"
_YEARS = range(2000, 2101)
_WIDEST_ZONE = timedelta(hours=14)


def shot_of(
    capture: Capture,
    inspection: Mapping[str, Any] | None,
    *,
    codes: Iterable[NoticeResult] = (),
    codes_on_phone: Iterable[NoticeResult] = (),
    otherwise_at: datetime,
) -> Shot:
    """One picture.

    `inspection` is what the look at its bytes gave, None before it; `otherwise_at` stands in for a
    shutter that the phone did not tell.
    """
    told, seen = capture.content, inspection or {}
    hashes = seen.get("hashes") or {}
    return Shot(
        id=capture.id,
        role=Role(capture.role) if capture.role in set(Role) else Role.OTHER,
        mode=Mode.IN_PAGE if capture.mode == Mode.IN_PAGE else Mode.FILE_INPUT,
        sha256=capture.sha256,
        shutter_at=moment(told.get("shutter_at")) or otherwise_at,
        monotonic_ms=_number(told.get("monotonic_ms")),
        fixes=fixes_of(told.get("samples")),
        position_state=_position_state(told.get("position_state")),
        exif=exif_of(seen),
        codes=frozenset(codes),
        codes_on_phone=frozenset(codes_on_phone),
        readable=bool(hashes.get("pixels_sha256")),
        format=str(seen.get("format", "")),
        width=seen.get("width") or 0,
        height=seen.get("height") or 0,
        pixels_sha256=str(hashes.get("pixels_sha256") or ""),
        likeness=likeness_of(hashes),
    )


def fixes_of(told: object) -> tuple[Fix, ...]:
    """The samples of a position that have a place on earth and an accuracy."""
    listed = told[:_MOST_FIXES] if isinstance(told, list) else []
    return tuple(fix for one in listed if isinstance(one, Mapping) and (fix := fix_of(one)) is not None)


def fix_of(told: Mapping[str, Any]) -> Fix | None:
    """One sample; None when it is none."""
    lat, lon, accuracy = (_number(told.get(name)) for name in ("lat", "lon", "accuracy_m"))
    if lat is None or lon is None or accuracy is None:
        return None
    if abs(lat) > _HEMISPHERE or abs(lon) > _HALF_TURN or accuracy <= 0:
        return None
    return Fix(
        Position(lat, lon),
        accuracy,
        moment(told.get("at")),
        _number(told.get("altitude_m")),
        _number(told.get("speed_mps")),
    )


def exif_of(seen: Mapping[str, Any]) -> Exif:
    """What the camera wrote, out of an inspection."""
    if not seen:
        return NO_EXIF
    gps = seen.get("gps") or {}
    lat, lon = _number(gps.get("lat")), _number(gps.get("lon"))
    return Exif(
        taken_at=_written(seen.get("taken_at")),
        offset=_offset(seen.get("offset")),
        modified_at=_written(seen.get("modified_at")),
        software=str(seen.get("software") or ""),
        make=str(seen.get("make") or ""),
        gps=Position(lat, lon) if gps.get("state") == "present" and lat is not None and lon is not None else None,
    )


def likeness_of(hashes: Mapping[str, Any]) -> Likeness | None:
    """The perceptual hashes out of an inspection or a stored row; None where there are none."""
    try:
        return Likeness(
            phash=int(hashes["phash"], 16),
            dhash=int(hashes["dhash"], 16),
            turned=tuple(
                (int(phash, 16), int(dhash, 16))
                for phash, dhash in zip(
                    hashes.get("phash_turned") or (), hashes.get("dhash_turned") or (), strict=False
                )
            ),
            entropy=float(hashes.get("entropy") or 0.0),
        )
    except (KeyError, TypeError, ValueError):
        return None


def moment(told: object) -> datetime | None:
    """An instant with its zone, of this century."""
    try:
        found = datetime.fromisoformat(told) if isinstance(told, str) else None
        if found is None or found.tzinfo is None or found.year not in _YEARS:
            return None
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _position_state(told: object) -> PositionState:
    return next((state for state in PositionState if state == told), PositionState.UNAVAILABLE)


def _number(told: object) -> float | None:
    if isinstance(told, bool) or not isinstance(told, int | float):
        return None
    return float(told) if math.isfinite(told) else None


def _written(told: object) -> datetime | None:
    """A camera's local time (Exif 2.32, 4.6.5), which has no zone."""
    try:
        return datetime.strptime(str(told or "")[:19], _WRITTEN)  # noqa: DTZ007 -- cameras write no zone
    except ValueError:
        return None


def _offset(told: object) -> timedelta | None:
    """A camera's `+08:00` (Exif 2.31, OffsetTimeOriginal)."""
    try:
        found = datetime.strptime(str(told or ""), "%z").utcoffset()
    except ValueError:
        return None
    return found if found is not None and abs(found) <= _WIDEST_ZONE else None
