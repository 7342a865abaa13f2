"""The order of the tests: every worker begins with its share of the long ones.

pytest-xdist gives each worker one stretch of the list and lets the idle steal from the end of the others' stretches.
One that had all long tests at its head could not be helped, and everybody would wait for its last.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Protocol, TypeVar


class HasModule(Protocol):
    """What comes from a module, as pytest's items do."""

    @property
    def path(self) -> object:
        """The module's file."""


Item = TypeVar("Item", bound=HasModule)


def stretches(number: int, workers: int) -> Iterator[int]:
    """How many of the tests each worker gets, as `--dist worksteal` deals them out."""
    for left in range(workers, 0, -1):
        yield number // left
        number -= number // left


def spread(long: Iterable[Item], short: Iterable[Item], workers: int) -> list[Item]:
    """All tests, the modules of the long ones dealt out in turn to the heads of the workers' stretches.

    A module's tests stay together, so that what they share is made once.
    """
    heads: list[list[Item]] = [[] for _ in range(workers)]
    for turn, (_, module) in enumerate(groupby(long, key=lambda item: item.path)):
        heads[turn % workers].extend(module)
    rest = list(short)
    spread_out: list[Item] = []
    for head, size in zip(heads, stretches(sum(map(len, heads)) + len(rest), workers), strict=True):
        fill = max(0, size - len(head))
        spread_out += [*head, *rest[:fill]]
        del rest[:fill]
    return spread_out + rest
