"""Damaged photographs without end, from a few good ones of every format."""

import random
from collections.abc import Iterator

from tests.mobile_upload.photo import tiff


def _good() -> list[bytes]:
    gps = tiff.position([(30, 1), (37, 1), (3954, 100)], "N", [(119, 1), (44, 1), (1956, 100)], "E")
    block = tiff.block(
        [tiff.text(0x010F, "Google"), tiff.short(0x0112, 6)],
        [tiff.text(0x9003, "2024:05:07 09:33:04"), tiff.Entry(0x927C, 7, bytes(40))],
        gps,
    )
    large = tiff.block([], [tiff.text(0x9003, "2024:05:07 09:33:04")], gps, order=">")
    return [
        tiff.jpeg(tiff.exif_segment(block)),
        tiff.jpeg(tiff.xmp_segment('tiff:Orientation="8"'), tiff.exif_segment(large)),
        tiff.png(block),
        tiff.png(large, is_behind=True),
        tiff.webp(block),
        tiff.heic(block),
        tiff.heic(large),
    ]


def mutants(chance: random.Random, count: int) -> Iterator[bytes]:
    """So many damaged files, each with one to eight faults; metadata is hit more often than pixels."""
    good = _good()
    for _ in range(count):
        photo = bytearray(chance.choice(good))
        for _ in range(chance.randint(1, 8)):
            _damage(photo, chance)
        yield bytes(photo)


def _damage(photo: bytearray, chance: random.Random) -> None:
    place = chance.randrange(max(1, len(photo) if chance.random() < 0.3 else min(len(photo), 700)))
    match chance.randrange(6):
        case 0 | 1:
            photo[place : place + 1] = bytes((chance.randrange(256),))
        case 2:
            photo[place : place + 4] = chance.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\0\1")
            )
        case 3:
            del photo[place : place + chance.randint(1, 40)]
        case 4:
            photo[place:place] = photo[place : place + chance.randint(1, 40)]
        case _:
            if chance.random() < 0.2:
                del photo[place:]
            else:
                photo[place : place + 2] = chance.randbytes(2)
