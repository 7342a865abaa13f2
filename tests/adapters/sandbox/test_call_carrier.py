"""Twilio's official library and our adapter against the town's telephone company."""

from collections import Counter
from datetime import timedelta

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from adapters.sandbox.chance import Chance
from adapters.sandbox.faults import Faults
from adapters.sandbox.listeners import Course, Listeners
from adapters.sandbox.people import PhoneState
from adapters.sandbox.population import Population, draw_population
from adapters.twilio_voice import CALL_BACK, HEAR_AGAIN, NOT_ME
from delivery.domain.errors import Misconfigured, OutcomeUnknown
from delivery.domain.event import Channel
from delivery.providers import Message
from tests.adapters.contract import message
from tests.adapters.sandbox.court import AUTH_TOKEN
from tests.adapters.sandbox.settings import ACCOUNT, SENDER, START_ON, Quarter, drawn, key_number, quarter


def courses(population: Population, number: str) -> Course:
    """How a call on the first day goes."""
    return Listeners(population).course(number, f"call:{number}:{START_ON}", told_a_code=False)


def numbers(population: Population, **wanted: object) -> list[str]:
    """The numbers whose first call goes like this."""
    return [
        number
        for number in sorted(population.phones)
        if all(getattr(courses(population, number), name) == value for name, value in wanted.items())
    ]


def call(here: Quarter, number: str, key: str, *, recorded: str = "no") -> Message:
    """An announcement to a mainland number."""
    return message(
        key,
        channel=Channel.VOICE,
        to=f"+86{number}",
        callback_url=f"{here.court.url}/in/twilio",
        fields={"recorded": recorded},
        written_at=here.clock.now(),
    )


def statuses(here: Quarter) -> list[str]:
    return [one["CallStatus"] for one in here.court.statuses if "CallStatus" in one and "step" not in one]


def test_a_call_that_is_heard_out_fetches_its_words_and_says_how_it_went() -> None:
    population = drawn()
    with quarter(population) as here:
        provider, number = here.calls(), numbers(population, heard=True, keys=())[0]
        asked = call(here, number, key_number(1))
        sent = provider.submit(asked)
        here.pass_time(timedelta(minutes=5))
        assert statuses(here) == ["initiated", "ringing", "in-progress", "completed"]
        ended = here.court.statuses[-1]
        assert (ended["AnsweredBy"], ended["CallDuration"], ended["SequenceNumber"]) == ("human", "70", "3")
        assert {(one["CallSid"], one["key"]) for one in here.court.statuses} == {(sent.reference, key_number(1))}
        (fetched,) = [one for one in here.court.statuses if one.get("step") == "announce"]
        assert (fetched["CallStatus"], fetched["AnsweredBy"]) == ("in-progress", "human")
        assert here.court.forged == 0
        assert here.town.counts()["calls"] == 1
        assert here.town.counts()["callbacks_sent"] == len(here.court.statuses) == 5
        found = provider.ask(asked)
        assert found is not None
        assert found.reference == sent.reference


@pytest.mark.parametrize("keys", [(CALL_BACK,), (HEAR_AGAIN,), (HEAR_AGAIN, CALL_BACK), (NOT_ME,)])
def test_keys_are_passed_on_as_long_as_the_platform_asks_for_them(keys: tuple[str, ...]) -> None:
    population = draw_population(5, 1500, START_ON, 60)
    with quarter(population) as here:
        here.calls().submit(call(here, numbers(population, keys=keys)[0], key_number(1)))
        here.pass_time(timedelta(minutes=10))
        assert [one["Digits"] for one in here.court.statuses if "Digits" in one] == list(keys)
        assert {one["step"] for one in here.court.statuses if "Digits" in one} == {"answer"}
        assert [more["key"] for _, _, what, more in here.town.deeds() if what == "pressed"] == list(keys)


@pytest.mark.parametrize(
    ("status", "answered_by", "told"),
    [
        ("no-answer", "", ["initiated", "ringing", "no-answer"]),
        ("busy", "", ["initiated", "ringing", "busy"]),
        ("failed", "", ["initiated", "failed"]),
        ("completed", "machine_start", ["initiated", "ringing", "in-progress", "completed"]),
    ],
)
def test_numbers_that_nobody_answers_say_why(status: str, answered_by: str, told: list[str]) -> None:
    population = draw_population(5, 600, START_ON, 60)
    with quarter(population) as here:
        number = numbers(population, status=status, answered_by=answered_by)[0]
        here.calls().submit(call(here, number, key_number(1)))
        here.pass_time(timedelta(minutes=5))
        assert statuses(here) == told
        if answered_by:
            assert here.court.statuses[-1]["AnsweredBy"] == answered_by


