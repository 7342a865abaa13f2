"""How a provider may misbehave.

None does by default; each knob is the share of requests or reports that it touches.

All of it is drawn by what the request says and how often it came, so a fault meets the same message in every run, and
a repeated request may fare better than the first.
"""

from dataclasses import dataclass
from enum import StrEnum

from adapters.sandbox.chance import Chance


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares of one. `slow_seconds` is machine time."""

    slow: float = 0.0
    slow_seconds: float = 2.0
    server_error: float = 0.0
    reset_after_write: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    callback_before_response: float = 0.0


class Mishap(StrEnum):
    """What goes wrong with one request."""

    NONE = "none"
    SLOW = "slow"
    SERVER_ERROR = "server_error"  # refused with a 500, nothing was taken
    RESET = "reset"  # taken, but the connection dies before the answer


class Misfortune:
    """The faults of one seed."""

    def __init__(self, faults: Faults, seed: int) -> None:
        self.faults = faults
        self._chance = Chance(seed)

    def of_request(self, key: str, ordinal: int) -> Mishap:
        """At most one mishap a request."""
        weights = {
            Mishap.SLOW: self.faults.slow,
            Mishap.SERVER_ERROR: self.faults.server_error,
            Mishap.RESET: self.faults.reset_after_write,
        }
        weights[Mishap.NONE] = max(1 - sum(weights.values()), 0)
        return self._chance.pick(weights, key, "mishap", ordinal)

    def is_early(self, key: str, ordinal: int) -> bool:
        """Whether the first report comes before the answer."""
        return self._chance.happens(self.faults.callback_before_response, key, "early", ordinal)

    def is_doubled(self, key: str) -> bool:
        """Whether a report is sent twice."""
        return self._chance.happens(self.faults.duplicate, key, "doubled")

    def late_seconds(self, key: str) -> int:
        """By how many seconds a report comes after the one that overtakes it, 0 if none does."""
        if not self._chance.happens(self.faults.reorder, key, "reordered"):
            return 0
        return self._chance.whole(20, 1800, key, "reordered-by")
