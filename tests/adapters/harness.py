"""What the harnesses of providers share that stand beside a local HTTP server: clock, troubles and refusals."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, Protocol, TypeVar

from delivery.domain.errors import SendError
from tests.adapters.contract import NOW, Refusal
from tests.adapters.local_http import LocalHttp, Told, Trouble

Refused = tuple[Told, tuple[type[SendError], str]]
"""An answer, and the error and reason that must come of it."""


class Side(Protocol):
    """The provider's side: `refuse` answers instead of it, `trouble` happens after it kept what was asked for."""

    refuse: Told | None
    trouble: Trouble | None


SideT = TypeVar("SideT", bound=Side)


class LocalHarness(Generic[SideT]):
    """An adapter's surroundings; a subclass adds the provider, its messages, and what was made of them."""

    def __init__(self, server: LocalHttp, side: SideT, refused: Iterable[Refused]) -> None:
        self.server = server
        self.side = side
        self.now = NOW
        self._refused = list(refused)

    def clock(self) -> datetime:
        return self.now

    def hang_after_reading(self) -> None:
        self.side.trouble = Trouble.HANG

    def reset_after_reading(self) -> None:
        self.side.trouble = Trouble.RESET

    def recover(self) -> None:
        self.side.trouble = self.side.refuse = None

    def close(self) -> None:
        self.server.__exit__(None, None, None)

    def later(self, span: timedelta) -> None:
        self.now += span

    def refusals(self) -> list[Refusal]:
        return [
            Refusal(f"{told.status} {told.body!r}", partial(setattr, self.side, "refuse", told), *expected)
            for told, expected in self._refused
        ]
