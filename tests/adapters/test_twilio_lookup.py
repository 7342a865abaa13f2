"""What kind of line a number is: by the numbering plan, else by asking once."""

import json
from collections.abc import Iterator

import pytest

from adapters.twilio import Settings, Switch, TwilioSms
from adapters.twilio_lookup import kind_by_plan
from delivery.domain.errors import Permanent
from delivery.domain.event import Channel
from tests.adapters.contract import NOW, message
from tests.adapters.fake_twilio import SID, FakeTwilio
from tests.adapters.local_http import LocalHttp, Seen, Told, Trouble

UNKNOWN = "+12025550123"  # North America: mobiles and landlines share their ranges


class FakeLookup(FakeTwilio):
    """Messages as ever, and an answer about a number."""

    def __init__(self) -> None:
        super().__init__()
        self.line: dict[str, object] | None = {"valid": True, "line_type_intelligence": {"type": "mobile"}}

    def __call__(self, seen: Seen) -> Told | Trouble:
        if not seen.path.startswith("/v2/PhoneNumbers/"):
            return super().__call__(seen)
        if self.line is None:
            return Told(503)
        return Told(200, json.dumps(self.line).encode(), {"Content-Type": "application/json"})


@pytest.fixture
def twilio() -> Iterator[tuple[FakeLookup, LocalHttp]]:
    fake = FakeLookup()
    with LocalHttp(fake) as server:
        yield fake, server


def _texts(server: LocalHttp, lookup: Switch = Switch.ON) -> TwilioSms:
    settings = Settings(SID, ("t",), "+14155550100", api_base=server.url, timeout_seconds=2, lookup=lookup)
    return TwilioSms(settings, lambda: NOW)


def _asked(server: LocalHttp) -> int:
    return sum(seen.path.startswith("/v2/") for seen in server.seen)


@pytest.mark.parametrize(
    ("number", "kind"), [("+8613900000001", "mobile"), ("+861088886666", "landline"), (UNKNOWN, ""), ("x", "")]
)
def test_the_plan_answers_where_it_can(number: str, kind: str) -> None:
    assert kind_by_plan(number) == kind


def test_a_number_is_asked_about_once_and_only_if_nobody_knows(twilio: tuple[FakeLookup, LocalHttp]) -> None:
    fake, server = twilio
    texts = _texts(server)
    for number in ("+8613900000001", UNKNOWN, UNKNOWN):
        texts.submit(message(channel=Channel.SMS, to=number))
    assert _asked(server) == 1
    assert len(fake.messages) == 3


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"valid": True, "line_type_intelligence": {"type": "landline"}}, "landline"),
        ({"valid": False, "validation_errors": ["TOO_SHORT"]}, "number_void"),
    ],
)
def test_no_text_goes_where_none_arrives(
    twilio: tuple[FakeLookup, LocalHttp], line: dict[str, object], reason: str
) -> None:
    fake, server = twilio
    fake.line = line
    with pytest.raises(Permanent) as caught:
        _texts(server).submit(message(channel=Channel.SMS, to=UNKNOWN))
    assert caught.value.reason == reason
    assert fake.messages == []


def test_a_question_that_fails_keeps_nothing_back(twilio: tuple[FakeLookup, LocalHttp]) -> None:
    fake, server = twilio
    fake.line = None
    _texts(server).submit(message(channel=Channel.SMS, to=UNKNOWN))
    assert len(fake.messages) == 1


def test_nothing_is_asked_unless_it_is_switched_on(twilio: tuple[FakeLookup, LocalHttp]) -> None:
    _, server = twilio
    _texts(server, Switch.OFF).submit(message(channel=Channel.SMS, to=UNKNOWN))
    assert _asked(server) == 0
