"""Reseal, backup and restore: everything opens afterwards, every chain holds, and nothing is sent twice."""

import base64
import os
import tarfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from delivery.auditing import audit
from delivery.backing_up import BackupUnusable, back_up
from delivery.dispatch import ask_attempt, submit_attempt
from delivery.domain.errors import IntegrityFault, OutcomeUnknown, Transient
from delivery.domain.event import Channel, EventKind
from delivery.domain.order import AttemptStatus
from delivery.migrating import head, revision_of
from delivery.order_life import resume_sending
from delivery.progress import advance_order
from delivery.providers import Provider
from delivery.resealing import reseal
from delivery.restoring import restore
from delivery.runtime import Calendars, Runtime
from delivery.store.announcements import WebhookEndpoint
from delivery.store.courts import Court, installation
from delivery.store.desk import DeskItem
from delivery.store.orders import Attempt
from delivery.store.parties import Party
from delivery.store.schema import METADATA
from delivery.tasks import run_due
from tests.delivery.announced import CaseSystem, listening
from tests.delivery.conftest import SetScene
from tests.delivery.scene import (
    EMAIL,
    HOME,
    MOBILE,
    PAPER,
    WEEKENDS,
    Died,
    Fault,
    Scene,
    mail_relay,
    post_office,
    text_carrier,
)
from tests.infrastructure.engines import BOTH
from tests.infrastructure.postgresql import PostgresServer

ENGINES = BOTH


def _new_key_in_front(keys: str, key_id: str = "k002") -> str:
    return f"{key_id}:{base64.b64encode(os.urandom(32)).decode()},{keys}"


def _under(scene: Scene, keys: str, **more: object) -> Runtime:
    """Another process on the same installation, with other keys."""
    settings = replace(scene.runtime.settings, keys=keys, **more)  # type: ignore[arg-type]  # fields of Settings
    handlers = {"advance_order": advance_order, "submit_attempt": submit_attempt, "ask_attempt": ask_attempt}
    return Runtime(settings, Calendars(WEEKENDS), scene.carriers, handlers, scene.clock)


@pytest.fixture
def lived(scene: Scene) -> Scene:
    """A court where something has happened, and whose case system was told."""
    listening(scene, CaseSystem())
    scene.open(replace(MOBILE, basis="plaintiff_supplied", consent_scope=""), EMAIL, HOME)
    scene.run()
    scene.tell(EventKind.DECLINED, scene.attempts()[0], detail={"note": "不是我"})
    scene.run()
    return scene


def test_a_new_key_seals_everything_and_the_old_one_can_go(lived: Scene) -> None:
    old = lived.runtime.settings.keys
    both = _new_key_in_front(old)
    runtime = _under(lived, both)
    done = reseal(runtime)

    assert done.values > 5
    assert done.blobs == 1
    assert done.unopened == []
    again = reseal(runtime)
    assert (again.values, again.blobs) == (0, 0)

    newest_only = both.split(",")[0] + ";index=" + both.split(";index=")[1]
    alone = _under(lived, newest_only)
    assert audit(alone, blobs=True) == []
    with alone.reading() as session:
        party = session.scalars(select(Party)).one()
        assert party.name == "李伟"
        assert session.scalars(select(Attempt).where(Attempt.channel == Channel.SMS)).one().text
        assert (session.scalars(select(WebhookEndpoint)).one().secret or "").startswith("whsec_")
    assert alone.blobs.get(*next(alone.blobs.names())) == PAPER
    for opened in (runtime, alone):
        opened.database.dispose()


def test_a_reseal_may_be_broken_off_and_what_does_not_open_is_named(lived: Scene) -> None:
    with lived.runtime.transaction() as session:
        session.connection().execute(text("UPDATE party SET name_sealed = :junk"), {"junk": b"k001" + b"x" * 40})
    runtime = _under(lived, _new_key_in_front(lived.runtime.settings.keys))
    done = reseal(runtime)
    assert len(done.unopened) == 1
    assert done.unopened[0].startswith("party.name|")
    assert done.values > 5
    runtime.database.dispose()


def test_sealed_values_do_not_open_in_another_place(lived: Scene) -> None:
    with lived.runtime.transaction() as session:
        session.connection().execute(text("UPDATE attempt SET text_sealed = subject_sealed WHERE channel = 'email'"))
    with lived.runtime.reading() as session, pytest.raises(IntegrityFault):
        _ = session.scalars(select(Attempt).where(Attempt.channel == Channel.EMAIL)).one().text


