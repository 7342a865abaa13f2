"""The port through which the court's case system is told: one request, and what was heard.

It is no provider's: nothing is served by it, and the same request may be made again without harm, because it carries
the same id. So whatever goes wrong is not raised but heard, and has the same consequence: again, later.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from delivery.domain.destination import Destination


@dataclass(frozen=True, slots=True)
class Request:
    """One POST. `court` is the code of the court, whose own networks may be reached; a `sandbox` may reach itself."""

    destination: Destination
    court: str
    sandbox: bool
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heard:
    """The answer's status, or 0 and the code of why there is none; nothing else of an answer is kept."""

    status: int
    fault: str = ""
    took: timedelta = timedelta(0)
    retry_after: timedelta | None = None


class Announcer(Protocol):
    """The way to the court's case system."""

    def post(self, request: Request) -> Heard:
        """Make one request within bounded time, following no redirect. Raises nothing that a network can cause."""
