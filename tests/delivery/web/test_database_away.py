"""The database starts anew, is away, or had another writer first: nobody is told that the house is broken."""

import threading

import psycopg
from flask import Flask
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.engine import make_url

from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.store.cases import Recipient
from delivery.store.ids import new_id
from delivery.store.orders import ServiceOrder
from delivery.store.parties import Address
from tests.delivery.web.conftest import SignInAs
from tests.delivery.web.court_life import CourtLife
from tests.infrastructure.waiting import until

ENGINES = ("postgresql",)
_WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


def _restart(runtime: Runtime, *, and_answer: bool) -> None:
    """As a server that starts anew does to its connections; and, if it does not `answer`, to those who call next."""
    url = make_url(runtime.settings.database_url)
    with psycopg.connect(host=url.query["host"], user=url.username, dbname="postgres", autocommit=True) as admin:  # type: ignore[arg-type]
        allow = "ALTER DATABASE {} ALLOW_CONNECTIONS {}"
        admin.execute(sql.SQL(allow).format(sql.Identifier(str(url.database)), sql.SQL(str(and_answer).lower())))
        admin.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s", [url.database]
        )


def test_a_restart_is_not_noticed_and_an_absence_is_told(app: Flask, runtime: Runtime, sign_in_as: SignInAs) -> None:
    browser = sign_in_as(Role.CLERK)
    _restart(runtime, and_answer=True)
    assert browser.look("/orders").status_code == 200

    _restart(runtime, and_answer=False)
    gone = app.test_client().post("/api/v1/orders", headers={"Authorization": "Bearer any"}, buffered=True)
    assert (gone.status_code, gone.get_json()["code"], gone.headers["Retry-After"]) == (503, "database_away", "5")
    page = browser.look("/orders")
    assert page.status_code == 503
    assert "这次操作没有保存" in page.text

    _restart(runtime, and_answer=True)
    assert browser.look("/orders").status_code == 200


def test_who_wrote_second_is_told_so(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    browser = sign_in_as(Role.CLERK)
    browser.token_of_session()
    form = {"kind": "mobile", "value": "13900139001", "basis": "own_filing", "given_on": "2026-03-02"}
    answers = []
    clerk = threading.Thread(
        target=lambda: answers.append(browser.send(f"/orders/{life.orders[1]}/addresses", form).status_code)
    )

    def waits() -> bool:
        with runtime.glance() as session:
            return bool(answers) or bool(session.scalar(_WAITING))

    with runtime.transaction() as session:
        order = session.get_one(ServiceOrder, (life.court_id, life.orders[1]))
        party_id = session.get_one(Recipient, (life.court_id, order.recipient_id)).party_id
        row = Address(court_id=life.court_id, id=new_id(), party_id=party_id, kind="mobile", created_at=runtime.now())
        session.add(row)
        row.value = "+8613900139001"
        session.flush()
        clerk.start()
        until(waits, seconds=10)
    clerk.join()
    assert answers == [409]
