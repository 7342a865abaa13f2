"""Twilio's Verify adapter, over the official SDK, against a local server of Twilio's form."""

from collections.abc import Iterator

import pytest

from adapters.twilio import Settings
from adapters.twilio_verify import TwilioVerify
from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, SendError, Transient
from delivery.domain.event import Channel
from delivery.providers import CodeAnswer, CodeTexting, Message
from delivery.settings import Problem
from tests.adapters.contract import Harness, ProviderContract, message
from tests.adapters.fake_twilio import SID, problem
from tests.adapters.fake_twilio_verify import CODE, SERVICE, FakeTwilioVerify
from tests.adapters.harness import LocalHarness, Refused
from tests.adapters.local_http import LocalHttp, Told

KEY = "0195a000-0000-7000-8000-000000000001"
NUMBER = "+8613900000001"
_JSON = {"Content-Type": "application/json"}
REFUSED: list[Refused] = [
    (problem(401, 20003), (Misconfigured, "credentials_refused")),
    (problem(404, 20404), (Misconfigured, "address_unusable")),
    (problem(429, 20429), (Transient, "rate_limited")),
    (problem(400, 21211), (Permanent, "address_invalid")),
    (problem(400, 60200), (Permanent, "address_invalid")),
    (problem(429, 60203), (Transient, "number_limited")),
    (problem(403, 60204), (Misconfigured, "sender_not_allowed")),
    (problem(403, 60205), (Permanent, "landline")),
    (problem(429, 60207), (Transient, "rate_limited")),
    (problem(429, 60212), (Transient, "number_limited")),
    (problem(403, 60223), (Misconfigured, "sender_not_allowed")),
    (problem(403, 60410), (Permanent, "not_routable")),
    (problem(403, 60605), (Misconfigured, "region_not_enabled")),
    (problem(400, 99999), (Permanent, "refused")),
    (problem(500, 20500), (OutcomeUnknown, "server_error")),
    (Told(502, b"<html>", {"Content-Type": "text/html"}), (OutcomeUnknown, "server_error")),
    (Told(201, b"<html>", {"Content-Type": "text/html"}), (OutcomeUnknown, "answer_unreadable")),
    (Told(201, b"{}", _JSON), (OutcomeUnknown, "answer_unreadable")),
    (Told(201, b'{"sid": "VE1", "status": "canceled"}', _JSON), (Permanent, "refused")),
]


class VerifyHarness(LocalHarness[FakeTwilioVerify]):
    """The adapter and a local Verify."""

    def __init__(self, server: LocalHttp, verify: FakeTwilioVerify) -> None:
        super().__init__(server, verify, REFUSED)
        settings = Settings(
            SID, ("token-0001",), "+14155550100", api_base=server.url, timeout_seconds=0.4, verify_service=SERVICE
        )
        self.provider = TwilioVerify(settings)

    def message(self, key: str = KEY, **changes: object) -> Message:
        return message(key, **{"channel": Channel.SMS, "to": NUMBER, **changes})

    def made(self) -> int:
        return len(self.side.texted)


@pytest.fixture
def harness() -> Iterator[VerifyHarness]:
    verify = FakeTwilioVerify()
    server = LocalHttp(verify)
    with server:
        yield VerifyHarness(server, verify)


class TestContract(ProviderContract):
    """The suite, for one-time codes."""


def test_a_harness_is_what_the_suite_expects(harness: VerifyHarness) -> None:
    expected: Harness = harness
    checks: CodeTexting = harness.provider
    assert (expected.provider.name, checks.capabilities.carries) == ("twilio_verify", False)
    assert isinstance(harness.provider, CodeTexting)


def test_the_words_are_twilios_in_the_persons_language(harness: VerifyHarness) -> None:
    harness.provider.submit(harness.message())
    harness.provider.submit(harness.message(language="en"))
    assert harness.side.texted == [(NUMBER, "zh-CN"), (NUMBER, "en")]
    assert harness.server.seen[0].form == {"To": NUMBER, "Channel": "sms", "Locale": "zh-CN"}


