"""Twilio's official library and our adapter against the town's one-time codes, and a person who has one texted."""

import base64
import re

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from adapters.sandbox.callers import TextAccount
from adapters.sandbox.code_carrier import CodeCarrier
from adapters.sandbox.conversation import Request
from adapters.sandbox.deliveries import Deliveries
from adapters.sandbox.faults import Faults, Misfortune
from adapters.sandbox.journal import Journal
from adapters.sandbox.letterbox import Letterbox
from adapters.sandbox.memory import Memory
from adapters.sandbox.reactions import Reactions
from adapters.twilio_verify import TwilioVerify
from delivery.domain.errors import Misconfigured, Permanent, Transient
from delivery.domain.event import Channel
from delivery.providers import CodeAnswer
from tests.adapters.contract import message
from tests.adapters.sandbox.court import AUTH_TOKEN
from tests.adapters.sandbox.settings import ACCOUNT, SERVICE, START, Quarter, drawn, key_number, owners, quarter


def texted(here: Quarter, number: str) -> str:
    """The code that was texted last, as whoever holds the telephone reads it."""
    page = requests.get(f"{here.addresses.url}/phone/{number}", timeout=5).text
    return str(re.findall(r"(?:验证码是|code is) (\d{6})", page)[0])


def ask(provider: TwilioVerify, number: str) -> str:
    return provider.submit(message(key_number(1), channel=Channel.SMS, to=f"+86{number}")).reference


def test_a_code_is_texted_typed_in_and_forgotten() -> None:
    population = drawn()
    with quarter(population) as here:
        provider, number = here.codes(), owners(population)[0].mobile
        first = ask(provider, number)
        assert ask(provider, number) == first  # the same code in another text
        code = texted(here, number)
        assert (len(code), code.isdigit()) == (6, True)
        wrong = f"{(int(code) + 1) % 1_000_000:06}"
        assert provider.check(f"+86{number}", wrong) is CodeAnswer.WRONG
        assert provider.check(f"+86{number}", code) is CodeAnswer.RIGHT
        assert provider.check(f"+86{number}", code) is CodeAnswer.OVER
        assert ask(provider, number) != first
        assert here.town.counts()["requests_received"] == 0  # nothing is served by a code


def test_after_five_wrong_tries_it_is_over_and_after_five_texts_enough() -> None:
    population = drawn()
    with quarter(population) as here:
        provider, number = here.codes(), owners(population)[0].mobile
        for _ in range(5):
            ask(provider, number)
        with pytest.raises(Transient) as refused:
            ask(provider, number)
        assert refused.value.reason == "number_limited"
        code = texted(here, number)
        wrong = f"{(int(code) + 1) % 1_000_000:06}"
        assert {provider.check(f"+86{number}", wrong) for _ in range(5)} == {CodeAnswer.WRONG}
        assert provider.check(f"+86{number}", code) is CodeAnswer.OVER


def test_ten_minutes_of_machine_time_end_it() -> None:
    seconds, population, memory = [0.0], drawn(), Memory()
    inside = Deliveries(
        population=population,
        memory=memory,
        journal=Journal(memory),
        letterbox=Letterbox(memory),
        reactions=Reactions(population),
        misfortune=Misfortune(Faults(), population.seed),
        now=lambda: START,
        at_once=lambda _: None,
        platform_url="http://127.0.0.1",
        has_staff=False,
    )
    carrier = CodeCarrier(inside, TextAccount(ACCOUNT, AUTH_TOKEN, "", ""), SERVICE, lambda: seconds[0])
    headers = {"authorization": "Basic " + base64.b64encode(f"{ACCOUNT}:{AUTH_TOKEN}".encode()).decode()}

    def post(what: str, **form: str) -> int:
        return carrier.answer(Request("POST", f"/v2/Services/{SERVICE}/{what}", {}, headers, form)).status

    assert post("Verifications", To="+8613800000001", Channel="sms") == 201
    code = carrier.code_on("13800000001")
    seconds[0] = 599
    assert post("VerificationCheck", To="+8613800000001", Code="x") == 200
    seconds[0] = 600
    assert post("VerificationCheck", To="+8613800000001", Code=code) == 404
    assert carrier.code_on("13800000001") == ""
    assert post("Verifications", To="+8613800000001", Channel="call") == 400
    assert post("Verifications/VE1", To="+8613800000001") == 404
    memory.close()


def test_the_official_library_fetches_and_is_refused_in_twilios_words() -> None:
    with quarter(drawn()) as here:
        client = Client(ACCOUNT, AUTH_TOKEN)
        client.verify.base_url = here.addresses.url
        service = client.verify.v2.services(SERVICE)
        made = service.verifications.create(to="+8613800000001", channel="sms", locale="en")
        assert (made.status, service.verifications(made.sid).fetch().to) == ("pending", "+8613800000001")
        checked = service.verification_checks.create(verification_sid=made.sid, code=texted(here, "13800000001"))
        assert (checked.status, checked.valid) == ("approved", True)
        with pytest.raises(TwilioRestException) as gone:
            service.verifications(made.sid).fetch()
        assert (gone.value.status, gone.value.code) == (404, 20404)
        with pytest.raises(TwilioRestException) as refused:
            service.verifications.create(to="13800000001", channel="sms")
        assert refused.value.code == 60200
        with pytest.raises(Permanent):
            ask(here.codes(), "12")
        with pytest.raises(Misconfigured):
            ask(here.codes(token="another"), "13800000001")