def test_who_answers_follows_the_numbers_asked_for() -> None:
    population = draw_population(5, 1500, START_ON, 60)
    found = Counter(
        (population.phones[number].state, courses(population, number).heard) for number in population.phones
    )
    his = found[PhoneState.HIS, True] + found[PhoneState.HIS, False]
    share = population.parameters.call_answered * (1 - population.parameters.fraud_suspected)
    assert abs(found[PhoneState.HIS, True] / his - share) < 0.06
    assert found[PhoneState.SILENT, True] == found[PhoneState.DEAD, True] == 0
    dead = [number for number, phone in population.phones.items() if phone.state is PhoneState.DEAD]
    assert {courses(population, number).status for number in dead} == {"failed", "no-answer"}


def test_a_code_that_was_texted_before_keeps_people_on_the_line() -> None:
    population = draw_population(5, 1500, START_ON, 60)
    listeners, chance = Listeners(population), Chance(population.seed)
    suspicious = [
        phone.number
        for phone in population.phones.values()
        if 0.10 <= chance.draw(phone.holder or phone.number, "takes-it-for-fraud") < 0.25
    ]
    told = [listeners.course(number, number, told_a_code=True).heard for number in suspicious]
    assert any(told)
    assert not any(listeners.course(number, number, told_a_code=False).heard for number in suspicious)


def test_a_recording_is_told_of_and_can_be_fetched() -> None:
    population = drawn()
    with quarter(population) as here:
        provider, number = here.calls(), numbers(population, heard=True)[0]
        provider.submit(call(here, number, key_number(1), recorded="yes"))
        provider.submit(call(here, numbers(population, status="no-answer")[0], key_number(2), recorded="yes"))
        here.pass_time(timedelta(minutes=10))
        (told,) = [one for one in here.court.statuses if "RecordingSid" in one]
        assert (told["RecordingStatus"], told["step"], told["key"]) == ("completed", "recorded", key_number(1))
        content, media_type = provider.recording(told["RecordingSid"])
        assert (content[:2], media_type) == (b"\xff\xfb", "audio/mpeg")
        with pytest.raises(Misconfigured):
            provider.recording("RE" + "0" * 32)


def test_refusals_carry_twilios_own_codes() -> None:
    with quarter(drawn()) as here:
        client = Client(ACCOUNT, AUTH_TOKEN)
        client.api.base_url = here.addresses.url
        for fields, code in (
            ({"to": "12345", "from_": SENDER, "url": "http://x.example"}, 21211),
            ({"to": "+8613800000001", "from_": "+14155550199", "url": "http://x.example"}, 21210),
            ({"to": "+8613800000001", "from_": SENDER}, 21205),
        ):
            with pytest.raises(TwilioRestException) as refused:
                client.calls.create(**fields)
            assert (refused.value.status, refused.value.code) == (400, code)
        stranger = Client(ACCOUNT, "another-token")
        stranger.api.base_url = here.addresses.url
        with pytest.raises(TwilioRestException) as refused:
            stranger.calls("CA" + "0" * 32).fetch()
        assert refused.value.status == 401
        made = client.calls.create(to="+8613800000001", from_=SENDER, url="http://127.0.0.1:1/x")
        assert client.calls(made.sid).fetch().status == "queued"
        here.pass_time(timedelta(minutes=5))
        assert client.calls(made.sid).fetch().status == "failed"  # nobody has this number


def test_faults_befall_calls_too_and_are_written_down() -> None:
    population = drawn()
    number = numbers(population, heard=True, keys=())[0]
    with quarter(population, faults=Faults(server_error=1.0)) as here:
        with pytest.raises(OutcomeUnknown):
            here.calls().submit(call(here, number, key_number(1)))
        assert (here.town.counts()["calls"], here.town.counts()["requests_received"]) == (0, 1)
    with quarter(population, faults=Faults(reset_after_write=1.0)) as here:
        provider = here.calls()
        with pytest.raises(OutcomeUnknown):
            provider.submit(call(here, number, key_number(1)))
        asked = call(here, number, key_number(1))
        here.pass_time(timedelta(minutes=2))
        assert provider.ask(asked) is not None
    faults = Faults(duplicate=1.0, reorder=1.0, callback_before_response=1.0)
    with quarter(population, faults=faults) as here:
        here.calls().submit(call(here, number, key_number(1)))
        assert statuses(here) == ["initiated"]  # before the answer
        here.pass_time(timedelta(hours=1))
        assert Counter(statuses(here)) == dict.fromkeys(("initiated", "ringing", "in-progress", "completed"), 2)
        told = {(kind, about) for _, kind, about in here.town.faults()}
        assert told == {(kind, key_number(1)) for kind in ("duplicate", "reorder", "callback_before_response")}


def test_a_platform_that_cannot_say_anything_ends_the_call() -> None:
    population = drawn()
    with quarter(population) as here:
        here.court.refusing = lambda: True
        here.calls().submit(call(here, numbers(population, heard=True)[0], key_number(1)))
        here.pass_time(timedelta(minutes=2))
        assert here.town.counts()["callbacks_sent"] == 0
        here.court.refusing = lambda: False
        here.pass_time(timedelta(hours=2))
        assert [one for one in here.court.statuses if "step" in one] == []
        assert "completed" in statuses(here)
