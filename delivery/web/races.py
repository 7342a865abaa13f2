"""Two requests that write the same row at once: the one that comes second looks again, and finds what is there now."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import IntegrityError

T = TypeVar("T")
_TRIES = 3


def once_more(act: Callable[[], T]) -> T:
    """Do something that is a transaction of its own; when it lost a race for a unique row, do it again.

    It must not have consumed anything that a second run needs, such as an uploaded stream.
    """
    for _ in range(_TRIES - 1):
        try:
            return act()
        except IntegrityError:
            continue
    return act()
