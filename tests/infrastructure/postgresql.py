"""A PostgreSQL server of the tests' own: a new cluster in a temporary folder, reached through a socket file in it.

It uses no port, no configuration and no data of the machine's own server, keeps nothing after the run, and gives every
test a database of its own. Durability is off: nothing here outlives the run, and tests that kill processes kill others.
Only who measures speed asks for a durable server, because what is promised is the speed of what is kept.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from tests.infrastructure.waiting import until

_VOLATILE: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_SETTINGS: Final = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "jit": "off",
    "timezone": "UTC",
}


def _program(name: str) -> str:
    """Path of a server program: Debian keeps them outside the PATH, in a folder per version; the newest is taken."""
    if found := shutil.which(name):
        return found
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    if not versions:
        message = f"{name} is not installed; run tools/prepare-tests"
        raise FileNotFoundError(message)
    return str(versions[-1])


class PostgresServer:
    """A running cluster; `stop` ends it and removes its folder."""

    def __init__(self, *, durable: bool = False) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="songda-pg-"))
        self._as_owner: dict[str, Any] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            owner = pwd.getpwnam("postgres")
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
            self._as_owner = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        self._numbers = count(1)
        data = self._folder / "data"
        initdb = [_program("initdb"), "--auth=trust", "--username=songda", "--encoding=UTF8", "--locale=C", "--no-sync"]
        subprocess.run(
            [*initdb, f"--pgdata={data}"], check=True, cwd=self._folder, stdout=subprocess.DEVNULL, **self._as_owner
        )
        settings = _SETTINGS if durable else {**_SETTINGS, **_VOLATILE}
        options = [f"--{name}={value}" for name, value in settings.items()]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [_program("postgres"), "-D", str(data), "-k", str(self._folder), *options],
                cwd=self._folder,
                stdout=log,
                stderr=log,
                **self._as_owner,
            )
        try:
            until(self._answers, seconds=60)
        except BaseException:
            self.stop()
            raise

    def _admin(self) -> psycopg.Connection:
        return psycopg.connect(host=str(self._folder), user="songda", dbname="postgres", autocommit=True)

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError), self._admin():
            return True
        return False

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://songda@/{database}?host={self._folder}"

    def create(self, *, template: str = "template0") -> str:
        """Make a new database, a copy of the template, and return its name. Nobody may be connected to the template."""
        name = f"test_{next(self._numbers)}"
        with self._admin() as admin:
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
            )
        return name

    def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected to it."""
        with self._admin() as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))

    def stop(self) -> None:
        """End the server at once and remove what it wrote."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(timeout=30)
        shutil.rmtree(self._folder, ignore_errors=True)
