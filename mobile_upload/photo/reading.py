"""What one library read in a photo's EXIF, in plain values, and how its raw values become them.

Both readers hand over numbers in the same simple form: a rational whose denominator is nought is no number. That is how
phones blank a position, and how one library's "not a number" would pass for a value.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mobile_upload.photo.inspection import GpsState

LONGEST_TEXT = 200
# Nearer than a hundred metres to 0, 0 in the Gulf of Guinea, nobody serves papers.
_NOUGHT_DEGREES = 0.001


@dataclass(frozen=True, slots=True)
class Reading:
    """The answers of one reader; None where a tag is absent or says nothing.

    `has_block`: whether it found any EXIF. `lat` and `lon` are in degrees, with their references applied;
    `has_references` is False where one is not written. `error` is a code, None if all went well.
    """

    has_block: bool = True
    gps_state: GpsState = GpsState.ABSENT
    lat: float | None = None
    lon: float | None = None
    has_references: bool = True
    altitude_m: float | None = None
    accuracy_m: float | None = None
    utc: str | None = None
    datum: str | None = None
    taken_at: str | None = None
    offset: str | None = None
    modified_at: str | None = None
    orientation: int | None = None
    make: str | None = None
    model: str | None = None
    software: str | None = None
    error: str | None = None


def numbers(raw: Any) -> list[float | None]:  # noqa: ANN401 - whatever a library made of the bytes
    """One or several values as floats, None for what is no number (a denominator of nought, or text that is none)."""
    if raw is None:
        return []
    if isinstance(raw, str | bytes):
        return [_number(word) for word in (text(raw) or "").replace(",", " ").split()]
    return [_number(one) for one in raw] if isinstance(raw, Sequence) else [_number(raw)]


def _number(raw: Any) -> float | None:  # noqa: ANN401 - see numbers
    if getattr(raw, "denominator", 1) == 0:
        return None
    try:
        value = float(raw)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return value if math.isfinite(value) else None


def number(raw: Any) -> float | None:  # noqa: ANN401 - see numbers
    """The first of the values."""
    values = numbers(raw)
    return values[0] if values else None


def text(raw: Any) -> str | None:  # noqa: ANN401 - see numbers
    """Text up to its first NUL, without blanks around it; None if nothing is left. Bytes count as Latin-1.

    Bytes may come as a list of numbers, where the tag was not written as text.
    """
    if isinstance(raw, list) and all(isinstance(one, int) and 0 <= one < 256 for one in raw):  # noqa: PLR2004 - a byte
        raw = bytes(raw)
    if isinstance(raw, bytes):
        raw = raw.decode("latin-1")
    if not isinstance(raw, str):
        return None
    return raw.partition("\0")[0].strip()[:LONGEST_TEXT] or None


def moment(raw: Any) -> str | None:  # noqa: ANN401 - see numbers
    """A time exactly as it is written, blanks and all, up to its first NUL; None if nothing is."""
    written = raw.decode("latin-1") if isinstance(raw, bytes) else raw
    return written.partition("\0")[0][:LONGEST_TEXT] if text(raw) else None


def orientation(raw: Any) -> int | None:  # noqa: ANN401 - see numbers
    """The tag as stored, also where it is not one of the eight that have a meaning."""
    value = raw[0] if isinstance(raw, bytes) and raw else number(raw)
    return None if value is None else int(value)


def degrees(parts: Any, reference: Any) -> float | None:  # noqa: ANN401 - see numbers
    """Degrees, minutes and seconds as signed degrees: south and west are below nought (Exif 2.32, 4.6.6).

    Fewer than three parts are fine; one of them that is no number makes the whole none, as exiftool has it. The sign
    comes from the reference; only where that is missing does a sign of the number count, which the standard forbids.
    """
    values = [value for value in numbers(parts)[:3] if value is not None]
    if not values or len(values) < len(numbers(parts)[:3]):
        return None
    total = sum(abs(value) / unit for value, unit in zip(values, (1, 60, 3600), strict=False))
    named = (text(reference) or "")[:1].upper()
    is_below = named in {"S", "W"} or (not named and math.copysign(1, values[0]) < 0)
    return -total if is_below else total


def state(lat: float | None, lon: float | None, *, has_tags: bool) -> GpsState:
    """How far a position can be used; `has_tags`: latitude or longitude is written, with or without a value."""
    if not has_tags:
        return GpsState.ABSENT
    if lat is None or lon is None:
        return GpsState.REDACTED
    if abs(lat) > 90 or abs(lon) > 180:  # noqa: PLR2004 - the poles and the date line
        return GpsState.OUT_OF_RANGE
    if max(abs(lat), abs(lon)) < _NOUGHT_DEGREES:
        return GpsState.NULL_ISLAND
    return GpsState.PRESENT


def altitude(raw: Any, reference: Any) -> float | None:  # noqa: ANN401 - see numbers
    """Metres; the reference 1 means below the sea (Exif 2.32, GPSAltitudeRef)."""
    value = number(raw)
    if value is None:
        return None
    below = reference[:1] == b"\x01" if isinstance(reference, bytes) else number(reference) == 1
    return -value if below else value


def receiver_time(date: Any, clock: Any) -> str | None:  # noqa: ANN401 - see numbers
    """GPS date and time of day as `YYYY:MM:DD HH:MM:SS`, with the fraction of a second that is written; UTC."""
    day, values = text(date), numbers(clock)
    if day is None or len(values) < 3 or values[0] is None:  # noqa: PLR2004 - hours, minutes, seconds
        return None
    seconds = sum((value or 0.0) * 60 ** (2 - place) for place, value in enumerate(values[:3]))
    whole, left = divmod(round(seconds, 6), 60)
    shown = f"{left:09.6f}".rstrip("0").rstrip(".")
    return f"{day} {int(whole) // 60:02d}:{int(whole) % 60:02d}:{shown}"
