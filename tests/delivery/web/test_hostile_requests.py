"""Requests as an attacker writes them: each is answered as the caller's fault, and none leads anybody elsewhere."""

from urllib.parse import quote

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.store.database import engine_for
from delivery.web.console.imports import as_text
from delivery.web.downloads import file_name
from tests.delivery.web.conftest import Browser, SignInAs
from tests.delivery.web.court_life import CourtLife
from tests.infrastructure.engines import BOTH

ENGINES = BOTH  # what a value may hold is the database's affair

VALUES = ("a\0b", "//[", "9999-12-31", "0001-01-01", "\u202e", "9" * 5000)
FORMS = {
    "/sign-in": {"login": "a\0b", "password": "x", "next": "//["},
    "/sending/stop": {"reason": "a\0b"},
    "/law": {"facts": "NaN"},
    "/field/choices": {"tile_url": "https://[/{z}/{x}/{y}"},
}


def test_no_value_in_an_address_is_our_fault(life: CourtLife, sign_in_as: SignInAs) -> None:
    browser = sign_in_as(Role.SUPERVISOR)
    names = ("q", "next", "since", "until", "status", "tier", "kind", "page", "after", "reveal", "hearing")
    pages = ("/orders", "/desk", "/success", "/success/hearings", f"/orders/{life.orders[0]}", "/imports")
    for value in VALUES:
        query = "&".join(f"{name}={quote(value)}" for name in names)
        for page in pages:
            assert browser.look(f"{page}?{query}").status_code < 500, (page, value)
        assert browser.look(f"/e/{quote(value)}").status_code in {308, 404}, value


def test_no_value_in_a_form_is_our_fault(sign_in_as: SignInAs) -> None:
    browser = sign_in_as(Role.SUPERVISOR)
    for address, form in FORMS.items():
        assert browser.send(address, form).status_code < 500, address


def test_an_address_that_is_none_leads_to_the_first_page(browser: Browser) -> None:
    assert 'name="next" value="/"' in browser.look("/sign-in", query_string={"next": "//["}).text


def test_a_tidied_address_is_a_path_of_ours_whatever_host_was_named(browser: Browser) -> None:
    for address in ("//field//visit/", "/field//visit/"):
        # In the environment, because a client of tests takes what follows two slashes for a host.
        raw = {"PATH_INFO": address, "HTTP_HOST": "evil.example"}
        answer = browser.look("/", environ_overrides=raw)
        assert answer.status_code == 308
        assert answer.location.startswith("/")
        assert not answer.location.startswith("//")
        assert "http" not in answer.location + answer.text


def test_a_map_adds_one_host_to_the_pages_policy_and_nothing_else(sign_in_as: SignInAs) -> None:
    browser = sign_in_as(Role.SUPERVISOR)
    tiles = "/{z}/{x}/{y}.png"
    for host in ("tiles.example; script-src *", "tiles.example,evil", "me@tiles.example", "[::1"):
        assert browser.send("/field/choices", {"tile_url": f"https://{host}{tiles}"}).status_code == 422, host
    assert browser.send("/field/choices", {"tile_url": f"https://tiles.example:8443{tiles}"}).status_code == 303
    assert (
        "img-src 'self' https://tiles.example:8443 data:" in browser.look("/field/").headers["Content-Security-Policy"]
    )


def test_signing_in_again_ends_the_session_that_the_browser_had(sign_in_as: SignInAs) -> None:
    browser = sign_in_as(Role.CLERK)
    first = browser.get_cookie("songda_session")
    assert first is not None
    form = {"login": "clerk.qinghe.zh", "password": "correct horse battery staple"}
    assert browser.send("/sign-in", form).status_code == 303
    assert browser.look("/memberships").status_code == 200
    browser.set_cookie("songda_session", first.value)
    assert browser.look("/memberships").status_code == 303


def test_a_name_of_a_file_cannot_be_turned_round_and_no_cell_is_a_formula() -> None:
    assert file_name("传票\u202efdp.exe\x7f", "application/pdf") == "传票_fdp.exe_.pdf"
    assert [as_text(f"{mark}1+1") for mark in "=+-@＝＠\n"] == [f"'{mark}1+1" for mark in "=+-@＝＠\n"]


def test_errors_of_the_database_name_no_values(runtime: Runtime) -> None:
    engine = engine_for(runtime.settings.database_url)
    with engine.connect() as connection, pytest.raises(SQLAlchemyError) as failed:
        connection.execute(text("SELECT * FROM nowhere WHERE name = :name"), {"name": "李伟"})
    engine.dispose()
    assert "李伟" not in str(failed.value)
