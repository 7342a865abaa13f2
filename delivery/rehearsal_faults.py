"""What may go wrong in a rehearsal, as shares of the requests to providers or of their reports.

The town draws by them, apart from anything that its people do: the same people meet the same fates with and without.
"""

from dataclasses import dataclass, fields

from delivery.domain.errors import SongdaError

_PERCENT = 100


@dataclass(frozen=True, slots=True)
class FaultShares:
    """Shares of one.

    Of requests: `slow` answers late, `server_error` is refused and taken by nobody, `reset_after_write` is taken while
    the connection dies before the answer, `callback_before_response` is reported on before it is answered. Of reports:
    `duplicate` comes twice, `reorder` comes after the one that follows it. `slow_seconds` is machine time.
    """

    slow: float = 0.0
    server_error: float = 0.0
    reset_after_write: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    callback_before_response: float = 0.0
    slow_seconds: float = 0.2


class FaultsMalformed(SongdaError):
    """The list of faults cannot be read."""


NO_FAULTS = FaultShares()
CHAOS = FaultShares(0.10, 0.05, 0.03, 0.10, 0.20, 0.05)
_SHORT = {"error": "server_error", "reset": "reset_after_write", "early": "callback_before_response"}
_OF_REQUESTS = ("slow", "server_error", "reset_after_write")


def read_faults(text: str) -> FaultShares:
    """Shares from percentages by name: `slow=10,reset=3`. Raises `FaultsMalformed`."""
    known = {entry.name for entry in fields(FaultShares)} - {"slow_seconds"}
    found: dict[str, float] = {}
    for part in text.split(","):
        name, _, percent = part.strip().partition("=")
        name = _SHORT.get(name, name)
        if name not in known or not percent.isdecimal() or int(percent) > _PERCENT:
            message = f"{part.strip()!r} is not slow, error, reset, duplicate, reorder or early with a percentage"
            raise FaultsMalformed(message)
        found[name] = int(percent) / _PERCENT
    if sum(found.get(name, 0) for name in _OF_REQUESTS) > 1:
        message = "slow, error and reset together are more than all requests"
        raise FaultsMalformed(message)
    return FaultShares(**found)
