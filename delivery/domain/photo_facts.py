"""What is known of a photo proof when it is graded: the pictures, the record that brought them, and what was before.

Plain values, filled by whoever reads the database and the pictures. All instants are aware UTC except those that a
camera wrote into a file, which are naive as cameras write them; a shutter's is by the phone's own clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from delivery.domain.door_codes import Role
from delivery.domain.field_record import Clocks, Doubt
from delivery.domain.field_ticket import Ticket
from delivery.domain.geodesy import Position
from delivery.domain.notice import NoticeResult


class Mode(StrEnum):
    """How a picture came into the page."""

    IN_PAGE = "in_page"  # the page's own camera
    FILE_INPUT = "file_input"  # the phone's camera or gallery: no page can tell which


class PositionState(StrEnum):
    """What the browser answered when it was asked where it is."""

    OK = "ok"
    DENIED = "denied"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Fix:
    """One sample of the phone's position. `accuracy_m` is the browser's, about one standard deviation."""

    position: Position
    accuracy_m: float
    at: datetime | None = None
    altitude_m: float | None = None
    speed_mps: float | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """Perceptual hashes of 64 bits; `turned` are phash and dhash of the picture rotated and mirrored.

    `entropy` (bits a pixel) is low for dark and flat pictures, whose hashes say little.
    """

    phash: int
    dhash: int
    turned: tuple[tuple[int, int], ...] = ()
    entropy: float = 8.0


@dataclass(frozen=True, slots=True)
class Exif:
    """What the camera wrote into the file; all of it may be absent, and mostly is.

    `offset` is the camera's own (None: not written, as is usual). `gps` only when it is present and possible. `make` is
    the camera's.
    """

    taken_at: datetime | None = None
    offset: timedelta | None = None
    modified_at: datetime | None = None
    software: str = ""
    gps: Position | None = None
    make: str = ""


NO_EXIF = Exif()


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture.

    `codes` are what the notice codes read from its bytes mean for this visit, `codes_on_phone` those that the phone
    read. `readable` is False when the bytes are no picture that can be decoded to its end.
    """

    id: UUID
    role: Role
    mode: Mode
    sha256: str
    shutter_at: datetime
    monotonic_ms: float | None = None
    fixes: tuple[Fix, ...] = ()
    position_state: PositionState = PositionState.OK
    exif: Exif = NO_EXIF
    codes: frozenset[NoticeResult] = frozenset()
    codes_on_phone: frozenset[NoticeResult] = frozenset()
    readable: bool = True
    format: str = "JPEG"
    width: int = 4000
    height: int = 3000
    pixels_sha256: str = ""
    likeness: Likeness | None = None


@dataclass(frozen=True, slots=True)
class Door:
    """Where the address lies, in WGS-84. `checkable` is False where the geocode only names a street or less."""

    position: Position
    uncertainty_m: float
    checkable: bool = True


@dataclass(frozen=True, slots=True)
class EarlierShot:
    """A picture of another record, with the visit and the door that it was brought for, and who brought it."""

    record_id: UUID
    attempt_id: UUID
    address_id: UUID | None
    role: str
    sha256: str
    pixels_sha256: str = ""
    likeness: Likeness | None = None
    account_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where the same person was for another visit, by our clock."""

    record_id: UUID
    attempt_id: UUID
    address_id: UUID | None
    fix: Fix
    at: datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """Everything that a grade looks at: the pictures of one record of one visit.

    `asks_notice`: a notice hangs at the door, so that its code and a pair of pictures are asked for. `doubts` are those
    of the record; `gap_is_old`: a record before this one has been missing for more than a day. `account_id` is whose
    proof it is.
    """

    attempt_id: UUID
    address_id: UUID | None
    received_at: datetime
    shots: Sequence[Shot]
    asks_notice: bool = True
    ticket: Ticket | None = None
    doubts: frozenset[Doubt] = frozenset()
    gap_is_old: bool = False
    clocks: Clocks = field(default_factory=Clocks)
    door: Door | None = None
    earlier: Sequence[EarlierShot] = ()
    elsewhere: Sequence[Elsewhere] = ()
    excuse: str = ""
    account_id: UUID | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))

    @property
    def pictures(self) -> tuple[Shot, ...]:
        """The shots that can be looked at."""
        return tuple(shot for shot in self.shots if shot.readable)

    @property
    def offset(self) -> timedelta | None:
        """What has to be added to the phone's clock, if that was learnt within the day before the record."""
        clocks = self.clocks
        if clocks.server_offset_ms is None or abs(clocks.server_offset_ms) > _FARTHEST_MS:
            return None
        learnt, told = clocks.offset_learnt_at, clocks.device_at
        if learnt is not None and told is not None and told - learnt > timedelta(days=1):
            return None
        return timedelta(milliseconds=clocks.server_offset_ms)

    def by_our_clock(self, shot: Shot) -> datetime:
        """When the shutter closed, put right as far as the phone's clock is known."""
        return shot.shutter_at + (self.offset or timedelta(0))


_FARTHEST_MS = 1e12  # thirty years: more is no clock
