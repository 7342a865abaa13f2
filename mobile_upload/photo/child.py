"""The process that meets the bytes: it examines one photo after another and may die of any of them.

It is given no secret, and can open neither file nor socket. Before each photo it sets two alarms that no library in it
can stop: one on processor time, one on the clock; its memory is limited for good. A request is its length (four bytes),
an object, and the photo's bytes; the answers are lines of JSON, the last one of them `{"done": true}`.
"""

import codecs
import json
import os
import resource
import select
import signal
import sys
import warnings
from collections.abc import Iterable
from typing import Any

from mobile_upload.photo.inspection import PhotoFormat, PhotoProblem

Found = dict[str, Any]

IDLE_SECONDS = 300
_REQUESTS, _ANSWERS = 0, 1
_MOST_AT_ONCE = 1 << 20
# What comments in EXIF are written in: looking one up for the first time opens a file.
_ENCODINGS = ("ascii", "latin-1", "utf-8", "utf-16", "utf-16-le", "utf-16-be")


def main() -> None:
    """Answer until the requests end, or none came for a while. The argument is the memory limit in bytes."""
    warnings.simplefilter("ignore")
    from PIL import Image

    from mobile_upload.photo import examining

    Image.init()  # with everything that would be loaded from files later
    for name in _ENCODINGS:
        codecs.lookup(name)
    confine(int(sys.argv[1]))
    for fatal in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(fatal, signal.SIG_DFL)
    _tell({"ready": True})
    while select.select([_REQUESTS], [], [], IDLE_SECONDS)[0]:
        head = _read(4)
        if len(head) < 4:  # noqa: PLR2004 - the length was cut off: nobody asks any more
            return
        asked = json.loads(_read(int.from_bytes(head, "big")))
        photo = _read(asked["size"])
        _alarm(asked["cpu_seconds"], asked["wall_seconds"])
        if asked["boxes"]:
            boxes = [(width, height) for width, height in asked["boxes"]]
            found = examining.copy(photo, boxes, asked["most_pixels"])
        else:
            found = examining.examine(photo, asked["most_pixels"])
        try:
            _tell_all(found, asked)
        except MemoryError:
            _tell({"problems": [PhotoProblem.MEMORY_LIMIT]})
        _tell({"done": True})
        _alarm(0, 0)


def confine(memory_bytes: int) -> None:
    """Give up, for good, what a decoder that was taken over would want: memory, files, and the network.

    No file and no socket can be opened any more, whatever they are for; the pipes that are open stay so.
    """
    limits = {
        resource.RLIMIT_AS: memory_bytes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: 0,
    }
    for limit, most in limits.items():
        resource.setrlimit(limit, (most, most))


def _tell_all(found: Iterable[Found], asked: Found) -> None:
    share = asked["cpu_seconds_each_million"]
    for one in found:
        _tell(one)
        if one.get("format") == PhotoFormat.HEIF:
            share = asked["cpu_seconds_each_million_of_heif"]
        if "width" in one:
            more = share * one["width"] * one["height"] / 1e6
            _alarm(asked["cpu_seconds"] + more, asked["wall_seconds"])


def _alarm(cpu_seconds: float, wall_seconds: float) -> None:
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
    signal.setitimer(signal.ITIMER_REAL, wall_seconds)


def _read(size: int) -> bytes:
    parts = []
    while size > 0 and (part := os.read(_REQUESTS, min(size, _MOST_AT_ONCE))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _tell(found: Found) -> None:
    line = memoryview(json.dumps(found).encode() + b"\n")
    while line:
        line = line[os.write(_ANSWERS, line) :]
