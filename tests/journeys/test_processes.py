"""Separate processes on a quick clock, killed at random moments: every fact survives, and nothing goes out twice."""

from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from delivery.auditing import audit
from delivery.domain.order import AttemptStatus
from delivery.rehearsing import Scene
from delivery.store.orders import Attempt
from tests.infrastructure.postgresql import PostgresServer
from tests.infrastructure.waiting import until
from tests.journeys.processes import Installation, Killer, figures

SCENE = Scene(seed=11, orders=12, days=4)
DAY_SECONDS = 2.5  # of machine time
KILLS = 2


@pytest.fixture
def database_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A database for separate processes, on PostgreSQL."""
    name = postgres_server.create()
    yield postgres_server.url(name)
    postgres_server.drop(name)


def _answers(installation: Installation) -> bool:
    try:
        return requests.get(f"{installation.base_url}/readyz", timeout=2).status_code == HTTPStatus.OK
    except requests.RequestException:  # nobody there yet, or too busy to answer in time
        return False


@pytest.mark.timeout(420)  # most of it is waiting for processes to start, which takes long on a busy machine
def test_workers_and_web_are_killed_and_nothing_is_lost_or_doubled(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    installation = Installation(
        tmp_path, database_url, scene=SCENE, speed=timedelta(days=1).total_seconds() / DAY_SECONDS, redis_url=redis_url
    )
    try:
        web = installation.start("serve", "--workers", "0", "--threads", "4")
        installation.start("relay", "--sweep", "0.1")
        workers = [installation.start("work") for _ in range(2)]
        until(lambda: _answers(installation), seconds=150)
        installation.take_all_dockets()
        begins = installation.clock.now()
        ends = begins + timedelta(days=6)
        killer = Killer(5, [workers[0], web], KILLS, (begins + timedelta(hours=6), ends - timedelta(days=1)))
        installation.wait_until(ends, watching=lambda: killer.watch(installation.clock.now()))
        runtime = installation.settle()

        told = figures(runtime)
        said = "\n".join(process.said()[-2000:] for process in installation.processes)
        assert killer.kills == KILLS
        assert sum(told["orders"].values()) >= SCENE.orders, said
        assert installation.town.counts()["doubled"] == [], told
        with runtime.reading() as session:
            unknown = session.scalars(select(Attempt.id).where(Attempt.status == AttemptStatus.UNKNOWN)).all()
            sent = session.scalars(select(Attempt.id).where(Attempt.submitted_at.is_not(None))).all()
        assert len(unknown) <= KILLS
        assert len(sent) >= SCENE.orders // 3, (told, said)
        assert audit(runtime, blobs=True) == [], told
        runtime.database.dispose()
    finally:
        installation.close()


def test_one_command_serves_works_and_drains(tmp_path: Path) -> None:
    """The embedded form on SQLite: one process tree, stopped by one signal, with nothing left half done."""
    installation = Installation(
        tmp_path, f"sqlite:///{tmp_path / 'songda.db'}", scene=Scene(seed=3, orders=4, days=2), speed=20_000
    )
    try:
        process = installation.start("serve", "--workers", "1")
        until(lambda: _answers(installation), seconds=150)
        installation.take_all_dockets()

        def someone_was_written_to() -> bool:
            with installation.runtime.reading() as session:
                return session.scalar(select(Attempt.id).where(Attempt.submitted_at.is_not(None)).limit(1)) is not None

        until(someone_was_written_to, seconds=60)
        assert process.stop() == 0, process.said()
        with installation.runtime.reading() as session:
            left = session.scalars(select(Attempt.status).where(Attempt.status == AttemptStatus.SUBMITTING)).all()
        assert left == []
        assert not _answers(installation), "the web ended with its parent"
        assert installation.town.counts()["doubled"] == []
    finally:
        installation.close()
