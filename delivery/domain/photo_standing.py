"""Whether a photo proof counts: by its grade, or by the word of a person who looked at it. Total and pure."""

from enum import StrEnum

from delivery.domain.photo_grade import Letter


class Standing(StrEnum):
    """How a proof stands. `AWAITED` is what the law takes a proof for before its pictures were graded."""

    AWAITED = "awaited"
    COUNTS = "counts"  # A or B
    WAITING = "waiting"  # C or D, and nobody has looked
    ACCEPTED = "accepted"  # a person looked and takes it
    REFUSED = "refused"
    APPEALED = "appealed"  # refused, and whoever took the pictures asks for another look


OPEN = frozenset({Standing.WAITING, Standing.APPEALED})
"""These wait for a person."""
PROVES = frozenset({Standing.COUNTS, Standing.ACCEPTED})
"""These prove something."""


def after_grading(letter: Letter, before: str | None, letter_before: str) -> Standing:
    """How a proof stands after a new grade.

    What a person said holds, unless the pictures now say something worse than what that person saw.
    """
    worse = letter_before != "" and letter > letter_before
    if before in {Standing.REFUSED, Standing.APPEALED} or (before == Standing.ACCEPTED and not worse):
        return Standing(before)
    return Standing.COUNTS if letter in {Letter.A, Letter.B} else Standing.WAITING
