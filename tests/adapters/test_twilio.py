"""Twilio's adapter, over the official SDK, against a local server of Twilio's form."""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.twilio import Algorithm, Settings, TwilioSms, callback_url, sign, verify
from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, SendError, Transient
from delivery.domain.event import Channel, EventKind
from delivery.providers import Message
from delivery.settings import Problem
from tests.adapters.contract import NOW, PERSONAL, Harness, ProviderContract, message, told
from tests.adapters.fake_twilio import SID, FakeTwilio, problem
from tests.adapters.harness import LocalHarness, Refused
from tests.adapters.local_http import LocalHttp, Told

VECTORS = json.loads((Path(__file__).parent / "vectors" / "twilio_signature.json").read_text(encoding="utf-8"))


class TwilioHarness(LocalHarness[FakeTwilio]):
    """The adapter and a local Twilio."""

    def __init__(self, server: LocalHttp, twilio: FakeTwilio) -> None:
        super().__init__(server, twilio, REFUSED)
        settings = Settings(SID, ("token-0001",), "+14155550100", api_base=server.url, timeout_seconds=0.4)
        self.provider = TwilioSms(settings, self.clock)

    def message(self, key: str = "0195a000-0000-7000-8000-000000000001", **changes: object) -> Message:
        return message(key, **{"channel": Channel.SMS, "to": "+8613900000001", **changes})

    def made(self) -> int:
        return len(self.side.messages)


PROBLEM_JSON = Told(
    400,
    json.dumps({"type": "about:blank", "title": "Bad", "status": 400, "code": 21610, "detail": "13900000001"}).encode(),
    {"Content-Type": "application/problem+json"},
)
REFUSED: list[Refused] = [
    (problem(401, 20003), (Misconfigured, "credentials_refused")),
    (problem(429, 20429), (Transient, "rate_limited")),
    (problem(400, 14107), (Transient, "number_limited")),
    (problem(429, 63038), (Transient, "rate_limited")),
    (problem(400, 21211), (Permanent, "address_invalid")),
    (problem(400, 21408), (Misconfigured, "region_not_enabled")),
    (problem(400, 21604), (Permanent, "address_missing")),
    (problem(400, 21606), (Misconfigured, "sender_not_allowed")),
    (problem(400, 21608), (Misconfigured, "account_on_trial")),
    (problem(400, 21610), (Permanent, "opted_out")),
    (problem(400, 21612), (Permanent, "not_routable")),
    (problem(400, 21614), (Permanent, "not_a_mobile")),
    (problem(400, 21635), (Permanent, "not_a_mobile")),
    (problem(400, 30001), (Transient, "queue_overflow")),
    (problem(400, 99999), (Permanent, "refused")),  # not in any table: refused, and the address is not blamed
    (PROBLEM_JSON, (Permanent, "opted_out")),  # the SDK has another, unrelated exception for this form
    (problem(403, 99999), (Misconfigured, "credentials_refused")),
    (problem(404, 20404), (Misconfigured, "address_unusable")),
    (problem(429, 88888), (Transient, "rate_limited")),
    (problem(500, 20500), (OutcomeUnknown, "server_error")),
    (problem(503, 20429), (OutcomeUnknown, "server_error")),  # a code on a server error documents nothing
    (Told(502, b"<html>Bad gateway</html>", {"Content-Type": "text/html"}), (OutcomeUnknown, "server_error")),
    (Told(201, b"<html>proxy</html>", {"Content-Type": "text/html"}), (OutcomeUnknown, "answer_unreadable")),
    (Told(201, b"[]", {"Content-Type": "application/json"}), (OutcomeUnknown, "answer_unreadable")),
    (Told(201, b"{}", {"Content-Type": "application/json"}), (OutcomeUnknown, "answer_unreadable")),
    (
        Told(201, b'{"sid": "SM1", "status": "failed", "error_code": 30004}', {"Content-Type": "application/json"}),
        (Permanent, "blocked"),
    ),
]


