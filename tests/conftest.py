"""What tests may ask for: a fresh database on either engine, Redis, a browser; and a guard that keeps them all here."""

import gc
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.infrastructure.chromium import running_chromium
from tests.infrastructure.engines import engines_for
from tests.infrastructure.network import forbid_other_hosts
from tests.infrastructure.postgresql import PostgresServer
from tests.infrastructure.redis import RedisServer
from tests.infrastructure.spreading import spread
from tests.infrastructure.tables import postgres_mould, sqlite_mould
from tests.infrastructure.temporary import write_into_memory

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def pytest_addoption(parser: pytest.Parser) -> None:
    """What `make soak` adds to what `make test` does."""
    parser.addoption("--both-engines", action="store_true", help="run every test on both engines, not by turns")


def pytest_configure() -> None:
    """Close the way out before the first import of a test module, and choose where the tests write."""
    forbid_other_hosts()
    write_into_memory()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the journeys, the longest, each worker with its share: nobody waits for one of them at the end."""
    journeys = [item for item in items if "journeys" in item.path.parts]
    others = [item for item in items if "journeys" not in item.path.parts]
    items[:] = spread(journeys, others, getattr(config, "workerinput", {}).get("workercount", 1))


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: looking through it for garbage costs a tenth of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """On which engines a test that begins with tables runs."""
    if "tables_url" in metafunc.fixturenames:
        metafunc.parametrize("tables_url", engines_for(metafunc), indirect=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The cluster of this run, started by the first test that needs it."""
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """SQLAlchemy URL of an empty PostgreSQL database for this test alone."""
    database = postgres_server.create()
    yield postgres_server.url(database)
    postgres_server.drop(database)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """SQLAlchemy URL of a SQLite file, not yet there, for this test alone."""
    return f"sqlite:///{tmp_path / 'songda.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_url(request: pytest.FixtureRequest) -> str:
    """An empty database, on SQLite and then on PostgreSQL: the test runs once on each."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture(scope="session")
def moulds_of_tables(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """By engine: a SQLite file or a PostgreSQL database with empty tables, made when it is first asked for."""

    @cache
    def made(engine: str) -> str:
        if engine == "sqlite":
            return str(sqlite_mould(tmp_path_factory.mktemp("tables")))
        return postgres_mould(request.getfixturevalue("postgres_server"))

    return made


@pytest.fixture
def tables_url(request: pytest.FixtureRequest, tmp_path: Path, moulds_of_tables: Callable[[str], str]) -> Iterator[str]:
    """A database with empty tables, on the engine that the parameter names."""
    if request.param == "sqlite":
        shutil.copyfile(moulds_of_tables("sqlite"), tmp_path / "songda.db")
        yield f"sqlite:///{tmp_path / 'songda.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    database = server.create(template=moulds_of_tables("postgresql"))
    yield server.url(database)
    server.drop(database)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """The Redis of this run, started by the first test that needs it."""
    server = RedisServer()
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """URL of an empty Redis."""
    redis_server.empty()
    return redis_server.url


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """A headless browser, one per module: while it is open, no other event loop can run in the test's thread."""
    with running_chromium() as browser:
        yield browser
