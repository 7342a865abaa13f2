"""Photographs of a notice on a door, made up: a sheet with a 40 mm QR code (version 4, level M), seen by a phone.

The camera stands anywhere: any rotation, tilted by so many degrees about any axis, out of focus, noisy, saved as JPEG.
Everything comes from the seed. Only Pillow and segno are needed, and a scene takes about half a second.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Final

import segno
from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH: Final = 4032
HEIGHT: Final = 3024
SHARES: Final = (3, 4, 6, 10, 16)
"""The code's width in per cent of the picture's."""

_MODULES: Final = 33
_CODE_MM: Final = 40.0
_SHEET_MM: Final = (210.0, 297.0)
_CODE_AT_MM: Final = (150.0, 20.0)
_BACKGROUNDS: Final = 5
_DISTANCE: Final = 3.0  # of the camera, in widths of the sheet

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Scene:
    """One photograph and the text that it shows."""

    jpeg: bytes
    text: str


def scene(share: int, seed: int, grain: float | None = None) -> Scene:
    """One photograph with the code at `share` per cent of its width, within the bounds for that share.

    At 3 per cent tilt goes to 32 degrees and blur to 1 pixel, from 4 per cent on to 45 degrees and 1.8 pixels.
    `grain`: the deviation of the noise, in grey values; by chance from 2 to 7 if not given.
    """
    chance = random.Random(f"{share} {seed}")  # noqa: S311 - scenes, not secrets
    most_tilt, most_blur = (32, 1.0) if share < 4 else (45, 1.8)
    letters = "".join(chance.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=21))
    text = f"https://songda.example.org/n/{letters}"
    scale = share / 100 * WIDTH / _CODE_MM  # pixels a millimetre, on the sheet's own plane
    picture = background(seed % _BACKGROUNDS).copy()
    _hang(picture, sheet(text, scale), scale, math.radians(chance.uniform(0, most_tilt)), chance)
    picture = picture.filter(ImageFilter.GaussianBlur(chance.uniform(0.3, most_blur)))
    picture = ImageChops.add(picture, noise(grain or chance.uniform(2, 7)), scale=1, offset=-128)
    target = BytesIO()
    _tinted(picture).save(target, "JPEG", quality=chance.randint(80, 93))
    return Scene(target.getvalue(), text)


def sheet(text: str, scale: float) -> Image.Image:
    """The flat sheet, grey, at about twice the resolution at which it will be seen."""
    module = max(2, round(scale * _CODE_MM / _MODULES * 2))
    pixels = module * _MODULES / _CODE_MM  # a millimetre
    paper = Image.new("L", (round(_SHEET_MM[0] * pixels), round(_SHEET_MM[1] * pixels)), 235)
    code = segno.make(text, version=4, error="m", micro=False, boost_error=False)
    matrix = Image.frombytes("L", (_MODULES, _MODULES), bytes(30 if bit else 235 for row in code.matrix for bit in row))
    place = (round(_CODE_AT_MM[0] * pixels), round(_CODE_AT_MM[1] * pixels))
    paper.paste(matrix.resize((module * _MODULES, module * _MODULES), Image.Resampling.NEAREST), place)
    draw = ImageDraw.Draw(paper)
    for line in range(18):
        top = (75 + line * 11) * pixels
        for word in range(9):
            left = (20 + word * 19) * pixels
            draw.rectangle((left, top, left + (8 + (line * 7 + word * 5) % 9) * pixels, top + 3 * pixels), fill=60)
    return paper


def _hang(picture: Image.Image, paper: Image.Image, scale: float, tilt: float, chance: random.Random) -> None:
    """Project the sheet into the picture, with the code somewhere near the middle."""
    corners = _corners(scale, tilt, chance.uniform(0, math.tau), chance.uniform(0, math.tau))
    centre = (
        WIDTH / 2 + chance.uniform(-0.15, 0.15) * WIDTH,
        HEIGHT / 2 + chance.uniform(-0.1, 0.1) * HEIGHT,
    )
    corners = [(x + centre[0], y + centre[1]) for x, y in corners]
    left, top = (max(0, math.floor(min(corner[axis] for corner in corners))) for axis in (0, 1))
    right = min(WIDTH, math.ceil(max(x for x, _ in corners)))
    bottom = min(HEIGHT, math.ceil(max(y for _, y in corners)))
    fine = 2 if (right - left) * (bottom - top) < WIDTH * HEIGHT // 4 else 1
    size = ((right - left) * fine, (bottom - top) * fine)
    there = [((x - left) * fine, (y - top) * fine) for x, y in corners]
    width, height = paper.size
    plane = _perspective(there, [(0, 0), (width, 0), (width, height), (0, height)])
    seen = paper.transform(size, Image.Transform.PERSPECTIVE, plane, Image.Resampling.BICUBIC)
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).polygon(there, fill=255)
    light = chance.uniform(0.55, 1.0)
    picture.paste(seen.point(lambda value: round(value * light)).reduce(fine), (left, top), mask.reduce(fine))


def _corners(scale: float, tilt: float, axis: float, turn: float) -> list[Point]:
    """Where the sheet's corners are seen, around the middle of its code: tilted about an axis, then turned."""
    middle = (_CODE_AT_MM[0] + _CODE_MM / 2, _CODE_AT_MM[1] + _CODE_MM / 2)
    width, height = _SHEET_MM
    seen = []
    for x, y in ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height)):
        along, across = _turned((x - middle[0], y - middle[1]), -axis)
        depth = _DISTANCE * width / (_DISTANCE * width + across * math.sin(tilt))
        flat = _turned((along * depth, across * math.cos(tilt) * depth), axis + turn)
        seen.append((flat[0] * scale, flat[1] * scale))
    return seen


