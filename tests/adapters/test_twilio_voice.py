"""Twilio's voice adapter, over the official SDK, against a local server of Twilio's form."""

from collections.abc import Iterator
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from adapters.twilio import Settings
from adapters.twilio_voice import TwilioVoice, announcement, last_words, lines_of
from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, Transient
from delivery.domain.event import Channel
from delivery.providers import Message
from delivery.settings import Problem
from tests.adapters.contract import Harness, ProviderContract, message
from tests.adapters.fake_twilio import SID, problem
from tests.adapters.fake_twilio_voice import FakeTwilioVoice
from tests.adapters.harness import LocalHarness, Refused
from tests.adapters.local_http import LocalHttp, Told

KEY = "0195a000-0000-7000-8000-000000000001"
REFUSED: list[Refused] = [
    (problem(401, 20003), (Misconfigured, "credentials_refused")),
    (problem(429, 20429), (Transient, "rate_limited")),
    (problem(400, 13224), (Permanent, "address_invalid")),
    (problem(400, 21210), (Misconfigured, "sender_not_allowed")),
    (problem(400, 21211), (Permanent, "address_invalid")),
    (problem(400, 21214), (Permanent, "not_callable")),
    (problem(400, 21215), (Misconfigured, "region_not_enabled")),
    (problem(400, 21219), (Misconfigured, "account_on_trial")),
    (problem(400, 99999), (Permanent, "refused")),
    (problem(500, 20500), (OutcomeUnknown, "server_error")),
    (Told(201, b"{}", {"Content-Type": "application/json"}), (OutcomeUnknown, "answer_unreadable")),
    (
        Told(201, b'{"sid": "CA1", "status": "failed"}', {"Content-Type": "application/json"}),
        (Permanent, "call_failed"),
    ),
]


class VoiceHarness(LocalHarness[FakeTwilioVoice]):
    """The adapter and a local Twilio."""

    def __init__(self, server: LocalHttp, twilio: FakeTwilioVoice) -> None:
        super().__init__(server, twilio, REFUSED)
        settings = Settings(
            SID, ("token-0001",), "MG" + "b" * 32, api_base=server.url, timeout_seconds=0.4, caller="+14155550100"
        )
        self.provider = TwilioVoice(settings, self.clock)

    def message(self, key: str = KEY, **changes: object) -> Message:
        return message(key, **{"channel": Channel.VOICE, "to": "+8613900000001", **changes})

    def made(self) -> int:
        return len(self.side.calls)


@pytest.fixture
def harness() -> Iterator[VoiceHarness]:
    twilio = FakeTwilioVoice()
    server = LocalHttp(twilio)
    with server:
        yield VoiceHarness(server, twilio)


class TestContract(ProviderContract):
    """The suite, for calls."""


def test_a_harness_is_what_the_suite_expects(harness: VoiceHarness) -> None:
    expected: Harness = harness
    assert expected.provider.name == "twilio_voice"


def test_the_request_is_what_twilio_documents(harness: VoiceHarness) -> None:
    harness.provider.submit(harness.message())
    (seen,) = harness.server.seen
    hook = f"https://court.example/webhooks/x?court=qinghe&key={KEY}"
    assert seen.form == {
        "To": "+8613900000001",
        "From": "+14155550100",
        "Url": f"{hook}&step=announce",
        "Method": "POST",
        "StatusCallback": hook,
        "StatusCallbackEvent": "completed",  # the last of four; the form repeats the name
        "StatusCallbackMethod": "POST",
        "MachineDetection": "Enable",
        "Timeout": "40",
        "TimeLimit": "300",
    }
    assert seen.body.decode().count("StatusCallbackEvent=") == 4


def test_a_call_is_recorded_only_where_it_says_so(harness: VoiceHarness) -> None:
    harness.provider.submit(harness.message(fields={"recorded": "no"}))
    harness.provider.submit(harness.message(fields={"recorded": "yes"}))
    first, second = (seen.form for seen in harness.server.seen)
    assert "Record" not in first
    assert second["Record"] == "true"
    assert second["RecordingStatusCallback"].endswith("&step=recorded")


def test_of_several_calls_nobody_can_say_which_is_ours(harness: VoiceHarness) -> None:
    harness.later(timedelta(minutes=5))
    harness.provider.submit(harness.message())
    harness.provider.submit(harness.message())
    with pytest.raises(OutcomeUnknown) as caught:
        harness.provider.ask(harness.message())
    assert caught.value.reason == "several_calls"


def test_a_recording_is_fetched_as_it_is(harness: VoiceHarness) -> None:
    assert harness.provider.recording("RE" + "0" * 32) == (b"ID3 two voices", "audio/mpeg")
    with pytest.raises(Permanent):
        harness.provider.recording("../Messages")
    with pytest.raises(Misconfigured):
        harness.provider.recording("RE" + "1" * 32)


def test_what_is_said_is_well_formed_in_both_languages() -> None:
    lines = lines_of("您好 <青河>\nHello & goodbye", {"spoken": "zh,en"})
    assert lines == [("zh", "您好 <青河>"), ("en", "Hello & goodbye")]
    said = ET.fromstring(announcement(lines, "https://court.example/h?a=1&step=answer"))  # noqa: S314 - our own words
    gather = said.find("Gather")
    assert gather is not None
    assert gather.attrib["action"] == "https://court.example/h?a=1&step=answer"
    assert [(one.attrib["language"], one.text) for one in gather] == [
        ("cmn-CN", "您好 <青河>"),
        ("en-GB", "Hello & goodbye"),
    ]
    assert [one.tag for one in ET.fromstring(last_words(lines))] == ["Say", "Say", "Hangup"]  # noqa: S314


def test_settings_say_what_is_wrong_with_a_calling_number() -> None:
    problems: list[Problem] = []
    environ = {
        "SONGDA_TWILIO_ACCOUNT_SID": SID,
        "SONGDA_TWILIO_AUTH_TOKEN": "x",
        "SONGDA_TWILIO_FROM": "+14155550100",
        "SONGDA_TWILIO_VOICE_FROM": "12368",
        "SONGDA_TWILIO_LOOKUP": "perhaps",
    }
    assert Settings.from_environ(environ, problems) is None
    assert {one.variable for one in problems} == {
        "SONGDA_TWILIO_VOICE_FROM",
        "SONGDA_TWILIO_LOOKUP",
    }
