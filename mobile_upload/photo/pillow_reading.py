"""What Pillow, with libheif for HEIC, reads in a photo's EXIF.

It reads the EXIF block alone. Pillow would else fill a missing orientation from XMP, and pillow-heif, which turns the
pixels itself, writes a 1 over the orientation that the phone stored.
"""

import binascii
import re
from typing import Any

from PIL import Image

from mobile_upload.photo import reading
from mobile_upload.photo.reading import Reading

_MAKE, _MODEL, _ORIENTATION, _SOFTWARE, _MODIFIED = 0x010F, 0x0110, 0x0112, 0x0131, 0x0132
_EXIF, _TAKEN, _OFFSET = 0x8769, 0x9003, 0x9011
_GPS, _LAT_REF, _LAT, _LON_REF, _LON = 0x8825, 1, 2, 3, 4
_ALTITUDE_REF, _ALTITUDE, _CLOCK, _DATUM, _DATE, _ACCURACY = 5, 6, 7, 18, 29, 31
_HEADER = re.compile(rb"II\*\0|MM\0\*")
_POSITION_IN_XMP = re.compile(rb"exif:GPSLatitude[\s=>]")


def read(picture: Image.Image) -> Reading:
    """All of a picture's EXIF that counts. Raises whatever Pillow raises on a damaged block."""
    block = exif_block(picture)
    if block is None:
        return Reading()
    tags = Image.Exif()
    tags.load(block)
    inner, gps = tags.get_ifd(_EXIF), tags.get_ifd(_GPS)
    lat = reading.degrees(gps.get(_LAT), gps.get(_LAT_REF))
    lon = reading.degrees(gps.get(_LON), gps.get(_LON_REF))
    return Reading(
        gps_state=reading.state(lat, lon, has_tags=_LAT in gps or _LON in gps),
        lat=lat,
        lon=lon,
        has_references=all(reading.text(gps.get(tag)) for tag in (_LAT_REF, _LON_REF)) or lat is None or lon is None,
        altitude_m=reading.altitude(gps.get(_ALTITUDE), gps.get(_ALTITUDE_REF)),
        accuracy_m=reading.number(gps.get(_ACCURACY)),
        utc=reading.receiver_time(gps.get(_DATE), gps.get(_CLOCK)),
        datum=reading.text(gps.get(_DATUM)),
        taken_at=reading.text(inner.get(_TAKEN)),
        offset=reading.text(inner.get(_OFFSET)),
        modified_at=reading.text(tags.get(_MODIFIED)),
        orientation=reading.orientation(tags.get(_ORIENTATION)),
        make=reading.text(tags.get(_MAKE)),
        model=reading.text(tags.get(_MODEL)),
        software=reading.text(tags.get(_SOFTWARE)),
    )


def has_position_in_xmp(picture: Image.Image) -> bool:
    """Whether XMP, which any editor writes, holds a position; it is noticed and never used."""
    xmp = picture.info.get("xmp")
    xmp = xmp.encode() if isinstance(xmp, str) else xmp
    return isinstance(xmp, bytes) and _POSITION_IN_XMP.search(xmp) is not None


def exif_block(picture: Image.Image) -> bytes | None:
    """The EXIF block from its TIFF header on. Raises `ValueError` on one that is not written as it should be."""
    info: dict[Any, Any] = picture.info
    block = next((one["data"] for one in info.get("metadata", ()) if one.get("type") == "Exif"), info.get("exif"))
    if (
        block is None and "Raw profile type exif" in info
    ):  # as ImageMagick writes it into PNG: a title, a length, digits
        digits = str(info["Raw profile type exif"]).split("\n")[3:]
        block = binascii.unhexlify("".join(digits))
    if not isinstance(block, bytes):
        return None
    begins = _HEADER.search(block)
    return block[begins.start() :] if begins else None
