"""Who may come in by an e-service link: digits, tries, sessions, and links that no longer stand."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from delivery.clock import SteppedClock
from delivery.link_identity import TRIES, TRIES_IN_ALL
from delivery.linking import LIFETIME
from delivery.runtime import Runtime
from delivery.store.accounts import SignInTry
from delivery.store.desk import DeskItem
from delivery.store.links import LinkSession, ServiceLink
from delivery.store.orders import ServiceOrder
from tests.delivery.served_links import ENTRY, PERSON, Served, Wanted, kinds, send_link
from tests.delivery.web.link_forms import act, enter, hidden, identify

if TYPE_CHECKING:
    from tests.delivery.web.conftest import Browser


def _desk(runtime: Runtime) -> list[str]:
    with runtime.reading() as session:
        return list(session.scalars(select(DeskItem.kind).order_by(DeskItem.opened_at)))


def test_wrong_digits_are_counted_and_lock_the_link_for_a_day(
    browser: "Browser", runtime: Runtime, served: Served
) -> None:
    for left in range(TRIES - 1, 0, -1):
        answer = identify(browser, served, "0000")
        assert answer.status_code == 422
        assert f"还可以试 {left} 次" in answer.text
    form = hidden(browser.look(served.address).text, "identity")
    assert identify(browser, served, "0000").status_code == 429
    right = browser.post(
        f"{served.address}/identity", data={**form, "digits": PERSON[-4:], "role": "recipient"}, buffered=True
    )
    assert right.status_code == 429
    assert "一天后才能再试" in right.text
    assert kinds(runtime, served) == ["identity_failed"] * TRIES
    with runtime.transaction() as session:
        session.execute(update(SignInTry).values(tried_at=runtime.machine_now() - timedelta(days=1, minutes=1)))
    enter(browser, served)


def test_three_days_of_guessing_block_the_link_for_good_and_tell_the_desk(
    browser: "Browser", runtime: Runtime, served: Served
) -> None:
    for number in range(TRIES_IN_ALL):
        if number % TRIES == 0:
            with runtime.transaction() as session:
                session.execute(update(SignInTry).values(tried_at=runtime.machine_now() - timedelta(days=2)))
        identify(browser, served, "0000")
    with runtime.transaction() as session:
        session.execute(update(SignInTry).values(tried_at=runtime.machine_now() - timedelta(days=2)))
    page = browser.look(served.address)
    assert page.status_code == 429
    assert "这个链接已停用" in page.text
    assert _desk(runtime) == ["link_blocked"]


def test_what_cannot_be_an_answer_costs_no_try(browser: "Browser", runtime: Runtime, served: Served) -> None:
    for digits, role, note in (
        ("", "recipient", "这次不计入次数"),
        ("12", "recipient", "这次不计入次数"),
        (PERSON[-4:], "judge", "请选择您是谁"),
    ):
        answer = identify(browser, served, digits, role)
        assert (answer.status_code, note in answer.text) == (422, True)
    assert kinds(runtime, served) == []


def test_digits_are_read_in_any_width_and_case(browser: "Browser", runtime: Runtime) -> None:
    served = send_link(runtime, Wanted(entry=replace(ENTRY, identity_number="11010519900307030X")))
    for typed in ("０３０Ｘ", "030x", " 030 X "):
        enter(browser, served, digits=typed)


def test_a_form_that_is_not_ours_or_of_another_link_is_refused(
    browser: "Browser", runtime: Runtime, served: Served
) -> None:
    other = send_link(runtime, Wanted(entry=replace(ENTRY, case_number="（2026）云0102民初1002号")))
    foreign = hidden(browser.look(other.address).text, "identity")["form"]
    for form in ("", "x", "1.2", foreign, "²." + "0" * 64):
        data = {"form": form, "digits": PERSON[-4:], "role": "recipient"}
        answer = browser.post(f"{served.address}/identity", data=data, buffered=True)
        assert answer.status_code == 422
        assert "请再提交一次" in answer.text


def test_a_session_of_another_link_is_refused(browser: "Browser", runtime: Runtime, served: Served) -> None:
    other = send_link(runtime, Wanted(entry=replace(ENTRY, case_number="（2026）云0102民初1002号")))
    enter(browser, other)
    cookie = browser.get_cookie("songda_link", path=other.address)
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Lax", other.address)
    form = hidden(browser.look(f"{other.address}/papers").text, "open")
    browser.set_cookie("songda_link", cookie.value, path=served.address)
    assert browser.look(f"{served.address}/papers").location == f"{served.address}?ended=1"
    assert browser.post(f"{served.address}/open", data=form, buffered=True).status_code == 303
    assert kinds(runtime, served) == []


def test_a_form_without_the_sessions_token_is_refused(browser: "Browser", runtime: Runtime, served: Served) -> None:
    enter(browser, served)
    for data in ({}, {"csrf": "wrong"}):
        answer = browser.post(f"{served.address}/open", data=data, buffered=True)
        assert answer.status_code == 403
        assert "页面已过期" in answer.text
    assert kinds(runtime, served) == []


def test_a_session_ends_after_half_an_hour_and_when_left(browser: "Browser", runtime: Runtime, served: Served) -> None:
    enter(browser, served)
    form = hidden(browser.look(f"{served.address}/papers").text, "open")
    with runtime.transaction() as session:
        session.execute(update(LinkSession).values(expires_at=runtime.machine_now()))
    over = browser.post(f"{served.address}/open", data=form, buffered=True)
    assert over.location == f"{served.address}?ended=unsent"
    assert "刚才的操作没有提交" in browser.look(over.location).text
    enter(browser, served)
    assert browser.look(served.address).location == f"{served.address}/papers"
    assert act(browser, served, "leave").status_code == 303
    with runtime.reading() as session:
        assert list(session.scalars(select(LinkSession))) == []
    assert browser.look(f"{served.address}/papers").status_code == 303
    assert kinds(runtime, served) == []


def test_an_expired_link_offers_a_new_one_after_the_check(browser: "Browser", runtime: Runtime, served: Served) -> None:
    clock = runtime.clock
    assert isinstance(clock, SteppedClock)
    clock.step(LIFETIME)
    assert "这个链接已过期" in browser.look(served.address).text
    for _ in range(2):
        answer = identify(browser, served, PERSON[-4:])
        assert "已请法院重新发送" in answer.text
        assert answer.status_code == 200
    assert _desk(runtime) == ["link_expired"]
    assert browser.look(f"{served.address}/papers").status_code == 303
    assert kinds(runtime, served) == ["information"]


@pytest.mark.parametrize(
    ("values", "status", "words"),
    [({"revoked_at": True}, 410, "这个链接已作废"), ({"cancelled": True}, 410, "法院已撤回这次送达")],
)
def test_a_link_that_does_not_stand_says_so(
    browser: "Browser", runtime: Runtime, served: Served, values: dict[str, bool], status: int, words: str
) -> None:
    enter(browser, served)
    form = hidden(browser.look(f"{served.address}/papers").text, "open")
    with runtime.transaction() as session:
        if "revoked_at" in values:
            session.execute(update(ServiceLink).values(revoked_at=runtime.now()))
        else:
            session.execute(update(ServiceOrder).values(status="cancelled"))
    page = browser.look(served.address)
    assert (page.status_code, words in page.text) == (status, True)
    assert browser.post(f"{served.address}/open", data=form, buffered=True).status_code == 303
    assert kinds(runtime, served) == []
