"""Bytes of a request as they come from a phone: at most so many, for at most so long; what came before a cut counts.

A server that speaks WSGI hands over a stream whose `read` waits for as long as the phone likes. So the stream is read
in a thread of its own, and the one that serves requests keeps what came and answers when the deadline is over. It is
not free before the stream is: granian cannot end a request whose body is being read, and waits for that with the
interpreter's lock held, and the whole process with it. So few may wait at once, and phones never take all the threads
of the console. `songda receive-uploads` reads without any thread waiting (`mobile_upload.front`) and hands over what
arrived.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, Final

from delivery.domain.errors import RequestError

ARRIVED: Final = "songda.arrived"
"""Where the WSGI environment holds the body that was read before."""

PIECE: Final = 4 * 1024
"""How much is asked for at a time: of a piece that has not come whole, nothing is here when the phone falls silent."""

SILENCE: Final = timedelta(seconds=20)
"""How long no byte may come."""

LONGEST: Final = timedelta(minutes=5)
"""How long one body may take."""


class Ending(StrEnum):
    """How a body came to its end."""

    WHOLE = "whole"
    CUT = "cut"  # the connection ended before it
    SILENT = "silent"  # nothing came for too long
    MORE = "more"  # there is more than is taken at once


@dataclass(frozen=True, slots=True)
class Arrived:
    """The bytes that came. `released` waits until nobody reads from the line; no request is over before."""

    content: bytes
    ending: Ending
    released: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait: for the next byte, and for all of them."""

    silence: timedelta = SILENCE
    longest: timedelta = LONGEST


class Waiting:
    """Who waits for phones in this process: at most `at_once` requests, each with the thread that reads its line."""

    def __init__(self, at_once: int, patience: Patience) -> None:
        self._patience = patience
        self._places = threading.BoundedSemaphore(at_once)

    def arrive(self, environ: dict[str, Any], most: int) -> Arrived:
        """The body of a WSGI request, up to `most` bytes. Raises `RequestError` (upload_crowded, 503)."""
        found = environ.get(ARRIVED)
        if isinstance(found, Arrived):
            return found
        length = environ.get("CONTENT_LENGTH") or ("" if "HTTP_TRANSFER_ENCODING" in environ else "0")
        if length == "0":
            return Arrived(b"", Ending.WHOLE)
        if not self._places.acquire(blocking=False):
            raise crowded()
        return self._read(environ, most, int(length) if length.isascii() and length.isdigit() else None)

    def _read(self, environ: dict[str, Any], most: int, said: int | None) -> Arrived:
        wanted = most + 1 if said is None else min(said, most)
        pieces: SimpleQueue[bytes] = SimpleQueue()
        last = monotonic() + self._patience.longest.total_seconds()

        def read() -> None:
            left = wanted
            try:
                while left > 0 and monotonic() < last:
                    piece = environ["wsgi.input"].read(min(PIECE, left))
                    pieces.put(piece)
                    if not piece:
                        return
                    left -= len(piece)
            except OSError:
                pieces.put(b"")
            finally:
                self._places.release()

        reader = threading.Thread(target=read, name="songda-upload", daemon=True)
        reader.start()
        content, ending = self._gather(pieces, wanted, most, said, last)
        return Arrived(content, ending, reader.join)

    def _gather(
        self, pieces: "SimpleQueue[bytes]", wanted: int, most: int, said: int | None, last: float
    ) -> tuple[bytes, Ending]:
        content = bytearray()
        silence = self._patience.silence.total_seconds()
        ending = Ending.MORE if said is not None and said > most else Ending.WHOLE
        while len(content) < wanted:
            try:
                piece = pieces.get(timeout=max(0.0, min(silence, last - monotonic())))
            except Empty:
                ending = Ending.SILENT
                break
            if not piece:
                ending = Ending.WHOLE if said is None else Ending.CUT
                break
            content += piece
        if len(content) > most:
            ending = Ending.MORE
        return bytes(content[:most]), ending


def crowded() -> RequestError:
    """The phone may try again in a moment."""
    return RequestError("upload_crowded", status=HTTPStatus.SERVICE_UNAVAILABLE)
