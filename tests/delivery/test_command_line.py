"""The command line, as an operator uses it: what it prints, and with which status it ends."""

import io
import json
import socket
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, text

from delivery.cli.command_line import Equipment, Replayed, run
from delivery.migrating import head
from delivery.runtime import Calendars, Runtime
from delivery.serving import CannotListen, await_free
from delivery.settings import Settings
from delivery.signing_in import begin_sign_in, check_password, hash_token, person_behind
from delivery.store.accounts import Account, ApiKey, Membership, memberships_of
from delivery.store.courts import Court, installation
from delivery.store.parties import Party
from delivery.store.vault import generate_keys
from tests.delivery.scene import WEEKENDS, text_carrier

Output = pytest.CaptureFixture[str]


class Operator:
    """Somebody at a terminal of a fresh installation."""

    def __init__(self, url: str, folder: Path, keys: str, output: Output) -> None:
        settings = Settings(url, "http://127.0.0.1:8100", keys, f"file://{folder / 'blobs'}")
        self.runtime = Runtime(settings, Calendars(WEEKENDS))
        self._output = output

    def songda(self, *arguments: str) -> tuple[int, str, str]:
        """Exit status, standard output, standard error."""
        equipment = Equipment(
            runtime=lambda: self.runtime, application=lambda: None, replay=lambda _court, _provider: Replayed(2, 1)
        )
        status = run(arguments, equipment)
        said = self._output.readouterr()
        return status, said.out, said.err


@pytest.fixture
def operator(engine_url: str, tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    """An operator with an installation that has its tables and one court."""
    monkeypatch.setenv("SONGDA_KEYS", "given")
    made = Operator(engine_url, tmp_path, generate_keys(), capsys)
    assert made.songda("db", "upgrade")[0] == 0
    assert made.songda("create-court", "qinghe", "云州市青河区人民法院", "--name-en", "Qinghe District Court")[0] == 0
    yield made
    made.runtime.database.dispose()


@pytest.fixture
def typed() -> Iterator[io.StringIO]:
    """What the operator types."""
    before, sys.stdin = sys.stdin, io.StringIO()
    yield sys.stdin
    sys.stdin = before


def test_an_installation_is_set_up(operator: Operator, typed: io.StringIO) -> None:
    typed.write("correct horse battery staple\n")
    typed.seek(0)
    status, out, _ = operator.songda(
        "create-user", "Li", "--court", "qinghe", "--role", "clerk", "--name", "李", "--password-stdin"
    )
    assert (status, out) == (0, "songda: Li is clerk of qinghe\n")
    runtime = operator.runtime
    with runtime.reading() as session:
        row = installation(session)
        assert row is not None
        assert not row.sandbox
        assert session.scalars(select(Membership)).one().role == "clerk"
        assert session.scalars(select(Account)).one().login == "li"
        checked = check_password(
            session,
            runtime.vault,
            login="li",
            password="correct horse battery staple",
            address="127.0.0.1",
            machine_now=runtime.machine_now(),
        )
        assert checked.refusal == ""


def test_a_key_is_printed_once_and_kept_as_its_hash(operator: Operator) -> None:
    status, out, _ = operator.songda(
        "create-key", "registry", "--court", "qinghe", "--scope", "visits", "--scope", "desk"
    )
    assert status == 0
    with operator.runtime.reading() as session:
        key = session.scalars(select(ApiKey)).one()
        assert (key.key_hash, key.scopes) == (hash_token(out.strip()), "visits desk")


def test_who_leaves_is_out_and_may_come_back(operator: Operator, typed: io.StringIO) -> None:
    typed.write("correct horse battery staple\nanother horse and staple\n")
    typed.seek(0)
    for role in ("clerk", "supervisor"):
        assert operator.songda("create-user", "li", "--court", "qinghe", "--role", role, "--password-stdin")[0] == 0
    assert operator.songda("set-password", "li", "--password-stdin")[0] == 0
    runtime = operator.runtime
    now = runtime.machine_now()
    check = partial(check_password, vault=runtime.vault, login="li", address="127.0.0.1", machine_now=now)
    with runtime.transaction() as session:
        assert check(session, password="correct horse battery staple").refusal == "wrong_password"
        account_id = check(session, password="another horse and staple").account_id
        assert account_id is not None
        token = begin_sign_in(session, account_id, memberships_of(session, account_id), language="zh", machine_now=now)
    assert operator.songda("end-user", "li", "--court", "qinghe", "--role", "supervisor")[1].startswith("songda: 1 ")
    with runtime.reading() as session:
        assert person_behind(session, token, machine_now=now) is None
        assert [one.role for one in memberships_of(session, account_id)] == ["clerk"]
    assert operator.songda("end-user", "li")[1].startswith("songda: 1 ")
    assert operator.songda("create-user", "li", "--court", "qinghe", "--role", "clerk")[0] == 0
    with runtime.reading() as session:
        assert [one.role for one in memberships_of(session, account_id)] == ["clerk"]


def test_a_key_is_refused_once_it_is_revoked(operator: Operator) -> None:
    assert operator.songda("create-key", "registry", "--court", "qinghe", "--scope", "desk")[0] == 0
    assert operator.songda("revoke-key", "registry", "--court", "qinghe")[1].startswith("songda: 1 ")
    with operator.runtime.reading() as session:
        assert session.scalars(select(ApiKey)).one().revoked_at is not None
    assert operator.songda("revoke-key", "registry", "--court", "qinghe")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("end-user", "nobody"), "nobody"),
        (("end-user", "nobody", "--court", "nowhere"), "nowhere"),
        (("create-court", "qinghe", "X", "--name-en", "X"), "already"),
        (("create-court", "other", "X", "--name-en", "X", "--zone", "Mars/Base"), "Mars/Base"),
        (("create-court", "Qing he/..", "X", "--name-en", "X"), "small letters"),
        (("create-court", "", "X", "--name-en", "X"), "small letters"),
        (("create-user", "", "--court", "qinghe", "--role", "clerk"), "without spaces"),
        (("create-key", "x", "--court", "nowhere", "--scope", "desk"), "nowhere"),
        (("backup", "/nowhere/backup.tar"), "/nowhere"),
        (("import", "/nowhere/docket.csv", "--court", "qinghe"), "No such file"),
        (("restore", "/nowhere/backup.tar"), "not a backup"),
        (("relay",), "SONGDA_REDIS_URL"),
    ],
)
def test_what_cannot_be_done_is_told_in_words(operator: Operator, arguments: tuple[str, ...], told: str) -> None:
    status, out, err = operator.songda(*arguments)
    assert status == 2
    assert told in err
    assert out == ""


