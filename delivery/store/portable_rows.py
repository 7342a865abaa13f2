"""Rows as text, the same for both engines: for backups, and for moving from one engine to the other.

Each table says which kind of value each of its columns holds, so that rows can be put back into the tables of their
time without the models of that time.
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Date,
    LargeBinary,
    Numeric,
    Table,
    Uuid,
    column,
    insert,
    select,
    table,
    update,
)
from sqlalchemy.types import TypeEngine

from delivery.store.model import UTCDateTime

_BATCH = 500

_WRITE: Mapping[str, Callable[[Any], Any]] = {
    "uuid": str,
    "instant": lambda value: value.isoformat(),
    "date": lambda value: value.isoformat(),
    "bytes": lambda value: base64.b64encode(value).decode(),
    "number": str,
    "json": lambda value: value,
    "plain": lambda value: value,
}
_READ: Mapping[str, Callable[[Any], Any]] = {
    "uuid": UUID,
    "instant": datetime.fromisoformat,
    "date": date.fromisoformat,
    "bytes": base64.b64decode,
    "number": Decimal,
    "json": lambda value: value,
    "plain": lambda value: value,
}
_TYPES: Mapping[str, TypeEngine[Any]] = {
    "uuid": Uuid(),
    "instant": UTCDateTime(),
    "date": Date(),
    "bytes": LargeBinary(),
    "number": Numeric(),
    "json": JSON(),
}


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table as it was when its rows were written: columns with their kinds, its key, what points to itself."""

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    to_itself: tuple[str, ...]


def shape_of(model: Table) -> TableShape:
    """The shape of a table of the models."""
    own = {
        element.parent.name
        for constraint in model.foreign_key_constraints
        if constraint.referred_table is model
        for element in constraint.elements
    }
    key = tuple(item.name for item in model.primary_key.columns)
    return TableShape(
        name=model.name,
        columns={item.name: _kind(item) for item in model.columns},
        key=key,
        to_itself=tuple(sorted(own - set(key))),
    )


def _kind(item: Column[Any]) -> str:
    match item.type:
        case Uuid():
            return "uuid"
        case UTCDateTime():
            return "instant"
        case Date():
            return "date"
        case LargeBinary():
            return "bytes"
        case JSON():
            return "json"
        case Numeric() if item.type.asdecimal:
            return "number"
        case _:
            return "plain"


def rows_of(connection: Connection, model: Table) -> Iterator[dict[str, Any]]:
    """Every row of a table in the order of its key, as values that JSON can hold."""
    shape = shape_of(model)
    result = connection.execution_options(yield_per=_BATCH).execute(select(model).order_by(*model.primary_key.columns))
    for row in result.mappings():
        yield {name: None if row[name] is None else _WRITE[kind](row[name]) for name, kind in shape.columns.items()}


def put_rows(connection: Connection, shape: TableShape, rows: Iterator[dict[str, Any]]) -> int:
    """Insert rows as `rows_of` gave them; returns how many. What points within the table is set once all are there."""
    target = table(
        shape.name,
        *(column(name, _TYPES[kind]) if kind in _TYPES else column(name) for name, kind in shape.columns.items()),
    )
    pointers: list[dict[str, Any]] = []
    batch: list[dict[str, Any]] = []
    count = 0
    for row in rows:
        values = {name: None if row[name] is None else _READ[kind](row[name]) for name, kind in shape.columns.items()}
        if any(values[name] is not None for name in shape.to_itself):
            pointers.append(dict(values))
            values |= dict.fromkeys(shape.to_itself)
        batch.append(values)
        count += 1
        if len(batch) == _BATCH:
            connection.execute(insert(target), batch)
            batch = []
    if batch:
        connection.execute(insert(target), batch)
    for values in pointers:
        connection.execute(
            update(target)
            .where(*(target.c[name] == values[name] for name in shape.key))
            .values({name: values[name] for name in shape.to_itself})
        )
    return count
