"""Public identifiers: UUID version 7 (RFC 9562), so that rows made later sort later."""

import os
import time
from uuid import UUID


def new_id() -> UUID:
    """A fresh UUIDv7 from machine time (milliseconds) and 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    randomness = int.from_bytes(os.urandom(10), "big")
    value = milliseconds << 80 | 0x7 << 76 | (randomness >> 68 & 0xFFF) << 64 | 0b10 << 62 | randomness & (1 << 62) - 1
    return UUID(int=value)
