"""Chance without a dice cup: every draw is a pure function of seed, who, what and how often.

No generator is shared, so the order in which requests arrive, the number of processes and the engine below change
nothing: the same person meets the same fate at the same act in every run of the same seed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from math import exp, log
from statistics import NormalDist
from typing import TypeVar

T = TypeVar("T")
_STANDARD_NORMAL = NormalDist()
_P90 = _STANDARD_NORMAL.inv_cdf(0.9)


def draw(seed: int, key: str, act: str, ordinal: int = 0) -> float:
    """A number in [0, 1), uniform over its arguments and always the same for the same ones."""
    digest = blake2b(f"{seed}\x1f{key}\x1f{act}\x1f{ordinal}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest) >> 11) / (1 << 53)


def name_of(seed: int, key: str, act: str, ordinal: int = 0, *, length: int = 32) -> str:
    """Lower-case hexadecimal digits that serve as an identifier of the same four things."""
    return blake2b(f"{seed}\x1f{key}\x1f{act}\x1f{ordinal}".encode(), digest_size=32).hexdigest()[:length]


@dataclass(frozen=True, slots=True)
class Chance:
    """The draws of one seed."""

    seed: int

    def draw(self, key: str, act: str, ordinal: int = 0) -> float:
        return draw(self.seed, key, act, ordinal)

    def happens(self, share: float, key: str, act: str, ordinal: int = 0) -> bool:
        return self.draw(key, act, ordinal) < share

    def pick(self, weights: Mapping[T, float], key: str, act: str, ordinal: int = 0) -> T:
        """One of the keys, in proportion to its weight. Varying one weight keeps the ratio of the others."""
        target = self.draw(key, act, ordinal) * sum(weights.values())
        for choice, weight in weights.items():
            if target < weight:
                return choice
            target -= weight
        return list(weights)[-1]

    def one_of(self, choices: Sequence[T], key: str, act: str, ordinal: int = 0) -> T:
        return choices[int(self.draw(key, act, ordinal) * len(choices))]

    def whole(self, low: int, high: int, key: str, act: str, ordinal: int = 0) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.draw(key, act, ordinal) * (high - low + 1))

    def span(self, low: timedelta, high: timedelta, key: str, act: str, ordinal: int = 0) -> timedelta:
        """A span between the two, in whole seconds: a court's records know nothing finer."""
        return timedelta(seconds=int((low + (high - low) * self.draw(key, act, ordinal)).total_seconds()))

    def skewed(self, median: float, p90: float, key: str, act: str, ordinal: int = 0) -> float:
        """A positive number with this median and this ninetieth percentile (log-normal, as transit times are)."""
        spread = (log(p90) - log(median)) / _P90
        uniform = min(max(self.draw(key, act, ordinal), 1e-9), 1 - 1e-9)
        return exp(log(median) + spread * _STANDARD_NORMAL.inv_cdf(uniform))
