"""In which order to go to the doors of a day: what is due first, and from there to the nearest that is left.

Nobody's whereabouts are needed for it: the way is drawn between the doors, not from the person. Doors of which nobody
knows where they lie come after the others that are due with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from delivery.domain.geodesy import Position, metres_between


@dataclass(frozen=True, slots=True)
class Stop:
    """One door: what identifies it, when it is due, where it lies."""

    id: UUID
    due_on: date | None
    position: Position | None


@dataclass(frozen=True, slots=True)
class Leg:
    """One door in its place, and how far it lies from the one before (metres); None where that is not known."""

    id: UUID
    distance_m: int | None


def in_order(stops: Sequence[Stop], today: date) -> list[Leg]:
    """All stops, each once: those due today or before, then the rest. Equal input gives equal order."""
    urgent = [stop for stop in stops if stop.due_on is not None and stop.due_on <= today]
    rest = [stop for stop in stops if stop.due_on is None or stop.due_on > today]
    legs: list[Leg] = []
    here: Position | None = None
    for group in (urgent, rest):
        left = sorted(group, key=_first)
        while left:
            stop = _next(left, here)
            left.remove(stop)
            legs.append(Leg(stop.id, _metres(here, stop.position)))
            here = stop.position or here
    return legs


def _first(stop: Stop) -> tuple[bool, bool, date, UUID]:
    return stop.position is None, stop.due_on is None, stop.due_on or date.max, stop.id


def _next(left: Sequence[Stop], here: Position | None) -> Stop:
    """The nearest; where no distance is known, the first due."""
    far = [(metres, stop.id, stop) for stop in left if (metres := _metres(here, stop.position)) is not None]
    return min(far, key=lambda one: one[:2])[2] if far else left[0]


def _metres(here: Position | None, there: Position | None) -> int | None:
    return None if here is None or there is None else round(metres_between(here, there))