class Backup:
    """A backup of a scene, and the installation that is made from it elsewhere."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene = scene
        self.file = folder / "songda.backup"
        # The scene's tables were made from the models; a real installation's are marked with their revision.
        with scene.runtime.transaction() as session:
            session.connection().execute(text("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)"))
            session.connection().execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": head()})
        self.written = back_up(scene.runtime, self.file)

    def restored_into(self, url: str, blobs: Path) -> Runtime:
        return _under(self.scene, self.scene.runtime.settings.keys, database_url=url, blobs=f"file://{blobs}")


@pytest.fixture
def elsewhere(tmp_path: Path) -> str:
    """An empty database to restore into."""
    return f"sqlite:///{tmp_path / 'restored.db'}"


def _drain(runtime: Runtime) -> None:
    while run_due(runtime, "restored"):
        pass


def _rows(runtime: Runtime, table: str) -> list[dict[str, object]]:
    model = METADATA.tables[table]
    with runtime.reading() as session:
        return [dict(row) for row in session.execute(select(model).order_by(*model.primary_key.columns)).mappings()]


def test_what_comes_back_is_what_was_there(lived: Scene, elsewhere: str, tmp_path: Path) -> None:
    backup = Backup(lived, tmp_path)
    assert backup.written.key_ids == ("k001",)
    runtime = backup.restored_into(elsewhere, tmp_path / "elsewhere")
    done = restore(runtime, backup.file)

    assert (done.rows, done.blobs) == (backup.written.rows, 1)
    assert revision_of(runtime.database) == head()
    for table in ("delivery_event", "event_detail", "party", "address", "address_basis", "document", "service_link"):
        assert _rows(runtime, table) == _rows(lived.runtime, table), table
    assert audit(runtime, blobs=True) == []
    with runtime.reading() as session:
        row = installation(session)
        assert row is not None
        assert row.restored_at == lived.now
        assert session.scalars(select(Court)).one().sending_stopped_at == lived.now
        assert session.scalars(select(DeskItem).where(DeskItem.kind == "restored")).one().closed_at is None
    runtime.database.dispose()


def test_a_backup_holds_no_key_and_no_name(lived: Scene, tmp_path: Path) -> None:
    backup = Backup(lived, tmp_path)
    content = backup.file.read_bytes()
    key = lived.runtime.settings.keys.split(":")[1].split(";")[0]
    for secret in (key, "李伟", "13800138000", "11010519491231002X"):
        assert secret.encode() not in content
    assert backup.file.stat().st_mode & 0o077 == 0


def test_a_restored_installation_sends_nothing_until_a_person_says_so(
    lived: Scene, elsewhere: str, tmp_path: Path
) -> None:
    backup = Backup(lived, tmp_path)
    runtime = backup.restored_into(elsewhere, tmp_path / "elsewhere")
    restore(runtime, backup.file)
    before = {name: carrier.calls for name, carrier in lived.carriers.items()}
    lived.clock.step(timedelta(days=30))
    _drain(runtime)
    assert {name: carrier.calls for name, carrier in lived.carriers.items()} == before
    assert audit(runtime) == []
    runtime.database.dispose()


def test_nothing_goes_out_twice_after_a_restore(set_scene: SetScene, elsewhere: str, tmp_path: Path) -> None:
    """The backup is taken before anything was sent; everything is sent; then the machine is lost."""
    scene = set_scene(text_carrier(), mail_relay(), post_office())
    texts, mails = scene.carriers["texts"], scene.carriers["mails"]
    texts.faults.append(Fault(Transient("busy", retry_after=timedelta(hours=1))))
    mails.faults.append(Fault(Transient("busy", retry_after=timedelta(hours=1))))
    scene.open(*(replace(one, basis="plaintiff_supplied", consent_scope="") for one in (MOBILE, EMAIL)), HOME)
    scene.run()
    backup = Backup(scene, tmp_path)
    scene.step(timedelta(hours=2))
    assert (len(texts.sent), len(mails.sent)) == (1, 1)

    runtime = backup.restored_into(elsewhere, tmp_path / "elsewhere")
    done = restore(runtime, backup.file)
    assert len(done.asked) == 1
    assert len(done.on_desk) == 1
    _drain(runtime)
    with runtime.transaction() as session:
        resume_sending(session, session.scalars(select(Court)).one(), now=scene.now)
    _drain(runtime)

    assert (len(texts.sent), len(mails.sent)) == (1, 1)
    with runtime.reading() as session:
        found = {a.channel: a.status for a in session.scalars(select(Attempt))}
        assert found == {"sms": AttemptStatus.SUBMITTED, "email": AttemptStatus.UNKNOWN}
    assert audit(runtime) == []
    runtime.database.dispose()


def test_a_restore_that_dies_is_done_again(set_scene: SetScene, elsewhere: str, tmp_path: Path) -> None:
    class Deadly(dict[str, Provider]):
        def get(self, *_: object) -> Any:  # noqa: ANN401 -- nothing is ever given
            raise Died

    scene = set_scene(mail_relay())
    scene.carriers["mails"].faults.append(Fault(Transient("busy", retry_after=timedelta(hours=1))))
    scene.open(EMAIL)
    scene.run()
    backup = Backup(scene, tmp_path)
    runtime = backup.restored_into(elsewhere, tmp_path / "elsewhere")
    runtime.providers = Deadly()
    with pytest.raises(Died):
        restore(runtime, backup.file)
    runtime.providers = scene.carriers
    scene.step(timedelta(hours=1))
    assert len(restore(runtime, backup.file).on_desk) == 1
    runtime.database.dispose()


def test_what_the_lost_life_decided_is_not_sent_again(set_scene: SetScene, elsewhere: str, tmp_path: Path) -> None:
    """Not even the attempt is in the backup: its key follows from the ladder, and the provider knows it."""
    scene = set_scene(text_carrier(), post_office())
    scene.open(replace(MOBILE, basis="plaintiff_supplied", consent_scope=""), HOME)
    backup = Backup(scene, tmp_path)
    scene.run()
    assert len(scene.carriers["texts"].sent) == 1

    runtime = backup.restored_into(elsewhere, tmp_path / "elsewhere")
    restore(runtime, backup.file)
    with runtime.transaction() as session:
        resume_sending(session, session.scalars(select(Court)).one(), now=scene.now)
    _drain(runtime)
    assert len(scene.carriers["texts"].sent) == 1
    with runtime.reading() as session:
        assert session.scalars(select(Attempt)).one().status == AttemptStatus.SUBMITTED
    runtime.database.dispose()


def test_mail_goes_again_under_its_own_number(set_scene: SetScene, elsewhere: str, tmp_path: Path) -> None:
    scene = set_scene(post_office())
    post = scene.carriers["ems"]
    post.faults.append(Fault(OutcomeUnknown("timed_out"), taken=True))
    scene.open(HOME, plan="mail-only")
    scene.run()
    backup = Backup(scene, tmp_path)
    runtime = backup.restored_into(elsewhere, tmp_path / "elsewhere")
    done = restore(runtime, backup.file)
    assert len(done.same_key) == 1
    with runtime.transaction() as session:
        resume_sending(session, session.scalars(select(Court)).one(), now=scene.now)
    scene.clock.step(timedelta(hours=1))
    _drain(runtime)
    assert len(post.sent) == 1
    assert post.calls == 2
    runtime.database.dispose()


def test_a_backup_moves_to_another_engine(lived: Scene, postgres_server: PostgresServer, tmp_path: Path) -> None:
    backup = Backup(lived, tmp_path)
    database = postgres_server.create()
    runtime = backup.restored_into(postgres_server.url(database), tmp_path / "elsewhere")
    restore(runtime, backup.file)
    assert audit(runtime, blobs=True) == []
    assert _rows(runtime, "delivery_event") == _rows(lived.runtime, "delivery_event")
    runtime.database.dispose()
    postgres_server.drop(database)


def test_only_an_empty_installation_is_restored_into(lived: Scene, elsewhere: str, tmp_path: Path) -> None:
    backup = Backup(lived, tmp_path)
    with pytest.raises(BackupUnusable, match="not empty"):
        restore(lived.runtime, backup.file)
    with pytest.raises(BackupUnusable, match="exists already"):
        back_up(lived.runtime, backup.file)
    other_keys = _under(lived, _new_key_in_front("k003" + lived.runtime.settings.keys[4:]), database_url=elsewhere)
    with pytest.raises(BackupUnusable, match="k001"):
        restore(other_keys, backup.file)


def test_a_damaged_backup_leaves_nothing_behind(lived: Scene, elsewhere: str, tmp_path: Path) -> None:
    backup = Backup(lived, tmp_path)
    with tarfile.open(backup.file) as archive:
        archive.extractall(tmp_path / "open", filter="data")
    rows = tmp_path / "open" / "rows" / "delivery_event.jsonl"
    rows.write_text("".join(rows.read_text().splitlines(keepends=True)[:-1]))
    with tarfile.open(tmp_path / "damaged.tar", "w") as damaged:
        for path in (path for path in (tmp_path / "open").rglob("*") if path.is_file()):
            damaged.add(path, path.relative_to(tmp_path / "open").as_posix())

    runtime = backup.restored_into(elsewhere, tmp_path / "elsewhere")
    with pytest.raises(BackupUnusable, match="delivery_event"):
        restore(runtime, tmp_path / "damaged.tar")
    with runtime.reading() as session:
        assert installation(session) is None
    with pytest.raises(BackupUnusable, match="not a backup"):
        restore(runtime, tmp_path / "open" / "manifest.json")
    runtime.database.dispose()
