"""Public identifiers: UUID version 7 (RFC 9562), so that rows made later sort later."""

import os
import threading
import time
from datetime import datetime
from uuid import UUID

_latest = 0
_making = threading.Lock()


def new_id() -> UUID:
    """A fresh UUIDv7 from machine time (milliseconds) and 73 random bits, later than every one made here before.

    Within a millisecond, or after the machine's clock went back, it counts on from the latest (RFC 9562, 6.2): what a
    process writes in one sequence is also found in that sequence.
    """
    global _latest  # noqa: PLW0603 -- the sequence belongs to the process
    milliseconds = time.time_ns() // 1_000_000
    randomness = int.from_bytes(os.urandom(10), "big")
    # The highest of the low 62 bits stays free, so that counting on never reaches the variant.
    value = milliseconds << 80 | 0x7 << 76 | (randomness >> 68 & 0xFFF) << 64 | 0b10 << 62 | randomness & (1 << 61) - 1
    with _making:
        _latest = value = max(value, _latest + 1)
    return UUID(int=value)


def first_id_at(moment: datetime) -> UUID:
    """The least id that `new_id` could make at this instant of machine time: a bound for ranges of ids."""
    return UUID(int=int(moment.timestamp() * 1000) << 80 | 0x7 << 76 | 0b10 << 62)
