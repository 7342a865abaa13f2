"""The page /s: genuine or not, without opening anything, and without an answer to those who guess."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from delivery.message_checking import WRONG_CODES
from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.store.accounts import SignInTry
from delivery.store.courts import Court
from delivery.store.links import ServiceLink
from delivery.wording import say
from tests.delivery.served_links import ENTRY, Served, Wanted, kinds, send_link
from tests.delivery.web.link_forms import hidden

GENUINE = " 是法院发的</h2>"

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.delivery.web.conftest import Browser, SignInAs


def _check(browser: "Browser", code: str) -> "TestResponse":
    form = hidden(browser.look("/s").text, "check")
    return browser.post("/s", data={**form, "code": code}, buffered=True)


ASTRAY = ("/s/", "/s/8K2P-QM4X", "/S", "/s8k2p", "/n", "/n/", "/nx7", "/n/a/b", "/e", "/E/abc", "/e/abc/open")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_address_typed_wrongly_leads_to_the_recipients_page(browser: "Browser", language: str) -> None:
    words = ("portal.astray.title", "portal.astray.verify_how", "portal.astray.says_nothing", "portal.help_hotline")
    for path in ASTRAY:
        page = browser.look(path, headers={"Accept-Language": language})
        assert page.status_code == (405 if path.endswith("/open") else 404)
        text = unescape(page.text)
        assert [key for key in words if say(language, key) not in text] == []
        assert 'href="/s"' in text
        assert f'name="next" value="{path}"' in text
        assert say(language, "fault.back") not in text


def test_staff_and_programs_keep_their_own_answer_to_an_address_typed_wrongly(
    browser: "Browser", sign_in_as: "SignInAs"
) -> None:
    for path in ("/orders/nothing/here", "/success/nothing", "/robots.txt"):
        assert say("zh", "fault.back") in browser.look(path).text
    told = browser.look("/s/8K2P-QM4X", headers={"Accept": "application/json"})
    assert (told.status_code, told.json["code"] if told.json else "") == (404, "not_found")
    assert say("zh", "fault.back") in sign_in_as(Role.CLERK).look("/suces").text


def test_a_genuine_code_shows_court_day_and_masked_number_and_opens_nothing(
    browser: "Browser", runtime: Runtime, served: Served
) -> None:
    for typed in ("{0}{1}", "{0}-{1}", " {0} {1} "):
        page = _check(browser, typed.format(served.code[:4], served.code[4:].lower()))
        assert page.status_code == 200
        wanted = (GENUINE, "云州市青河区人民法院", "2026-03-02 09:00", "138****1234")
        assert [words for words in wanted if words not in page.text] == []
        secrets = ("13800001234", ENTRY.case_number, ENTRY.cause, ENTRY.recipient_name, "传票", served.token)
        assert [secret for secret in secrets if secret in page.text] == []
    assert kinds(runtime, served) == []


def test_a_firms_mailbox_is_masked_too(browser: "Browser", runtime: Runtime) -> None:
    entry = replace(ENTRY, firm="青河律师事务所", firm_email="inbox@firm.example", lawyer="周律师")
    served = send_link(runtime, Wanted(entry=entry, channel="email", audience="law_firm"))
    page = _check(browser, served.code).text
    assert "i***@firm.example" in page
    assert "inbox@" not in page


def test_a_withdrawn_link_was_still_sent_by_the_court(browser: "Browser", runtime: Runtime, served: Served) -> None:
    with runtime.transaction() as session:
        session.execute(update(ServiceLink).values(revoked_at=runtime.now()))
    page = _check(browser, served.code).text
    assert "消息确实来自法院，但其中的链接已经作废" in page
    assert GENUINE not in page
    assert "138" not in page, "where it went is nobody's business any more"


def test_an_unknown_code_tells_whom_to_ask(browser: "Browser", runtime: Runtime, served: Served) -> None:
    with runtime.transaction() as session:
        session.execute(update(Court).where(Court.id == served.court_id).values(phone="0888-1234567"))
    for code in ("AAAA-BBBB", "0", "代码", "A" * 400):
        page = _check(browser, code)
        assert page.status_code == 200
        assert [words for words in ("没有找到这个核验码", "12368", "0888-1234567") if words not in page.text] == []


def test_a_message_that_never_left_is_not_ours(browser: "Browser", runtime: Runtime) -> None:
    served = send_link(runtime, Wanted(sent=False))
    assert "没有找到这个核验码" in _check(browser, served.code).text


def test_an_empty_form_and_a_foreign_form_are_sent_back(browser: "Browser", served: Served) -> None:
    assert _check(browser, " ").status_code == 422
    assert browser.post("/s", data={"code": served.code}, buffered=True).status_code == 422


def test_guessing_is_stopped_by_where_it_comes_from(browser: "Browser", runtime: Runtime, served: Served) -> None:
    for _ in range(WRONG_CODES):
        assert _check(browser, "AAAABBBB").status_code == 200
    stopped = _check(browser, served.code)
    assert stopped.status_code == 429
    assert GENUINE not in stopped.text
    with runtime.transaction() as session:
        session.execute(update(SignInTry).values(tried_at=runtime.machine_now() - timedelta(minutes=16)))
    assert GENUINE in _check(browser, served.code).text


def test_a_code_in_the_address_is_not_taken_over(browser: "Browser", served: Served) -> None:
    page = browser.look(f"/s?code={served.code}").text
    assert served.code not in page
    assert re.search(r'name="code"[^>]*value=', page) is None
