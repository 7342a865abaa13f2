"""An installation of separate processes beside its town, as it is run on several machines: it is killed and goes on."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

import wsgi
from delivery.clock import ClockSpec, ScaledClock, SteppedClock
from delivery.migrating import make_ready
from delivery.rehearsal_court import CourtPlan, make_court
from delivery.rehearsing import Premises, Scene, Site, take_docket
from delivery.runtime import Runtime
from delivery.store.desk import DeskItem
from delivery.store.orders import Attempt, ServiceOrder
from delivery.store.tasks import Task
from delivery.store.vault import generate_keys
from delivery.tasks import run_due
from tests.infrastructure.network import free_port
from tests.infrastructure.tree import ROOT
from tests.infrastructure.waiting import until

COMMAND = (sys.executable, "-c", "import sys, wsgi; sys.exit(wsgi.main())")


class Process:
    """One `songda ...`, which can be killed and started again."""

    def __init__(
        self,
        arguments: tuple[str, ...],
        environ: Mapping[str, str],
        log: Path,
        command: tuple[str, ...] = COMMAND,
    ) -> None:
        self._arguments = (*command, *arguments)
        self._environ = dict(environ)
        self._log = log
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._arguments, env=self._environ, cwd=ROOT, stdout=log, stderr=log)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """Kill -9: no farewell of any kind."""
        self._process.kill()
        self._process.wait(timeout=30)

    def stop(self) -> int:
        """SIGTERM, and the exit status after what was in hand was finished."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=60)

    def said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")


class Installation:
    """Database, town and processes of one journey; everything in it is the real thing, but for the people."""

    def __init__(
        self, folder: Path, database_url: str, *, scene: Scene, speed: float, redis_url: str | None = None
    ) -> None:
        self._folder = folder
        self.scene = scene
        spec = ClockSpec(scene.starts_at, speed, datetime.now(UTC))
        self.clock = ScaledClock(spec)
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        premises: Premises = wsgi.premises()
        self.town = premises.town(scene, self.clock, Site(self.base_url))
        self._providers = dict(self.town.start(keep_pace=True))
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SONGDA_")},
            **self._providers,
            "SONGDA_DATA": str(folder),
            "SONGDA_BASE_URL": self.base_url,
            "SONGDA_KEYS": generate_keys(),
            "SONGDA_DATABASE_URL": database_url,
            "SONGDA_CLOCK": str(spec),
            "SONGDA_LEASE_SECONDS": "3",
            **({"SONGDA_REDIS_URL": redis_url} if redis_url else {}),
        }
        self.runtime: Runtime = self._install(None)
        make_ready(self.runtime.database)
        court = self.town.court
        plan = CourtPlan(court.code, court.name, court.name_en, court.city)
        with self.runtime.transaction() as session:
            self.court_id = make_court(
                self.runtime, session, plan, self.town.staff_scopes(), seed=scene.seed, now=self.runtime.machine_now()
            )
        self.processes: list[Process] = []

    def _install(self, clock: SteppedClock | None) -> Runtime:
        songda = {name: value for name, value in self.environ.items() if name.startswith("SONGDA_")}
        return wsgi.install(songda, clock).runtime

    def start(self, *arguments: str) -> Process:
        """Start one more process."""
        process = Process(arguments, self.environ, self._folder / f"{len(self.processes)}-{arguments[0]}.log")
        self.processes.append(process)
        return process

    def take_all_dockets(self) -> None:
        """Bring in every docket at once, as a court does that begins with a backlog."""
        for day in self.town.days_with_cases():
            if day >= self.scene.starts_at.date():
                take_docket(self.runtime, self.court_id, day, *self.town.docket_of(day))

    def wait_until(self, moment: datetime, *, watching: Callable[[], None] = lambda: None) -> None:
        """Let court time pass."""

        def passed() -> bool:
            watching()
            return self.clock.now() >= moment

        until(passed, seconds=150)

    def settle(self) -> Runtime:
        """Stop everything, let the court's clock stand still, and finish what is due at that instant."""
        for process in self.processes:
            if process.runs:
                process.stop()
        frozen = SteppedClock(self.clock.now(), machine=lambda: datetime.now(UTC) + timedelta(seconds=10))
        runtime = self._install(frozen)
        for _ in range(500):
            if not run_due(runtime, "settling"):
                return runtime
        message = "tasks never come to rest"
        raise AssertionError(message)

    def close(self) -> None:
        for process in self.processes:
            if process.runs:
                process.kill()
        self.town.stop()
        self.runtime.database.dispose()


class Killer:
    """Kills processes at moments drawn from a seed, and starts them again."""

    def __init__(self, seed: int, victims: list[Process], kills: int, between: tuple[datetime, datetime]) -> None:
        draw = random.Random(seed)  # noqa: S311 -- moments, not secrets
        first, last = between
        self._moments = sorted(first + (last - first) * draw.random() for _ in range(kills))
        self._victims = [victims[number % len(victims)] for number in range(kills)]
        draw.shuffle(self._victims)
        self.kills = 0

    def watch(self, now: datetime) -> None:
        """Kill whoever's moment has come."""
        while self._moments and self._moments[0] <= now:
            self._moments.pop(0)
            victim = self._victims.pop(0)
            victim.kill()
            victim.start()
            self.kills += 1


def figures(runtime: Runtime) -> dict[str, dict[str, int]]:
    """What the platform has in its tables: orders and attempts by status, the open desk by kind, what was buried."""
    counted = {
        "orders": select(ServiceOrder.status, func.count()).group_by(ServiceOrder.status),
        "attempts": select(Attempt.status, func.count()).group_by(Attempt.status),
        "buried": select(Task.error, func.count()).where(Task.status == "buried").group_by(Task.error),
        "desk": select(DeskItem.kind, func.count()).where(DeskItem.closed_at.is_(None)).group_by(DeskItem.kind),
    }
    with runtime.reading() as session:
        return {name: {row[0]: row[1] for row in session.execute(query)} for name, query in counted.items()}
