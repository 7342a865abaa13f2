"""Run by Alembic. The connection, already inside its transaction, is handed over by `delivery.migrating`."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection
from sqlalchemy.types import TypeEngine

from delivery.store.model import UTCDateTime
from delivery.store.schema import METADATA


def render_item(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Write instants as what the database has: a migration must not change when the type of the models does."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UTCDateTime) else False


def compare_type(
    _context: object, _inspected: object, _metadata: object, found: TypeEngine[object], wanted: TypeEngine[object]
) -> bool | None:
    """SQLite has no UUIDs and reports what holds them as text; all other types are compared as usual."""
    return False if "CHAR(32)" in str(found) and "Uuid" in repr(wanted) else None


def run() -> None:
    """Apply what is asked for, all of it in the one transaction that is open."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        render_item=render_item,
        compare_type=compare_type,
    )
    context.run_migrations()


run()
