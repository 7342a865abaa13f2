"""What all tables share: the naming of constraints, aware instants, the court in every key, and sealed columns.

The primary key of nearly every table is (court_id, id), and every reference between rows repeats the court, so that the
database itself refuses a row of one court that points into another.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar, overload
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, ForeignKeyConstraint, Integer, LargeBinary, MetaData, Uuid
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, object_session
from sqlalchemy.types import TypeDecorator

from delivery.store.ids import new_id
from delivery.store.vault import Vault

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UTCDateTime(TypeDecorator[datetime]):
    """Aware UTC in, aware UTC out, on both engines; a naive datetime is refused. Microseconds are kept."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite stores it without its zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a naive datetime has no place in the database"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Always aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Model(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        UUID: Uuid(),
        datetime: UTCDateTime(),
        bytes: LargeBinary(),
        int: Integer(),
    }


class InCourt:
    """A row that belongs to one court."""

    # The type is named: a reference takes its own from the table that it names, which may not be known yet.
    court_id: Mapped[UUID] = mapped_column(Uuid(), ForeignKey("court.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)


def in_same_court(column: str, table: str) -> ForeignKeyConstraint:
    """A reference that the database holds inside one court: (court_id, column) -> table (court_id, id)."""
    return ForeignKeyConstraint(["court_id", column], [f"{table}.court_id", f"{table}.id"])


def vault_of(session: Session) -> Vault:
    """The vault that this session's runtime was built with."""
    vault = session.info["vault"]
    assert isinstance(vault, Vault)
    return vault


class Sealed:
    """A text attribute that is stored sealed in the column `NAME_sealed`, and indexed in `NAME_index` when `indexed`.

    The row must be in a session before it is read or written, because the session knows the vault: add first, then set.
    None stays None. The associated data is `table.column|row id`.
    """

    def __init__(
        self, *, indexed: bool = False, purpose: str = "", normalise: Callable[[str], str] = str.strip
    ) -> None:
        self.indexed = indexed
        self.purpose = purpose
        self.normalise = normalise
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.purpose = self.purpose or name

    @overload
    def __get__(self, row: None, owner: type) -> "Sealed": ...
    @overload
    def __get__(self, row: Any, owner: type) -> str | None: ...  # noqa: ANN401 -- any mapped row
    def __get__(self, row: Any, owner: type) -> "Sealed | str | None":
        """The plain text, opened with the session's vault."""
        if row is None:
            return self
        sealed = getattr(row, f"{self.name}_sealed")
        return None if sealed is None else _vault(row).open(sealed, self.place(row)).decode()

    def __set__(self, row: Any, text: str | None) -> None:  # noqa: ANN401 -- any mapped row
        """Seal and index."""
        vault = _vault(row)
        if row.id is None:
            row.id = new_id()
        setattr(row, f"{self.name}_sealed", None if text is None else vault.seal(text.encode(), self.place(row)))
        if self.indexed:
            index = None if text is None else vault.index(self.purpose, self.normalise(text))
            setattr(row, f"{self.name}_index", index)

    def place(self, row: Any) -> str:  # noqa: ANN401 -- any mapped row
        """Where this value lives, as associated data."""
        return self.place_in(row.__tablename__, row.id)

    def place_in(self, table: str, row_id: UUID) -> str:
        """The same for a row that is written without an object of its class."""
        return f"{table}.{self.name}|{row_id}"

    def index_for(self, vault: Vault, text: str) -> str:
        """The index value to look `text` up by."""
        return vault.index(self.purpose, self.normalise(text))


def _vault(row: object) -> Vault:
    session = object_session(row)
    if session is None:
        message = "add the row to a session before its sealed text is used"
        raise RuntimeError(message)
    return vault_of(session)


def sealed_columns() -> Iterator[tuple[type[Model], Sealed]]:
    """Every sealed attribute of every table, for `songda reseal` and for tests."""
    for mapper in Model.registry.mappers:
        for name in dir(mapper.class_):
            attribute = mapper.class_.__dict__.get(name)
            if isinstance(attribute, Sealed):
                yield mapper.class_, attribute
