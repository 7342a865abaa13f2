"""The town's one SQLite database, in memory or in a file so that a demo that is started again goes on where it was."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

_SCHEMA = """
create table if not exists tally (name text primary key, count integer not null);
create table if not exists seen (key text primary key, value text not null);
create table if not exists happening (
    id integer primary key, due_at text not null, key text not null, act text not null, args text not null,
    tries integer not null, state text not null, about text not null);
create index if not exists happening_due on happening (state, due_at, key);
create index if not exists happening_about on happening (about, state);
create table if not exists message (
    sid text primary key, door text not null, at text not null, sender text not null, recipient text not null,
    body text not null, attempt text not null, status text not null, more text not null);
create index if not exists message_recipient on message (door, recipient, at);
create index if not exists message_attempt on message (attempt);
create table if not exists waybill (
    number text primary key, order_no text unique not null, at text not null, body text not null, cancelled integer
    not null);
create table if not exists trace (waybill text not null, at text not null, body text not null);
create index if not exists trace_waybill on trace (waybill, at);
create table if not exists fault (id integer primary key, at text not null, kind text not null, about text not null);
create table if not exists deed (id integer primary key, at text not null, who text not null, what text not null,
more text not null);
"""


class Memory:
    """A database that any thread may use; each statement is atomic, several are inside `writing`."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = RLock()
        self._database = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False, cached_statements=64
        )
        self._database.execute("pragma journal_mode=wal")
        self._database.execute("pragma synchronous=normal")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Give the file back; nothing can be remembered after."""
        with self._lock:
            self._database.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Everything inside is written together or not at all."""
        with self._lock:
            if self._database.in_transaction:
                yield
                return
            self._database.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._database.execute("rollback")
                raise
            self._database.execute("commit")

    def run(self, statement: str, values: Sequence[Any]) -> None:
        """Execute one statement."""
        with self._lock:
            self._database.execute(statement, values)

    def run_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Execute one statement for each row, all or none."""
        with self.writing():
            self._database.executemany(statement, rows)

    def first(self, statement: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row, if there is one."""
        with self._lock:
            row: tuple[Any, ...] | None = self._database.execute(statement, values).fetchone()
            return row

    def all(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Every row."""
        with self._lock:
            return self._database.execute(statement, values).fetchall()
