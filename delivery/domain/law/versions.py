"""Periods and powers that changed: the value in force on the day of an act.

An old act is judged by the law of its day. A rule keeps its versions side by side, oldest first, and picks by date.
"""

from collections.abc import Sequence
from datetime import date
from typing import TypeVar

T = TypeVar("T")

E_SERVICE_OF_DECISIONS_FROM = date(2022, 1, 1)  # CPL 90 as amended in 2021
ONLINE_RULES_FROM = date(2021, 8, 1)  # ONL
AB747_FROM = date(2027, 1, 1)  # California, chapter 563 of 2025

# CPL 95: sixty days until the amendment of 2021, thirty since.
NOTICE_DAYS: Sequence[tuple[date, int]] = ((date.min, 60), (date(2022, 1, 1), 30))

# CPL 283(2): sixty days since the amendment of 2023; three months before, here as None.
FOREIGN_NOTICE_DAYS: Sequence[tuple[date, int | None]] = ((date.min, None), (date(2024, 1, 1), 60))


def in_force(versions: Sequence[tuple[date, T]], on: date) -> T:
    """The newest version that had begun by that day; versions are ordered, the first has always been there."""
    return next(value for begins_on, value in reversed(versions) if begins_on <= on)
