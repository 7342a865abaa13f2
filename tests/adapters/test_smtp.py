"""The mail adapter: the contract, the mail itself, return paths and settings."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.smtp import Settings, bounce_token, read_bounce_token
from adapters.smtp_pool import Encryption
from delivery.domain.errors import Permanent, SendError
from delivery.settings import Problem
from tests.adapters.contract import NOW, ProviderContract, told
from tests.adapters.fake_smtp import FakeRelay, Mail
from tests.adapters.smtp_harness import KEY, SmtpHarness


@pytest.fixture
def relay() -> Iterator[FakeRelay]:
    with FakeRelay() as relay:
        yield relay


@pytest.fixture
def harness(relay: FakeRelay) -> Iterator[SmtpHarness]:
    harness = SmtpHarness(relay)
    yield harness
    harness.provider.close()


class TestContract(ProviderContract):
    """The suite, for e-mail."""


def _parsed(mail: Mail) -> EmailMessage:
    parsed = message_from_bytes(mail.content, policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def test_the_mail_is_what_a_person_can_read(harness: SmtpHarness) -> None:
    harness.provider.submit(harness.message())
    mail = _parsed(harness.relay.taken[0])
    assert mail["From"] == "云州市青河区人民法院 <songda@court.example>"
    assert mail["To"] == "lilei@mail.example"
    assert mail["Subject"] == "云州市青河区人民法院送达通知"
    assert mail["Message-ID"] == f"<{KEY}@bounce.court.example>"
    assert mail["X-Songda-Attempt"] == KEY
    assert mail["Date"].datetime == NOW
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Reply-To"] == "clerk@court.example"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "https://court.example/s/abc" in plain.get_content()
    assert "<a href=" in html.get_content()
    assert harness.relay.taken[0].content.isascii()


def test_delivery_reports_are_asked_for_where_they_are_offered(harness: SmtpHarness) -> None:
    reference = harness.provider.submit(harness.message(to="li+lei@mail.example")).reference
    (mail,) = harness.relay.taken
    assert mail.mail == f"MAIL FROM:<bounce+{reference}@bounce.court.example> RET=HDRS ENVID={KEY}"
    assert mail.rcpt == (
        "RCPT TO:<li+lei@mail.example> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;li+2Blei@mail.example"
    )
    assert len(mail.mail.partition("<")[2].partition("@")[0]) <= 64  # RFC 5321, 4.5.3.1.1


def test_answers_come_back_by_the_return_path_where_no_clerk_reads_them(relay: FakeRelay) -> None:
    harness = SmtpHarness(relay, reply_to="")
    reference = harness.provider.submit(harness.message()).reference
    harness.provider.close()
    assert _parsed(relay.taken[0])["Reply-To"] == f"bounce+{reference}@bounce.court.example"


def test_delivery_reports_are_not_asked_for_elsewhere(harness: SmtpHarness) -> None:
    harness.relay.script.extensions = ("8BITMIME",)
    harness.provider.submit(harness.message())
    assert "NOTIFY" not in harness.relay.taken[0].rcpt
    assert "ENVID" not in harness.relay.taken[0].mail


def test_a_chinese_mailbox_needs_a_relay_that_can_carry_it(harness: SmtpHarness) -> None:
    harness.provider.submit(harness.message(to="李雷@mail.example"))
    (mail,) = harness.relay.taken
    assert mail.mail.endswith(f" SMTPUTF8 RET=HDRS ENVID={KEY}")
    assert mail.rcpt.endswith(r"ORCPT=utf-8;\x{674E}\x{96F7}@mail.example")
    with FakeRelay() as plain:
        plain.script.extensions = ("DSN",)
        second = SmtpHarness(plain)
        with pytest.raises(Permanent):
            second.provider.submit(second.message(to="李雷@mail.example"))
        second.provider.submit(second.message(to="lilei@邮件.example"))  # a Chinese domain has an ASCII form
        assert plain.taken[0].rcpt.startswith("RCPT TO:<lilei@xn--5nq051n.example>")
        second.provider.close()


@pytest.mark.parametrize("address", ["", "lilei", "li lei@mail.example", "a@b\r\nDATA", "a@b>,<c@d"])
def test_what_is_no_address_is_refused_before_a_connection(harness: SmtpHarness, address: str) -> None:
    with pytest.raises(Permanent):
        harness.provider.submit(harness.message(to=address))
    assert harness.relay.connections == 0


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    to=st.one_of(st.emails(), st.from_regex(r"[^\s<>,;:\"()\[\]\\@]+@[^\s<>,;:\"()\[\]\\@]+", fullmatch=True)),
    text=st.text(),
    subject=st.text(),
)
def test_any_mail_goes_out_or_is_refused(harness: SmtpHarness, to: str, text: str, subject: str) -> None:
    before = harness.made()
    try:
        harness.provider.submit(harness.message(to=to, text=text, subject=subject))
    except SendError:
        assert harness.made() == before
    else:
        assert harness.made() == before + 1


def test_headers_cannot_be_smuggled_in(harness: SmtpHarness) -> None:
    harness.provider.submit(harness.message(subject="Notice\r\nBcc: someone@else.example", language="en"))
    mail = _parsed(harness.relay.taken[0])
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Notice Bcc: someone@else.example"


def test_the_date_is_the_instant_in_any_zone(harness: SmtpHarness) -> None:
    beijing = timezone(timedelta(hours=8))
    harness.provider.submit(harness.message(written_at=datetime(2026, 3, 2, 9, 0, tzinfo=beijing)))
    assert _parsed(harness.relay.taken[0])["Date"].datetime.astimezone(UTC) == NOW


def test_a_bounce_token_is_read_back_with_every_active_secret() -> None:
    token = bounce_token(KEY, "secret-old")
    assert read_bounce_token(token, ("secret-new", "secret-old")) == KEY
    assert read_bounce_token(token.upper(), ("secret-old",)) == KEY
    assert read_bounce_token(token, ("secret-new",)) is None
    assert read_bounce_token(token, ()) is None


@settings(deadline=None)  # the machine may be busy
@given(st.text())
def test_junk_is_no_bounce_token(text: str) -> None:
    assert read_bounce_token(text, ("secret",)) is None


def test_settings_name_every_wrong_variable() -> None:
    problems: list[Problem] = []
    environ = {
        "SONGDA_SMTP_HOST": "mail.court.example",
        "SONGDA_SMTP_FROM": "not an address",
        "SONGDA_SMTP_USER": "songda",
        "SONGDA_SMTP_STARTTLS": "off",
        "SONGDA_SMTP_PORT": "70000",
        "SONGDA_SMTP_CONECTIONS": "4",
    }
    assert Settings.from_environ(environ, problems) is None
    assert told(problems) == [
        ("SONGDA_SMTP_FROM", "must be a mail address"),
        ("SONGDA_SMTP_PORT", "must be a whole number"),
        ("SONGDA_SMTP_PASSWORD", "must be set"),
        ("SONGDA_SMTP_STARTTLS", "must be required"),
        ("SONGDA_SMTP_CALLBACK_SECRET", "must be set"),
        ("SONGDA_SMTP_CONECTIONS", "is not a setting"),
    ]


def test_settings_take_the_domain_of_the_sender() -> None:
    environ = {
        "SONGDA_SMTP_HOST": "mail.court.example",
        "SONGDA_SMTP_FROM": "songda@court.example",
        "SONGDA_SMTP_CALLBACK_SECRET": "secret-new",
    }
    settings = Settings.from_environ(environ, [])
    assert settings is not None
    assert (settings.bounce_domain, settings.relay.hello) == ("court.example", "court.example")
    assert settings.relay.encryption is Encryption.REQUIRED
    assert "secret" not in repr(settings)
    assert Settings.from_environ({}, []) is None
