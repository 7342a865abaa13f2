"""What Pillow, with libheif for HEIC, reads in a photo's EXIF.

It reads the EXIF block alone, as stored. Pillow would else fill a missing orientation from XMP, and pillow-heif, which
turns the pixels itself, writes a 1 over the orientation of the pictures that it hands to Pillow.
"""

import binascii
import re
from io import BytesIO
from typing import Any

import pillow_heif
from PIL import Image

from mobile_upload.photo import reading
from mobile_upload.photo.reading import Reading

_MAKE, _MODEL, _ORIENTATION, _SOFTWARE, _MODIFIED = 0x010F, 0x0110, 0x0112, 0x0131, 0x0132
_EXIF, _TAKEN, _OFFSET = 0x8769, 0x9003, 0x9011
_GPS, _LAT_REF, _LAT, _LON_REF, _LON = 0x8825, 1, 2, 3, 4
_ALTITUDE_REF, _ALTITUDE, _CLOCK, _DATUM, _DATE, _ACCURACY = 5, 6, 7, 18, 29, 31
_LONGEST_LEAD = 32  # bytes before the TIFF header: "Exif" and two noughts, perhaps once more, perhaps a length
_HEADER = re.compile(rb"II\*\0|MM\0\*")
_WRONG_NUMBER = re.compile(rb"(?:Exif\0\0)*(II|MM)..(?=....)", re.DOTALL)
_NUMBERS = {b"II": b"II*\0", b"MM": b"MM\0*"}
_LOOSE = re.compile(rb"exif\0[\0\xff](?=II\*\0|MM\0\*)", re.IGNORECASE)
_LONGEST_BLOCK = 1 << 20
_POSITION_IN_XMP = re.compile(rb"exif:GPSLatitude[\s=>]")


def read(block: bytes) -> Reading:
    """All that counts of an EXIF block from its TIFF header on. Raises whatever Pillow raises on a damaged one."""
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
        taken_at=reading.moment(inner.get(_TAKEN)),
        offset=reading.text(inner.get(_OFFSET)),
        modified_at=reading.moment(tags.get(_MODIFIED)),
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


def stored_block(picture: Image.Image, photo: bytes) -> bytes | None:
    """The EXIF block as the container holds it, None if there is none. Raises `ValueError` on a wrongly written one."""
    if picture.format == "HEIF":
        block = pillow_heif.open_heif(BytesIO(photo)).info.get("exif")
        return block if isinstance(block, bytes) else None
    info: dict[Any, Any] = picture.info
    if "exif" not in info and "Raw profile type exif" in info:  # ImageMagick's in PNG: a title, a length, digits
        return binascii.unhexlify("".join(str(info["Raw profile type exif"]).split("\n")[3:]))
    return info.get("exif")


def loose_block(photo: bytes) -> bytes | None:
    """The first EXIF block anywhere in the bytes, from its TIFF header on, however its lead is spelt.

    For files that cannot be opened, and for JPEG, in which Pillow knows one spelling and cameras have others.
    """
    found = _LOOSE.search(photo)
    return photo[found.end() : found.end() + _LONGEST_BLOCK] if found else None


def without_lead(block: bytes) -> bytes | None:
    """The block from its TIFF header on, whose magic number is put right; None if it has no such header."""
    begins = _HEADER.search(block, 0, _LONGEST_LEAD)
    if begins:
        return block[begins.start() :]
    wrong = _WRONG_NUMBER.match(block)
    return _NUMBERS[wrong[1]] + block[wrong.end() :] if wrong else None
