"""Reports that come through a pipe or a folder end where posted ones do."""

import fcntl
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import create_engine

from adapters.smtp import Settings as SmtpSettings
from adapters.smtp import bounce_token
from delivery.cli.command_line import Equipment, Replayed, run
from delivery.cli.mail_pipe import TakeMail, registering
from delivery.clock import ClockSpec
from delivery.domain.event import Channel
from delivery.domain.order import AttemptStatus
from delivery.housekeeping import Housekeeping
from delivery.settings import Problem
from delivery.store.courts import Court
from delivery.store.inbox import Callback
from tests.delivery.scene import EMAIL
from tests.infrastructure.tree import ROOT
from tests.infrastructure.waiting import until
from tests.journeys.processes import COMMAND
from tests.webhooks.round_trip import RoundTrip, round_trip
from tests.webhooks.test_smtp import REPORT
from webhooks.mail_taking import Arrived, MailFolder, MailTaker, rounds, take_piped
from webhooks.receiver import Receiver
from webhooks.smtp import SmtpReceiver


@pytest.fixture
def trip(tables_url: str, tmp_path: Path) -> Iterator[RoundTrip]:
    """A court whose order was sent by mail, and another court beside it."""
    with round_trip(tables_url, f"file://{tmp_path / 'blobs'}", "smtp") as trip:
        with trip.scene.runtime.transaction() as session:
            session.add(Court(code="baishan", name="云州市白山区人民法院", name_en="Baishan District Court"))
        trip.scene.open(EMAIL)
        trip.scene.run()
        yield trip


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    folder = tmp_path / "bounces"
    for part in ("new", "cur", "tmp"):
        (folder / part).mkdir(parents=True)
    return folder


def _report(trip: RoundTrip, action: str = "failed", status: str = "5.1.1", *, token: str = "") -> bytes:
    attempt = trip.scene.attempt(Channel.EMAIL)
    values = {"token": token or attempt.reference, "key": attempt.idempotency_key}
    return REPORT.format(**values, action=action, status=status).encode()


def _receiver(trip: RoundTrip) -> SmtpReceiver:
    receiver = trip.receivers["smtp"]
    assert isinstance(receiver, SmtpReceiver)
    return receiver


def _songda(take: TakeMail, message: bytes, *arguments: str) -> int:
    def none() -> NoReturn:
        raise AssertionError

    equipment = Equipment(none, none, lambda _court, _provider: Replayed(0, 0), lambda: (registering(take),))
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(message))
    try:
        return run(["take-mail", *arguments], equipment)
    finally:
        sys.stdin = before


def _pipe(trip: RoundTrip, message: bytes, *arguments: str, receivers: Mapping[str, Receiver] | None = None) -> int:
    known = trip.receivers if receivers is None else receivers

    def take(message: bytes, sender: str, recipient: str, court: str) -> bool:
        return take_piped(trip.scene.runtime, known, Arrived(message, sender, recipient), court)

    status = _songda(take, message, *arguments)
    trip.scene.run()
    return status


@pytest.mark.parametrize("court", [(), ("--court", "qinghe")])
def test_a_piped_report_finds_its_mail(trip: RoundTrip, court: tuple[str, ...]) -> None:
    assert _pipe(trip, _report(trip), *court) == os.EX_OK
    attempt = trip.scene.attempt(Channel.EMAIL)
    assert (attempt.status, attempt.reason) == (AttemptStatus.FAILED, "mailbox_unknown")
    assert trip.count(Callback) == 1
    assert _pipe(trip, _report(trip), *court) == os.EX_OK  # the mail server repeats itself
    assert trip.scene.kinds().count("failed") == 1


def test_the_envelope_of_a_piped_report_counts(trip: RoundTrip) -> None:
    token = trip.scene.attempt(Channel.EMAIL).reference
    report = _report(trip, token="x")
    assert _pipe(trip, report, "--sender=somebody@remote.test", f"--recipient=bounce+{token}@court.example") == os.EX_OK
    assert trip.scene.attempt(Channel.EMAIL).status == AttemptStatus.SUBMITTED  # a report has no sender
    assert _pipe(trip, report, "--sender=MAILER-DAEMON", f"--recipient=bounce+{token}@court.example") == os.EX_OK
    assert trip.scene.attempt(Channel.EMAIL).status == AttemptStatus.FAILED


def test_a_forged_report_is_refused(trip: RoundTrip) -> None:
    forged = bounce_token(trip.scene.attempt(Channel.EMAIL).idempotency_key, "secret-foreign")
    assert _pipe(trip, _report(trip, token=forged)) == os.EX_NOUSER
    assert trip.count(Callback) == 0
    assert _pipe(trip, _report(trip, token=forged), "--court", "qinghe") == os.EX_OK  # kept, and shown to a person
    assert trip.scene.desk() == ["callback_malformed"]
    assert trip.scene.attempt(Channel.EMAIL).status == AttemptStatus.SUBMITTED


def test_a_report_about_mail_of_no_court_here_is_refused(trip: RoundTrip) -> None:
    elsewhere = bounce_token("0195a000-0000-7000-8000-00000000ffff", "secret-new")
    assert _pipe(trip, _report(trip, token=elsewhere)) == os.EX_NOUSER
    assert _pipe(trip, b" \n") == os.EX_NOUSER
    assert _pipe(trip, _report(trip) + b"x" * 1_000_000) == os.EX_NOUSER


