"""Which engine a test runs on, and engines that go on from one test's database to the next.

An engine's statements are compiled once for every engine; a test that makes its own spends a sixth of its time on that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from zlib import crc32

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.engine import URL, make_url

from delivery.runtime import Runtime
from delivery.store.database import Database, engine_for

BOTH = ("sqlite", "postgresql")
_resting: list["_Lent"] = []


def engines_for(metafunc: pytest.Metafunc) -> tuple[str, ...]:
    """The engines of a test: one or the other by its name, so that each file has both.

    What the store itself promises (leases, imports, sums, journals, keeping) and the walks through all that edges ask
    of it run on both (`ENGINES` in their modules), and so does everything with `--both-engines`.
    """
    if metafunc.config.getoption("--both-engines"):
        return BOTH
    named = getattr(metafunc.module, "ENGINES", None)
    return named or (BOTH[crc32(metafunc.definition.nodeid.encode()) % 2],)


class _Lent:
    """One engine, and the database to which it connects just now."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.engine: Engine = engine_for(url.render_as_string(hide_password=False))
        event.listen(self.engine, "do_connect", self._connect)
        if url.get_backend_name() == "sqlite":
            event.listen(self.engine, "connect", _forget_the_disk)

    def _connect(self, dialect: Any, _record: object, arguments: list[Any], options: dict[str, Any]) -> None:  # noqa: ANN401
        """Where the next connection goes; everything else stays as `engine_for` wanted it."""
        where = dialect.create_connect_args(self.url)
        arguments[:] = where[0]
        options.update(where[1] | {name: options[name] for name in ("timeout", "check_same_thread") if name in options})


def _forget_the_disk(connection: Any, _record: object) -> None:  # noqa: ANN401 -- a DBAPI connection has no common type
    """No power fails between two tests, so no commit waits for the disk; nor does one of the test cluster."""
    connection.execute("PRAGMA synchronous=OFF")


@contextmanager
def lent_engine(runtime: Runtime) -> Iterator[None]:
    """Let a runtime use an engine that has worked before; its database is closed at the end."""
    url = make_url(runtime.settings.database_url)
    backend = url.get_backend_name()
    found = next((one for one in _resting if one.url.get_backend_name() == backend), None)
    if found is None:
        found = _Lent(url)
    else:
        _resting.remove(found)
        found.url = url
    runtime.database = Database(runtime.settings.database_url, runtime.vault, engine=found.engine)
    try:
        yield
    finally:
        runtime.database.dispose()
        _resting.append(found)
