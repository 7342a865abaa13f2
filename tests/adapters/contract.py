"""What every provider must do, whatever it speaks: instantiate it with a provider and a small local server of its kind.

The server behind a harness speaks the provider's own protocol, verbatim, and can be told to refuse, to hang after it
read the request, or to cut the line. Nothing in an error or a log may name the person.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

import pytest

from delivery.domain.errors import OutcomeUnknown, SendError, Transient
from delivery.domain.event import EventKind
from delivery.providers import Message, PostalAddress, Provider
from delivery.settings import Problem

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PERSONAL = ("13900000001", "13900000002", "李雷", "lilei", "青河路8号", "开庭传票在此")


def message(key: str = "0195a000-0000-7000-8000-000000000001", **changes: object) -> Message:
    """Build a message that any channel can carry; `changes` replace its fields."""
    fields: dict[str, object] = {
        "court_id": UUID("0195a000-0000-7000-8000-0000000000c0"),
        "attempt_id": UUID(key),
        "idempotency_key": key,
        "language": "zh",
        "recipient_name": "李雷",
        "postal": PostalAddress("云州省", "云州市", "青河区", "青河路8号"),
        "phone": "+8613900000002",
        "subject": "云州市青河区人民法院送达通知",
        "text": "开庭传票在此: https://court.example/s/abc",
        "html": "<p>开庭传票在此: <a href='https://court.example/s/abc'>打开</a></p>",
        "document_titles": ("开庭传票", "起诉状副本"),
        "callback_url": "https://court.example/webhooks/x?court=qinghe",
        "written_at": NOW,
    }
    return Message(**{**fields, **changes})  # type: ignore[arg-type]


def told(problems: list[Problem]) -> list[tuple[str, str]]:
    """Give of each problem the variable and the first words."""
    known = re.compile(
        "must be set|must be an address|must be a whole number|must be one of|is not a setting|must hold keys"
        "|must be a mail address|must be required|must be an RSA key of at least 2048 bits"
        "|names a file that cannot be read|names a file that holds no private key|must name one selector"
        "|must hold names|must be the sender.s domain"
    )
    return [(one.variable, found.group() if (found := known.match(one.message)) else one.message) for one in problems]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way in which the other side says no, and what must come of it."""

    name: str
    arrange: Callable[[], None]
    error: type[SendError]
    reason: str


class Harness(Protocol):
    """A provider together with the local server that it talks to."""

    @property
    def provider(self) -> Provider:
        """The provider under test."""

    def message(self, key: str = ..., **changes: object) -> Message:
        """Build a message that this provider can carry."""

    def made(self) -> int:
        """How many messages the other side would really carry."""

    def hang_after_reading(self) -> None:
        """From now on, read the request (and keep it) but never answer."""

    def reset_after_reading(self) -> None:
        """From now on, read the request (and keep it) and cut the line."""

    def recover(self) -> None:
        """Answer again as usual."""

    def close(self) -> None:
        """Stop listening: from now on nobody is there."""

    def refusals(self) -> list[Refusal]:
        """Give every documented class of refusal."""

    def later(self, span: timedelta) -> None:
        """Let the provider's clock go on."""


class ProviderContract:
    """The suite. A subclass gives the fixture `harness`."""

    def test_a_message_is_handed_over(self, harness: Harness) -> None:
        submission = harness.provider.submit(harness.message())
        assert submission.reference
        assert len(submission.reference) <= 80
        assert submission.kind in {EventKind.SUBMITTED, EventKind.POST_ACCEPTED}
        assert harness.made() == 1

    def test_the_same_key_again_is_what_the_capabilities_say(self, harness: Harness) -> None:
        first = harness.provider.submit(harness.message())
        second = harness.provider.submit(harness.message())
        if harness.provider.capabilities.idempotent:
            assert second == first
            assert harness.made() == 1
        else:
            assert harness.made() == 2

    def test_every_refusal_becomes_the_right_error(self, harness: Harness) -> None:
        for refusal in harness.refusals():
            harness.recover()
            refusal.arrange()
            with pytest.raises(SendError) as caught:
                harness.provider.submit(harness.message())
            assert (type(caught.value), caught.value.reason) == (refusal.error, refusal.reason), refusal.name
            assert harness.made() == 0, refusal.name

    def test_after_a_refusal_the_next_message_goes_out(self, harness: Harness) -> None:
        for refusal in harness.refusals():
            refusal.arrange()
            with pytest.raises(SendError):
                harness.provider.submit(harness.message())
        harness.recover()
        harness.provider.submit(harness.message())
        assert harness.made() == 1

    def test_nobody_there_is_transient(self, harness: Harness) -> None:
        harness.close()
        with pytest.raises(Transient):
            harness.provider.submit(harness.message())

    def test_silence_after_the_request_is_unknown(self, harness: Harness) -> None:
        harness.hang_after_reading()
        with pytest.raises(OutcomeUnknown):
            harness.provider.submit(harness.message())

    def test_a_cut_line_after_the_request_is_unknown(self, harness: Harness) -> None:
        harness.reset_after_reading()
        with pytest.raises(OutcomeUnknown):
            harness.provider.submit(harness.message())

    def test_a_lost_answer_is_found_out_as_the_capabilities_say(self, harness: Harness) -> None:
        harness.hang_after_reading()
        with pytest.raises(OutcomeUnknown):
            harness.provider.submit(harness.message())
        harness.recover()
        harness.later(timedelta(minutes=5))
        if harness.provider.capabilities.askable:
            found = harness.provider.ask(harness.message())
            assert found is not None
            assert found.reference
        elif harness.provider.capabilities.idempotent:
            harness.provider.submit(harness.message())
        if harness.provider.capabilities.askable or harness.provider.capabilities.idempotent:
            assert harness.made() == 1

    def test_asking_is_honest(self, harness: Harness) -> None:
        harness.later(timedelta(minutes=5))
        if not harness.provider.capabilities.askable:
            with pytest.raises(OutcomeUnknown):
                harness.provider.ask(harness.message())
            return
        assert harness.provider.ask(harness.message()) is None
        sent = harness.provider.submit(harness.message())
        found = harness.provider.ask(harness.message())
        assert found is not None
        assert found.reference == sent.reference

    def test_nothing_personal_is_logged_or_raised(self, harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        harness.provider.submit(harness.message())
        errors: list[SendError] = []
        for refusal in harness.refusals():
            harness.recover()
            refusal.arrange()
            with pytest.raises(SendError) as caught:
                harness.provider.submit(harness.message())
            errors.append(caught.value)
        for error in errors:
            assert error.__cause__ is None
            assert error.__context__ is None
            assert not [word for word in PERSONAL if word in f"{error} {error!r}"]
        assert not [word for word in PERSONAL if word in caplog.text]
