"""The mail adapter against a relay that breaks off wherever it is told, and against an independent one."""

import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import partial
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP, Envelope, Session
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.smtp import Settings, Smtp, bounce_token, read_bounce_token
from adapters.smtp_pool import Encryption, Relay
from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, SendError, Transient
from delivery.domain.event import Channel
from delivery.providers import Message
from delivery.settings import Problem
from tests.adapters.certificates import self_signed
from tests.adapters.contract import NOW, ProviderContract, Refusal, message, told
from tests.adapters.fake_smtp import HANG, RESET, FakeRelay, Mail
from tests.infrastructure.network import free_port

KEY = "0195a000-0000-7000-8000-000000000001"


class SmtpHarness:
    """The adapter and a local relay."""

    def __init__(self, relay: FakeRelay, **changes: object) -> None:
        self.relay = relay
        where = {"host": "127.0.0.1", "port": relay.port, "encryption": Encryption.OFFERED, "hello": "court.example"}
        settings = Settings(
            relay=Relay(**{**where, "seconds": 0.4, **changes}),  # type: ignore[arg-type]
            sender="songda@court.example",
            sender_name="云州市青河区人民法院",
            reply_to="clerk@court.example",
            bounce_domain="bounce.court.example",
            secrets=("secret-new", "secret-old"),
        )
        self.now = NOW
        self.provider = Smtp(settings, self.clock)

    def clock(self) -> datetime:
        return self.now

    def message(self, key: str = KEY, **changes: object) -> Message:
        return message(key, **{"channel": Channel.EMAIL, "to": "lilei@mail.example", **changes})

    def made(self) -> int:
        return len(self.relay.taken)

    def hang_after_reading(self) -> None:
        self.relay.script.replies["CONTENT"] = HANG

    def reset_after_reading(self) -> None:
        self.relay.script.replies["CONTENT"] = RESET

    def recover(self) -> None:
        self.relay.script.replies.clear()

    def close(self) -> None:
        self.relay.__exit__(None, None, None)

    def later(self, span: timedelta) -> None:
        self.now += span

    def refusals(self) -> list[Refusal]:
        return [
            Refusal(f"{step}: {told}", partial(self._tell, step, told), *expected) for step, told, expected in REFUSED
        ]

    def _tell(self, step: str, told: str) -> None:
        self.relay.script.replies = {step: told}


REFUSED: list[tuple[str, str, tuple[type[SendError], str]]] = [
    ("MAIL", "421 4.3.2 Closing", (Transient, "busy")),
    ("MAIL", "451 4.3.0 Try later", (Transient, "busy")),
    ("MAIL", "550 5.7.1 <songda@court.example> not yours", (Misconfigured, "sender_not_allowed")),
    ("MAIL", "530 5.7.0 Authentication required", (Misconfigured, "credentials_refused")),
    ("MAIL", HANG, (Transient, "busy")),
    ("MAIL", RESET, (Transient, "busy")),
    ("RCPT", "550 5.1.1 <lilei@mail.example> unknown", (Permanent, "mailbox_unknown")),
    ("RCPT", "550 5.1.2 no such domain", (Permanent, "bad_domain")),
    ("RCPT", "553 5.1.3 bad address", (Permanent, "address_invalid")),
    ("RCPT", "550 5.2.1 disabled", (Permanent, "mailbox_disabled")),
    ("RCPT", "552 5.2.2 full", (Permanent, "mailbox_full")),
    ("RCPT", "556 5.1.10 null MX", (Permanent, "bad_domain")),
    ("RCPT", "554 5.7.1 policy", (Permanent, "policy")),
    ("RCPT", "550 no", (Permanent, "undeliverable")),
    ("RCPT", "530 5.7.0 Authentication required", (Misconfigured, "credentials_refused")),
    ("RCPT", "450 4.2.1 greylisted", (Transient, "deferred")),
    ("RCPT", "452 4.2.2 full", (Transient, "deferred")),
    ("RCPT", HANG, (Transient, "deferred")),
    ("DATA", "451 4.3.0 Try later", (Transient, "deferred")),
    ("DATA", "554 5.5.1 No valid recipients", (Permanent, "content_refused")),
    ("CONTENT", "451 4.3.0 Try later", (Transient, "deferred")),
    ("CONTENT", "554 5.7.1 spam", (Permanent, "content_refused")),
    ("CONTENT", "421 4.3.2 Closing", (Transient, "deferred")),
    # From DATA on we cannot see how far it came, so silence is unknown even before the content was asked for.
    ("DATA", HANG, (OutcomeUnknown, "silent_after_content")),
]


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


def test_headers_cannot_be_smuggled_in(harness: SmtpHarness) -> None:
    harness.provider.submit(harness.message(subject="Notice\r\nBcc: someone@else.example", language="en"))
    mail = _parsed(harness.relay.taken[0])
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Notice Bcc: someone@else.example"


def test_one_connection_carries_many_messages(harness: SmtpHarness) -> None:
    for number in range(5):
        harness.provider.submit(harness.message(f"0195a000-0000-7000-8000-00000000000{number}"))
    assert (harness.relay.connections, harness.made()) == (1, 5)
    assert harness.relay.verbs.count("RSET") == 4


def test_a_connection_is_changed_after_so_many_messages(relay: FakeRelay) -> None:
    harness = SmtpHarness(relay, messages_per_connection=2)
    for number in range(5):
        harness.provider.submit(harness.message(f"0195a000-0000-7000-8000-00000000000{number}"))
    assert (relay.connections, harness.made()) == (3, 5)
    harness.provider.close()


