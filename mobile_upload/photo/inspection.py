"""What is known about a photograph after looking at it: plain values, as they are stored, printed and graded.

What two readers say is kept side by side. Where they differ the better reader's answer stands (see `agreeing`), the
difference is told as a problem, and nothing is ever averaged or guessed: a time without a zone stays without one.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class PhotoFormat(StrEnum):
    """What the content is, whatever it is called. MPO and Ultra HDR are JPEG files with more pictures behind."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    HEIF = "HEIF"
    REFUSED = "refused"


class GpsState(StrEnum):
    """How far the EXIF position can be used. Absence is normal on today's phones and says nothing against anybody."""

    ABSENT = "absent"
    REDACTED = "redacted"  # the tags are there, their values were blanked
    NULL_ISLAND = "null_island"  # 0, 0: no fix
    OUT_OF_RANGE = "out_of_range"
    PRESENT = "present"


class PhotoProblem(StrEnum):
    """Why a photo, or part of what it says, could not be read, and what a person should know about it."""

    EMPTY = "empty"
    TOO_MANY_BYTES = "too_many_bytes"
    FORMAT_REFUSED = "format_refused"
    UNREADABLE = "unreadable"  # the content begins like a photo, and is none
    TRUNCATED = "truncated"
    END_MISSING = "end_missing"  # decoded, yet the mark of its end is not there
    UNDECODABLE = "undecodable"
    TOO_MANY_PIXELS = "too_many_pixels"
    TIME_LIMIT = "time_limit"
    MEMORY_LIMIT = "memory_limit"
    CRASHED = "crashed"
    EXIF_UNREADABLE = "exif_unreadable"
    EXIF_DAMAGED = "exif_damaged"  # parts of it point nowhere; what is whole still counts
    EXIF_TOO_SLOW = "exif_too_slow"
    READERS_DIFFER = "readers_differ"
    GPS_REFERENCE_MISSING = "gps_reference_missing"  # a position without north or south, east or west
    POSITION_ONLY_IN_XMP = "position_only_in_xmp"
    TRAILING_VIDEO = "trailing_video"  # a motion photo: voices may be recorded


@dataclass(frozen=True, slots=True)
class Gps:
    """The EXIF position in degrees, WGS-84 unless `datum` says otherwise; metres; `utc` as written by the receiver.

    `lat` and `lon` are numbers whenever numbers were written, also for null island and out of range: ask `state`.
    """

    state: GpsState
    lat: float | None = None
    lon: float | None = None
    accuracy_m: float | None = None
    utc: str | None = None
    altitude_m: float | None = None
    datum: str | None = None


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """What recognises the picture again: lower-case hexadecimal; None where it could not be decoded.

    `phash` and `dhash` (64 bits) are of the picture as it is shown; the `..._turned` of its three other rotations,
    then of its four mirror images. `entropy` (bits a pixel) is low for dark and flat pictures, whose hashes say little.
    """

    sha256: str
    pixels_sha256: str | None = None
    phash: str | None = None
    dhash: str | None = None
    phash_turned: tuple[str, ...] = ()
    dhash_turned: tuple[str, ...] = ()
    entropy: float | None = None


_FIRST = ("size", "format", "width", "height", "orientation", "taken_at", "offset", "gps", "codes", "problems")


@dataclass(frozen=True, slots=True)
class Inspection:
    """All that one look at a photo gives. `width`, `height` (pixels) and `orientation` (1 to 8) are as stored.

    `taken_at` and `modified_at` are as written, in the camera's own zone; `offset` is that zone where it is written.
    `readers` holds what each library said by itself.
    """

    size: int
    format: PhotoFormat
    hashes: Fingerprints
    gps: Gps
    width: int | None = None
    height: int | None = None
    orientation: int | None = None
    taken_at: str | None = None
    offset: str | None = None
    modified_at: str | None = None
    make: str | None = None
    model: str | None = None
    software: str | None = None
    codes: tuple[str, ...] = ()
    problems: tuple[PhotoProblem, ...] = ()
    trailing_video: bool = False
    readers: Mapping[str, Any] = field(default_factory=dict)
    c2pa: None = None

    @property
    def sha256(self) -> str:
        """Of the bytes as they came, lower-case hexadecimal."""
        return self.hashes.sha256

    @property
    def is_readable(self) -> bool:
        """Whether the whole picture could be decoded; otherwise it is kept and marked *unreadable*."""
        return self.hashes.pixels_sha256 is not None

    def as_json(self) -> dict[str, Any]:
        """The object that `songda inspect-photo` prints, without the file's name."""
        found = asdict(self)
        return {"sha256": self.sha256, **{name: found.pop(name) for name in _FIRST}, **found}
