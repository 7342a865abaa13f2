"""The demo: an empty installation filled with a believable court, whose time then passes quickly.

The court, its people and its closed cases are there from the start; the dockets of its days are brought in as those
days come. A demo that is started again goes on at the newest court time that it recorded.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery.clock import Clock, ClockSpec, ScaledClock, SteppedClock
from delivery.history import remember_cases
from delivery.installing import InstallationMismatch, check_fits, data_directory
from delivery.migrating import make_ready
from delivery.rehearsal_court import CourtPlan, add_firm_account, add_people, make_court, use_codes
from delivery.rehearsing import Premises, Scene, Site, Town, docket_name, opening, take_docket
from delivery.runtime import Runtime
from delivery.settings import DEFAULT_BASE_URL
from delivery.store.courts import Court, Installation, court_by_code, installation
from delivery.store.imports import ImportJob
from delivery.store.inbox import Callback
from delivery.store.journal import DeliveryEvent
from delivery.store.tasks import Task

# Cases of three days: about fifty orders are there within seconds, the rest within five minutes.
SCENE = Scene(seed=7, orders=120, days=9, specimen=True)
SPEED = 900.0
# The court opens a few seconds after the pages do.
_BEGINS_AT = SCENE.starts_at - timedelta(hours=2)
MEMORY_FILE = "town.db"
_LOOKS_EVERY = 0.5


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that is ready to be served: its town with open doors, and the settings of its platform."""

    runtime: Runtime
    town: Town
    court_id: UUID
    clock: Clock
    environ: Mapping[str, str]
    base_url: str
    town_url: str


def make_demo(premises: Premises, environ: Mapping[str, str], speed: float = SPEED) -> Demo:
    """Fill an empty installation, or take up one that is a demo already; open the town's doors.

    `speed` is court seconds per machine second. Raises `InstallationMismatch` for any other installation.
    """
    base_url = environ.get("SONGDA_BASE_URL") or DEFAULT_BASE_URL
    plain = {name: value for name, value in environ.items() if name != "SONGDA_CLOCK"}
    before = premises.install(plain, SteppedClock(_BEGINS_AT)).runtime
    make_ready(before.database)
    port = urlsplit(base_url).port or 8100
    site = Site(base_url, port + 1, data_directory(environ) / MEMORY_FILE)
    try:
        court_id, court_time = _filled(premises, before, site)
    finally:
        before.database.dispose()
    spec = ClockSpec(court_time, speed, before.machine_now())
    clock = ScaledClock(spec)
    town = premises.town(SCENE, clock, site)
    settings = {**plain, **town.start(keep_pace=True), "SONGDA_CLOCK": str(spec)}
    runtime = premises.install(settings, clock).runtime
    with runtime.transaction() as session:
        use_codes(runtime, session, court_id)
    return Demo(runtime, town, court_id, clock, settings, base_url, f"http://127.0.0.1:{port + 1}")


def _filled(premises: Premises, runtime: Runtime, site: Site) -> tuple[UUID, datetime]:
    """The court of this demo, made now if the installation is empty, and the court time at which it goes on."""
    with runtime.reading() as session:
        row = installation(session)
        if row is not None:
            check_fits(row, runtime.settings)
            return _found_again(session, row, _names(premises, site).court.code)
    return _fill(premises, runtime, site), _BEGINS_AT


def _found_again(session: Session, row: Installation, court_code: str) -> tuple[UUID, datetime]:
    if not row.sandbox:
        message = "this installation is a real one; the demo needs an empty one (set SONGDA_DATA to another folder)"
        raise InstallationMismatch(message)
    court = court_by_code(session, court_code)
    if court is None:
        message = "this sandbox holds no demo court; set SONGDA_DATA to an empty folder"
        raise InstallationMismatch(message)
    return court.id, newest_court_time(session) or _BEGINS_AT


def _names(premises: Premises, site: Site) -> Town:
    """A town that never opens: only to be asked for what is known of it in advance."""
    return premises.town(SCENE, SteppedClock(_BEGINS_AT), Site(site.platform_url))


def _fill(premises: Premises, runtime: Runtime, site: Site) -> UUID:
    town = _names(premises, site)
    names = town.court
    if not runtime.settings.is_loopback:
        message = "the demo is only served on a loopback address (SONGDA_BASE_URL)"
        raise InstallationMismatch(message)
    with runtime.transaction() as session:
        now = runtime.machine_now()
        plan = CourtPlan(names.code, names.name, names.name_en, names.city, plan="")
        court_id = make_court(runtime, session, plan, town.staff_scopes(), seed=SCENE.seed, now=now)
        add_people(session, court_id, now)
        remember_cases(runtime, session, session.get_one(Court, court_id), town.prior_docket())
    return court_id


def newest_court_time(session: Session) -> datetime | None:
    """The latest instant of court time that anything was written down at."""
    found = [
        session.scalar(select(func.max(column)))
        for column in (DeliveryEvent.recorded_at, Callback.received_at, Task.created_at)
    ]
    return max((moment for moment in found if moment is not None), default=None)


class Dockets(threading.Thread):
    """Brings in each day's docket when the court opens, until all are in or it is stopped."""

    def __init__(self, demo: Demo) -> None:
        super().__init__(name="songda-dockets", daemon=True)
        self._demo = demo
        self._stopping = threading.Event()

    def run(self) -> None:
        """Look twice a second."""
        demo = self._demo
        with demo.runtime.reading() as session:
            there = set(session.scalars(select(ImportJob.file_name).where(ImportJob.court_id == demo.court_id)))
        ahead = [day for day in demo.town.days_with_cases() if docket_name(day) not in there]
        firm_signs_in = False
        while (ahead or not firm_signs_in) and not self._stopping.is_set():
            ahead = self._bring_in(ahead)
            firm_signs_in = self._let_firm_in()
            self._stopping.wait(_LOOKS_EVERY)

    def stop(self) -> None:
        """Bring in no more."""
        self._stopping.set()
        self.join(timeout=30)

    def _bring_in(self, ahead: list[date]) -> list[date]:
        now = self._demo.clock.now()
        for day in ahead:
            if opening(day) <= now + timedelta(minutes=1):
                take_docket(self._demo.runtime, self._demo.court_id, day, *self._demo.town.docket_of(day))
        return [day for day in ahead if opening(day) > now + timedelta(minutes=1)]

    def _let_firm_in(self) -> bool:
        """An account at a law firm, once one has come in with a docket."""
        demo = self._demo
        with demo.runtime.transaction() as session:
            return add_firm_account(session, demo.court_id, demo.runtime.machine_now())
