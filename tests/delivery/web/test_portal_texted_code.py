"""A one-time code by text for the identity check, where the court has them texted and knows no identity number."""

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from delivery.data_gates import DataMustStay, barred_providers, check_data_stays, kept_inside, open_providers
from delivery.domain.errors import Misconfigured, NotFound, OutcomeUnknown, Permanent, SendError, Transient
from delivery.domain.event import Channel
from delivery.provider_choice import ways_out
from delivery.provider_health import closed_providers
from delivery.providers import Capabilities, CodeAnswer, Message, Submission
from delivery.runtime import Runtime
from delivery.store.accounts import SignInTry
from delivery.store.courts import Court, Installation
from delivery.store.links import LinkSession
from delivery.texted_codes import CODES_A_DAY, PAUSE, SETTING, choose_provider
from tests.delivery.served_links import ENTRY, MOBILE, Served, Wanted, facts, send_link
from tests.delivery.web.link_forms import hidden, identify

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.delivery.web.conftest import Browser

CODE = "493817"
NOBODY_KNOWN = replace(ENTRY, identity_number="")


class Codes:
    """Texts codes, and knows which one is right; `faults` are raised first."""

    name = "codes"

    def __init__(self) -> None:
        self.capabilities = Capabilities(Channel.SMS, idempotent=False, askable=False, abroad=True, codes=True)
        self.texted: list[Message] = []
        self.checked: list[tuple[str, str]] = []
        self.faults: deque[SendError] = deque()
        self.over = False

    def submit(self, message: Message) -> Submission:
        if self.faults:
            raise self.faults.popleft()
        self.texted.append(message)
        return Submission("VE1")

    def ask(self, _message: Message) -> Submission | None:
        raise OutcomeUnknown("not_askable")

    def check(self, to: str, code: str) -> CodeAnswer:
        self.checked.append((to, code))
        if self.faults:
            raise self.faults.popleft()
        if self.over:
            return CodeAnswer.OVER
        return CodeAnswer.RIGHT if code == CODE else CodeAnswer.WRONG


@pytest.fixture
def codes(runtime: Runtime) -> Codes:
    """A provider of codes, which both courts use."""
    found = Codes()
    providers = runtime.providers
    assert isinstance(providers, dict)
    providers["codes"] = found
    with runtime.transaction() as session:
        for court in session.scalars(select(Court)):
            choose_provider(runtime, court, "codes")
    return found


@pytest.fixture
def nameless(runtime: Runtime, codes: Codes) -> Served:  # noqa: ARG001 -- chosen before the link is sent
    """A text message to somebody whose identity number the court does not know."""
    return send_link(runtime, Wanted(entry=NOBODY_KNOWN))


def ask(browser: "Browser", served: Served) -> "TestResponse":
    form = hidden(browser.look(served.address).text, "text-code")
    return browser.post(f"{served.address}/code", data=form, buffered=True)


def wait(runtime: Runtime) -> None:
    """Let the minute between two codes go by."""
    with runtime.transaction() as session:
        for row in session.scalars(select(SignInTry)):
            row.tried_at -= PAUSE


def told(runtime: Runtime, served: Served) -> list[tuple[str, str]]:
    return [(fact.reason, str(fact.args.get("why", ""))) for fact in facts(runtime, served) if fact.reason]


def test_the_code_goes_to_the_messages_own_number_and_lets_in(
    browser: "Browser", runtime: Runtime, codes: Codes, nameless: Served
) -> None:
    page = browser.look(nameless.address).text
    assert "138****1234" in page
    assert 'autocomplete="one-time-code"' in page
    assert MOBILE not in page
    answer = ask(browser, nameless)
    assert (answer.status_code, "验证码已发出" in answer.text) == (200, True)
    (message,) = codes.texted
    assert (message.to, message.language, message.text, message.recipient_name) == (MOBILE, "zh", "", "")
    wrong = identify(browser, nameless, "000000")
    assert (wrong.status_code, "还可以试 4 次" in wrong.text) == (422, True)
    right = identify(browser, nameless, CODE)
    assert (right.status_code, right.location) == (303, f"{nameless.address}/papers")
    with runtime.reading() as session:
        assert session.scalars(select(LinkSession.identity)).all() == ["texted_code"]
    assert told(runtime, nameless) == [("code_wanted", ""), ("code_texted", "")]


def test_the_messages_own_code_is_not_taken_instead(browser: "Browser", codes: Codes, nameless: Served) -> None:
    answer = identify(browser, nameless, nameless.code)
    assert (answer.status_code, "这次不计入次数" in answer.text) == (422, True)
    assert identify(browser, nameless, CODE, role="judge").status_code == 422
    assert codes.checked in ([], [(MOBILE, nameless.code)])


