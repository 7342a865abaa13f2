"""Bringing a database to the tables that this version of the programme needs, all or nothing.

One transaction for everything that is to be applied: a step that fails leaves the database as it was, on both engines.
Two processes that start at once wait for each other. Where the tables are in use, a step gives up after ten seconds
rather than let everybody queue behind it.
"""

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from delivery.domain.errors import SongdaError
from delivery.store.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

_ADVISORY_LOCK = 0x50D6DA  # any number that no other use of the database takes
_LOCK_TIMEOUT = "10s"


class SchemaBehind(SongdaError):
    """The tables are older, or newer, than this version of the programme."""


def head() -> str:
    """The revision that this version of the programme needs: steps are numbered, and the last one counts."""
    return max(_known())


def revision_of(database: Database) -> str | None:
    """The revision of a database; None for one without tables."""
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return revision


def upgrade(database: Database, revision: str = "head", *, scripts: Path | None = None) -> None:
    """Apply every step up to `revision`, or none. `scripts` names another folder of steps than the package's own."""
    from alembic import command

    config = _config(scripts)
    with database.changing_tables() as connection:
        if not database.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
            connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        if database.is_sqlite:
            _check_references(connection)


def make_ready(database: Database) -> bool:
    """Give an empty database its tables and bring an embedded one up to date; whether anything was done.

    A PostgreSQL database that lags behind may serve other processes: there, a person decides when. Raises
    `SchemaBehind`.
    """
    found = revision_of(database)
    if found == head():
        return False
    if found is not None and found not in _known():
        message = (
            f"the database is at revision {found}, which this version of songda does not know: install a newer one"
        )
        raise SchemaBehind(message)
    if found is not None and not database.is_sqlite:
        message = f"the database is at revision {found}, this version needs {head()}: run `songda db upgrade`"
        raise SchemaBehind(message)
    upgrade(database)
    return True


def check_current(database: Database) -> None:
    """Refuse to work on other tables than this version's. Raises `SchemaBehind`."""
    found = revision_of(database)
    if found != head():
        message = f"the database is at revision {found}, this version needs {head()}: run `songda db upgrade`"
        raise SchemaBehind(message)


def _known() -> set[str]:
    """The numbers of all steps, from the names of their files: every command asks, and few need Alembic itself."""
    steps = files("delivery.migrations").joinpath("versions").iterdir()
    return {step.name.partition("_")[0] for step in steps if step.name.endswith(".py")}


def _config(scripts: Path | None = None) -> "Config":
    from alembic.config import Config

    config = Config()
    folder = scripts or Path(str(files("delivery.migrations")))
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config


def _check_references(connection: Connection) -> None:
    """SQLite checks no reference while tables are rebuilt, so all of them are checked before the commit."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        tables = sorted({str(row[0]) for row in broken})
        message = f"the migration would leave broken references in {', '.join(tables)}; nothing was changed"
        raise SchemaBehind(message)