def test_the_right_code_is_right_once(harness: VerifyHarness) -> None:
    harness.provider.submit(harness.message())
    assert harness.provider.check(NUMBER, "000000") is CodeAnswer.WRONG
    assert harness.provider.check(NUMBER, CODE) is CodeAnswer.RIGHT
    assert harness.provider.check(NUMBER, CODE) is CodeAnswer.OVER  # Twilio forgets what was approved


def test_after_five_wrong_tries_the_right_one_comes_too_late(harness: VerifyHarness) -> None:
    harness.provider.submit(harness.message())
    assert {harness.provider.check(NUMBER, "000000") for _ in range(5)} == {CodeAnswer.WRONG}
    assert harness.provider.check(NUMBER, CODE) is CodeAnswer.OVER


def test_an_expired_code_and_one_that_was_never_texted_are_over(harness: VerifyHarness) -> None:
    assert harness.provider.check(NUMBER, CODE) is CodeAnswer.OVER
    harness.provider.submit(harness.message())
    harness.side.expire()
    assert harness.provider.check(NUMBER, CODE) is CodeAnswer.OVER


@pytest.mark.parametrize("typed", ["", "123", "12345678901", "12345x", "１２３４５６", "12 34 56"])
def test_what_is_no_code_is_not_asked_about(harness: VerifyHarness, typed: str) -> None:
    assert harness.provider.check(NUMBER, typed) is CodeAnswer.WRONG
    assert harness.server.seen == []


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        *((status, CodeAnswer.OVER) for status in ("canceled", "max_attempts_reached", "deleted", "failed", "expired")),
        ("pending", CodeAnswer.WRONG),
        ("approved", CodeAnswer.RIGHT),
    ],
)
def test_every_status_of_a_check_is_an_answer(harness: VerifyHarness, status: str, answer: CodeAnswer) -> None:
    harness.side.refuse = Told(200, f'{{"sid": "VE1", "status": "{status}"}}'.encode(), _JSON)
    assert harness.provider.check(NUMBER, CODE) is answer


@pytest.mark.parametrize(
    ("told", "error", "reason"),
    [
        (problem(401, 20003), Misconfigured, "credentials_refused"),
        (problem(429, 20429), Transient, "rate_limited"),
        (problem(400, 99999), Permanent, "refused"),
        (problem(500, 20500), OutcomeUnknown, "server_error"),
        (Told(200, b'{"sid": "VE1", "status": "perhaps"}', _JSON), OutcomeUnknown, "answer_unreadable"),
    ],
)
def test_a_question_that_fails_says_nothing_about_the_code(
    harness: VerifyHarness, told: Told, error: type[SendError], reason: str
) -> None:
    harness.side.refuse = told
    with pytest.raises(SendError) as caught:
        harness.provider.check(NUMBER, CODE)
    assert (type(caught.value), caught.value.reason) == (error, reason)


def test_nobody_waits_longer_than_a_person_does(harness: VerifyHarness) -> None:
    harness.provider.submit(harness.message())
    harness.hang_after_reading()
    with pytest.raises(OutcomeUnknown):
        harness.provider.check(NUMBER, CODE)


def test_settings_say_what_is_wrong_with_a_service() -> None:
    problems: list[Problem] = []
    environ = {
        "SONGDA_TWILIO_ACCOUNT_SID": SID,
        "SONGDA_TWILIO_AUTH_TOKEN": "x",
        "SONGDA_TWILIO_FROM": "+14155550100",
    }
    assert Settings.from_environ({**environ, "SONGDA_TWILIO_VERIFY_SERVICE": "MG" + "0" * 32}, problems) is None
    assert [one.variable for one in problems] == ["SONGDA_TWILIO_VERIFY_SERVICE"]
    found = Settings.from_environ({**environ, "SONGDA_TWILIO_VERIFY_SERVICE": SERVICE}, [])
    assert found is not None
    assert found.verify_service == SERVICE