def test_a_connection_that_died_idle_is_replaced(harness: SmtpHarness) -> None:
    harness.relay.script.messages_before_closing = 1
    for number in range(3):
        harness.provider.submit(harness.message(f"0195a000-0000-7000-8000-00000000000{number}"))
    assert (harness.relay.connections, harness.made()) == (3, 3)


def test_threads_share_a_bounded_number_of_connections(relay: FakeRelay) -> None:
    harness = SmtpHarness(relay, connections=3, seconds=5.0)
    keys = [f"0195a000-0000-7000-8000-{number:012d}" for number in range(40)]
    with ThreadPoolExecutor(10) as threads:
        list(threads.map(lambda key: harness.provider.submit(harness.message(key)), keys))
    assert harness.made() == 40
    assert relay.most_open <= 3
    harness.provider.close()


def test_a_closed_pool_opens_again(harness: SmtpHarness) -> None:
    harness.provider.submit(harness.message())
    harness.provider.close()
    assert "QUIT" in harness.relay.verbs
    harness.provider.submit(harness.message())
    assert harness.relay.connections == 2


def test_a_message_has_a_limit_as_a_whole(relay: FakeRelay) -> None:
    harness = SmtpHarness(relay, whole_seconds=0.2, seconds=5.0)
    relay.script.replies = {"RCPT": HANG}
    with pytest.raises(Transient):
        harness.provider.submit(harness.message())
    relay.script.replies = {"CONTENT": HANG}
    with pytest.raises(OutcomeUnknown):
        harness.provider.submit(harness.message())
    harness.provider.close()


@pytest.mark.parametrize(
    ("replies", "error", "reason"),
    [
        ({"AUTH": "535 5.7.8 Authentication failed"}, Misconfigured, "credentials_refused"),
        ({"AUTH": "454 4.7.0 Temporary failure"}, Transient, "busy"),
        ({"GREETING": "554 5.3.2 No service"}, Transient, "connection_refused"),
        ({"GREETING": HANG}, Transient, "connection_refused"),
    ],
)
def test_signing_in_may_fail(relay: FakeRelay, replies: dict[str, str], error: type[SendError], reason: str) -> None:
    harness = SmtpHarness(relay, user="songda", password="word")
    relay.script.password = "word"
    relay.script.replies = replies
    with pytest.raises(error) as caught:
        harness.provider.submit(harness.message())
    assert caught.value.reason == reason
    harness.provider.close()


def test_signing_in_works(relay: FakeRelay) -> None:
    harness = SmtpHarness(relay, user="songda", password="word")
    relay.script.password = "word"
    harness.provider.submit(harness.message())
    assert "AUTH" in relay.verbs
    harness.provider.close()


def test_required_encryption_is_required(relay: FakeRelay) -> None:
    harness = SmtpHarness(relay, encryption=Encryption.REQUIRED)
    with pytest.raises(Misconfigured) as caught:
        harness.provider.submit(harness.message())
    assert caught.value.reason == "relay_cannot"
    assert harness.made() == 0
    harness.provider.close()


class _Keeping(Sink):
    """Keeps what an independent server understood."""

    def __init__(self) -> None:
        super().__init__()
        self.envelopes: list[Envelope] = []
        self.encrypted: list[bool] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002
        self.envelopes.append(envelope)
        self.encrypted.append(session.ssl is not None)
        return "250 Ok"


def _independent(handler: _Keeping, certificate: Path | None = None) -> Controller:
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    return Controller(
        handler,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=context,
        require_starttls=context is not None,
    )


def _through(controller: Controller, **changes: object) -> Smtp:
    where = {"host": "127.0.0.1", "port": controller.port, "encryption": Encryption.OFF, "seconds": 5.0}
    relay = Relay(**{**where, **changes})  # type: ignore[arg-type]
    return Smtp(Settings(relay, "songda@court.example", bounce_domain="court.example", secrets=("s",)), lambda: NOW)


def test_an_independent_server_takes_the_mail() -> None:
    handler = _Keeping()
    controller = _independent(handler)
    controller.start()
    provider = _through(controller)
    try:
        provider.submit(message(channel=Channel.EMAIL, to="lilei@mail.example", text="第一行\n.\n..两点\n", html=""))
    finally:
        provider.close()
        controller.stop()
    (envelope,) = handler.envelopes
    assert envelope.rcpt_tos == ["lilei@mail.example"]
    content = envelope.content
    assert isinstance(content, bytes)
    assert message_from_bytes(content, policy=default).get_content().splitlines() == ["第一行", ".", "..两点"]


def test_encryption_is_used_and_certificates_are_checked(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path, "127.0.0.1")
    handler = _Keeping()
    controller = _independent(handler, certificate)
    controller.start()
    trusting = _through(controller, encryption=Encryption.REQUIRED, ca_file=str(certificate))
    doubting = _through(controller, encryption=Encryption.REQUIRED)
    try:
        trusting.submit(message(channel=Channel.EMAIL, to="lilei@mail.example"))
        with pytest.raises(Misconfigured) as caught:
            doubting.submit(message(channel=Channel.EMAIL, to="lilei@mail.example"))
    finally:
        trusting.close()
        doubting.close()
        controller.stop()
    assert caught.value.reason == "certificate_not_trusted"
    assert handler.encrypted == [True]


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


def test_the_date_is_the_instant_in_any_zone(harness: SmtpHarness) -> None:
    beijing = timezone(timedelta(hours=8))
    harness.provider.submit(harness.message(written_at=datetime(2026, 3, 2, 9, 0, tzinfo=beijing)))
    assert _parsed(harness.relay.taken[0])["Date"].datetime.astimezone(UTC) == NOW