def test_a_court_orders_its_providers_and_takes_the_order_back(operator: Operator) -> None:
    operator.runtime.providers = {name: text_carrier() for name in ("beta", "alpha")}

    def named() -> object:
        with operator.runtime.reading() as session:
            return session.scalars(select(Court)).one().settings

    assert operator.songda("prefer", "beta", "--court", "qinghe") == (0, "songda: qinghe sends sms by beta\n", "")
    assert named() == {"providers": {"sms": ["beta"]}}
    status, _, err = operator.songda("prefer", "beta", "gamma", "--court", "qinghe")
    assert (status, named()) == (2, {"providers": {"sms": ["beta"]}})
    assert "gamma" in err
    assert operator.songda("prefer", "--court", "qinghe")[1] == "songda: qinghe sends sms by alpha, beta\n"
    assert named() == {"providers": {}}


@pytest.mark.parametrize(("carrier", "marks"), [("aliyun", "${a}-${b}"), ("tencent", "{1}-{2}")])
def test_the_texts_to_register_are_printed_in_the_carriers_notation(
    operator: Operator, carrier: str, marks: str
) -> None:
    arguments = ("text-templates", "--court", "qinghe", "--carrier", carrier, "--signature", "青河法院")
    status, out, _ = operator.songda(*arguments)
    head_line, *texts = out.splitlines()
    assert (status, head_line) == (0, "签名\t青河法院")
    names = [text.partition("\t")[0] for text in texts]
    assert names == ["confirm_address.zh", "confirm_address.en", "e_service.zh", "e_service.en"]
    assert all(f" http://127.0.0.1:8100/e/{marks} " in text for text in texts)


def test_the_audit_ends_in_one_when_something_is_found(operator: Operator) -> None:
    assert operator.songda("audit") == (0, "songda: clean\n", "")
    assert operator.songda("audit", "--json", "--blobs") == (0, "", "")
    with operator.runtime.transaction() as session:
        court = session.scalars(select(Court)).one()
        insert = text(
            "INSERT INTO callback (court_id, id, provider, received_at, status, reason, tries, sha256)"
            " VALUES (:court, :id, 'x', '2026-01-01 00:00:00', 'unmatched', '', 0, '')"
        )
        plain = court.id.hex
        session.connection().execute(insert, {"court": plain, "id": "0" * 31 + "1"})
    status, out, err = operator.songda("audit", "--json")
    assert status == 1
    assert json.loads(out)["code"] == "callback_unmatched"
    assert "1 finding" in err


def test_keys_turn(operator: Operator) -> None:
    status, out, _ = operator.songda("keys")
    assert status == 0
    assert out.startswith("k001:")
    status, out, _ = operator.songda("keys", "--rotate")
    assert status == 0
    assert out.startswith("k002:")
    assert out.strip().endswith(operator.runtime.settings.keys)
    assert operator.songda("reseal")[:2] == (0, "songda: sealed 0 values and 0 stored files with key k001\n")


