"""EXIF blocks made by hand, and the files that carry them: whatever a phone, an editor or an attacker writes.

A block is a TIFF file in small: a header, directories of twelve-byte entries, and values too long for their entry.
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from typing import Final, Literal

import pillow_heif
from PIL import Image

Order = Literal["<", ">"]

EXIF: Final = 0x8769
GPS: Final = 0x8825
_LETTERS: Final = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One tag. `place` and `count` override what would be true: where the value lies and how many there are."""

    tag: int
    kind: int
    values: Sequence[int | float] | Sequence[tuple[int, int]] | bytes
    place: int | None = None
    count: int | None = None

    def data(self, order: Order) -> bytes:
        """The value's own bytes."""
        if isinstance(self.values, bytes):
            return self.values
        if self.kind in {5, 10}:
            layout = order + ("II" if self.kind == 5 else "ii")
            return b"".join(struct.pack(layout, *pair) for pair in self.values if isinstance(pair, tuple))
        return b"".join(struct.pack(order + _LETTERS[self.kind], value) for value in self.values)

    @property
    def length(self) -> int:
        """How many values the entry claims."""
        return len(self.values) if self.count is None else self.count


def text(tag: int, value: str) -> Entry:
    """ASCII, ended by a NUL."""
    return Entry(tag, 2, value.encode("latin-1") + b"\0")


def short(tag: int, *values: int) -> Entry:
    """16 bits each."""
    return Entry(tag, 3, values)


def ratio(tag: int, *pairs: tuple[int, int]) -> Entry:
    """Numerator and denominator each, without sign."""
    return Entry(tag, 5, pairs)


def position(
    lat: Sequence[tuple[int, int]], north: str, lon: Sequence[tuple[int, int]], east: str, *more: Entry
) -> list[Entry]:
    """A GPS directory, as phones write it. An empty reference is left out."""
    entries = [
        Entry(0, 1, (2, 3, 0, 0)),
        *([text(1, north)] if north else []),
        ratio(2, *lat),
        *([text(3, east)] if east else []),
        ratio(4, *lon),
        *more,
    ]
    return sorted(entries, key=lambda entry: entry.tag)


def block(
    first: Sequence[Entry] = (),
    exif: Sequence[Entry] | None = None,
    gps: Sequence[Entry] | None = None,
    order: Order = "<",
) -> bytes:
    """A whole block from its TIFF header on. None: without that directory; empty: with an empty one."""
    first = [*first, *([Entry(EXIF, 4, (0,))] if exif is not None else [])]
    first = [*first, *([Entry(GPS, 4, (0,))] if gps is not None else [])]
    place = 8 + _size(first)
    exif_at, gps_at = place, place + (0 if exif is None else _size(exif))
    rest_at = gps_at + (0 if gps is None else _size(gps))
    inner = {EXIF: exif_at, GPS: gps_at}
    first = [
        replace(entry, values=(inner[entry.tag],)) if entry.tag in inner and entry.values == (0,) else entry
        for entry in first
    ]
    head, rest = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8), b""
    for directory in (first, exif, gps):
        if directory is not None:
            head += struct.pack(order + "H", len(directory))
            for entry in directory:
                data = entry.data(order)
                head += struct.pack(order + "HHI", entry.tag, entry.kind, entry.length)
                if entry.place is not None:
                    head += struct.pack(order + "I", entry.place)
                elif len(data) <= 4:
                    head += data.ljust(4, b"\0")
                else:
                    head += struct.pack(order + "I", rest_at + len(rest))
                    rest += data + b"\0" * (len(data) % 2)
            head += b"\0\0\0\0"
    return head + rest


def _size(directory: Sequence[Entry]) -> int:
    return 2 + 12 * len(directory) + 4


@cache
def picture(width: int = 64, height: int = 48) -> Image.Image:
    """A small picture in which every direction looks different."""
    across = Image.linear_gradient("L").resize((width, height))
    down = Image.linear_gradient("L").rotate(90).resize((width, height))
    return Image.merge("RGB", (across, down, Image.radial_gradient("L").resize((width, height))))


@cache
def bare(kind: str, width: int = 64, height: int = 48) -> bytes:
    """The small picture in one of Pillow's formats, without any metadata."""
    target = BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(picture(width, height)).save(target, quality=80)
    else:
        picture(width, height).save(target, kind)
    return target.getvalue()


def segment(marker: int, payload: bytes) -> bytes:
    """One JPEG segment."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload


def jpeg(*segments: bytes, width: int = 64, height: int = 48) -> bytes:
    """The small picture as JPEG with these segments right behind its beginning."""
    plain = bare("JPEG", width, height)
    return plain[:2] + b"".join(segments) + plain[2:]


def exif_segment(data: bytes, lead: bytes = b"Exif\0\0") -> bytes:
    """The APP1 segment that carries a block."""
    return segment(0xE1, lead + data)


def xmp_segment(inner: str) -> bytes:
    """The APP1 segment that carries XMP."""
    packet = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description {inner}/></x:xmpmeta>'
    return segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet.encode())


def chunk(kind: bytes, data: bytes) -> bytes:
    """One PNG chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(data: bytes, *, is_behind: bool = False) -> bytes:
    """The small picture as PNG with its block before or behind the pixels."""
    plain = bare("PNG")
    place = len(plain) - 12 if is_behind else 33  # before IEND, or behind IHDR
    return plain[:place] + chunk(b"eXIf", data) + plain[place:]


def webp(data: bytes, lead: bytes = b"") -> bytes:
    """The small picture as WEBP with a block behind it; some writers put JPEG's six bytes before it."""
    plain = bare("WEBP")
    payload = lead + data
    head = (
        b"VP8X" + struct.pack("<I", 10) + bytes((8, 0, 0, 0)) + (63).to_bytes(3, "little") + (47).to_bytes(3, "little")
    )
    body = head + plain[12:] + b"EXIF" + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def heic(data: bytes, *, turned_as: bytes | None = None) -> bytes:
    """The small picture as HEIC. The encoder has decoders turn it as its block says, or as `turned_as` says instead.

    Both blocks have the same length; the one is put in the place of the other when the file is written.
    """
    target = BytesIO()
    written = turned_as or data
    pillow_heif.from_pillow(picture(128, 96)).save(target, quality=80, exif=b"Exif\0\0" + written)
    return target.getvalue().replace(written, data)
