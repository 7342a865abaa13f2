"""The mainland's carriers in the town, met by the real adapters and read by the real receivers."""

import json
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from adapters import aliyun, tencent
from adapters.aliyun import AliyunSms
from adapters.sandbox.people import PhoneState
from adapters.sandbox.stage import Scene, Stage, scratch_places
from adapters.tencent import TencentSms
from delivery.clock import SteppedClock
from delivery.domain.errors import Misconfigured, Permanent
from delivery.domain.event import Channel, EventKind, Report
from delivery.providers import Message, Template
from tests.adapters.contract import message
from tests.adapters.local_http import LocalHttp, Seen, Told
from tests.adapters.sandbox.settings import START, START_ON, key_number
from webhooks.aliyun import AliyunReceiver
from webhooks.receiver import InboundRequest
from webhooks.tencent import TencentReceiver


class Street:
    """A town whose texts one carrier takes, and the platform's side of it."""

    provider: AliyunSms | TencentSms
    receiver: AliyunReceiver | TencentReceiver

    def __init__(self, carrier: str, platform: LocalHttp) -> None:
        self.platform = platform
        self.clock = SteppedClock(START)
        self.stage = Stage(Scene(7, 60, START_ON, 60, texts=carrier), self.clock.now, scratch_places(platform.url))
        environ = self.stage.start()
        if carrier == "aliyun":
            of_aliyun = aliyun.Settings.from_environ(environ, [])
            assert of_aliyun is not None
            self.provider, self.receiver = AliyunSms(of_aliyun, self.clock.now), AliyunReceiver.configured(of_aliyun)
        else:
            of_tencent = tencent.Settings.from_environ(environ, [])
            assert of_tencent is not None
            self.provider = TencentSms(of_tencent, self.clock.now)
            self.receiver = TencentReceiver.configured(of_tencent)

    def number(self, state: PhoneState) -> str:
        phones = self.stage.population.phones.values()
        return next(phone.number for phone in phones if phone.state is state)

    def text(self, number: str, key: str, *, signature: str = "", first: str = "ABCDEF") -> Message:
        variables = {"a": first, "b": "GHJKMN", "c": "PQRS", "d": "TUVW"}
        court = self.stage.court
        template = Template(court.code, "e_service.zh", signature or court.name, variables)
        return message(key, channel=Channel.SMS, to=f"+86{number}", template=template, written_at=self.clock.now())

    def pass_time(self, span: timedelta) -> None:
        until = self.clock.now() + span
        due = self.stage.advance(self.clock.now())
        while due is not None and due <= until:
            self.clock.step_to(due)
            due = self.stage.advance(self.clock.now())
        self.clock.step_to(until)

    def pushed(self) -> list[Report]:
        """What the receiver makes of all that was pushed."""
        found: list[Report] = []
        for seen in self.platform.seen:
            if not urlsplit(seen.target).path.startswith("/webhooks/"):
                continue
            request = InboundRequest(
                seen.method, seen.target, seen.headers, seen.body, received_at=self.clock.now(), remote="127.0.0.1"
            )
            self.receiver.verify(request)
            found += self.receiver.event_reports(request)
        return found


def _platform(seen: Seen) -> Told:
    return Told(200, json.dumps({"code": 0}).encode()) if seen.method == "POST" else Told(404)


@pytest.fixture(params=["aliyun", "tencent"])
def street(request: pytest.FixtureRequest) -> Iterator[Street]:
    with LocalHttp(_platform) as platform:
        street = Street(request.param, platform)
        yield street
        street.stage.stop()


def test_what_is_pushed_is_what_the_carrier_says_when_asked(street: Street) -> None:
    text = street.text(street.number(PhoneState.HIS), key_number(1))
    sent = street.provider.submit(text)
    assert street.provider.reports(text, sent.reference) == ()
    street.pass_time(timedelta(minutes=5))
    (pushed,) = [report for report in street.pushed() if report.raw_code != "reply"]
    (asked,) = street.provider.reports(text, sent.reference)
    assert (pushed.kind, pushed.event_id) == (asked.kind, asked.event_id)
    assert asked.kind is EventKind.DELIVERED
    assert street.stage.counts()["sms"] == 1


def test_dead_numbers_fail(street: Street) -> None:
    dead = [phone.number for phone in street.stage.population.phones.values() if phone.state is PhoneState.DEAD]
    for index, number in enumerate(dead):
        street.provider.submit(street.text(number, key_number(index)))
    street.pass_time(timedelta(hours=3))
    assert EventKind.FAILED in {report.kind for report in street.pushed()}


def test_the_carrier_is_as_strict_as_the_real_one(street: Street) -> None:
    number = street.number(PhoneState.HIS)
    with pytest.raises(Misconfigured, match="sender_not_allowed"):
        street.provider.submit(street.text(number, key_number(1), signature="另一家法院"))
    with pytest.raises(Permanent, match="variable_refused"):
        street.provider.submit(street.text(number, key_number(1), first="ABCDEFG"))
    assert street.stage.counts()["sms"] == 0


def test_the_same_attempt_twice_is_counted_as_doubled(street: Street) -> None:
    text = street.text(street.number(PhoneState.HIS), key_number(1))
    street.provider.submit(text)
    street.provider.submit(street.text(street.number(PhoneState.HIS), key_number(2)))
    assert street.stage.counts()["doubled"] == []
    street.provider.submit(text)
    assert len(street.stage.counts()["doubled"]) == 1
