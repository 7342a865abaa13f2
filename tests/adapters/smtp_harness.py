"""The mail adapter together with a relay that breaks off wherever it is told."""

from datetime import datetime, timedelta
from functools import partial

from adapters.smtp import Settings, Smtp
from adapters.smtp_dkim import Signer
from adapters.smtp_pool import Encryption, Relay
from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, SendError, Transient
from delivery.domain.event import Channel
from delivery.providers import Message
from tests.adapters.contract import NOW, Refusal, message
from tests.adapters.fake_smtp import HANG, RESET, FakeRelay

KEY = "0195a000-0000-7000-8000-000000000001"


class SmtpHarness:
    """The adapter and a local relay."""

    def __init__(
        self,
        relay: FakeRelay,
        *,
        signers: tuple[Signer, ...] = (),
        reply_to: str = "clerk@court.example",
        **changes: object,
    ) -> None:
        self.relay = relay
        where = {"host": "127.0.0.1", "port": relay.port, "encryption": Encryption.OFFERED, "hello": "court.example"}
        settings = Settings(
            relay=Relay(**{**where, "seconds": 0.4, **changes}),  # type: ignore[arg-type]
            sender="songda@court.example",
            sender_name="云州市青河区人民法院",
            reply_to=reply_to,
            bounce_domain="bounce.court.example",
            secrets=("secret-new", "secret-old"),
            signers=signers,
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