def _turned(point: Point, angle: float) -> Point:
    x, y = point
    return x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)


def _perspective(seen: Sequence[Point], flat: Sequence[Point]) -> list[float]:
    """The eight numbers that lead from each place in the picture to its place on the sheet."""
    rows = []
    for (x, y), (u, v) in zip(seen, flat, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    for place in range(8):  # Gauss and Jordan
        pivot = max(range(place, 8), key=lambda row: abs(rows[row][place]))
        rows[place], rows[pivot] = rows[pivot], rows[place]
        rows[place] = [value / rows[place][place] for value in rows[place]]
        for row in range(8):
            if row != place:
                rows[row] = [a - rows[row][place] * b for a, b in zip(rows[row], rows[place], strict=True)]
    return [row[8] for row in rows]


@cache
def background(number: int) -> Image.Image:
    """A wall, a door or a notice board, grey: cloudy at every scale, with edges as tiles and boards have."""
    chance = random.Random(f"background {number}")  # noqa: S311 - scenes, not secrets
    picture = Image.new("L", (WIDTH, HEIGHT), chance.randint(70, 170))
    for cells, strength in ((6, 90), (25, 60), (100, 40), (400, 30), (1600, 24)):
        grain = _grain(chance, cells, cells * 3 // 4).point(
            lambda value, part=strength: 128 + (value - 128) * part // 256
        )
        grain = grain.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR)
        picture = ImageChops.add(picture, grain, scale=1, offset=-128)
    draw = ImageDraw.Draw(picture)
    step = chance.randint(90, 400)
    for place in range(0, WIDTH, step):
        draw.line((place, 0, place + chance.randint(-30, 30), HEIGHT), fill=chance.randint(20, 230), width=5)
    for place in range(0, HEIGHT, step * 2):
        draw.line((0, place, WIDTH, place + chance.randint(-30, 30)), fill=chance.randint(20, 230), width=7)
    return picture


@cache
def _noise_tile() -> Image.Image:
    chance = random.Random("noise")  # noqa: S311 - scenes, not secrets
    tiles = [_grain(chance, 1024, 1024) for _ in range(4)]
    halves = [ImageChops.add(tiles[0], tiles[1], scale=2), ImageChops.add(tiles[2], tiles[3], scale=2)]
    return ImageChops.add(halves[0], halves[1], scale=2)  # about normal, with a deviation of 37


def noise(deviation: float) -> Image.Image:
    """Grey values around 128 with about that deviation, as large as a photograph."""
    tile = _noise_tile().point(lambda value: round(128 + (value - 128) * deviation / 37))
    whole = Image.new("L", (WIDTH, HEIGHT))
    for left in range(0, WIDTH, tile.width):
        for top in range(0, HEIGHT, tile.height):
            whole.paste(tile, (left, top))
    return whole


def _grain(chance: random.Random, width: int, height: int) -> Image.Image:
    return Image.frombytes("L", (width, height), chance.randbytes(width * height))


def _tinted(grey: Image.Image) -> Image.Image:
    """In the colours of warm light."""
    return Image.merge(
        "RGB", (grey.point(lambda value: min(255, value + 8)), grey, grey.point(lambda value: value * 9 // 10))
    )
