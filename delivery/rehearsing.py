"""Demo and simulation: the platform against a town of people, driven through the port `Town`.

Nothing here decides or sends. A simulation runs what is due, lets the town do what is due, and steps the clock to
whatever comes next; the same seed therefore gives the same figures on every run and on both engines.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from delivery.clock import Clock, SteppedClock
from delivery.import_files import check_files
from delivery.importing import start_import
from delivery.rehearsal_faults import NO_FAULTS, FaultShares
from delivery.runtime import Runtime
from delivery.store.tasks import next_due_at
from delivery.tasks import run_due, worker_name

LOG = logging.getLogger(__name__)
START_ON = date(2026, 3, 2)
ZONE = ZoneInfo("Asia/Shanghai")
OPENS = time(8, 30)
MAIL_WAYS = ("jdpt", "legacy", "kuaidi100", "slips")
"""What the town's post can do otherwise: two other forms of pushing, a watcher beside it, pictures of signed slips."""
_SHORTEST_STEP = timedelta(seconds=1)


class CourtNames(Protocol):
    """The court that a town is served by: its short name in addresses, its name in both languages, its city."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def name_en(self) -> str: ...
    @property
    def city(self) -> str: ...


class Town(Protocol):
    """People, carriers and staff, as a rehearsal drives them."""

    def start(self, *, keep_pace: bool = False) -> Mapping[str, str]:
        """Open the doors; the settings by which the platform finds its providers there.

        With `keep_pace` the town follows its clock by itself.
        """

    def stop(self) -> None:
        """Close the doors."""

    def advance(self, now: datetime) -> datetime | None:
        """Let happen what is due by now; when the next thing is due."""

    def next_due(self) -> datetime | None:
        """When the next thing is due."""

    def faults(self) -> list[tuple[datetime, str, str]]:
        """What went wrong on purpose: when, what, and the idempotency key of the message that it befell."""

    def counts(self) -> Mapping[str, Any]:
        """`requests_received`, `callbacks_sent`, `doubled` and more, as the town counted them."""

    @property
    def court(self) -> CourtNames:
        """Whose town it is."""

    @property
    def guesses(self) -> Mapping[str, float]:
        """The numbers behind the people that nobody has measured."""

    def staff_scopes(self) -> Mapping[str, str]:
        """Each API key of the town's staff with its scopes."""

    def prior_docket(self) -> bytes:
        """Closed cases of former years, as a CSV docket."""

    def days_with_cases(self) -> list[date]:
        """The days on which cases are accepted."""

    def docket_of(self, day: date) -> tuple[bytes, bytes]:
        """What is accepted on one day: a CSV docket and the ZIP of its papers."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Which town: its seed, its orders, its days from `START_ON`, what goes wrong, who carries texts and how mail goes.

    With a `specimen` one order more is for show: to somebody whose confirmed address does not exist. `mail` is any of
    `MAIL_WAYS`; without them the post pushes sealed traces and nobody watches it.
    """

    seed: int
    orders: int
    days: int
    faults: FaultShares = NO_FAULTS
    texts: str = "twilio"
    specimen: bool = False
    mail: tuple[str, ...] = ()

    @property
    def starts_at(self) -> datetime:
        """The first morning."""
        return opening(START_ON)

    @property
    def ends_at(self) -> datetime:
        """The instant after the last day."""
        return datetime.combine(START_ON + timedelta(days=self.days), time(), ZONE)


@dataclass(frozen=True, slots=True)
class Site:
    """Where a town meets its platform: the platform's address, its own port (0: any), the file of its memory."""

    platform_url: str
    port: int = 0
    memory: Path | None = None


@dataclass(frozen=True, slots=True)
class Platform:
    """The platform built from one environment."""

    runtime: Runtime
    application: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Premises:
    """What the composition root lends: how to build a town, how to build the platform, how to start `songda`."""

    town: Callable[[Scene, Clock, Site], Town]
    install: Callable[[Mapping[str, str], Clock | None], Platform]
    command: tuple[str, ...]


def opening(day: date) -> datetime:
    """When the court opens on a day: dockets are brought in then."""
    return datetime.combine(day, OPENS, ZONE)


def docket_name(day: date) -> str:
    """What the court's registry calls the file of one day."""
    return f"立案登记表{day:%Y%m%d}.csv"


def take_docket(runtime: Runtime, court_id: UUID, day: date, docket: bytes, papers: bytes) -> None:
    """Bring in one day's docket as a clerk does: an import, which the tasks carry out. Twice changes nothing."""
    files = check_files(runtime.blobs, court_id, file_name=docket_name(day), content=docket, papers=papers, zone=ZONE)
    now = runtime.now()
    with runtime.transaction() as session:
        start_import(session, court_id, files, by=None, now=now, due_at=now)


def rehearse(runtime: Runtime, town: Town, court_id: UUID, scene: Scene, progress: Callable[[date], None]) -> None:
    """Play all the days: dockets in the morning, then everything in the order of its time."""
    clock = runtime.clock
    assert isinstance(clock, SteppedClock)
    dockets = [day for day in town.days_with_cases() if day >= START_ON]
    owner, today = worker_name(), None
    while clock.now() < scene.ends_at:
        if (day := clock.now().astimezone(ZONE).date()) != today:
            today = day
            progress(day)
        while dockets and opening(dockets[0]) <= clock.now():
            day = dockets.pop(0)
            take_docket(runtime, court_id, day, *town.docket_of(day))
        while run_due(runtime, owner):
            pass
        town.advance(clock.now())
        clock.step_to(_next_moment(runtime, town, dockets, scene))
    while run_due(runtime, owner):
        pass


def _next_moment(runtime: Runtime, town: Town, dockets: list[date], scene: Scene) -> datetime:
    now = runtime.now()
    with runtime.reading() as session:
        due = next_due_at(session)
    moments = [scene.ends_at]
    moments += [moment for moment in (due, town.next_due()) if moment is not None]
    if dockets:
        moments.append(opening(dockets[0]))
    nearest = min(moments)
    # What became due while it was looked at is run without moving the clock; a happening put off must not stop it.
    return nearest if nearest > now else (now if due is not None and due <= now else now + _SHORTEST_STEP)
