"""Engines, sessions and the writer gate.

On SQLite the driver must not begin transactions itself: writers begin IMMEDIATE, because a read that later turns into a
write fails at once with "database is locked" whatever the busy time-out; readers begin DEFERRED. Waiting writers starve
each other in SQLite's own back-off, so a lock file is taken around every write transaction, across threads and
processes. PostgreSQL needs neither.
"""

import fcntl
import logging
import os
import select
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import Session, sessionmaker

from delivery.store.vault import Vault

LOG = logging.getLogger(__name__)
_POOLED, _MORE = 12, 4  # connections kept open, and those beyond them in a rush


class _Gate:
    """One writer at a time: a thread lock inside the process, `flock` between processes."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._path = path

    @contextmanager
    def held(self) -> Iterator[None]:
        with self._lock, self._path.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


class Database:
    """One engine with its writing and reading sessions. Every session carries the vault in `session.info`.

    An `engine` may be given, as `engine_for` makes it; else one is made for the URL.
    """

    def __init__(self, url: str, vault: Vault, *, engine: Engine | None = None) -> None:
        self.url = url
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._gate: _Gate | None = None
        if self.is_sqlite:
            path = Path(parsed.database or "")
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Made here, because SQLite would let everybody on the machine read it, with what it lays beside it.
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            self._gate = _Gate(path.with_name(path.name + ".writer"))
        self.engine = engine_for(url) if engine is None else engine
        info = {"vault": vault}
        writing = self.engine.execution_options(sqlite_begin="IMMEDIATE")
        self._write = sessionmaker(writing, info=info, expire_on_commit=False)
        self._read = sessionmaker(self.engine, info=info, expire_on_commit=False)
        alone = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._glance = sessionmaker(alone, info=info, expire_on_commit=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A writing session: commits at the end, rolls back on any exception."""
        if self._gate is None:
            with self._write.begin() as session:
                yield session
        else:
            with self._gate.held(), self._write.begin() as session:
                yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading; nothing done in it is kept."""
        with self._read() as session:
            yield session
            session.rollback()

    @contextmanager
    def glance(self) -> Iterator[Session]:
        """A session for one SELECT by itself, without the two journeys that begin and end a transaction."""
        with self._glance() as session:
            yield session

    @contextmanager
    def changing_tables(self) -> Iterator[Connection]:
        """One transaction for changes to the tables themselves.

        SQLite rebuilds tables to change them, and can only do so while it holds no references; whoever changes them
        checks the references before the end.
        """
        with self.engine.connect() as connection:
            if not self.is_sqlite:
                with connection.begin():
                    yield connection
                return
            assert self._gate is not None
            with self._gate.held():
                driver = connection.connection.driver_connection
                assert driver is not None
                driver.execute("PRAGMA foreign_keys=OFF")
                try:
                    immediate = connection.execution_options(sqlite_begin="IMMEDIATE")
                    with immediate.begin():
                        yield immediate
                finally:
                    driver.execute("PRAGMA foreign_keys=ON")

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def one_at_a_time(session: Session, names: Iterable[str]) -> None:
    """Wait until nobody else works on any of these names, and keep them to this transaction until it ends.

    For what is made when it is not found and has no row yet that could be locked. SQLite has one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        numbers = {int.from_bytes(sha256(name.encode()).digest()[:8], signed=True) for name in names}
        # In one sequence for everybody, so that two batches never wait for each other.
        session.execute(
            text("SELECT pg_advisory_xact_lock(name) FROM unnest(CAST(:names AS bigint[])) AS name"),
            {"names": sorted(numbers)},
        )


def refresh_statistics(session: Session) -> None:
    """Tell PostgreSQL's planner what the tables hold by now, within the transaction that filled them.

    A connection that has planned its checks of references on empty tables goes on reading whole tables by those plans
    until the server notices by itself, which takes a minute. SQLite needs no such thing.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.flush()
        session.execute(text("ANALYZE"))


@contextmanager
def sent_together(session: Session) -> Iterator[None]:
    """Send the new rows written inside in one journey; PostgreSQL answers all of them at the end, SQLite as ever.

    For INSERTs alone: nothing inside may wait for an answer (a SELECT, an UPDATE that counts its rows). Raises what the
    statements themselves would have raised.
    """
    if session.get_bind().dialect.name == "sqlite":
        yield
        return
    import psycopg

    driver = session.connection().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    try:
        with driver.pipeline():
            yield
    except psycopg.Error as error:
        raise DBAPIError.instance(None, None, error, psycopg.Error) from error


def engine_for(url: str) -> Engine:
    """An engine with its pool; connections are made when they are needed."""
    if make_url(url).get_backend_name() == "sqlite":
        return _sqlite_engine(url)
    engine = create_engine(url, hide_parameters=True, pool_size=_POOLED, max_overflow=_MORE, pool_recycle=600)

    @event.listens_for(engine, "checkout")
    def _still_there(connection: Any, _record: object, _proxy: object) -> None:  # noqa: ANN401 -- a DBAPI connection
        """A server that ended says farewell on every connection: looking whether it did costs no journey."""
        if connection.closed or _has_news(connection.fileno()):
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise DisconnectionError from error

    return engine


def _has_news(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        url,
        module=_sqlite_module(),
        hide_parameters=True,
        connect_args={"timeout": 10.0, "check_same_thread": False},
        pool_size=_POOLED,
        max_overflow=_MORE,
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 -- a DBAPI connection has no common type
        connection.isolation_level = None
        # FULL: these commits are evidence, and NORMAL may lose the last ones when the power goes.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:  # noqa: ANN401 -- see above
        connection.exec_driver_sql("BEGIN " + connection.get_execution_options().get("sqlite_begin", "DEFERRED"))

    return engine


def _sqlite_module() -> Any:  # noqa: ANN401 -- either module satisfies the DBAPI
    try:
        import pysqlite3
    except ImportError:
        import sqlite3

        LOG.warning("pysqlite3 is absent: SQLite %s of the system is used", sqlite3.sqlite_version)
        return sqlite3
    return pysqlite3
