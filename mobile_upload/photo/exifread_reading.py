"""What ExifRead reads in a photo's EXIF, with its maker's notes left alone.

It is pure Python and meets damaged blocks with a dozen different exceptions, or with minutes of work: it gets a share
of processor time, after which it is interrupted.
"""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from types import FrameType
from typing import Any

import exifread

from mobile_upload.photo import reading
from mobile_upload.photo.reading import Reading

CPU_SECONDS = 0.25

logging.getLogger("exifread").setLevel(logging.CRITICAL + 1)


class TooSlow(BaseException):
    """The share of processor time is used up. Not an `Exception`, so that no parser takes it for a damaged tag."""


def read(photo: bytes) -> Reading:
    """All of the EXIF that counts. Raises `TooSlow`, or whatever ExifRead raises on a damaged file."""
    with _interrupted_after(CPU_SECONDS):
        tags = exifread.process_file(BytesIO(photo), details=False, extract_thumbnail=False)

    def raw(name: str) -> Any:  # noqa: ANN401 - whatever the library made of the bytes
        return tags[name].values if name in tags else None

    lat = reading.degrees(raw("GPS GPSLatitude"), raw("GPS GPSLatitudeRef"))
    lon = reading.degrees(raw("GPS GPSLongitude"), raw("GPS GPSLongitudeRef"))
    references = (raw("GPS GPSLatitudeRef"), raw("GPS GPSLongitudeRef"))
    return Reading(
        has_block=bool(tags),
        gps_state=reading.state(lat, lon, has_tags="GPS GPSLatitude" in tags or "GPS GPSLongitude" in tags),
        lat=lat,
        lon=lon,
        has_references=all(reading.text(one) for one in references) or lat is None or lon is None,
        altitude_m=reading.altitude(raw("GPS GPSAltitude"), raw("GPS GPSAltitudeRef")),
        accuracy_m=reading.number(raw("GPS GPSHPositioningError") or raw("GPS Tag 0x001F")),
        utc=reading.receiver_time(raw("GPS GPSDate"), raw("GPS GPSTimeStamp")),
        datum=reading.text(raw("GPS GPSMapDatum")),
        taken_at=reading.moment(raw("EXIF DateTimeOriginal")),
        offset=reading.text(raw("EXIF OffsetTimeOriginal")),
        modified_at=reading.moment(raw("Image DateTime")),
        orientation=reading.orientation(raw("Image Orientation")),
        make=reading.text(raw("Image Make")),
        model=reading.text(raw("Image Model")),
        software=reading.text(raw("Image Software")),
    )


@contextmanager
def _interrupted_after(seconds: float) -> Iterator[None]:
    """Raise `TooSlow` in the main thread once that much processor time is spent; again, should a parser swallow it."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, interrupt)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