@pytest.fixture
def harness() -> Iterator[TwilioHarness]:
    twilio = FakeTwilio()
    server = LocalHttp(twilio)
    with server:
        yield TwilioHarness(server, twilio)


class TestContract(ProviderContract):
    """The suite, for Twilio."""


def test_the_request_is_what_twilio_documents(harness: TwilioHarness) -> None:
    harness.provider.submit(harness.message())
    (seen,) = harness.server.seen
    assert seen.headers["Authorization"].startswith("Basic ")
    assert seen.form == {
        "To": "+8613900000001",
        "From": "+14155550100",
        "Body": "开庭传票在此: https://court.example/s/abc",
        "StatusCallback": "https://court.example/webhooks/x?court=qinghe&key=0195a000-0000-7000-8000-000000000001",
    }


def test_a_messaging_service_stands_in_for_the_number(harness: TwilioHarness) -> None:
    settings = Settings(SID, ("token-0001",), "MG" + "b" * 32, api_base=harness.server.url)
    TwilioSms(settings, harness.clock).submit(harness.message(callback_url=""))
    assert harness.server.seen[0].form.keys() == {"To", "Body", "MessagingServiceSid"}


def test_no_address_is_refused_without_a_request(harness: TwilioHarness) -> None:
    with pytest.raises(Permanent):
        harness.provider.submit(harness.message(to=""))
    assert harness.server.seen == []


@pytest.mark.parametrize(
    ("told", "error", "reason"),
    [
        (problem(401, 20003), Misconfigured, "credentials_refused"),
        (problem(429, 20429), Transient, "rate_limited"),
        (Told(404, b"<html>"), Misconfigured, "address_unusable"),
        (Told(503, b"{}"), OutcomeUnknown, "server_error"),
    ],
)
def test_a_list_that_is_refused_says_why(
    harness: TwilioHarness, told: Told, error: type[SendError], reason: str
) -> None:
    harness.later(timedelta(minutes=5))
    harness.side.refuse = told
    with pytest.raises(SendError) as caught:
        harness.provider.ask(harness.message())
    assert (type(caught.value), caught.value.reason) == (error, reason)


def test_asking_too_early_proves_nothing(harness: TwilioHarness) -> None:
    with pytest.raises(Transient) as caught:
        harness.provider.ask(harness.message())
    assert caught.value.retry_after == timedelta(seconds=60)
    with pytest.raises(OutcomeUnknown):
        harness.provider.ask(harness.message(written_at=None))


def test_another_text_or_an_older_message_is_not_ours(harness: TwilioHarness) -> None:
    harness.later(timedelta(minutes=5))
    harness.provider.submit(harness.message(text="another text"))
    harness.side.created_at = NOW - timedelta(hours=1)
    harness.provider.submit(harness.message())
    assert harness.provider.ask(harness.message()) is None


def test_a_message_that_failed_later_was_accepted(harness: TwilioHarness) -> None:
    harness.later(timedelta(minutes=5))
    harness.provider.submit(harness.message())
    harness.side.messages[0].update(status="undelivered", error_code=30003)
    found = harness.provider.ask(harness.message())
    assert found is not None
    assert found.kind is EventKind.SUBMITTED


def test_a_list_without_end_proves_nothing(harness: TwilioHarness) -> None:
    harness.later(timedelta(minutes=5))
    harness.provider.submit(harness.message(text="another text"))
    harness.side.messages *= 200
    with pytest.raises(OutcomeUnknown):
        harness.provider.ask(harness.message())


def test_the_sdk_does_not_log_numbers(harness: TwilioHarness, caplog: pytest.LogCaptureFixture) -> None:
    harness.later(timedelta(minutes=5))
    with caplog.at_level(logging.DEBUG, logger="twilio"):
        harness.provider.submit(harness.message())
        harness.provider.ask(harness.message())
    assert not [word for word in PERSONAL if word in caplog.text]


