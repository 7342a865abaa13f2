"""One simulation from beginning to end: scratch database, town, platform on loopback, all the days, the figures."""

import tempfile
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from delivery.clock import SteppedClock
from delivery.history import remember_cases
from delivery.migrating import make_ready
from delivery.rehearsal_court import CourtPlan, make_court
from delivery.rehearsal_report import Policy, report_of
from delivery.rehearsal_web import LoopbackPort
from delivery.rehearsing import Premises, Scene, Site, Town, rehearse
from delivery.runtime import Runtime
from delivery.store.courts import Court
from delivery.store.vault import generate_keys

Found = TypeVar("Found")

# A scratch database is thrown away: it needs no disk where the machine has room in memory.
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 -- a private folder is made inside


def simulate(
    premises: Premises,
    scene: Scene,
    policy: Policy,
    *,
    database_url: str | None = None,
    progress: Callable[[date], None],
) -> dict[str, Any]:
    """Play a scene under a policy and report. Arguments and errors are those of `play`."""
    read = partial(report_of, scene=scene, policy=policy)
    return play(premises, scene, policy, read, database_url=database_url, progress=progress)


def play(
    premises: Premises,
    scene: Scene,
    policy: Policy,
    read: Callable[[Runtime, Town, UUID], Found],
    *,
    database_url: str | None = None,
    progress: Callable[[date], None],
) -> Found:
    """Play a scene under a policy; what `read` finds at its end, given platform, town and court.

    `database_url` names an empty database; without one a SQLite file is made and thrown away. Raises
    `InstallationMismatch` when the database holds an installation, `PlanUnknown` for a policy without a plan.
    """
    with tempfile.TemporaryDirectory(prefix="songda-", dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None) as folder:
        port = LoopbackPort()
        clock = SteppedClock(scene.starts_at)
        town = premises.town(scene, clock, Site(port.url))
        environ = {
            **town.start(),
            "SONGDA_DATA": folder,
            "SONGDA_BASE_URL": port.url,
            "SONGDA_KEYS": generate_keys(),
            "SONGDA_DATABASE_URL": database_url or f"sqlite:///{folder}/songda.db",
        }
        platform = premises.install(environ, clock)
        runtime = platform.runtime
        try:
            make_ready(runtime.database)
            court = town.court
            plan = CourtPlan(court.code, court.name, court.name_en, court.city, policy.name, policy.reuse)
            with runtime.transaction() as session:
                court_id = make_court(
                    runtime, session, plan, town.staff_scopes(), seed=scene.seed, now=runtime.machine_now()
                )
            with runtime.transaction() as session:
                remember_cases(runtime, session, session.get_one(Court, court_id), town.prior_docket())
            with port.serving(platform.application()):
                rehearse(runtime, town, court_id, scene, progress)
            return read(runtime, town, court_id)
        finally:
            town.stop()
            runtime.database.dispose()
