"""Connections to the relay: shared, bounded, replaced, protected; against our own relay and an independent one."""

import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP, Envelope, Session

from adapters.smtp import Settings, Smtp
from adapters.smtp_pool import Encryption, Relay
from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, SendError, Transient
from delivery.domain.event import Channel
from tests.adapters.certificates import self_signed
from tests.adapters.contract import NOW, message
from tests.adapters.fake_smtp import HANG, FakeRelay
from tests.adapters.smtp_harness import SmtpHarness
from tests.infrastructure.network import free_port


@pytest.fixture
def relay() -> Iterator[FakeRelay]:
    with FakeRelay() as relay:
        yield relay


@pytest.fixture
def harness(relay: FakeRelay) -> Iterator[SmtpHarness]:
    harness = SmtpHarness(relay)
    yield harness
    harness.provider.close()


def test_one_connection_carries_many_messages(harness: SmtpHarness) -> None:
    for number in range(5):
        harness.provider.submit(harness.message(f"0195a000-0000-7000-8000-00000000000{number}"))
    assert (harness.relay.connections, harness.made()) == (1, 5)
    assert harness.relay.verbs.count("RSET") == 0, "nobody asks after a connection that was good a moment ago"


def test_what_a_refused_message_left_is_cleared_before_the_next(harness: SmtpHarness) -> None:
    harness.relay.script.replies["RCPT"] = "550 5.1.1 unknown"
    with pytest.raises(Permanent):
        harness.provider.submit(harness.message("0195a000-0000-7000-8000-000000000001"))
    harness.recover()
    harness.provider.submit(harness.message("0195a000-0000-7000-8000-000000000002"))
    assert (harness.relay.connections, harness.made()) == (1, 1)
    assert harness.relay.verbs.count("RSET") == 1


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
