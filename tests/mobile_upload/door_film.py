"""What the fake camera looks at: a door with a sheet on it, as a film of still pictures that Chromium can play."""

from io import BytesIO
from pathlib import Path

import segno
from PIL import Image, ImageDraw

_WIDTH, _HEIGHT, _SHEET = 720, 960, 430
_FRAMES = 4


def door_film(path: Path, text: str) -> Path:
    """A Motion-JPEG file of a door whose sheet carries this code; returns the path."""
    door = Image.new("RGB", (_WIDTH, _HEIGHT), "#6d5a48")
    pen = ImageDraw.Draw(door)
    pen.rectangle((70, 40, _WIDTH - 70, _HEIGHT), fill="#8a2f22", outline="#4c160f", width=8)
    pen.ellipse((_WIDTH - 150, 520, _WIDTH - 110, 560), fill="#d8c070")
    pen.text((320, 70), "301", fill="#f4e6b0", font_size=60)
    left, top = (_WIDTH - _SHEET) // 2, 210
    pen.rectangle((left, top, left + _SHEET, top + 560), fill="#fbfaf5")
    for line in range(4):
        pen.rectangle((left + 40, top + 40 + line * 34, left + _SHEET - 40, top + 54 + line * 34), fill="#555555")
    code = BytesIO()
    segno.make(text, error="m", micro=False).save(code, kind="png", scale=8, border=4)
    picture = Image.open(code).convert("RGB").resize((300, 300), Image.Resampling.NEAREST)
    door.paste(picture, (left + 65, top + 200))
    frame = BytesIO()
    door.save(frame, "JPEG", quality=88)
    path.write_bytes(frame.getvalue() * _FRAMES)
    return path
