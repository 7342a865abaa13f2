"""Copies of a photo that are safe to show: smaller, upright, in sRGB, without metadata and without the film behind it.

The original is kept byte for byte and shown to few; these are what pages and papers show. They are made in the child
process too: decoding is where photos bite.
"""

from collections.abc import Sequence
from typing import Final

from mobile_upload.photo.inspecting import USUAL, NoCopy, copies

PAGE: Final = (1600, 1600)
THUMBNAIL: Final = (320, 320)

__all__ = ["PAGE", "THUMBNAIL", "NoCopy", "make", "make_all"]


def make(photo: bytes, box: tuple[int, int]) -> bytes:
    """One JPEG that fits into the box (width, height in pixels). Raises `NoCopy`, whose `problem` says why."""
    return make_all(photo, [box])[0]


def make_all(photo: bytes, boxes: Sequence[tuple[int, int]]) -> list[bytes]:
    """One JPEG for each box, from the largest to the smallest, decoding once. Raises `NoCopy`."""
    return copies(photo, boxes, limits=USUAL)
