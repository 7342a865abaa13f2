"""The two clocks. Court time decides due dates, law and expiry; machine time decides leases, time-outs and rate limits.

They differ only in a sandbox: there court time may run faster (a pure function of machine time, so that all processes
agree) or be stepped by a simulation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

FASTEST = 86_400
"""Court seconds per machine second, at most: a day a second."""


class Clock(Protocol):
    """Where both times come from; every instant is aware UTC."""

    def now(self) -> datetime:
        """Court time."""

    def machine_now(self) -> datetime:
        """Machine time."""


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """`START@SPEED@ANCHOR`: court time is START at machine time ANCHOR and runs SPEED times as fast."""

    start: datetime
    speed: float
    anchor: datetime

    def __str__(self) -> str:
        """The form of `SONGDA_CLOCK`."""
        return f"{self.start.isoformat()}@{self.speed:g}@{self.anchor.isoformat()}"


def parse_clock(text: str) -> ClockSpec:
    """Read `SONGDA_CLOCK`.

    Without an anchor, the machine day's first instant (UTC) is taken, on which all processes agree.
    """
    start_text, _, rest = text.partition("@")
    speed_text, _, anchor_text = rest.partition("@")
    try:
        start, speed = datetime.fromisoformat(start_text), float(speed_text)
        anchor = datetime.fromisoformat(anchor_text) if anchor_text else None
    except ValueError:
        message = "must have the form START@SPEED, such as 2026-03-02T08:00:00+08:00@600"
        raise ValueError(message) from None
    if start.tzinfo is None or (anchor is not None and anchor.tzinfo is None):
        message = "the start needs an offset, such as +08:00"
        raise ValueError(message)
    if not 0 < speed <= FASTEST:
        message = f"the speed must be above 0 and at most {FASTEST}"
        raise ValueError(message)
    anchor = anchor or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return ClockSpec(start=start, speed=speed, anchor=anchor)


class SystemClock:
    """Both clocks are the machine's."""

    def now(self) -> datetime:
        """Court time is machine time."""
        return datetime.now(UTC)

    def machine_now(self) -> datetime:
        """Machine time."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """Court time as a pure function of machine time."""

    spec: ClockSpec
    machine: Callable[[], datetime] = lambda: datetime.now(UTC)

    def now(self) -> datetime:
        """START + (machine - ANCHOR) x SPEED."""
        return (self.spec.start + (self.machine() - self.spec.anchor) * self.spec.speed).astimezone(UTC)

    def machine_now(self) -> datetime:
        """Machine time."""
        return self.machine()


class SteppedClock:
    """Court time stands still until it is stepped; machine time is the machine's."""

    def __init__(self, start: datetime, machine: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = start.astimezone(UTC)
        self.machine = machine

    def now(self) -> datetime:
        """Court time."""
        return self._now

    def machine_now(self) -> datetime:
        """Machine time."""
        return self.machine()

    def step_to(self, moment: datetime) -> None:
        """Move court time forward; it never goes back."""
        self._now = max(self._now, moment.astimezone(UTC))

    def step(self, span: timedelta) -> None:
        """Move court time forward by a span."""
        self.step_to(self._now + span)
