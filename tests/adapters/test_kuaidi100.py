"""Kuaidi100's adapter against a local server of its form."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.kuaidi100 import Kuaidi100, Settings, sign
from adapters.kuaidi100_codes import STATES
from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, Transient
from delivery.domain.event import Channel, EventKind
from delivery.providers import Message
from delivery.settings import Problem
from tests.adapters.contract import ProviderContract, message, told
from tests.adapters.harness import LocalHarness, Refused
from tests.adapters.local_http import LocalHttp, Seen, Told, Trouble
from tests.adapters.test_postal_vectors import EVENTS

VECTORS = Path(__file__).parent / "vectors"
NUMBER = "1000000000001"
REFUSED: list[Refused] = [
    (Told(200, b'{"result": false, "returnCode": "500"}'), (OutcomeUnknown, "server_error")),
    (Told(200, b'{"result": false, "returnCode": "600"}'), (Misconfigured, "credentials_refused")),
    (Told(200, b'{"result": false, "returnCode": "601"}'), (Misconfigured, "credentials_refused")),
    (Told(200, b'{"result": false, "returnCode": "700"}'), (Permanent, "refused")),
    (Told(200, b'{"result": false, "returnCode": "701"}'), (Permanent, "refused")),
    (Told(200, b'{"result": false, "returnCode": "702"}'), (Permanent, "refused")),
    (Told(200, b"<html>"), (OutcomeUnknown, "answer_unreadable")),
    (Told(200, b"[]"), (OutcomeUnknown, "answer_unreadable")),
    (Told(429), (Transient, "rate_limited")),
    (Told(503), (OutcomeUnknown, "server_error")),
]


class FakeKuaidi100:
    """Keeps subscriptions by number."""

    def __init__(self) -> None:
        self.watched: dict[str, dict[str, object]] = {}
        self.refuse: Told | None = None
        self.trouble: Trouble | None = None

    def __call__(self, seen: Seen) -> Told | Trouble:
        if self.refuse is not None:
            return self.refuse
        assert (seen.path, seen.form["schema"]) == ("/poll", "json")
        param = json.loads(seen.form["param"])
        code = "501" if param["number"] in self.watched else "200"
        self.watched.setdefault(param["number"], param)
        return self.trouble or Told(200, json.dumps({"result": code == "200", "returnCode": code}).encode())


class Kuaidi100Harness(LocalHarness[FakeKuaidi100]):
    """The adapter and a local Kuaidi100."""

    def __init__(self, server: LocalHttp, side: FakeKuaidi100) -> None:
        super().__init__(server, side, REFUSED)
        self.provider = Kuaidi100(Settings("key-0001", ("salt-new", "salt-old"), server.url, 0.4))

    def message(self, key: str = "0195a000-0000-7000-8000-000000000001", **changes: object) -> Message:
        return message(key, **{"channel": Channel.POST, "to": NUMBER, **changes})

    def made(self) -> int:
        return len(self.side.watched)


@pytest.fixture
def harness() -> Iterator[Kuaidi100Harness]:
    side = FakeKuaidi100()
    server = LocalHttp(side)
    with server:
        yield Kuaidi100Harness(server, side)


class TestContract(ProviderContract):
    """The suite, for Kuaidi100."""


def test_a_subscription_names_number_callback_and_salt_and_nobody(harness: Kuaidi100Harness) -> None:
    harness.provider.submit(harness.message())
    assert harness.side.watched[NUMBER] == {
        "company": "ems",
        "number": NUMBER,
        "key": "key-0001",
        "parameters": {
            "callbackurl": "https://court.example/webhooks/x?court=qinghe",
            "salt": "salt-new",
            "resultv2": "6",
            "autoCom": "0",
        },
    }


@pytest.mark.parametrize("number", ["SF1234567890123", "YT0000000000001", "JD0000000001", "", "123", "RR123456789US"])
def test_numbers_of_private_couriers_are_refused_without_a_request(harness: Kuaidi100Harness, number: str) -> None:
    with pytest.raises(Permanent) as caught:
        harness.provider.submit(harness.message(to=number))
    assert caught.value.reason == "carrier_not_allowed"
    assert harness.server.seen == []


def test_it_is_no_way_out() -> None:
    assert Kuaidi100.capabilities.watches


def test_every_state_means_what_the_facts_say() -> None:
    facts = json.loads((VECTORS / "postal_map_kuaidi100.json").read_text(encoding="utf-8"))
    assert set(facts) == set(STATES)
    for code, fact in facts.items():
        kind, receiver, reason = STATES[code]
        if fact["event"] == "customs":
            assert kind is (EventKind.POST_EXCEPTION if fact.get("held") else EventKind.POST_IN_TRANSIT), code
        else:
            assert (kind, receiver, reason) == (
                EVENTS[fact["event"]],
                fact.get("recipient_class", ""),
                fact.get("reason", ""),
            ), code


def test_the_published_signature_holds() -> None:
    push = json.loads((VECTORS / "kuaidi100_signature.json").read_text(encoding="utf-8"))["push"]
    assert sign(push["param"], push["salt"]) == push["sign"]


def test_settings_are_read_and_secrets_are_not_shown() -> None:
    problems: list[Problem] = []
    assert Settings.from_environ({"SONGDA_KUAIDI100_KEY": "key"}, problems) is None
    assert told(problems) == [("SONGDA_KUAIDI100_SALT", "must be set")]
    found = Settings.from_environ({"SONGDA_KUAIDI100_KEY": "key-1", "SONGDA_KUAIDI100_SALT": "salt-1, salt-2"}, [])
    assert found == Settings("key-1", ("salt-1", "salt-2"))
    assert "key-1" not in repr(found)
    assert "salt-1" not in repr(found)
    assert Settings.from_environ({}, []) is None
