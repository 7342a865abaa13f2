"""The tables that migrations make are those of the models, and a step that fails leaves everything as it was."""

import json
import shutil
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from uuid import UUID

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect, select, text

from delivery.auditing import audit
from delivery.clock import SteppedClock
from delivery.migrating import SchemaBehind, check_current, head, make_ready, revision_of, upgrade
from delivery.restoring import restore
from delivery.runtime import Calendars, Runtime
from delivery.settings import Settings
from delivery.store.cases import Case
from delivery.store.courts import Court
from delivery.store.database import Database
from delivery.store.hearings import Hearing
from delivery.store.parties import Party
from delivery.store.vault import generate_keys, parse_keys
from tests.delivery.scene import WEEKENDS
from tests.fixtures.populated import KEYS, populated


@pytest.fixture
def database(engine_url: str) -> Iterator[Database]:
    opened = Database(engine_url, parse_keys(generate_keys()))
    yield opened
    opened.dispose()


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """The package's own steps, in a folder where a test may add one."""
    folder = tmp_path / "steps"
    shutil.copytree(Path(str(files("delivery.migrations"))), folder)
    return folder


def _add_step(scripts: Path, body: str) -> None:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    (scripts / "versions" / "9999_next.py").write_text(
        f'"""One more."""\nimport sqlalchemy as sa\nfrom alembic import op\n'
        f'revision = "9999"\ndown_revision = "{head()}"\n\n\ndef upgrade() -> None:\n{lines}\n'
    )


def _check_models(database: Database) -> None:
    """Hold that the tables are exactly those of the models."""
    config = Config()
    config.set_main_option("script_location", str(files("delivery.migrations")))
    with database.changing_tables() as connection:
        config.attributes["connection"] = connection
        command.check(config)


def test_the_migrations_make_the_tables_of_the_models(database: Database) -> None:
    upgrade(database)

    _check_models(database)
    assert revision_of(database) == head()
    check_current(database)


def test_the_steps_are_numbered_in_their_order() -> None:
    config = Config()
    config.set_main_option("script_location", str(files("delivery.migrations")))
    assert ScriptDirectory.from_config(config).get_current_head() == head()


def test_a_hearing_that_stands_is_remembered_from_the_fifth_step_on(database: Database) -> None:
    upgrade(database, "0004")
    hearing_at = datetime(2026, 4, 8, 1, 30, tzinfo=UTC)
    court_id, case_id = UUID(int=1), UUID(int=2)
    with database.transaction() as session:
        session.execute(insert(Court).values(id=court_id, code="q", name="q", name_en="q"))
        for number, moment in ((2, hearing_at), (3, None)):
            session.execute(
                insert(Case).values(
                    court_id=court_id, id=UUID(int=number), number=f"{number}", procedure="ordinary",
                    dispute=f"{number}", hearing_at=moment, created_at=hearing_at,
                )
            )  # fmt: skip

    upgrade(database)

    with database.reading() as session:
        (found,) = session.scalars(select(Hearing))
        assert (found.case_id, found.hearing_at, found.set_at, found.result) == (case_id, hearing_at, hearing_at, "")


def test_no_name_is_longer_than_postgresql_keeps(database: Database) -> None:
    upgrade(database)

    found = inspect(database.engine)
    names = [
        str(item["name"])
        for table in found.get_table_names()
        for item in [*found.get_indexes(table), *found.get_unique_constraints(table), *found.get_foreign_keys(table)]
    ]
    assert [name for name in names if len(name) > 63] == []


def test_an_empty_database_is_made_ready_once(database: Database) -> None:
    assert make_ready(database)
    assert not make_ready(database)


