"""Who may come in where: every route has its row, every row its route, and nobody crosses a court."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.store.orders import ServiceOrder
from delivery.web.app import create_app
from delivery.web.policy import POLICY, Door
from mobile_upload import pages
from tests.delivery.web.conftest import Browser, SignInAs
from tests.delivery.web.court_life import CourtLife
from webhooks.inbox import make_blueprint

SOME_ID = "01980000-0000-7000-8000-000000000001"


def _address(rule: Rule) -> str:
    address = str(rule)
    for name in rule.arguments:
        for converter in ("uuid:", "path:", ""):
            address = address.replace(f"<{converter}{name}>", SOME_ID)
    return address


def _routes(app: Flask, *doors: Door) -> Iterator[tuple[Rule, str]]:
    for rule in app.url_map.iter_rules():
        if POLICY[rule.endpoint].door in doors:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


def test_every_route_has_its_row_and_every_row_its_route(runtime: Runtime) -> None:
    app = create_app(runtime, [make_blueprint(runtime, {}), pages.blueprint])
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(POLICY)


def test_a_route_without_a_row_is_closed_for_everybody(app: Flask, sign_in_as: SignInAs) -> None:
    app.add_url_rule("/left-open", "left.open", lambda: "open")
    assert sign_in_as(Role.ADMINISTRATOR).look("/left-open").status_code == 403


def test_nobody_comes_in_without_signing_in(app: Flask, browser: Browser) -> None:
    for rule, method in _routes(app, Door.ROLES, Door.SIGNED_IN):
        answer = browser.open(_address(rule), method=method, buffered=True)
        assert answer.status_code == 303, rule
        assert answer.location.startswith("/sign-in"), rule


def test_no_program_comes_in_without_a_key(app: Flask, browser: Browser) -> None:
    for rule, method in _routes(app, Door.API):
        for headers in ({}, {"Authorization": "Bearer guessed"}):
            answer = browser.open(_address(rule), method=method, headers=headers, buffered=True)
            assert (answer.status_code, answer.mimetype) == (401, "application/problem+json"), rule


@pytest.mark.parametrize("role", Role)
def test_each_role_gets_its_pages_and_no_others(app: Flask, sign_in_as: SignInAs, role: Role) -> None:
    browser = sign_in_as(role)
    token = browser.token("/memberships")
    for rule, method in _routes(app, Door.ROLES):
        answer = browser.open(_address(rule), method=method, headers={"X-CSRF": token}, buffered=True)
        allowed = role in POLICY[rule.endpoint].roles
        assert (answer.status_code != 403) == allowed, f"{role} {method} {rule}: {answer.status_code}"


def test_another_courts_things_are_not_there(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    ours = sign_in_as(Role.ADMINISTRATOR)
    theirs = sign_in_as(Role.ADMINISTRATOR, court="baishan")
    with runtime.reading() as session:
        order = session.scalars(select(ServiceOrder).where(ServiceOrder.id == life.neighbour_order)).one()
        case_id = order.case_id
    for address in (f"/orders/{life.neighbour_order}", f"/cases/{case_id}"):
        assert theirs.look(address).status_code == 200
        assert ours.look(address).status_code == 404
    for act in ("hold", "resume", "cancel"):
        form = {"reason": "settled" if act == "cancel" else "other"}
        assert ours.send(f"/orders/{life.neighbour_order}/{act}", form).status_code == 404
    assert ours.send(f"/cases/{case_id}/hearing", {"hearing_at": ""}).status_code == 404
    assert str(life.neighbour_order) not in ours.look("/orders?status=all").text
    assert str(life.orders[0]) not in theirs.look("/orders?status=all").text
    for address in ("/orders?status=all", "/orders?q=陆知微", "/desk"):
        assert "云0102" not in theirs.look(address).text
        assert "云0103" not in ours.look(address).text
