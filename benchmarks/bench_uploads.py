"""What uploads cost: memory while many come at once, and whether phones that went silent slow the console down.

`songda receive-uploads` and `songda serve` beside each other on one installation. Twenty phones send five megabytes
each at the same time, in pieces of a megabyte, and the most memory that the receiving processes ever held counts (what
they share, once). Then twenty phones stop in the middle of a piece, first at the receiving process and then at the
console itself, and a page of the console is asked for again and again, in turns without and with them; the middle ratio
counts.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measured import Figure, tell
from tests.journeys.uploading import Line, Receiving, receiving

PHONES = 20
SIZE = 5 * 1024 * 1024
PIECE = 1024 * 1024
MOST_MEGABYTES = 300.0
MOST_SLOWER = 1.25
ROUNDS = 5
PAGES = 120
CALLERS = 3
_PAGE = "/memberships"


def _upload(line: Line, seed: int) -> None:
    """One phone brings its photograph home."""
    content = random.Random(seed).randbytes(SIZE)  # noqa: S311 -- any bytes
    address = line.begin(content)
    headers: Mapping[str, str] = {}
    for begins in range(0, SIZE, PIECE):
        status, headers = line.send(address, begins, content[begins : begins + PIECE])
        if status != 204:
            message = f"a piece was answered by {status}"
            raise RuntimeError(message)
    if "songda-receipt" not in headers:
        message = "the last piece brought no receipt"
        raise RuntimeError(message)


def _most_memory(parent: int) -> float:
    """The most megabytes that a process and its children held, each at its own moment: no less than at any one."""
    children = [int(child) for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
    return sum(_peak(pid) for pid in (parent, *children))


def _peak(pid: int) -> float:
    """The peak of one process; of pages that it shares with others, its part."""
    own, now = _figures(Path(f"/proc/{pid}/status")), _figures(Path(f"/proc/{pid}/smaps_rollup"))
    return own["VmHWM"] - (now["Rss"] - now["Pss"])


def _figures(file: Path) -> dict[str, float]:
    """Megabytes by name, of a file with lines such as `Rss: 5 kB`."""
    lines = [line.split() for line in file.read_text().splitlines()]
    return {line[0].rstrip(":"): int(line[1]) / 1024 for line in lines if len(line) == 3 and line[2] == "kB"}


def _seconds_for_pages(line: Line) -> float:
    def look(_number: int) -> int:
        return line.ask("GET", _PAGE)[0]

    began = time.perf_counter()
    with ThreadPoolExecutor(CALLERS) as pool:
        statuses = set(pool.map(look, range(PAGES)))
    if statuses != {200}:
        message = f"the console answered {statuses}"
        raise RuntimeError(message)
    return time.perf_counter() - began


@contextmanager
def _silent(line: Line) -> Iterator[None]:
    """Twenty phones that stopped in the middle of a piece."""
    content = bytes(PIECE)
    held = [line.begin_to_send(line.begin(content), 0, PIECE, content[:1000]) for _ in range(PHONES)]
    try:
        yield
    finally:
        for connection in held:
            connection.close()


def _slower(console: Line, silent_at: Line) -> float:
    """The middle ratio of the time for pages with silent phones to that without."""
    ratios = []
    for _ in range(ROUNDS):
        before = _seconds_for_pages(console)
        with _silent(silent_at):
            during = _seconds_for_pages(console)
        after = _seconds_for_pages(console)
        ratios.append(during / ((before + after) / 2))
    return statistics.median(ratios)


def _measure(site: Receiving) -> Sequence[Figure]:
    process, port = site.start("receive-uploads")
    _, console_port = site.start("serve", "--workers", "0")
    line, console = Line(port, site.bearer), Line(console_port, site.bearer)
    _seconds_for_pages(console)
    began = time.perf_counter()
    with ThreadPoolExecutor(PHONES) as pool:
        list(pool.map(lambda seed: _upload(line, seed), range(PHONES)))
    speed = PHONES * SIZE / PIECE / (time.perf_counter() - began)
    memory = _most_memory(process.pid)
    beside, inside = _slower(console, line), _slower(console, console)
    return [
        Figure("memory for 20 uploads at once, MB", memory, MOST_MEGABYTES, is_least=False, remark=f"{speed:.0f} MB/s"),
        Figure("console, 20 silent phones at the receiver", beside, MOST_SLOWER, is_least=False),
        Figure("console, 20 silent phones at the console itself", inside, MOST_SLOWER, is_least=False),
    ]


def _run() -> Sequence[Figure]:
    with (
        tempfile.TemporaryDirectory(prefix="songda-bench-", ignore_cleanup_errors=True) as folder,
        receiving(Path(folder)) as site,
    ):
        return _measure(site)


if __name__ == "__main__":
    sys.exit(tell(_run))
