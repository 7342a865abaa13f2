"""Starting, asking, killing and replacing the child process that examines photos."""

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from mobile_upload.photo.inspection import PhotoProblem

Found = dict[str, Any]
"""What one step of the examination found."""

_PROGRAM: Final = "from mobile_upload.photo.child import main; main()"
_INHERITED: Final = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "COVERAGE_PROCESS_CONFIG")
_START_SECONDS: Final = 30
_GRACE_SECONDS: Final = 1
_PHOTOS_PER_CHILD: Final = 200
_AT_ONCE: Final = 1 << 20
_OVERRUN: Final = frozenset({-signal.SIGPROF, -signal.SIGALRM, -signal.SIGKILL})


@dataclass(frozen=True, slots=True)
class Limits:
    """What one photo may cost: processor and clock seconds, bytes of memory, its own bytes, its own pixels.

    Processor time is what ends a hostile file: half a second until its header is read, then half a second again, and
    more only for as many million pixels as its header names, so that the honest picture of a 48-megapixel phone is
    decoded to its end; HEIC costs several times what others do. The clock is there for what does not compute, and
    generous, for an honest photo on a busy machine.
    """

    cpu_seconds: float = 0.5
    cpu_seconds_each_million: float = 0.03
    cpu_seconds_each_million_of_heif: float = 0.07
    wall_seconds: float = 10
    memory_bytes: int = 2 << 30
    most_bytes: int = 64 << 20
    most_pixels: int = 120_000_000


class Gone(Exception):
    """The child ended, or had to be ended; `problem` says how. `answers` were told before."""

    def __init__(self, problem: PhotoProblem, answers: list[Found]) -> None:
        super().__init__(problem)
        self.problem = problem
        self.answers = answers


class Child:
    """One process, asked by one thread at a time."""

    def __init__(self, limits: Limits) -> None:
        """Start it. It reads no settings: of the environment it gets what an interpreter needs and nothing else."""
        self.limits = limits
        self.owner = os.getpid()
        self.photos = 0
        self._rest = b""
        self._is_ready = False
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", _PROGRAM, str(limits.memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _INHERITED if name in os.environ},
        )
        assert self._process.stdin
        assert self._process.stdout
        self._requests, self._answers = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._requests, False)

    def ask(self, photo: bytes, boxes: Sequence[tuple[int, int]]) -> list[Found]:
        """Examine a photo, or make copies of it. Raises `Gone` with what was told before."""
        self.photos += 1
        asked = {
            "size": len(photo),
            "boxes": list(boxes),
            "cpu_seconds": self.limits.cpu_seconds,
            "cpu_seconds_each_million": self.limits.cpu_seconds_each_million,
            "cpu_seconds_each_million_of_heif": self.limits.cpu_seconds_each_million_of_heif,
            "wall_seconds": self.limits.wall_seconds,
            "most_pixels": self.limits.most_pixels,
        }
        answers: list[Found] = []
        if not self._is_ready:
            self._hear(answers, "ready", time.monotonic() + _START_SECONDS)
            self._is_ready = True
        answers.clear()
        head = json.dumps(asked).encode()
        deadline = time.monotonic() + self.limits.wall_seconds + _GRACE_SECONDS
        self._tell(len(head).to_bytes(4, "big") + head, answers, deadline)
        self._tell(photo, answers, deadline)
        self._hear(answers, "done", deadline)
        return answers

    def _tell(self, request: bytes, answers: list[Found], deadline: float) -> None:
        rest = memoryview(request)
        while rest:
            if not _waited(self._requests, select.POLLOUT, deadline):
                raise self._gone(answers)
            try:
                rest = rest[os.write(self._requests, rest[:_AT_ONCE]) :]
            except BlockingIOError:
                continue
            except OSError:
                raise self._gone(answers) from None

    def _hear(self, answers: list[Found], last: str, deadline: float) -> None:
        while True:
            line, found, self._rest = self._rest.partition(b"\n")
            if found:
                answers.append(json.loads(line))
                if last in answers[-1]:
                    return
                continue
            self._rest = line
            if not _waited(self._answers, select.POLLIN, deadline):
                raise self._gone(answers)
            part = os.read(self._answers, _AT_ONCE)
            if not part:
                raise self._gone(answers)
            self._rest += part

    def _gone(self, answers: list[Found]) -> Gone:
        status = self.end()
        return Gone(PhotoProblem.TIME_LIMIT if status in _OVERRUN else PhotoProblem.CRASHED, answers)

    def end(self) -> int:
        """Kill it, unless it is dead; its exit status, below nought for the signal that it died of."""
        self._process.kill()
        status = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        return status


def _waited(place: int, event: int, deadline: float) -> bool:
    """Whether a pipe became ready in time, or was closed; unlike select, poll takes pipes of any number."""
    poll = select.poll()
    poll.register(place, event)
    return bool(poll.poll(max(deadline - time.monotonic(), 0) * 1000))


class Children:
    """The warm children of this process: taken for one photo, put back after it. Any thread may ask."""

    def __init__(self, most_idle: int = 2) -> None:
        self._most_idle = most_idle
        self._idle: list[Child] = []
        self._lock = threading.Lock()

    def ask(self, photo: bytes, boxes: Sequence[tuple[int, int]], limits: Limits) -> list[Found]:
        """What a child found; if it did not live to the end, what it told before and, last, how it ended."""
        child = self._take(limits)
        try:
            answers = child.ask(photo, boxes)
        except Gone as gone:
            if child.photos > 1 and not gone.answers:  # it had ended between two photos, and saw nothing of this one
                return self.ask(photo, boxes, limits)
            return [*gone.answers, {"problems": [gone.problem]}]
        self._put_back(child)
        return answers

    def close(self) -> None:
        """End those that wait."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            if child.owner == os.getpid():
                child.end()

    def _take(self, limits: Limits) -> Child:
        with self._lock:
            for child in list(self._idle):
                if child.owner != os.getpid():  # this process was forked: the child is its parent's
                    self._idle.remove(child)
                elif child.limits == limits:
                    self._idle.remove(child)
                    return child
        return Child(limits)

    def _put_back(self, child: Child) -> None:
        with self._lock:
            if child.photos < _PHOTOS_PER_CHILD and len(self._idle) < self._most_idle:
                self._idle.append(child)
                return
        child.end()


CHILDREN: Final = Children()
atexit.register(CHILDREN.close)