def test_a_failing_step_leaves_tables_and_revision_as_they_were(database: Database, scripts: Path) -> None:
    upgrade(database)
    _add_step(
        scripts,
        'op.create_table("extra", sa.Column("id", sa.Integer(), primary_key=True))\n'
        'with op.batch_alter_table("court") as court:\n'
        '    court.add_column(sa.Column("motto", sa.String(20)))\n'
        'op.execute("INSERT INTO nowhere VALUES (1)")',
    )

    with pytest.raises(Exception, match="nowhere"):
        upgrade(database, scripts=scripts)

    tables = inspect(database.engine)
    assert not tables.has_table("extra")
    assert "motto" not in {column["name"] for column in tables.get_columns("court")}
    assert revision_of(database) == head()


def test_a_table_that_others_point_to_can_be_rebuilt(database: Database, scripts: Path) -> None:
    upgrade(database)
    with database.transaction() as session:
        session.execute(
            text(
                "INSERT INTO account (id, login, name, password_hash, language, created_at) "
                "VALUES ('00000000000000000000000000000001', 'li', 'Li', 'x', 'zh', '2026-03-02 00:00:00')"
            )
        )
    _add_step(
        scripts,
        'with op.batch_alter_table("account", recreate="auto") as account:\n'
        '    account.alter_column("name", type_=sa.String(90), existing_nullable=False)',
    )

    upgrade(database, scripts=scripts)

    with database.reading() as session:
        assert session.execute(text("SELECT name FROM account")).scalars().all() == ["Li"]
    assert revision_of(database) == "9999"


def test_a_step_that_would_leave_broken_references_is_undone(sqlite_url: str, scripts: Path) -> None:
    database = Database(sqlite_url, parse_keys(generate_keys()))
    upgrade(database)
    _add_step(
        scripts,
        'op.execute("INSERT INTO provider_state (court_id, provider, reason, detail, throttles)'
        " VALUES ('0', 'x', '', '', 0)\")",
    )

    with pytest.raises(SchemaBehind, match="provider_state"):
        upgrade(database, scripts=scripts)

    with database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM provider_state")).scalar() == 0
        assert session.execute(text("PRAGMA foreign_keys")).scalar() == 1
    database.dispose()


def test_processes_that_start_at_once_do_not_trip_over_each_other(engine_url: str) -> None:
    databases = [Database(engine_url, parse_keys(generate_keys())) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(upgrade, databases))

    _check_models(databases[0])
    for database in databases:
        database.dispose()


def test_a_shared_database_that_lags_behind_waits_for_a_person(postgres_url: str) -> None:
    database = Database(postgres_url, parse_keys(generate_keys()))
    upgrade(database)
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '7777'"))

    with pytest.raises(SchemaBehind, match="does not know"):
        make_ready(database)
    with pytest.raises(SchemaBehind, match="songda db upgrade"):
        check_current(database)
    database.dispose()


@pytest.mark.parametrize("file", list(populated()), ids=lambda file: file.stem)
def test_a_lived_in_database_of_every_revision_comes_up_to_date(engine_url: str, file: Path, tmp_path: Path) -> None:
    settings = Settings(engine_url, "http://127.0.0.1:8100", KEYS, f"file://{tmp_path / 'blobs'}")
    runtime = Runtime(settings, Calendars(WEEKENDS), given_clock=SteppedClock(datetime(2026, 6, 1, tzinfo=UTC)))
    restored = restore(runtime, file)
    assert restored.rows > 100

    check_current(runtime.database)
    _check_models(runtime.database)
    before = _entries(file)
    with runtime.reading() as session:
        after = {row.hash: row.entry for row in session.execute(text("SELECT hash, entry FROM delivery_event"))}
        assert before.items() <= after.items(), "no migration rewrites the journal"
        assert {party.name for party in session.scalars(select(Party))} == {"李伟", "张敏", "王强"}
    broken = [finding for finding in audit(runtime, blobs=True) if not finding.code.startswith("task_overdue")]
    assert broken == []
    runtime.database.dispose()


def _entries(file: Path) -> dict[str, str]:
    with tarfile.open(file) as archive:
        rows = archive.extractfile("rows/delivery_event.jsonl")
        assert rows is not None
        return {row["hash"]: row["entry"] for row in map(json.loads, rows)}
