"""Asking the child process about a photo, and living on when it does not survive the answer.

A warm child is kept for the next photo; one that overran a limit or died is replaced. What it told before it died
still counts, so a photo that kills its decoder has a time and a place none the less.
"""

import hashlib
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mobile_upload.photo.agreeing import agree
from mobile_upload.photo.children import CHILDREN, Found, Limits
from mobile_upload.photo.directories import Directories
from mobile_upload.photo.inspection import Fingerprints, GpsState, Inspection, PhotoFormat, PhotoProblem
from mobile_upload.photo.reading import Reading

USUAL: Final = Limits()
_UNREADABLE: Final = Reading(error=PhotoProblem.UNREADABLE)


class NoCopy(Exception):
    """A picture of which no copy can be made; `problem` says why."""

    def __init__(self, problem: PhotoProblem) -> None:
        super().__init__(problem)
        self.problem = problem


def inspect(photo: Path | bytes, *, limits: Limits = USUAL) -> Inspection:
    """Look at a photo (a file or its bytes). Never raises on content; raises `OSError` for a file that is not there."""
    content = photo.read_bytes() if isinstance(photo, Path) else photo
    if len(content) > limits.most_bytes:
        answers: list[Found] = [{"problems": [PhotoProblem.TOO_MANY_BYTES]}]
    else:
        answers = CHILDREN.ask(content, (), limits)
    return _inspection(content, answers)


def copies(photo: bytes, boxes: Sequence[tuple[int, int]], *, limits: Limits = USUAL) -> list[bytes]:
    """JPEG copies without metadata that fit into the boxes (width, height), largest first. Raises `NoCopy`."""
    if len(photo) > limits.most_bytes:
        raise NoCopy(PhotoProblem.TOO_MANY_BYTES)
    for found in CHILDREN.ask(photo, boxes, limits):
        if "copies" in found:
            return [b64decode(one) for one in found["copies"]]
        for problem in found.get("problems", ()):
            raise NoCopy(PhotoProblem(problem))
    raise NoCopy(PhotoProblem.CRASHED)


def _inspection(content: bytes, answers: list[Found]) -> Inspection:
    found: Found = {}
    problems: dict[PhotoProblem, None] = {}
    for one in answers:
        problems |= dict.fromkeys(PhotoProblem(problem) for problem in one.get("problems", ()))
        found |= one
    pillow, exifread = (_read(found.get(name)) for name in ("pillow", "exifread"))
    agreed = agree(pillow, exifread, Directories(**found.get("directories", {})))
    kind = PhotoFormat(found.get("format", PhotoFormat.REFUSED))
    if kind is not PhotoFormat.REFUSED:
        errors = [PhotoProblem(one.error) for one in (pillow, exifread) if one.error]
        problems |= dict.fromkeys([one for one in errors if one is not PhotoProblem.UNREADABLE])
        problems |= dict.fromkeys(agreed.problems)
    if found.get("xmp_position") and agreed.gps.state is not GpsState.PRESENT:
        problems[PhotoProblem.POSITION_ONLY_IN_XMP] = None
    return Inspection(
        size=len(content),
        format=kind,
        hashes=_fingerprints(content, found),
        gps=agreed.gps,
        width=found.get("width"),
        height=found.get("height"),
        codes=tuple(found.get("codes", ())),
        problems=tuple(problems),
        trailing_video=bool(found.get("trailing_video")),
        readers={name: found[name] for name in ("exifread", "pillow") if name in found}
        | {"differing": list(agreed.differing)},
        **agreed.single,
    )


def _read(told: Found | None) -> Reading:
    return Reading(**{**told, "gps_state": GpsState(told["gps_state"])}) if told else _UNREADABLE


def _fingerprints(content: bytes, found: Found) -> Fingerprints:
    alike: Found = found.get("likeness", {})
    return Fingerprints(
        sha256=hashlib.sha256(content).hexdigest(),
        pixels_sha256=found.get("pixels_sha256"),
        phash=alike.get("phash"),
        dhash=alike.get("dhash"),
        phash_turned=tuple(alike.get("phash_turned", ())),
        dhash_turned=tuple(alike.get("dhash_turned", ())),
        entropy=alike.get("entropy"),
    )
