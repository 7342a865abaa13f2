"""Hashes that recognise a picture after it was saved again, made smaller, turned or mirrored.

`phash` is the sign of the 64 lowest frequencies of a 32 x 32 grey picture (cosine transform) against their median;
`dhash` says of 8 x 8 places whether the next one to the right is brighter. Both are
also made of the picture's three other rotations and of its mirror images.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from PIL import Image

_SMALL = 256
_SIDE = 32
_LOW = 8
_WAVES = [[math.cos(math.pi * wave * (2 * place + 1) / (2 * _SIDE)) for place in range(_SIDE)] for wave in range(_LOW)]
_TURNS = (
    Image.Transpose.ROTATE_90,
    Image.Transpose.ROTATE_180,
    Image.Transpose.ROTATE_270,
    Image.Transpose.FLIP_LEFT_RIGHT,
    Image.Transpose.TRANSPOSE,
    Image.Transpose.FLIP_TOP_BOTTOM,
    Image.Transpose.TRANSVERSE,
)


@dataclass(frozen=True, slots=True)
class Likeness:
    """16 hexadecimal digits each; see `Fingerprints`."""

    phash: str
    dhash: str
    phash_turned: tuple[str, ...]
    dhash_turned: tuple[str, ...]
    entropy: float


def smaller(grey: Image.Image) -> Image.Image:
    """What the hashes are made of: 256 x 256 grey pixels, whatever the picture's shape."""
    return grey.resize((_SMALL, _SMALL), Image.Resampling.BOX)


def likeness(small: Image.Image) -> Likeness:
    """The hashes of a small grey picture and of the seven others that turning and mirroring make of it."""
    square = small.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    faces = [square, *(square.transpose(turn) for turn in _TURNS)]
    phashes = [_phash(face) for face in faces]
    dhashes = [_dhash(small), *(_dhash(small.transpose(turn)) for turn in _TURNS)]
    return Likeness(phashes[0], dhashes[0], tuple(phashes[1:]), tuple(dhashes[1:]), round(small.entropy(), 3))


def _phash(square: Image.Image) -> str:
    pixels = square.tobytes()
    rows = [pixels[start : start + _SIDE] for start in range(0, _SIDE * _SIDE, _SIDE)]
    across = [[sum(map(float.__mul__, wave, map(float, row))) for row in rows] for wave in _WAVES]
    values = [sum(map(float.__mul__, down, column)) for down in _WAVES for column in across]
    middle = median(values)
    return _hex([value > middle for value in values])


def _dhash(small: Image.Image) -> str:
    pixels = small.resize((_LOW + 1, _LOW), Image.Resampling.LANCZOS).tobytes()
    return _hex(
        [
            pixels[row * (_LOW + 1) + place + 1] > pixels[row * (_LOW + 1) + place]
            for row in range(_LOW)
            for place in range(_LOW)
        ]
    )


def _hex(bits: Sequence[bool]) -> str:
    return f"{sum(bit << place for place, bit in enumerate(reversed(bits))):016x}"
