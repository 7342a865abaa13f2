"""Sealing everything again with the newest key, in batches that can be broken off and resumed.

What is already sealed with it is passed over, so a second run finds nothing to do. Journals are not touched: they hold
digests of the plain details, not of their sealed form.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, literal, select, tuple_, update
from sqlalchemy.orm import Session

from delivery.domain.errors import IntegrityFault
from delivery.runtime import Runtime
from delivery.store import schema
from delivery.store.model import Model, Sealed, sealed_columns

BATCH = 500
_KEY_ID_BYTES = 4


@dataclass(slots=True)
class Resealed:
    """How many values and blobs were sealed anew, and what would not open."""

    values: int = 0
    blobs: int = 0
    unopened: list[str] = field(default_factory=list)


def reseal(runtime: Runtime) -> Resealed:
    """Seal every value and every blob with the newest key; one short transaction a batch."""
    assert schema.TABLE_MODULES, "importing the schema registers every table"
    result = Resealed()
    for table, attribute in sorted(sealed_columns(), key=lambda item: (item[0].__tablename__, item[1].name)):
        after: tuple[Any, ...] | None = None
        while True:
            with runtime.transaction() as session:
                batch = list(_batch(runtime, session, table, attribute, after))
                for row in batch:
                    _reseal_value(runtime, session, attribute, row, result)
            if not batch:
                break
            after = _key_of(batch[-1])
    for court_id, sha256 in runtime.blobs.names():
        try:
            result.blobs += runtime.blobs.reseal(court_id, sha256)
        except IntegrityFault:
            result.unopened.append(f"blob {sha256}")
    return result


def _batch(
    runtime: Runtime, session: Session, table: type[Model], attribute: Sealed, after: tuple[Any, ...] | None
) -> Iterator[Model]:
    """The next rows whose value is sealed with an older key, in the order of their keys."""
    column = getattr(table, f"{attribute.name}_sealed")
    keys = list(table.__mapper__.primary_key)
    current = literal(runtime.vault.current_key_id.encode())
    query = select(table).where(column.is_not(None), func.substr(column, 1, _KEY_ID_BYTES) != current)
    if after is not None:
        query = query.where(
            tuple_(*keys) > tuple_(*(literal(value, key.type) for value, key in zip(after, keys, strict=True)))
        )
    yield from session.scalars(query.order_by(*keys).limit(BATCH))


def _key_of(row: Model) -> tuple[Any, ...]:
    mapper = row.__mapper__
    return tuple(mapper.primary_key_from_instance(row))


def _reseal_value(runtime: Runtime, session: Session, attribute: Sealed, row: Model, result: Resealed) -> None:
    name = f"{attribute.name}_sealed"
    sealed: bytes = getattr(row, name)
    place = attribute.place(row)
    try:
        fresh = runtime.vault.seal(runtime.vault.open(sealed, place), place)
    except IntegrityFault:
        result.unopened.append(place)
        return
    table = type(row)
    keys = table.__mapper__.primary_key
    column = getattr(table, name)
    # Only over the value that was read: what somebody wrote meanwhile is newer, and sealed with the newest key.
    changed = session.execute(
        update(table)
        .where(*(key == value for key, value in zip(keys, _key_of(row), strict=True)), column == sealed)
        .values({name: fresh})
        .execution_options(synchronize_session=False)
    )
    result.values += changed.rowcount  # type: ignore[attr-defined]  # a CursorResult, for an UPDATE
