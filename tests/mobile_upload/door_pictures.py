"""Small pictures of doors and of the sheets on them, drawn anew from a number, with codes that can really be read."""

import io
import random
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

import segno
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter
from PIL.TiffImagePlugin import IFDRational

from mobile_upload.photo.inspecting import inspect as look_at

WIDTH, HEIGHT = 800, 600
_SHEET = "#f7f5ee"
_BLANK = (IFDRational(0, 0),) * 3  # what a phone leaves of a position that it takes away


@cache
def inspect(photo: bytes) -> dict[str, Any]:
    """The real inspection, once for each picture, as it is stored."""
    return look_at(photo).as_json()


def _qr(text: str, side: int) -> Image.Image:
    rows = [[255 if cell == 0 else 0 for cell in row] for row in segno.make(text, error="m", micro=False).matrix]
    size = len(rows)
    code = Image.frombytes("L", (size, size), bytes(value for row in rows for value in row))
    framed = Image.new("L", (size + 8, size + 8), 255)
    framed.paste(code, (4, 4))
    return framed.resize((side, side), Image.Resampling.NEAREST).convert("RGB")


def _sheet(text: str, width: int) -> Image.Image:
    sheet = Image.new("RGB", (width, round(width * 1.41)), _SHEET)
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((width * 0.2, width * 0.08, width * 0.8, width * 0.15), fill="#333333")
    for line in range(5):
        pen.rectangle(
            (width * 0.1, width * (0.22 + line * 0.06), width * 0.9, width * (0.24 + line * 0.06)), fill="#888888"
        )
    if text:
        side = round(width * 0.62)
        sheet.paste(_qr(text, side), ((width - side) // 2, round(width * 0.6)))
    return sheet


def _colour(dice: random.Random, low: int = 40, high: int = 215) -> tuple[int, int, int]:
    return dice.randint(low, high), dice.randint(low, high), dice.randint(low, high)


def _wall(dice: random.Random) -> Image.Image:
    """A stairwell: light from one side, a door, windows, pipes, meters; no two numbers give the same one."""
    light = Image.linear_gradient("L").rotate(dice.choice((0, 90, 180, 270))).resize((WIDTH, HEIGHT))
    wall = Image.composite(
        Image.new("RGB", (WIDTH, HEIGHT), _colour(dice)), Image.new("RGB", (WIDTH, HEIGHT), _colour(dice)), light
    )
    pen = ImageDraw.Draw(wall)
    for _ in range(dice.randint(7, 11)):
        x, y = dice.randint(-80, WIDTH - 60), dice.randint(-80, HEIGHT - 60)
        wide, high = dice.randint(50, 300), dice.randint(50, 300)
        if dice.random() < 0.7:
            pen.rectangle((x, y, x + wide, y + high), fill=_colour(dice, 0, 255), outline="#222222")
        else:
            pen.ellipse((x, y, x + wide, y + high), fill=_colour(dice, 0, 255))
    return wall


def _finished(picture: Image.Image, dice: random.Random) -> Image.Image:
    grain = Image.frombytes("L", (WIDTH, HEIGHT), dice.randbytes(WIDTH * HEIGHT)).point(lambda value: 116 + value // 10)
    return ImageChops.add(picture, grain.convert("RGB"), scale=1, offset=-128)


@cache
def wide(number: int, text: str, *, light: float = 1.0, aside: int = 0) -> Image.Image:
    """The door of a number with a sheet on it; `light` and `aside` (pixels) are those of another day."""
    dice = random.Random(f"wide {number}")  # noqa: S311 -- pictures, not secrets
    door = _wall(dice)
    x, y = dice.randint(200, 420), dice.randint(40, 160)
    door = ImageChops.offset(door, aside, aside // 2)
    door.paste(_sheet(text, 250), (x + aside * 2, y))
    return _finished(ImageEnhance.Brightness(door).enhance(light), dice)


@cache
def near(number: int, text: str) -> Image.Image:
    """The sheet itself, almost filling the frame."""
    dice = random.Random(f"near {number}")  # noqa: S311 -- pictures, not secrets
    picture = _wall(dice)
    sheet = _sheet(text, 400).rotate(dice.uniform(-6, 6), expand=True, fillcolor=_colour(dice))
    picture.paste(sheet, (dice.randint(140, 240), dice.randint(-30, 10)))
    return _finished(picture, dice)


def written(picture: Image.Image, *, form: str = "JPEG", quality: int = 85, exif: Image.Exif | None = None) -> bytes:
    """The bytes of a file."""
    file = io.BytesIO()
    if exif is None:
        picture.save(file, form, quality=quality)
    else:
        picture.save(file, form, quality=quality, exif=exif)
    return file.getvalue()


def exif(
    taken: datetime | None = None,
    *,
    modified: datetime | None = None,
    software: str = "",
    gps: tuple[float, float] | None = None,
    redacted: bool = False,
) -> Image.Exif:
    """What a camera, or somebody after it, writes into a file. Times are local."""
    found = Image.Exif()
    found[0x010F], found[0x0110] = "Huawei", "ALN-AL00"
    if software:
        found[0x0131] = software
    if modified or taken:
        found[0x0132] = f"{modified or taken:%Y:%m:%d %H:%M:%S}"
    if taken:
        found.get_ifd(0x8769)[0x9003] = f"{taken:%Y:%m:%d %H:%M:%S}"
    if gps:
        found.get_ifd(0x8825).update({1: "N", 2: _degrees(gps[0]), 3: "E", 4: _degrees(gps[1])})
    if redacted:
        found.get_ifd(0x8825).update({1: "", 2: _BLANK, 3: "", 4: _BLANK})
    return found


def _degrees(value: float) -> tuple[float, float, float]:
    whole, minutes = int(value), value % 1 * 60
    return float(whole), float(int(minutes)), round(minutes % 1 * 60, 3)


def with_other_metadata(photo: bytes, comment: bytes) -> bytes:
    """The same pixels under other bytes: one more comment segment after the first marker."""
    return photo[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + photo[2:]


def rephotographed(picture: Image.Image) -> Image.Image:
    """A screen that shows the picture, taken slightly aslant and out of focus."""
    corners = (6, 5, -5, HEIGHT - 8, WIDTH + 4, HEIGHT + 3, WIDTH - 9, 7)
    return picture.transform((WIDTH, HEIGHT), Image.Transform.QUAD, corners, Image.Resampling.BICUBIC).filter(
        ImageFilter.GaussianBlur(1.2)
    )


def marked(picture: Image.Image) -> Image.Image:
    """A block of text over the lower part, as watermark cameras print it."""
    copy = picture.copy()
    ImageDraw.Draw(copy).rectangle((30, HEIGHT - 130, 330, HEIGHT - 30), fill="#ffffff", outline="#000000")
    return copy


def cropped(picture: Image.Image) -> Image.Image:
    """Three per cent cut off on every side."""
    x, y = round(WIDTH * 0.015), round(HEIGHT * 0.015)
    return picture.crop((x, y, WIDTH - x, HEIGHT - y))


TRICKS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "re-encoded": lambda picture: picture,
    "cropped": cropped,
    "mirrored": lambda picture: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "turned": lambda picture: picture.transpose(Image.Transpose.ROTATE_90),
    "brightened": lambda picture: ImageEnhance.Brightness(picture).enhance(1.2),
    "sent through a chat": lambda picture: picture.resize((WIDTH * 3 // 4 + 60, HEIGHT * 3 // 4 + 45)),
    "marked": marked,
    "taken from a screen": rephotographed,
}
