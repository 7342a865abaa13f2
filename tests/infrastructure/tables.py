"""The tables of the models, made once a run on either engine and copied for every test that starts with them."""

from pathlib import Path

from sqlalchemy import inspect

from delivery.store.database import Database
from delivery.store.schema import METADATA
from delivery.store.vault import generate_keys, parse_keys
from tests.infrastructure.postgresql import PostgresServer


def make_tables(database: Database) -> None:
    """The tables, unless they are there."""
    if not inspect(database.engine).has_table("court"):
        METADATA.create_all(database.engine)


def sqlite_mould(folder: Path) -> Path:
    """A SQLite file with the tables and nothing in them."""
    path = folder / "tables.db"
    _fill(f"sqlite:///{path}")
    return path


def postgres_mould(server: PostgresServer) -> str:
    """The name of a PostgreSQL database with the tables and nothing in them, to which nobody is connected."""
    name = server.create()
    _fill(server.url(name))
    return name


def _fill(url: str) -> None:
    database = Database(url, parse_keys(generate_keys()))
    make_tables(database)
    database.dispose()
