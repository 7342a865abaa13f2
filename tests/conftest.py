"""What tests may ask for: a fresh database on either engine, Redis, a browser; and a guard that keeps them all here."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.infrastructure.chromium import running_chromium
from tests.infrastructure.network import forbid_other_hosts
from tests.infrastructure.postgresql import PostgresServer
from tests.infrastructure.redis import RedisServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def pytest_configure() -> None:
    """Close the way out before the first import of a test module."""
    forbid_other_hosts()


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