def test_a_code_that_is_over_costs_no_try_and_a_failed_question_neither(
    browser: "Browser", runtime: Runtime, codes: Codes, nameless: Served
) -> None:
    codes.over = True
    assert "请重新获取" in identify(browser, nameless, CODE).text
    codes.over = False
    codes.faults.append(OutcomeUnknown("server_error"))
    assert "暂时无法核对验证码" in identify(browser, nameless, CODE).text
    assert facts(runtime, nameless) == []
    assert identify(browser, nameless, CODE).status_code == 303


def test_a_minute_lies_between_two_codes_and_five_go_out_a_day(
    browser: "Browser", runtime: Runtime, codes: Codes, nameless: Served
) -> None:
    ask(browser, nameless)
    early = ask(browser, nameless)
    assert (early.status_code, "请等一分钟" in early.text, len(codes.texted)) == (422, True, 1)
    for _ in range(CODES_A_DAY):
        wait(runtime)
        last = ask(browser, nameless)
    assert ("今天发送验证码的次数已用完" in last.text, len(codes.texted)) == (True, CODES_A_DAY)


def test_a_form_that_is_not_ours_texts_nothing(browser: "Browser", codes: Codes, nameless: Served) -> None:
    answer = browser.post(f"{nameless.address}/code", data={"form": "1.2"}, buffered=True)
    assert (answer.status_code, codes.texted) == (422, [])
    assert browser.post("/e/no-such-link/code", data={}, buffered=True).status_code == 404


@pytest.mark.parametrize(
    ("fault", "closed"),
    [
        (Permanent("landline"), {}),
        (Misconfigured("credentials_refused"), {"codes": "credentials_refused"}),
        (Transient("rate_limited"), {"codes": "rate_limited"}),
    ],
)
def test_whatever_keeps_a_code_back_leads_to_the_code_in_the_message(
    browser: "Browser", runtime: Runtime, codes: Codes, nameless: Served, fault: SendError, closed: dict[str, str]
) -> None:
    codes.faults.append(fault)
    answer = ask(browser, nameless)
    assert (answer.status_code, "验证码没有发出" in answer.text) == (422, True)
    assert told(runtime, nameless) == [("code_wanted", ""), ("code_not_texted", fault.reason)]
    with runtime.reading() as session:
        assert dict(closed_providers(session, nameless.court_id, runtime.now())) == closed
    assert "短信或邮件里的核验码" in answer.text
    assert identify(browser, nameless, nameless.code).status_code == 303
    assert codes.checked == []


def test_one_number_that_had_too_many_codes_is_asked_for_its_code_still(
    browser: "Browser", runtime: Runtime, codes: Codes, nameless: Served
) -> None:
    codes.faults.append(Transient("number_limited"))
    assert "短信验证码" in ask(browser, nameless).text
    with runtime.reading() as session:
        assert closed_providers(session, nameless.court_id, runtime.now()) == {}


def test_who_has_a_number_or_an_e_mail_is_asked_as_before(browser: "Browser", runtime: Runtime, codes: Codes) -> None:
    known = send_link(runtime)
    assert "text-code" not in browser.look(known.address).text
    mailed = replace(
        NOBODY_KNOWN,
        case_number="（2026）云0102民初1003号",
        addresses=(replace(ENTRY.addresses[0], kind="email", value="o@mail.example"),),
    )
    by_mail = send_link(runtime, Wanted(entry=mailed, channel="email"))
    assert "text-code" not in browser.look(by_mail.address).text
    answer = browser.post(
        f"{known.address}/code", data=hidden(browser.look(known.address).text, "identity"), buffered=True
    )
    assert (answer.status_code, codes.texted) == (303, [])


def test_without_the_courts_setting_nothing_is_texted(browser: "Browser", runtime: Runtime, nameless: Served) -> None:
    with runtime.transaction() as session:
        court = session.get_one(Court, nameless.court_id)
        choose_provider(runtime, court, "")
        assert court.settings[SETTING] == ""
        with pytest.raises(NotFound):
            choose_provider(runtime, court, "twilio")
    assert "text-code" not in browser.look(nameless.address).text
    assert identify(browser, nameless, nameless.code).status_code == 303


def test_data_that_must_stay_stays(browser: "Browser", runtime: Runtime, codes: Codes, nameless: Served) -> None:
    assert ways_out({"codes": codes}, Channel.SMS) == ()
    with runtime.transaction() as session:
        for row in session.scalars(select(Installation)):
            row.sandbox = False
        court = session.get_one(Court, nameless.court_id)
        assert barred_providers(runtime, session, court) == {"codes"}
        assert kept_inside(runtime, open_providers(runtime, session, court)) == frozenset()
        with pytest.raises(DataMustStay, match="codes lies abroad"):
            check_data_stays(runtime, session)
    assert "text-code" not in browser.look(nameless.address).text
    assert identify(browser, nameless, nameless.code).status_code == 303
    assert (codes.texted, codes.checked) == ([], [])
