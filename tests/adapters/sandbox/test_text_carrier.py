"""Twilio's official library and our adapter against the town's text carrier."""

from datetime import timedelta

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from adapters.sandbox.people import PhoneState
from adapters.sandbox.population import draw_population
from delivery.domain.errors import OutcomeUnknown, Permanent, SendError
from delivery.domain.event import EventKind
from tests.adapters.sandbox.court import AUTH_TOKEN
from tests.adapters.sandbox.settings import ACCOUNT, SENDER, START_ON, drawn, key_number, owners, quarter

BODY = "【云州市青河区人民法院】（2026）云0199民初1号一案的传票已送达，请查收：{}/e/tok1 核验码ABCD-EFGH。"


def test_the_official_library_creates_lists_and_fetches() -> None:
    population = drawn()
    with quarter(population) as here:
        client = Client(ACCOUNT, AUTH_TOKEN)
        client.api.base_url = here.addresses.url
        number = owners(population)[0].mobile
        sent = client.messages.create(to=f"+86{number}", from_=SENDER, body="你好")
        assert sent.status == "queued"
        assert sent.sid.startswith("SM")
        assert [one.sid for one in client.messages.list(to=f"+86{number}")] == [sent.sid]
        assert [one.sid for one in client.messages.list(to=f"+86{number}", date_sent=sent.date_created)] == [sent.sid]
        here.pass_time(timedelta(minutes=5))
        assert client.messages(sent.sid).fetch().status == "delivered"
        for _ in range(60):
            client.messages.create(to=f"+86{number}", from_=SENDER, body="再来一条")
        assert len(client.messages.list(to=f"+86{number}", page_size=25)) == 61


def test_refusals_carry_the_carriers_own_codes() -> None:
    with quarter(drawn()) as here:
        client = Client(ACCOUNT, AUTH_TOKEN)
        client.api.base_url = here.addresses.url
        for fields, code in (
            ({"to": "12345", "from_": SENDER, "body": "x"}, 21211),
            ({"to": "+8613800000001", "from_": SENDER, "body": ""}, 21602),
            ({"to": "+8613800000001", "from_": SENDER, "body": "长" * 1601}, 21617),
        ):
            with pytest.raises(TwilioRestException) as refused:
                client.messages.create(**fields)
            assert (refused.value.status, refused.value.code) == (400, code)
        stranger = Client(ACCOUNT, "another-token")
        stranger.api.base_url = here.addresses.url
        with pytest.raises(TwilioRestException) as refused:
            stranger.messages.create(to="+8613800000001", from_=SENDER, body="x")
        assert refused.value.status == 401
        assert here.town.counts()["requests_received"] == 4


def test_the_adapters_message_is_reported_with_a_signature_that_holds() -> None:
    population = drawn()
    with quarter(population) as here:
        number = owners(population)[0].mobile
        provider = here.texts()
        message = here.text_message(number, BODY.format("https://elsewhere.example"), key_number(1))
        sent = provider.submit(message)
        assert sent.kind is EventKind.SUBMITTED
        here.pass_time(timedelta(minutes=5))
        assert provider.ask(message) is not None
        assert [(one["MessageSid"], one["MessageStatus"]) for one in here.court.statuses] == [
            (sent.reference, "sent"),
            (sent.reference, "delivered"),
        ]
        assert {one["key"] for one in here.court.statuses} == {key_number(1)}
        assert here.court.forged == 0
        assert here.town.counts()["callbacks_sent"] == 2
        with pytest.raises(Permanent):
            provider.submit(here.text_message("", "x", key_number(2)))


def test_dead_numbers_fail_and_others_arrive_in_the_share_asked_for() -> None:
    population = draw_population(5, 1500, START_ON, 60)
    with quarter(population) as here:
        provider = here.texts()
        dead = [phone.number for phone in population.phones.values() if phone.state is PhoneState.DEAD]
        for index, number in enumerate(dead):
            provider.submit(here.text_message(number, "你好", key_number(index)))
        here.pass_time(timedelta(hours=3))
        failed = [one for one in here.court.statuses if one["MessageStatus"] == "undelivered"]
        assert {one["ErrorCode"] for one in failed} == {"30003", "30005"}
        # 7 of 100 messages are lost, all of them among the 12 that go to dead numbers.
        assert abs(len(failed) / len(dead) - 7 / 12) < 0.2


def test_the_same_attempt_twice_is_counted_as_doubled() -> None:
    population = drawn()
    with quarter(population) as here:
        provider = here.texts()
        first = here.text_message(owners(population)[0].mobile, "你好", key_number(1))
        provider.submit(first)
        provider.submit(here.text_message(owners(population)[0].mobile, "你好", key_number(2)))
        assert here.town.counts()["doubled"] == []
        provider.submit(first)
        assert len(here.town.counts()["doubled"]) == 1
        assert here.town.counts()["requests_received"] == here.town.counts()["sms"] == 3


def test_a_closed_town_is_an_error_like_any_other() -> None:
    population = drawn()
    with quarter(population) as here:
        provider = here.texts()
        message = here.text_message(owners(population)[0].mobile, "你好", key_number(1))
    with pytest.raises(SendError) as lost:
        provider.submit(message)
    assert not isinstance(lost.value, OutcomeUnknown)
