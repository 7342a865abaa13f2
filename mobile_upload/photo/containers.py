"""What a file is by its first bytes, and what lies behind the picture: the parts that need no library.

The few formats that phones make are listed; everything else is refused before any decoder sees it. Behind the end of a
picture a phone may append a film, with sound; the derived copies never carry it.
"""

import re

from mobile_upload.photo.inspection import PhotoFormat

_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"})
_HEIF_FAMILY = frozenset({b"mif1", b"mif2", b"msf1"})
_AVIF = frozenset({b"avif", b"avis"})
_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_FILM = re.compile(rb"\0\0\0[\x08-\xff]ftyp(?:mp4|iso|qt |avc1|3g|M4V|MSNV|f4v)")
_FILM_OF_SAMSUNG = b"MotionPhoto_Data"
# What may follow entropy-coded data, in which none of them can occur: tables, the end, the next scan, an interval.
_AFTER_SCAN = re.compile(rb"\xff[\xc4\xd9-\xdd]")
_SPATIAL_EXTENT = re.compile(rb"ispe\0\0\0\0(.{4})(.{4})", re.DOTALL)
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})  # frames of many scans
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_ALONE = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})  # markers without a length


def sniff(photo: bytes) -> PhotoFormat:
    """The format by content."""
    if photo[:3] == b"\xff\xd8\xff":
        return PhotoFormat.JPEG
    if photo[:8] == _PNG_HEAD:
        return PhotoFormat.PNG
    if photo[:4] == b"RIFF" and photo[8:12] == b"WEBP":
        return PhotoFormat.WEBP
    return PhotoFormat.HEIF if photo[4:8] == b"ftyp" and _is_heif(photo) else PhotoFormat.REFUSED


def _is_heif(photo: bytes) -> bool:
    length = min(int.from_bytes(photo[:4], "big"), 256)
    brands = [photo[8:12], *(photo[place : place + 4] for place in range(16, length, 4))]
    if _AVIF.intersection(brands[:1]) or brands[0] not in _HEIF_BRANDS | _HEIF_FAMILY:
        return False
    return not _AVIF.intersection(brands) or not _HEIF_BRANDS.isdisjoint(brands)


def picture_end(photo: bytes, kind: PhotoFormat) -> int | None:
    """Where the picture's own bytes end; None where that end is missing or not marked."""
    match kind:
        case PhotoFormat.JPEG:
            return _jpeg_end(photo)
        case PhotoFormat.PNG:
            return _png_end(photo)
        case PhotoFormat.WEBP:
            end = 8 + int.from_bytes(photo[4:8], "little")
            return end if end <= len(photo) + 1 else None
        case _:
            return None


def _jpeg_end(photo: bytes) -> int | None:
    place, has_more_scans = 2, False
    while place + 4 <= len(photo) and photo[place] == 0xFF:  # noqa: PLR2004 - every marker begins so
        marker = photo[place + 1]
        if marker == 0xFF:  # noqa: PLR2004 - a fill byte
            place += 1
        elif marker == _END_OF_IMAGE:
            return place + 2
        elif marker in _ALONE:
            place += 2
        else:
            place += 2 + int.from_bytes(photo[place + 2 : place + 4], "big")
            has_more_scans |= marker in _PROGRESSIVE
            if marker == _START_OF_SCAN:
                place = _scan_end(photo, place, has_more=has_more_scans)
    return place + 2 if photo[place : place + 2] == b"\xff\xd9" else None


def _scan_end(photo: bytes, place: int, *, has_more: bool) -> int:
    """Where the next marker stands; the end of the file if there is none. Most photos have one scan, of megabytes."""
    if has_more:
        found = _AFTER_SCAN.search(photo, place)
        return found.start() if found else len(photo)
    end = photo.find(b"\xff\xd9", place)
    return len(photo) if end < 0 else end


def _png_end(photo: bytes) -> int | None:
    place = len(_PNG_HEAD)
    while place + 12 <= len(photo):
        length, kind = int.from_bytes(photo[place : place + 4], "big"), photo[place + 4 : place + 8]
        place += 12 + length
        if kind == b"IEND":
            return place
    return None


def has_trailing_video(photo: bytes, kind: PhotoFormat, end: int | None) -> bool:
    """Whether a film is appended (motion photo)."""
    if kind is PhotoFormat.HEIF:
        return b"mpvd" in _boxes(photo) or _FILM.search(photo, 32) is not None or _FILM_OF_SAMSUNG in photo
    return end is not None and _FILM.search(photo, end) is not None


def _boxes(photo: bytes) -> set[bytes]:
    """The kinds of the outermost boxes, as far as their lengths can be followed (ISO 14496-12, 4.2)."""
    found, place = set(), 0
    while place + 8 <= len(photo):
        size, head = int.from_bytes(photo[place : place + 4], "big"), 8
        found.add(photo[place + 4 : place + 8])
        if size == 1:  # the length follows, in eight bytes
            size, head = int.from_bytes(photo[place + 8 : place + 16], "big"), 16
        if size < head:
            break
        place += size
    return found


def stored_size(photo: bytes, kind: PhotoFormat, shown: tuple[int, int]) -> tuple[int, int]:
    """Width and height as stored, from those of the decoded picture: HEIF decoders turn it first."""
    if kind is not PhotoFormat.HEIF:
        return shown
    sizes = {
        (int.from_bytes(one[1], "big"), int.from_bytes(one[2], "big"))
        for one in _SPATIAL_EXTENT.finditer(photo, 0, 1 << 20)
    }
    turned = (shown[1], shown[0])
    return turned if shown not in sizes and turned in sizes else shown
