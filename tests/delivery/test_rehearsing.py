"""The demo fills an empty sandbox only, and goes on where its court time stood."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

import wsgi
from delivery.clock import ScaledClock, SteppedClock
from delivery.installing import InstallationMismatch, found
from delivery.migrating import make_ready
from delivery.rehearsal_court import sign_ins
from delivery.rehearsal_demo import SCENE, Demo, Dockets, make_demo
from delivery.rehearsing import START_ON, docket_name, opening, take_docket
from delivery.signing_in import Role
from delivery.store.accounts import Account
from delivery.store.courts import installation
from delivery.store.imports import ImportJob
from delivery.store.tasks import Task
from delivery.store.vault import generate_keys
from delivery.tasks import run_due
from tests.infrastructure.network import free_port
from tests.infrastructure.waiting import until


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "SONGDA_DATA": str(tmp_path),
        "SONGDA_KEYS": generate_keys(),
        "SONGDA_BASE_URL": f"http://127.0.0.1:{free_port(successors=1)}",
    }


@contextmanager
def _demo(environ: Mapping[str, str], speed: float = 900.0) -> Iterator[Demo]:
    demo = make_demo(wsgi.premises(), environ, speed)
    try:
        yield demo
    finally:
        demo.town.stop()
        demo.runtime.database.dispose()


def test_an_empty_installation_becomes_a_court_with_everybody_in_it(environ: dict[str, str]) -> None:
    with _demo(environ) as demo, demo.runtime.reading() as session:
        row = installation(session)
        assert row is not None
        assert row.sandbox
        logins = set(session.scalars(select(Account.login)))
        assert logins == {login for login, role in sign_ins() if role != Role.LAW_FIRM}
        assert {"twilio", "smtp", "ems"} <= set(demo.runtime.providers)


def test_dockets_come_in_as_their_days_come_and_once_only(environ: dict[str, str]) -> None:
    with _demo(environ, speed=7200.0) as demo:
        first = demo.town.days_with_cases()[0]

        def brought_in() -> list[str]:
            with demo.runtime.reading() as session:
                return list(session.scalars(select(ImportJob.file_name)))

        dockets = Dockets(demo)
        dockets.start()
        until(lambda: bool(brought_in()), seconds=60)
        dockets.stop()
        assert docket_name(first) in brought_in()
        again = Dockets(demo)
        again.start()
        again.stop()
        assert len(brought_in()) == len(set(brought_in()))


def test_a_demo_that_is_started_again_goes_on_where_it_was(environ: dict[str, str]) -> None:
    with _demo(environ) as demo:
        later = opening(START_ON) + timedelta(days=20)
        with demo.runtime.transaction() as session:
            task = Task(
                court_id=demo.court_id,
                subject_id=demo.court_id,
                shard=0,
                handler="advance_order",
                due_at=later,
                created_at=later,
            )
            session.add(task)
    with _demo(environ) as again:
        assert again.court_id == demo.court_id
        assert isinstance(again.clock, ScaledClock)
        assert later <= again.clock.now() <= later + timedelta(days=2)


def test_a_real_installation_is_left_alone(environ: dict[str, str]) -> None:
    runtime = wsgi.install(environ).runtime
    make_ready(runtime.database)
    with runtime.transaction() as session:
        found(session, sandbox=False, now=datetime.now(UTC))
    with pytest.raises(InstallationMismatch):
        make_demo(wsgi.premises(), environ)
    with runtime.reading() as session:
        assert list(session.scalars(select(Account.login))) == []
    runtime.database.dispose()


def test_a_demo_is_for_loopback_alone(environ: dict[str, str]) -> None:
    with pytest.raises(InstallationMismatch):
        make_demo(wsgi.premises(), {**environ, "SONGDA_BASE_URL": "https://songda.example"})


def test_a_docket_taken_twice_opens_nothing_twice(environ: dict[str, str]) -> None:
    with _demo(environ) as demo:
        day = demo.town.days_with_cases()[0]
        stepped = wsgi.install(demo.environ, SteppedClock(opening(day))).runtime
        for _ in range(2):
            take_docket(stepped, demo.court_id, day, *demo.town.docket_of(day))
            while run_due(stepped, "test", limit=1):
                with stepped.reading() as session:
                    if all(session.scalars(select(ImportJob.finished_at))):
                        break
        with stepped.reading() as session:
            jobs = list(session.scalars(select(ImportJob).order_by(ImportJob.created_at, ImportJob.id)))
            assert [job.accepted for job in jobs] == [jobs[0].rows, 0]
            assert jobs[1].unchanged == jobs[1].rows
        stepped.database.dispose()
    assert SCENE.orders >= 100
