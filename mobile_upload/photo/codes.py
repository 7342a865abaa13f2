"""The codes in a photo: the notice's own, wherever it hangs in the picture.

Half the size reads most sheets in a few milliseconds; the full size and enlarged parts are for those far away. Only QR
codes are looked for: the sheets carry nothing else, and a door is full of other stripes.
"""

import time
from collections.abc import Callable, Iterator

import zxingcpp
from PIL import Image

_QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
_ABOUT_WIDTH = 2016  # the longer side of a 12-megapixel photo at half its size
_PART = 1680
_OVERLAP = 240
_PARTS_CPU_SECONDS = 0.25
_ENLARGED = 2
_MOST_CODES = 20
_LONGEST_TEXT = 300


def read(grey: Image.Image, is_wanted: Callable[[str], bool], *, is_thorough: bool) -> Iterator[list[str]]:
    """The texts of all codes found so far in a grey picture, each once, while it looks harder until one is wanted.

    The enlarged parts, which find a few codes below 3 per cent of the picture's width, get a quarter of a second; they
    are left out if the search is not thorough.
    """
    found: dict[str, None] = {}
    parts = [_parts(grey, time.process_time() + _PARTS_CPU_SECONDS)] if is_thorough else []
    for views in (_views(grey), *parts):
        for view in views:
            found |= dict.fromkeys(_texts(view))
            if any(map(is_wanted, found)):
                break
        yield list(found)[:_MOST_CODES]
        if any(map(is_wanted, found)):
            return


def _views(grey: Image.Image) -> Iterator[Image.Image]:
    factor = max(1, round(max(grey.size) / _ABOUT_WIDTH))
    while factor > 1:
        yield grey.reduce(factor)
        factor //= 2
    yield grey


def _parts(grey: Image.Image, until: float) -> Iterator[Image.Image]:
    """Overlapping parts at twice their size, so that a small sheet lies whole in one of them."""
    step = _PART - _OVERLAP
    for top in range(0, max(grey.height - _OVERLAP, 1), step):
        for left in range(0, max(grey.width - _OVERLAP, 1), step):
            if time.process_time() > until:
                return
            part = grey.crop((left, top, min(left + _PART, grey.width), min(top + _PART, grey.height)))
            yield part.resize((part.width * _ENLARGED, part.height * _ENLARGED), Image.Resampling.BILINEAR)


def _texts(view: Image.Image) -> list[str]:
    found = zxingcpp.read_barcodes(view, formats=_QR, try_invert=False)
    return [one.text[:_LONGEST_TEXT] for one in found if one.valid and one.text]
