"""The look at one photo, step by step, inside the child process.

Every step hands over what it found before the next begins, so that a file which kills the process in its last step has
told its time and place before. The cheap and important steps come first; the ones that only help to recognise a
picture come last.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, TypeVar

from PIL import Image

from delivery.domain.notice_code import parse
from mobile_upload.photo import codes, containers, directories, exifread_reading, fingerprints, pillow_reading, pixels
from mobile_upload.photo.inspection import PhotoFormat, PhotoProblem
from mobile_upload.photo.reading import Reading

T = TypeVar("T")

_HEAD = 1 << 19  # of a JPEG: EXIF stands before the pixels, and most often first

Found = dict[str, Any]
"""What one step found, in JSON's types; `problems` may stand in each."""


def examine(photo: bytes, most_pixels: int) -> Iterator[Found]:
    """Yield what each step finds. Never raises on content."""
    kind = containers.sniff(photo)
    yield {"format": kind}
    if kind is PhotoFormat.REFUSED:
        yield {"problems": [PhotoProblem.EMPTY if not photo else PhotoProblem.FORMAT_REFUSED]}
        return
    end = containers.picture_end(photo, kind)
    trailing = containers.has_trailing_video(photo, kind, end)
    yield {"trailing_video": trailing, "problems": [PhotoProblem.TRAILING_VIDEO] * trailing}
    by_exifread: Found = {}
    if kind is not PhotoFormat.WEBP:
        by_exifread = _reading(lambda: exifread_reading.read(photo))
        yield {"exifread": by_exifread}
    picture, problem = _attempt(lambda: pixels.opened(photo), PhotoProblem.UNREADABLE)
    if picture is None:
        yield from _told(pillow_reading.loose_block(photo))
        yield {"problems": [problem]}
        return
    width, height = containers.stored_size(photo, kind, picture.size)
    yield {"width": width, "height": height}
    is_too_large = width * height > most_pixels
    if kind is PhotoFormat.PNG and not is_too_large:
        _attempt(picture.load, PhotoProblem.UNDECODABLE)  # its EXIF may stand behind the pixels
    block, _ = _attempt(lambda: pillow_reading.stored_block(picture, photo), PhotoProblem.EXIF_UNREADABLE)
    if block is None and kind is PhotoFormat.JPEG:
        block = pillow_reading.loose_block(photo[: min(end or len(photo), _HEAD)])
    if kind is PhotoFormat.WEBP:  # in which ExifRead expects JPEG's six bytes, which few writers put there
        bare = pillow_reading.without_lead(block) if block else None
        by_exifread = _reading(lambda: exifread_reading.read(bare or photo))
        yield {"exifread": by_exifread}
    yield from _told(block)
    yield {"xmp_position": pillow_reading.has_position_in_xmp(picture)}
    if is_too_large:
        yield {"problems": [PhotoProblem.TOO_MANY_PIXELS]}
    else:
        yield from _decoded(picture, is_hostile=bool(by_exifread["error"]))
        if end is None and kind is not PhotoFormat.HEIF:
            yield {"problems": [PhotoProblem.END_MISSING]}


def _told(block: bytes | None) -> Iterator[Found]:
    """What Pillow reads in an EXIF block, and whether the block is whole."""
    if not block:
        yield {"pillow": asdict(Reading(has_block=False))}
        return
    bare = pillow_reading.without_lead(block)
    yield {"directories": asdict(directories.look(bare))}
    yield {"pillow": _reading(lambda: pillow_reading.read(bare) if bare else Reading())}


def _decoded(picture: Image.Image, *, is_hostile: bool) -> Iterator[Found]:
    """What only the pixels tell. A file on which a reader choked gets no long search for a code."""
    digest, problem = _attempt(lambda: pixels.digest(picture), PhotoProblem.UNDECODABLE)
    if digest is None:
        yield {"problems": [problem]}
        return
    yield {"pixels_sha256": digest}
    grey, problem = _attempt(lambda: picture.convert("L"), PhotoProblem.UNDECODABLE)
    if grey is None:
        yield {"problems": [problem]}
        return
    small = pixels.upright(fingerprints.smaller(grey), pixels.orientation(picture))
    yield {"likeness": asdict(fingerprints.likeness(small))}
    try:
        for texts in codes.read(grey, lambda text: parse(text) is not None, is_thorough=not is_hostile):
            yield {"codes": texts}
    except (ValueError, RuntimeError):
        yield {"problems": [PhotoProblem.UNDECODABLE]}


def copy(photo: bytes, boxes: list[tuple[int, int]], most_pixels: int) -> Iterator[Found]:
    """Yield the copies that fit into the boxes, in base64, or why there are none."""
    kind = containers.sniff(photo)
    yield {"format": kind}
    if kind is PhotoFormat.REFUSED:
        yield {"problems": [PhotoProblem.FORMAT_REFUSED]}
        return
    picture, problem = _attempt(lambda: pixels.opened(photo), PhotoProblem.UNREADABLE)
    if picture is not None and picture.width * picture.height > most_pixels:
        picture, problem = None, PhotoProblem.TOO_MANY_PIXELS
    made = None
    if picture is not None:
        yield {"width": picture.width, "height": picture.height}
        made, problem = _attempt(lambda: pixels.copies(picture, boxes), PhotoProblem.UNDECODABLE)
    yield {"problems": [problem]} if made is None else {"copies": [b64encode(one).decode() for one in made]}


def _attempt(work: Callable[[], T], otherwise: PhotoProblem) -> tuple[T | None, PhotoProblem]:
    """The result, or why there is none: damaged files end in any of a dozen kinds of exceptions."""
    try:
        return work(), otherwise
    except MemoryError:
        return None, PhotoProblem.MEMORY_LIMIT
    except Exception as error:  # noqa: BLE001 - see above
        return None, PhotoProblem.TRUNCATED if "truncated" in str(error) else otherwise


def _reading(read: Callable[[], Reading]) -> Found:
    try:
        found, problem = _attempt(read, PhotoProblem.EXIF_UNREADABLE)
    except exifread_reading.TooSlow:
        return asdict(Reading(error=PhotoProblem.EXIF_TOO_SLOW))
    return asdict(found or Reading(error=problem))
