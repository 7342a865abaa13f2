"""The one object that is handed around.

Settings, clocks, database, blobs, providers and handlers, each built when first used.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.announcer import Announcer
from delivery.clock import Clock, ScaledClock, SystemClock
from delivery.domain.law.calendar import Calendar, CalendarMissing
from delivery.geocoder import Geocoder
from delivery.providers import Provider
from delivery.settings import Settings
from delivery.store.blobs import Blobs, open_blobs
from delivery.store.database import Database
from delivery.store.tasks import Lease
from delivery.store.vault import Vault, parse_keys

if TYPE_CHECKING:
    from delivery.domain.errors import SendError

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Call:
    """The part of a task that talks to the outside.

    `perform` runs with no transaction open, `record` in one of its own. `perform` returns whatever `record`
    understands, or raises a `SendError`, which `record` is given instead of the result.
    """

    perform: Callable[[], Any]
    record: Callable[[Session, "Any | SendError", datetime], None]


Handler = Callable[["Runtime", Session, Lease, datetime], Call | None]
"""(runtime, session, task, court time) -> the call to make outside, or None when all is done."""


class CourtCalendar(Protocol):
    """The calendar of the installation's courts: exact for the law, falling back to weekdays for mere waiting."""

    @property
    def law(self) -> Calendar:
        """Rest days for legal deadlines; a year without data raises `CalendarMissing`."""

    def is_rest_day(self, day: date) -> bool:
        """Rest days for waits: Saturdays and Sundays where the year's notice is not known."""


@dataclass(frozen=True, slots=True)
class Calendars:
    """The `CourtCalendar` of an installation: published rest days for the law, weekends for waits beyond them."""

    law: Calendar

    def is_rest_day(self, day: date) -> bool:
        """See `CourtCalendar.is_rest_day`."""
        try:
            return self.law.is_rest_day(day)
        except CalendarMissing:
            return day.weekday() >= _SATURDAY


@dataclass
class Runtime:
    """Everything that a use-case may reach. Providers and handlers are dictionaries built by the composition root."""

    settings: Settings
    calendar: CourtCalendar
    providers: Mapping[str, Provider] = field(default_factory=dict)
    handlers: Mapping[str, Handler] = field(default_factory=dict)
    given_clock: Clock | None = None
    announcer: Announcer | None = None
    geocoder: Geocoder | None = None
    rounds: Sequence[Callable[["Runtime"], object]] = ()  # what edges want done now and then, on machine time
    # Court code -> id, as callbacks ask for it again and again: neither ever changes.
    court_ids: dict[str, UUID] = field(default_factory=dict)

    @cached_property
    def vault(self) -> Vault:
        """The keys of this installation."""
        return parse_keys(self.settings.keys)

    @cached_property
    def database(self) -> Database:
        """The database; no connection is made before the first session."""
        return Database(self.settings.database_url, self.vault)

    @cached_property
    def blobs(self) -> Blobs:
        """Stored bytes."""
        return open_blobs(self.settings.blobs, self.vault)

    @cached_property
    def clock(self) -> Clock:
        """Both clocks."""
        if self.given_clock is not None:
            return self.given_clock
        return ScaledClock(self.settings.clock) if self.settings.clock else SystemClock()

    def now(self) -> datetime:
        """Court time, aware UTC."""
        return self.clock.now()

    def machine_now(self) -> datetime:
        """Machine time, aware UTC."""
        return self.clock.machine_now()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A writing session; commits at the end. Only edges and `run_task` open one."""
        with self.database.transaction() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A reading session; nothing done in it is kept."""
        with self.database.reading() as session:
            yield session

    @contextmanager
    def glance(self) -> Iterator[Session]:
        """A session for one SELECT by itself, where even a reading session would cost more than the question."""
        with self.database.glance() as session:
            yield session
