"""The composition root: what is wrong is said at once, what is absent is left out, nothing is built too early."""

import subprocess
import sys
from pathlib import Path

import pytest

import wsgi
from delivery.domain.event import Channel
from delivery.installing import InstallationMismatch, check_fits, data_directory, found, make_keys, with_kept_keys
from delivery.migrating import make_ready
from delivery.settings import VARIABLES, WrongSettings
from delivery.store.courts import installation
from delivery.store.vault import generate_keys
from tests.infrastructure.tree import ROOT

TWILIO = {
    "SONGDA_TWILIO_ACCOUNT_SID": "AC1",
    "SONGDA_TWILIO_AUTH_TOKEN": "secret",
    "SONGDA_TWILIO_FROM": "+8675512368",
    "SONGDA_TWILIO_API_BASE": "http://127.0.0.1:9",
}


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The least that an installation needs."""
    return {"SONGDA_DATA": str(tmp_path), "SONGDA_KEYS": generate_keys()}


def test_everything_that_is_wrong_is_said_in_one_message(environ: dict[str, str]) -> None:
    wrong = environ | {
        "SONGDA_KEYS": "not keys",
        "SONGDA_BASE_URL": "songda",
        "SONGDA_DATABASE_URL": "mysql://x",
        "SONGDA_REDIS_URL": "http://x",
        "SONGDA_BLOBS": "ftp://x",
        "SONGDA_CLOCK": "soon",
        "SONGDA_CALENDAR": "/nowhere",
        "SONGDA_LEASE_SECONDS": "0",
        "SONGDA_DATABSE_URL": "sqlite:///misspelt.db",
        "SONGDA_TWILIO_FROM": "+8675512368",
        "SONGDA_SMTP_PORT": "many",
        "SONGDA_EMS_SIGN_KEY": "short",
    }
    with pytest.raises(WrongSettings) as raised:
        wsgi.read_all(wrong)
    named = {problem.variable for problem in raised.value.problems}
    assert set(wrong) - {"SONGDA_DATA", "SONGDA_TWILIO_FROM"} <= named
    assert {"SONGDA_TWILIO_ACCOUNT_SID", "SONGDA_TWILIO_AUTH_TOKEN", "SONGDA_SMTP_HOST"} <= named
    assert all(variable in str(raised.value) for variable in named)


UNREADABLE = {
    "SONGDA_BASE_URL": "http://[fe80",
    "SONGDA_REDIS_URL": "redis://[::1",
    "SONGDA_BLOBS": "s3://[bucket",
    "SONGDA_DATABASE_URL": "postgresql://songda@db:port/songda",
    "SONGDA_KEYS": "k001:钥匙;index=v1:钥匙",
    "SONGDA_CLOCK": "2026-03-02T08:00:00+08:00@nan",
    "SONGDA_EMS_SIGN_KEY": "密钥",
}


def test_what_cannot_even_be_taken_apart_is_said_too(environ: dict[str, str], tmp_path: Path) -> None:
    calendar = tmp_path / "rest-days.toml"
    calendar.write_text("[mainland.2027]\noff = []\n", encoding="utf-8")
    with pytest.raises(WrongSettings) as raised:
        wsgi.read_all(environ | UNREADABLE | {"SONGDA_CALENDAR": str(calendar)})
    assert {*UNREADABLE, "SONGDA_CALENDAR"} <= {problem.variable for problem in raised.value.problems}


@pytest.mark.parametrize(
    "clock",
    [
        "2026-03-02T08:00:00+08:00@-1",
        "2026-03-02T08:00:00+08:00@inf",
        "2026-03-02T08:00:00@600",
        "2026-03-02T08:00:00+08:00@600@2026-03-02",
    ],
)
def test_a_clock_runs_forward_from_a_known_instant(environ: dict[str, str], clock: str) -> None:
    with pytest.raises(WrongSettings, match="SONGDA_CLOCK"):
        wsgi.read_all(environ | {"SONGDA_CLOCK": clock})


def test_an_empty_folder_name_is_the_usual_folder() -> None:
    assert data_directory({"SONGDA_DATA": ""}) == data_directory({}) == Path("var").absolute()


def test_a_lease_outlasts_the_slowest_call(environ: dict[str, str]) -> None:
    slow = environ | TWILIO | {"SONGDA_TWILIO_TIMEOUT_SECONDS": "60"}
    with pytest.raises(WrongSettings, match="SONGDA_LEASE_SECONDS: must be more than 120"):
        wsgi.read_all(slow)
    settings, _ = wsgi.read_all(slow | {"SONGDA_LEASE_SECONDS": "180"})
    assert settings.lease.total_seconds() == 180


def test_secrets_are_never_printed(environ: dict[str, str]) -> None:
    settings, providers = wsgi.read_all(environ | TWILIO)
    assert environ["SONGDA_KEYS"] not in repr(settings)
    assert "secret" not in repr(providers)


@pytest.mark.parametrize("name", ["é01", "k01", "k0001", "k001:{key},k001"])
def test_the_name_of_a_key_fits_into_what_it_seals(environ: dict[str, str], name: str) -> None:
    key, index = environ["SONGDA_KEYS"].partition(":")[2].split(";index=")
    with pytest.raises(WrongSettings, match=r"SONGDA_KEYS: .* id"):
        wsgi.read_all(environ | {"SONGDA_KEYS": f"{name.format(key=key)}:{key};index={index}"})


def test_a_key_without_its_name_is_not_printed(environ: dict[str, str]) -> None:
    key = environ["SONGDA_KEYS"].partition(";")[0].partition(":")[2]
    with pytest.raises(WrongSettings, match="SONGDA_KEYS") as raised:
        wsgi.read_all(environ | {"SONGDA_KEYS": f"{key};index={key}"})
    assert key not in str(raised.value)


def test_a_provider_without_credentials_is_left_out(environ: dict[str, str]) -> None:
    assert wsgi.install(environ).runtime.providers == {}
    installed = wsgi.install(environ | TWILIO)
    assert {p.capabilities.channel for p in installed.runtime.providers.values()} == {Channel.SMS}
    assert set(installed.receivers) == {"twilio"}


def test_the_mainlands_carriers_are_there_when_they_are_configured(environ: dict[str, str]) -> None:
    templates = "e_service.zh=1,e_service.en=2,confirm_address.zh=3,confirm_address.en=4"
    more = {"TEMPLATES": templates, "CALLBACK_SECRET": "callback-secret-0001", "CALLBACK_NETWORKS": "203.0.113.0/24"}
    aliyun = {"ACCESS_KEY_ID": "id", "ACCESS_KEY_SECRET": "secret", "TIMEOUT_SECONDS": "10", **more}
    tencent = {"SECRET_ID": "id", "SECRET_KEY": "secret", "APP_ID": "1400006666", **more}
    groups = {f"SONGDA_ALIYUN_{name}": value for name, value in aliyun.items()}
    groups |= {f"SONGDA_TENCENT_{name}": value for name, value in tencent.items()}
    installed = wsgi.install(environ | groups)
    assert set(installed.runtime.providers) == set(installed.receivers) == {"aliyun", "tencent"}
    with pytest.raises(WrongSettings, match="SONGDA_LEASE_SECONDS: must be more than 160"):
        wsgi.read_all(environ | groups | {"SONGDA_ALIYUN_TIMEOUT_SECONDS": "40"})


def test_every_task_that_anybody_schedules_has_a_handler(environ: dict[str, str]) -> None:
    handlers = set(wsgi.install(environ).runtime.handlers)
    assert {"advance_order", "submit_attempt", "ask_attempt", "read_callback", "check_hint", "import_rows"} <= handlers
    assert "announce" in handlers


def test_the_case_system_can_always_be_told(environ: dict[str, str]) -> None:
    assert wsgi.install(environ).runtime.announcer is not None
    with pytest.raises(WrongSettings, match="SONGDA_WEBHOOKS_NETWORKS"):
        wsgi.install(environ | {"SONGDA_WEBHOOKS_NETWORKS": "qinghe=8.8.8.0/24"})
    with pytest.raises(WrongSettings, match="SONGDA_LEASE_SECONDS"):
        wsgi.install(environ | {"SONGDA_WEBHOOKS_TIMEOUT_SECONDS": "30", "SONGDA_LEASE_SECONDS": "60"})


def test_an_embedded_installation_makes_its_own_keys_once(tmp_path: Path) -> None:
    bare = {"SONGDA_DATA": str(tmp_path / "var")}
    file = make_keys(bare)
    assert file is not None
    assert file.stat().st_mode & 0o077 == 0
    assert make_keys(bare) is None
    assert with_kept_keys(bare)["SONGDA_KEYS"] == file.read_text(encoding="ascii").strip()
    assert make_keys({**bare, "SONGDA_DATA": str(tmp_path / "x"), "SONGDA_DATABASE_URL": "postgresql:///x"}) is None


def test_lost_keys_are_not_replaced_by_new_ones(tmp_path: Path) -> None:
    (tmp_path / "songda.db").touch()
    with pytest.raises(InstallationMismatch, match="keys"):
        make_keys({"SONGDA_DATA": str(tmp_path)})


@pytest.mark.parametrize(
    ("sandbox", "more", "fits"),
    [
        (True, {}, True),
        (True, {"SONGDA_CLOCK": "2026-03-02T08:00:00+08:00@600"}, True),
        (True, {"SONGDA_BASE_URL": "https://songda.court.example"}, False),
        (False, {"SONGDA_BASE_URL": "https://songda.court.example"}, True),
        (False, {"SONGDA_CLOCK": "2026-03-02T08:00:00+08:00@600"}, False),
    ],
)
def test_a_sandbox_stays_one_and_nothing_else_becomes_one(
    environ: dict[str, str],
    more: dict[str, str],
    sandbox: bool,  # noqa: FBT001 -- a parameter
    fits: bool,  # noqa: FBT001 -- a parameter
) -> None:
    runtime = wsgi.install(environ | more).runtime
    make_ready(runtime.database)
    with runtime.transaction() as session:
        found(session, sandbox=sandbox, now=runtime.machine_now())
        with pytest.raises(InstallationMismatch, match="already"):
            found(session, sandbox=not sandbox, now=runtime.machine_now())
        row = installation(session)
        if fits:
            check_fits(row, runtime.settings)
        else:
            with pytest.raises(InstallationMismatch):
                check_fits(row, runtime.settings)
    runtime.database.dispose()


def test_importing_the_root_touches_nothing(tmp_path: Path) -> None:
    program = "import wsgi, sys; print(sorted(m for m in ('flask', 'twilio', 'alembic', 'rq') if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"SONGDA_DATA": str(tmp_path / "var"), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
    assert not (tmp_path / "var").exists()


def test_every_variable_of_the_core_is_read() -> None:
    source = (ROOT / "delivery" / "settings.py").read_text(encoding="utf-8")
    assert all(source.count(variable) > 1 for variable in VARIABLES)
