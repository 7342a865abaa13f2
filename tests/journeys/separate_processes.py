"""A court at work in processes that can be killed: web and worker apart, the sandbox town here, a clock that runs."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

import wsgi
from adapters.sandbox.faults import Faults
from adapters.sandbox.stage import Scene as Setting
from adapters.sandbox.stage import Stage, scratch_places
from delivery.clock import Clock, ClockSpec, ScaledClock, SteppedClock
from delivery.domain.order import AttemptStatus
from delivery.history import remember_cases
from delivery.migrating import make_ready
from delivery.rehearsal_court import CourtPlan, make_court
from delivery.rehearsal_web import LoopbackPort
from delivery.rehearsing import START_ON, Scene, opening, rehearse, take_docket
from delivery.runtime import Runtime
from delivery.store.courts import Court
from delivery.store.journal import DeliveryEvent
from delivery.store.orders import Attempt
from delivery.store.vault import generate_keys
from tests.infrastructure.network import free_port
from tests.infrastructure.tree import ROOT
from tests.infrastructure.waiting import until

SPEED: Final = 1800.0  # half an hour at court is a second
ROLES: Final = {"web": ("serve", "--workers", "0"), "worker": ("work",)}


@dataclass
class Changing:
    """The clock that the town looks at: the running one first, the stepped one when the rest is played out."""

    clock: Clock

    def now(self) -> datetime:
        return self.clock.now()


@dataclass
class House:
    """The processes of one installation, and what is known of its court here."""

    environ: dict[str, str]
    log: Path
    stage: Stage
    time: Changing
    runtime: Runtime
    court_id: UUID
    port: int
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, role: str) -> None:
        command = [sys.executable, "-c", "import sys, wsgi; sys.exit(wsgi.main())", *ROLES[role]]
        with self.log.open("ab") as log:
            self.running[role] = subprocess.Popen(
                command, cwd=ROOT, env=self.environ, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self, role: str) -> None:
        """Kill -9, with all children, in the middle of whatever it does."""
        os.killpg(self.running[role].pid, signal.SIGKILL)
        self.running.pop(role).wait()

    def sent(self) -> int:
        """How many attempts have left, or are about to."""
        begun = (AttemptStatus.PLANNED, AttemptStatus.WITHDRAWN)
        with self.runtime.reading() as session:
            return session.scalar(select(func.count()).select_from(Attempt).where(Attempt.status.not_in(begun))) or 0

    def facts(self) -> dict[UUID, str]:
        """Every journal entry by its id, as the bytes that were hashed."""
        with self.runtime.reading() as session:
            return {row.id: row.entry for row in session.execute(select(DeliveryEvent.id, DeliveryEvent.entry))}

    def play_out(self, days: int) -> Runtime:
        """Stop the processes, and play the rest of the days here on a stepped clock; returns its runtime."""
        for role in list(self.running):
            self.kill(role)
        # Whoever was killed holds leases for two minutes of machine time: they are over when this clock begins.
        clock = SteppedClock(self.time.now(), machine=lambda: datetime.now(UTC) + timedelta(minutes=3))
        self.time.clock = clock
        installed = wsgi.install(self.environ, clock)
        with self._port_left_behind().serving(wsgi.create_application(installed)):
            scene = Scene(self.stage.population.seed, len(self.stage.population.orders), days)
            rehearse(installed.runtime, self.stage, self.court_id, scene, lambda _day: None)
        return installed.runtime

    def _port_left_behind(self) -> LoopbackPort:
        """The port of the killed web, as soon as the system has buried its last connections."""
        taken: list[LoopbackPort] = []

        def is_free() -> bool:
            with suppress(OSError):
                taken.append(LoopbackPort(self.port))
            return bool(taken)

        until(is_free, seconds=90)
        return taken[0]


@contextmanager
def house(folder: Path, database_url: str, *, orders: int, seed: int) -> Iterator[House]:
    """A court with one morning's orders, its town slow to answer, web and worker running."""
    port = free_port()
    held = LoopbackPort(port)
    time_ = Changing(SteppedClock(opening(START_ON)))
    faults = Faults(slow=0.7, slow_seconds=0.4)
    stage = Stage(Setting(seed, orders, START_ON, 3), time_.now, scratch_places(held.url), faults)
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SONGDA_")},
        **stage.start(keep_pace=True),
        "SONGDA_DATA": str(folder),
        "SONGDA_BASE_URL": held.url,
        "SONGDA_KEYS": generate_keys(),
        "SONGDA_DATABASE_URL": database_url,
    }
    runtime = wsgi.install(environ, SteppedClock(opening(START_ON))).runtime
    make_ready(runtime.database)
    names = stage.court
    plan = CourtPlan(names.code, names.name, names.name_en, names.city)
    with runtime.transaction() as session:
        court_id = make_court(runtime, session, plan, stage.staff_scopes(), seed=seed, now=runtime.machine_now())
        remember_cases(runtime, session, session.get_one(Court, court_id), stage.prior_docket())
    day = stage.days_with_cases()[0]
    take_docket(runtime, court_id, day, *stage.docket_of(day))
    spec = ClockSpec(opening(START_ON), SPEED, datetime.now(UTC))
    time_.clock = ScaledClock(spec)
    environ["SONGDA_CLOCK"] = str(spec)
    held.release()
    built = House(environ, folder / "log", stage, time_, runtime, court_id, port)
    try:
        for role in ROLES:
            built.start(role)
        until(lambda: built.sent() > 0, seconds=60)
        yield built
    finally:
        for role in list(built.running):
            built.kill(role)
        stage.stop()
        runtime.database.dispose()
