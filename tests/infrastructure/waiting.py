"""Waiting for something that another process does, without guessing how long it takes."""

import select
import time
from collections.abc import Callable


def until(happened: Callable[[], bool], *, seconds: float) -> None:
    """Ask again and again until `happened()` is true; TimeoutError after so many seconds."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            message = f"{getattr(happened, '__qualname__', happened)} stayed false for {seconds} s"
            raise TimeoutError(message)
        select.select([], [], [], 0.02)