def test_whatever_is_wrong_here_makes_the_mail_server_keep_it(
    trip: RoundTrip, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _pipe(trip, _report(trip), "--court", "nowhere") == os.EX_TEMPFAIL
    assert _pipe(trip, _report(trip), receivers={}) == os.EX_TEMPFAIL

    def broken(*_: object) -> bool:
        return create_engine("sqlite:////nowhere/songda.db").connect().closed

    assert _songda(broken, _report(trip)) == os.EX_TEMPFAIL
    assert capsys.readouterr().err.splitlines()[-1] == "songda: OperationalError"
    assert trip.count(Callback) == 0


def test_the_command_takes_a_message_with_the_settings_of_its_environment(trip: RoundTrip) -> None:
    settings = trip.scene.runtime.settings
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SONGDA_")},
        "SONGDA_DATABASE_URL": settings.database_url,
        "SONGDA_BLOBS": settings.blobs,
        "SONGDA_KEYS": settings.keys,
        "SONGDA_CLOCK": str(ClockSpec(trip.scene.now, 1, datetime.now(UTC))),
        "SONGDA_SMTP_HOST": "127.0.0.1",
        "SONGDA_SMTP_FROM": "songda@court.example",
        "SONGDA_SMTP_CALLBACK_SECRET": "secret-new",
    }
    command = [*COMMAND, "take-mail", "--sender=MAILER-DAEMON"]
    taken = subprocess.run(command, input=_report(trip), env=environ, cwd=ROOT, capture_output=True, check=False)
    assert (taken.returncode, taken.stderr) == (os.EX_OK, b"")
    trip.scene.step(timedelta(minutes=10))
    assert trip.scene.attempt(Channel.EMAIL).status == AttemptStatus.FAILED
    wrong = {**environ, "SONGDA_SMTP_PORT": "many"}
    kept = subprocess.run(command, input=_report(trip), env=wrong, cwd=ROOT, capture_output=True, check=False)
    assert kept.returncode == os.EX_TEMPFAIL
    assert b"SONGDA_SMTP_PORT" in kept.stderr


def test_a_folder_is_read_and_each_message_moved_once_it_is_kept(trip: RoundTrip, maildir: Path) -> None:
    folder = MailFolder(maildir, MailTaker(trip.scene.runtime, _receiver(trip)))
    (maildir / "new" / "1.a.mx").write_bytes(_report(trip, "delayed", "4.2.2"))
    (maildir / "new" / "2.b.mx").write_bytes(b"Subject: cheap watches\n\nBuy.")
    (maildir / "new" / "3.c.mx").write_bytes(_report(trip, "delivered", "2.0.0"))
    assert (folder.take_all(), folder.take_all()) == (2, 0)
    trip.scene.run()
    assert {path.name for path in (maildir / "cur").iterdir()} == {"1.a.mx:2,S", "2.b.mx:2,F", "3.c.mx:2,S"}
    assert trip.scene.attempt(Channel.EMAIL).status == AttemptStatus.ARRIVED


def test_a_message_that_cannot_be_kept_stays_where_it_is(trip: RoundTrip, maildir: Path) -> None:
    stranger = SmtpReceiver(("secret-new",))
    folder = MailFolder(maildir, MailTaker(trip.scene.runtime, stranger))
    (maildir / "new" / "1.a.mx").write_bytes(_report(trip))
    (maildir / "cur").rmdir()  # as when the process dies between the commit and the move
    with pytest.raises(FileNotFoundError):
        folder.take_all()
    (maildir / "cur").mkdir()
    assert folder.take_all() == 1
    trip.scene.run()
    assert trip.count(Callback) == 2
    assert trip.scene.kinds().count("failed") == 1  # told once all the same


def test_one_process_reads_the_folder_at_a_time(trip: RoundTrip, maildir: Path) -> None:
    folder = MailFolder(maildir, MailTaker(trip.scene.runtime, _receiver(trip)))
    (maildir / "new" / "1.a.mx").write_bytes(_report(trip))
    with _held(maildir / "songda.lock"):
        assert folder.take_all() == 0
    assert folder.take_all() == 1


@contextmanager
def _held(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_the_house_reads_the_folder_by_itself(trip: RoundTrip, maildir: Path) -> None:
    trip.scene.runtime.rounds = rounds({"smtp": SmtpReceiver(("secret-new",), str(maildir))})
    (maildir / "new" / "1.a.mx").write_bytes(_report(trip))
    house = Housekeeping(trip.scene.runtime, rounds=(), pause=0.01)
    house.start()
    try:
        until(lambda: not list((maildir / "new").iterdir()), seconds=20)
    finally:
        house.stop()
    assert trip.count(Callback) == 1
    assert rounds({}) == rounds({"smtp": SmtpReceiver(("secret-new",))}) == ()


def test_the_folder_must_be_there_at_the_start(maildir: Path, tmp_path: Path) -> None:
    environ = {"HOST": "mail.court.example", "FROM": "songda@court.example", "CALLBACK_SECRET": "secret-new"}
    for folder, wrong in ((maildir, False), (tmp_path / "absent", True)):
        problems: list[Problem] = []
        named = {f"SONGDA_SMTP_{name}": value for name, value in {**environ, "MAILDIR": str(folder)}.items()}
        found = SmtpSettings.from_environ(named, problems)
        assert (found is None) is wrong
        assert [one.variable for one in problems] == (["SONGDA_SMTP_MAILDIR"] if wrong else [])
