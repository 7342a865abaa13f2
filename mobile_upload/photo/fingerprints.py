"""Hashes that recognise a picture after it was saved again, made smaller, turned or mirrored.

`phash` is the sign of the 64 lowest frequencies of a 32 x 32 grey picture (cosine transform) against their median;
`dhash` says of 8 x 8 places whether the next one to the right is brighter. A turned or mirrored
picture has the same frequencies in other places and with other signs, so one transform gives all eight of them.
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
# What each of Pillow's turns does to a grid: swapped rows and columns, then mirrored across, then mirrored down.
_TURNS = (
    (Image.Transpose.ROTATE_90, True, False, True),
    (Image.Transpose.ROTATE_180, False, True, True),
    (Image.Transpose.ROTATE_270, True, True, False),
    (Image.Transpose.FLIP_LEFT_RIGHT, False, True, False),
    (Image.Transpose.TRANSPOSE, True, False, False),
    (Image.Transpose.FLIP_TOP_BOTTOM, False, False, True),
    (Image.Transpose.TRANSVERSE, True, True, True),
)

Grid = list[list[float]]


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
    grid = _frequencies(small.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS))
    return Likeness(
        phash=_phash(grid),
        dhash=_dhash(small),
        phash_turned=tuple(_phash(_turned(grid, *how)) for _, *how in _TURNS),
        dhash_turned=tuple(_dhash(small.transpose(turn)) for turn, *_ in _TURNS),
        entropy=round(small.entropy(), 3),
    )


def _frequencies(square: Image.Image) -> Grid:
    """The lowest frequencies, row by row: down the picture, then across it."""
    pixels = square.tobytes()
    rows = [list(map(float, pixels[start : start + _SIDE])) for start in range(0, _SIDE * _SIDE, _SIDE)]
    across = [[sum(map(float.__mul__, wave, row)) for row in rows] for wave in _WAVES]
    return [[sum(map(float.__mul__, wave, column)) for column in across] for wave in _WAVES]


def _turned(grid: Grid, *how: bool) -> Grid:
    """The frequencies of the turned picture: a mirror changes the sign of every odd one in its direction."""
    is_swapped, is_across, is_down = how
    rows = [list(row) for row in zip(*grid, strict=True)] if is_swapped else grid
    return [
        [value * (-1) ** (is_across * place + is_down * line) for place, value in enumerate(row)]
        for line, row in enumerate(rows)
    ]


def _phash(grid: Grid) -> str:
    values = [value for row in grid for value in row]
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