def test_the_callback_address_keeps_its_own_query() -> None:
    url = callback_url(message(channel=Channel.SMS, callback_url="https://court.example/h?a=%E4%B8%AD&b="))
    assert dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)) == {
        "a": "中",
        "b": "",
        "key": "0195a000-0000-7000-8000-000000000001",
    }


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_signatures_equal_the_published_ones(case: dict[str, object]) -> None:
    multiple = case.get("params_multi")
    params = [tuple(pair) for pair in multiple] if isinstance(multiple, list) else case.get("params", {})
    shared = case.get("shared_key_secret")
    algorithm = Algorithm.HMAC_SHA256 if shared else Algorithm.HMAC_SHA1
    secret = str(shared or case["auth_token"])
    url, signature = str(case["url"]), str(case["X-Twilio-Signature"])
    assert sign(url, params, secret, algorithm) == signature  # type: ignore[arg-type]
    assert verify(url, params, secret, signature, algorithm)  # type: ignore[arg-type]
    assert not verify(url, params, secret + "x", signature, algorithm)  # type: ignore[arg-type]


@pytest.mark.parametrize(("signed", "seen"), [("", ":443"), (":443", ""), (":8443", ":8443"), ("", "")])
def test_the_default_port_may_be_there_or_not(signed: str, seen: str) -> None:
    signature = sign(f"https://court.example{signed}/h?x=1", {"A": "1"}, "secret")
    assert verify(f"https://court.example{seen}/h?x=1", {"A": "1"}, "secret", signature)


@settings(deadline=None)  # the machine may be busy
@given(st.text(), st.text(), st.dictionaries(st.text(), st.text()))
def test_verify_never_raises(url: str, signature: str, params: dict[str, str]) -> None:
    assert not verify(url, params, "secret", signature)


def test_settings_name_every_wrong_variable() -> None:
    problems: list[Problem] = []
    environ = {
        "SONGDA_TWILIO_AUTH_TOKEN": "new, old",
        "SONGDA_TWILIO_FROM": "+14155550100",
        "SONGDA_TWILIO_API_BASE": "http://elsewhere.example",
        "SONGDA_TWILIO_TIMEOUT_SECONDS": "0",
        "SONGDA_TWILIO_SIGNATURE": "MD5",
        "SONGDA_TWILIO_FORM": "misspelt",
    }
    assert Settings.from_environ(environ, problems) is None
    assert told(problems) == [
        ("SONGDA_TWILIO_ACCOUNT_SID", "must be set"),
        ("SONGDA_TWILIO_API_BASE", "must be an address"),
        ("SONGDA_TWILIO_TIMEOUT_SECONDS", "must be a whole number"),
        ("SONGDA_TWILIO_SIGNATURE", "must be one of"),
        ("SONGDA_TWILIO_FORM", "is not a setting"),
    ]


def test_settings_keep_secrets_to_themselves() -> None:
    environ = {
        "SONGDA_TWILIO_ACCOUNT_SID": SID,
        "SONGDA_TWILIO_AUTH_TOKEN": "new-secret, old-secret",
        "SONGDA_TWILIO_FROM": "+14155550100",
        "SONGDA_TWILIO_SIGNATURE": "HMAC_SHA256",
        "SONGDA_TWILIO_WEBHOOK_KEYS": "shared-secret",
    }
    settings = Settings.from_environ(environ, [])
    assert settings is not None
    assert settings.auth_tokens == ("new-secret", "old-secret")
    assert settings.callback_secrets == ("shared-secret",)
    assert "secret" not in repr(settings)
    assert Settings.from_environ({}, []) is None


def test_a_harness_is_what_the_suite_expects(harness: TwilioHarness) -> None:
    expected: Harness = harness
    assert expected.provider.name == "twilio"
