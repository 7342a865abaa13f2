"""The codes in a photo: the notice's own, wherever it hangs in the picture.

Half the size reads most sheets in a few milliseconds; the full size and enlarged parts are for those far away. Only QR
codes are looked for: the sheets carry nothing else, and a door is full of other stripes.
"""

from collections.abc import Callable, Iterator

import zxingcpp
from PIL import Image

_QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
_ABOUT_WIDTH = 2016  # the longer side of a 12-megapixel photo at half its size
_PART = 1200
_OVERLAP = 240
_ENLARGED = 2
_MOST_CODES = 20
_LONGEST_TEXT = 300


def read(grey: Image.Image, is_wanted: Callable[[str], bool]) -> list[str]:
    """The texts of all codes found in a grey picture, each once; looks harder until one of them is wanted."""
    found: dict[str, None] = {}
    for view in _views(grey):
        found |= dict.fromkeys(_texts(view))
        if any(map(is_wanted, found)):
            break
    return list(found)[:_MOST_CODES]


def _views(grey: Image.Image) -> Iterator[Image.Image]:
    factor = max(1, round(max(grey.size) / _ABOUT_WIDTH))
    while factor > 1:
        yield grey.reduce(factor)
        factor //= 2
    yield grey
    yield from _parts(grey)


def _parts(grey: Image.Image) -> Iterator[Image.Image]:
    """Overlapping parts at twice their size, so that a small sheet lies whole in one of them."""
    step = _PART - _OVERLAP
    for top in range(0, max(grey.height - _OVERLAP, 1), step):
        for left in range(0, max(grey.width - _OVERLAP, 1), step):
            part = grey.crop((left, top, min(left + _PART, grey.width), min(top + _PART, grey.height)))
            yield part.resize((part.width * _ENLARGED, part.height * _ENLARGED), Image.Resampling.BICUBIC)


def _texts(view: Image.Image) -> list[str]:
    found = zxingcpp.read_barcodes(view, formats=_QR, try_invert=False)
    return [one.text[:_LONGEST_TEXT] for one in found if one.valid and one.text]