def test_a_backup_is_written_and_restored(operator: Operator, tmp_path: Path, capsys: Output) -> None:
    file = tmp_path / "songda.tar"
    assert operator.songda("backup", str(file))[0] == 0
    fresh = Operator(f"sqlite:///{tmp_path / 'fresh.db'}", tmp_path / "fresh", operator.runtime.settings.keys, capsys)
    status, out, _ = fresh.songda("restore", str(file), "--json")
    assert status == 0
    assert json.loads(out)["asked"] == []
    assert fresh.songda("audit")[0] == 0
    fresh.runtime.database.dispose()


def test_a_command_refuses_tables_of_another_version(operator: Operator) -> None:
    with operator.runtime.transaction() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = '0000'"))
    status, _, err = operator.songda("audit")
    assert status == 2
    assert "songda db upgrade" in err
    with operator.runtime.transaction() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head()})
    assert operator.songda("audit")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("create-key", "x", "--court", "qinghe", "--scope", "everything"), "orders:read"),
        (("prefer", "--court", "qinghe", "--channel", "pigeon"), "in_person"),
        (("serve", "--port", "70000"), "from 1 to 65535"),
        (("serve", "--processes", "0"), "from 1 to 256"),
        (("serve", "--workers", "-1"), "from 0 to"),
        (("relay", "--sweep", "0"), "above 0"),
        (("end-user",), "login"),
        (("approve-abroad", "x", "--court", "q", "--approved-by", "y", "--reference", "z", "--until", "soon"), "2026-"),
    ],
)
def test_an_argument_that_cannot_be_is_told_with_what_can(
    operator: Operator, capsys: Output, arguments: tuple[str, ...], told: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        operator.songda(*arguments)
    assert told in capsys.readouterr().err


def test_tables_that_are_not_there_are_told(tmp_path: Path, capsys: Output) -> None:
    bare = Operator(f"sqlite:///{tmp_path / 'bare.db'}", tmp_path, generate_keys(), capsys)
    status, _, err = bare.songda("create-court", "qinghe", "X", "--name-en", "X")
    assert (status, "songda db upgrade" in err) == (2, True)
    bare.runtime.database.dispose()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://songda:secret@127.0.0.1:1/songda",
        "sqlite:////dev/null/songda.db",
        "sqlite:////etc/hostname",
    ],
)
def test_a_database_that_does_not_answer_is_told_in_a_line(url: str, tmp_path: Path, capsys: Output) -> None:
    away = Operator(url, tmp_path, generate_keys(), capsys)
    status, _, err = away.songda("audit")
    assert (status, err.count("\n")) == (2, 1)
    assert "secret" not in err


def test_a_port_is_never_shared_with_another_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(CannotListen, match="SONGDA_BASE_URL"):
        await_free("127.0.0.1", other.getsockname()[1], patience=0)
    await_free("127.0.0.1", 0, patience=0)


def test_other_keys_of_the_same_name_are_refused(operator: Operator, tmp_path: Path, capsys: Output) -> None:
    with operator.runtime.transaction() as session:
        court = session.scalars(select(Court)).one()
        party = Party(court_id=court.id, kind="person", created_at=operator.runtime.now())
        session.add(party)
        party.name = "王秀英"
    assert operator.songda("backup", str(tmp_path / "songda.tar"))[0] == 0
    docket = tmp_path / "docket.csv"
    docket.write_text("案号\n", encoding="utf-8")
    other = Operator(operator.runtime.settings.database_url, tmp_path, generate_keys(), capsys)
    fresh = Operator(f"sqlite:///{tmp_path / 'fresh.db'}", tmp_path / "fresh", generate_keys(), capsys)
    refused = (
        other.songda("import", str(docket), "--court", "qinghe"),
        other.songda("serve"),
        other.songda("work"),
        fresh.songda("restore", str(tmp_path / "songda.tar")),
    )
    assert [(status, "SONGDA_KEYS" in err) for status, _, err in refused] == [(2, True)] * 4
    for one in (other, fresh):
        one.runtime.database.dispose()


def test_quarantined_requests_are_counted(operator: Operator) -> None:
    status, out, _ = operator.songda("replay-callback", "--court", "qinghe", "--provider", "twilio")
    assert (status, out) == (1, "songda: 2 taken in, 1 still not genuine\n")


def test_a_court_posts_from_an_address_of_its_own(operator: Operator) -> None:
    parts = (
        "--name",
        "白山法院",
        "--phone",
        "0871-1",
        "--province",
        "云东省",
        "--city",
        "云州市",
        "--county",
        "白山区",
    )
    status, _, err = operator.songda("mail-sender", "--court", "qinghe", *parts)
    assert status != 0
    assert "street" in err
    whole = operator.songda("mail-sender", "--court", "qinghe", *parts, "--street", "山路1号")
    assert whole == (0, "songda: qinghe posts from its own address\n", "")
    assert operator.songda("mail-sender", "--court", "qinghe")[1] == "songda: qinghe posts from the common address\n"
