"""What one photo costs at ingest: everything that is done to a 12-megapixel JPEG once, on one core, in 300 ms.

Hash, both EXIF readers, the full decoding, the notice's code, the hashes that recognise it, and the two copies that are
shown; through the child process, as every upload. The photo is made up: a sheet on a wall, grainy, about 4 MB.
"""

import os
import resource
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measured import Figure, tell
from mobile_upload.photo import derived
from mobile_upload.photo.children import CHILDREN
from mobile_upload.photo.inspecting import inspect
from tests.mobile_upload.photo import scenes, tiff

PHOTOS = 4
ROUNDS = 3
MOST_MS = 300
SHARE = 10


def _photos() -> list[tuple[bytes, str]]:
    position = tiff.position(((30, 1), (37, 1), (3954, 100)), "N", ((119, 1), (44, 1), (1956, 100)), "E")
    block = tiff.block([tiff.text(0x010F, "Songda")], [tiff.text(0x9003, "2026:11:22 09:33:04")], position)
    made = [scenes.scene(SHARE, seed, grain=9) for seed in range(PHOTOS)]
    return [(one.jpeg[:2] + tiff.exif_segment(block) + one.jpeg[2:], one.text) for one in made]


def _ingest(photo: bytes, text: str) -> None:
    found = inspect(photo)
    derived.make_all(photo, [derived.PAGE, derived.THUMBNAIL])
    assert found.codes == (text,)
    assert found.gps.lat is not None
    assert found.problems == ()


def _processor_seconds(photos: Sequence[tuple[bytes, str]]) -> float:
    """What this process and a child of its own, from its start to its end, spent on the photos."""
    before = time.process_time() + _of_children()
    inspect(tiff.bare("JPEG"))
    for photo, text in photos:
        _ingest(photo, text)
    CHILDREN.close()
    return time.process_time() + _of_children() - before


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure() -> Sequence[Figure]:
    """Processor time, so that what else the machine does is not the photo's; less what a child needs to start."""
    photos = _photos()
    start = min(_processor_seconds([]) for _ in range(3))
    spent = min(_processor_seconds(photos * ROUNDS) for _ in range(2))
    each = 1000 * (spent - start) / (len(photos) * ROUNDS)
    size = statistics.mean(len(photo) for photo, _ in photos) / 1e6
    name = "ms of one core to take in a photo of 12 megapixels"
    return [Figure(name, each, MOST_MS, is_least=False, remark=f"{size:.1f} MB")]


if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core, for the child as well
    sys.exit(tell(measure))
