"""Files that hang, crash or exhaust a naive reader, made anew by code, each in the smallest form that does harm."""

import struct
import zlib
from collections.abc import Mapping
from typing import Final

from tests.mobile_upload.photo import tiff

_TAKEN: Final = tiff.text(0x9003, "2024:05:07 09:33:04")


def _jpeg_with(block: bytes) -> bytes:
    return tiff.jpeg(tiff.exif_segment(block))


def _slow_exif() -> bytes:
    """64 kB of entries that all share one long list of values: seconds of work for a reader in pure Python."""
    entries = [tiff.Entry(0xC000 + number % 0x3000, 3, (), place=8, count=999) for number in range(5400)]
    return _jpeg_with(tiff.block(entries))


def _bomb() -> bytes:
    """A PNG of 324 million pixels in a hundred bytes."""
    header = struct.pack(">IIBBBBB", 18000, 18000, 8, 0, 0, 0, 0)
    parts = tiff.chunk(b"IHDR", header), tiff.chunk(b"IDAT", zlib.compress(bytes(18001))), tiff.chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _giant() -> bytes:
    """A JPEG whose header claims more than four thousand million pixels."""
    plain = tiff.bare("JPEG")
    size = struct.pack(">HH", 48, 64)
    return plain.replace(size, b"\xff\xff\xff\xff", 1)


def _endless_box() -> bytes:
    """A HEIC box of 64-bit length nought, which a reader that skips boxes never leaves."""
    plain = tiff.heic(tiff.block([], [_TAKEN]))
    end = int.from_bytes(plain[:4], "big")
    return plain[:end] + b"\0\0\0\x01free" + bytes(8) + plain[end:]


def files() -> Mapping[str, tuple[bytes, set[str]]]:
    """Name -> the file, and problems that must be among those told."""
    large = tiff.bare("JPEG", 640, 480)
    whole = tiff.block([tiff.short(0x112, 6)], [_TAKEN])
    return {
        "empty": (b"", {"empty"}),
        "zip": (b"PK\x03\x04" + bytes(200), {"format_refused"}),
        "gif": (tiff.bare("GIF"), {"format_refused"}),
        "tiff": (tiff.bare("TIFF"), {"format_refused"}),
        "avif": (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(99), {"format_refused"}),
        "one byte": (b"\xff", {"format_refused"}),
        "three bytes": (b"\xff\xd8\xff", {"unreadable"}),
        "cut": (large[: len(large) * 2 // 3], {"truncated", "end_missing"}),
        "cut heic": (tiff.heic(whole)[:-200], {"unreadable"}),
        "bomb": (_bomb(), {"too_many_pixels"}),
        "giant": (_giant(), {"too_many_pixels"}),
        "slow exif": (_slow_exif(), {"exif_too_slow"}),
        "huge note": (
            _jpeg_with(tiff.block([], [_TAKEN, tiff.Entry(0x927C, 7, b"", place=40, count=4_286_513_548)])),
            {"exif_damaged"},
        ),
        "first directory outside": (_jpeg_with(b"MM\0*\0\xff\xff\xff" + bytes(20)), {"exif_damaged"}),
        "directory in itself": (
            _jpeg_with(
                tiff.block([tiff.Entry(tiff.EXIF, 4, (8,)), tiff.Entry(tiff.GPS, 4, (8,))])[:-4] + b"\x08\0\0\0"
            ),
            set(),
        ),
        "4 GB in a heic": (
            tiff.heic(whole).replace(b"\0\0\0\x06Exif\0\0", b"\xff\xff\xff\xf0Exif\0\0"),
            {"exif_unreadable"},
        ),
        "endless box": (_endless_box(), {"exif_too_slow"}),
        "text for a directory": (_jpeg_with(tiff.block([tiff.text(tiff.GPS, "where?")])), set()),
    }
