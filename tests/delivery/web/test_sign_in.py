"""Coming in: passwords, slowed guessing, sessions that end, roles, languages, and forged requests."""

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from delivery.runtime import Runtime
from delivery.signing_in import ABSOLUTE, IDLE, TRIES_PER_LOGIN, Role, add_account, add_membership, revoke_all
from delivery.store.accounts import Account, SignIn
from delivery.store.courts import Court

if TYPE_CHECKING:
    from tests.delivery.web.conftest import Browser, SignInAs


def test_a_page_leads_to_the_sign_in_and_back(browser: "Browser") -> None:
    answer = browser.look("/memberships")
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/memberships")
    assert 'name="next" value="/memberships"' in browser.look(answer.location).text


def test_the_right_password_opens_a_session_and_signing_out_ends_it_on_the_server(sign_in_as: "SignInAs") -> None:
    browser = sign_in_as(Role.CLERK)
    assert "云州市青河区人民法院" in browser.look("/memberships").text
    cookie = browser.get_cookie("songda_session")
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert browser.send("/sign-out").status_code == 303
    browser.set_cookie("songda_session", cookie.value)
    assert browser.look("/memberships").status_code == 303


def test_a_wrong_password_and_an_unknown_login_look_the_same(browser: "Browser", sign_in_as: "SignInAs") -> None:
    sign_in_as(Role.CLERK)
    wrong = browser.send("/sign-in", {"login": "clerk.qinghe.zh", "password": "no"}, page="/sign-in")
    unknown = browser.send("/sign-in", {"login": "nobody", "password": "no"}, page="/sign-in")
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert "登录名或密码不正确" in wrong.text
    assert wrong.text.replace("clerk.qinghe.zh", "nobody") == unknown.text


def test_guessing_is_slowed_even_for_who_then_guesses_right(browser: "Browser", sign_in_as: "SignInAs") -> None:
    sign_in_as(Role.CLERK)
    for _ in range(TRIES_PER_LOGIN):
        browser.send("/sign-in", {"login": "clerk.qinghe.zh", "password": "no"}, page="/sign-in")
    form = {"login": "Clerk.qinghe.zh ", "password": "correct horse battery staple"}
    answer = browser.send("/sign-in", form, page="/sign-in")
    assert answer.status_code == 429
    assert "15" in answer.text


@pytest.mark.parametrize("column", ["seen_at", "expires_at"])
def test_a_session_ends_when_idle_and_when_old(sign_in_as: "SignInAs", runtime: Runtime, column: str) -> None:
    browser = sign_in_as(Role.CLERK)
    assert browser.look("/memberships").status_code == 200
    span = IDLE if column == "seen_at" else ABSOLUTE
    with runtime.transaction() as session:
        row = session.scalars(select(SignIn)).one()
        setattr(row, column, getattr(row, column) - span)
    assert browser.look("/memberships").status_code == 303


def test_revoking_and_disabling_end_sessions(sign_in_as: "SignInAs", runtime: Runtime) -> None:
    browser = sign_in_as(Role.CLERK)
    with runtime.transaction() as session:
        account = session.scalars(select(Account)).one()
        revoke_all(session, account.id, runtime.machine_now())
    assert browser.look("/memberships").status_code == 303


def test_who_has_several_roles_chooses_one(runtime: Runtime, browser: "Browser") -> None:
    with runtime.transaction() as session:
        court = session.scalars(select(Court).where(Court.code == "qinghe")).one()
        account = add_account(
            session, login="two", name="何静", password="one two three four", language="zh", at=runtime.now()
        )
        add_membership(session, account.id, court.id, Role.FIELD_SERVER)
        wanted = add_membership(session, account.id, court.id, Role.CLERK)
        other = add_account(session, login="else", name="王", password="one two three", language="zh", at=runtime.now())
        foreign = add_membership(session, other.id, court.id, Role.ADMINISTRATOR)
    browser.send("/sign-in", {"login": "two", "password": "one two three four"}, page="/sign-in")
    assert browser.look("/").location == "/memberships"
    choice = {"court": str(court.id), "membership": str(foreign.id)}
    assert browser.send("/memberships", choice).status_code == 403
    assert browser.send("/memberships", choice | {"membership": str(wanted.id)}).status_code == 303
    assert browser.look("/").location == "/orders"


def test_forged_forms_are_refused(sign_in_as: "SignInAs", browser: "Browser") -> None:
    known = sign_in_as(Role.CLERK)
    assert known.post("/sign-out", buffered=True).status_code == 403
    assert known.post("/sign-out", data={"csrf": browser.token()}, buffered=True).status_code == 403
    assert browser.post("/language", data={"language": "en"}, buffered=True).status_code == 403
    assert known.post("/sign-out", headers={"X-CSRF": known.token("/memberships")}, buffered=True).status_code == 303


def test_nobody_is_led_to_another_site(browser: "Browser") -> None:
    for target in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        assert 'name="next" value="/"' in browser.look("/sign-in", query_string={"next": target}).text


def test_the_language_is_chinese_unless_chosen_or_preferred(browser: "Browser", sign_in_as: "SignInAs") -> None:
    assert 'lang="zh-CN"' in browser.look("/sign-in").text
    assert '<html lang="en">' in browser.look("/sign-in", headers={"Accept-Language": "en-GB,en;q=0.8"}).text
    assert browser.send("/language", {"language": "en"}, page="/sign-in").status_code == 303
    assert '<html lang="en">' in browser.look("/sign-in").text
    known = sign_in_as(Role.CLERK)
    known.send("/language", {"language": "en", "next": "/memberships"})
    assert "Qinghe District" in known.look("/memberships").text
