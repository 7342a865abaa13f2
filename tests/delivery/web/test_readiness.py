"""The case as a matrix: who stands in the way is named, on the page and over the API; and the hearings are counted."""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from delivery.domain.event import EventKind, Report
from delivery.domain.paper import DocumentKind
from delivery.intake import open_orders
from delivery.intake_entries import AddressEntry, OrderEntry, PaperEntry
from delivery.order_life import cancel_order, order_to_change
from delivery.readiness import CaseReadiness, case_readiness, weakest_point
from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.store.accounts import ApiKey
from delivery.store.courts import Court
from delivery.store.hearings import Hearing
from delivery.store.orders import ServiceOrder, attempts_of
from delivery.tasks import run_due
from delivery.timetabling import deadlines_of
from delivery.tracking import record_fact
from tests.delivery.web.conftest import SignInAs
from tests.delivery.web.court_life import CourtLife
from tests.delivery.web.prepared import Weekends

NUMBER = "（2026）云0102民初777号"
PEOPLE = ("甲一", "乙二", "李三", "丁四", "戊五")
PAPERS = ((DocumentKind.COMPLAINT_COPY, "起诉状副本"), (DocumentKind.MEDIATION_STATEMENT, "民事调解书"))
KEY = "key-of-a-program"
HEARING = datetime(2026, 4, 22, 1, 30, tzinfo=UTC)  # Wednesday; the papers must be effective by 6 April


@pytest.fixture
def court(runtime: Runtime) -> Iterator[CourtLife]:
    """A court with one case: five defendants, each with a complaint and a mediation statement in a sibling order."""
    clock: Any = runtime.clock
    with runtime.transaction() as session:
        found = session.scalars(select(Court).where(Court.code == "qinghe")).one()
        life = CourtLife(runtime, clock, found.id)
        sha256 = runtime.blobs.put(found.id, b"%PDF-1.4 a paper")
        papers = tuple(
            PaperEntry(kind, title, sha256, 16, "application/pdf")
            for kind, title in (
                (DocumentKind.COMPLAINT_COPY, "起诉状副本"),
                (DocumentKind.MEDIATION_STATEMENT, "民事调解书"),
            )
        )
        entries = [
            OrderEntry(
                case_number=NUMBER,
                procedure="ordinary",
                recipient_name=name,
                recipient_kind="natural_person",
                role="defendant",
                accepted_on=date(2026, 2, 27),
                hearing_at=HEARING,
                papers=papers,
                addresses=(
                    AddressEntry("postal", f"云州省|云州市|青河区|梧桐路{number}号|", "confirmed", date(2026, 2, 20)),
                ),
            )
            for number, name in enumerate(PEOPLE)
        ]
        for opened in open_orders(session, found, entries, now=runtime.now()):
            life.orders += [order.id for order in opened.orders]
        digest = hashlib.sha256(KEY.encode()).hexdigest()
        scopes = "orders:read figures"
        session.add(ApiKey(court_id=found.id, key_hash=digest, label="x", scopes=scopes, created_at=runtime.now()))
    life.work_until(runtime.now() + timedelta(hours=3))
    yield life
    runtime.database.dispose()


def _sign(life: CourtLife, *people: str) -> None:
    """The visit brings a signature for every order of these people."""
    with life.runtime.transaction() as session:
        for order_id in life.orders:
            order = order_to_change(session, life.court_id, order_id)
            if PEOPLE[life.orders.index(order_id) // 2] not in people:
                continue
            visit = next(a for a in attempts_of(session, life.court_id, order_id) if a.channel == "in_person")
            signer = {"role": "recipient", "id_checked": True}
            args = {"result": "signed", "place": "residence", "signer": signer, "signed_on": "2026-03-02"}
            fact = Report(EventKind.VISITED, "", life.runtime.now(), args=args)
            record_fact(session, order, fact, now=life.runtime.now(), attempt=visit)
    life.work_until(life.runtime.now() + timedelta(hours=3))


def _case_id(life: CourtLife) -> UUID:
    with life.runtime.reading() as session:
        return session.get_one(ServiceOrder, (life.court_id, life.orders[0])).case_id


def _found(life: CourtLife) -> CaseReadiness:
    case_id = _case_id(life)
    with life.runtime.reading() as session:
        found = case_readiness(life.runtime, session, life.court_id, case_id)
        session.expunge_all()
    return found


def test_five_defendants_with_one_open_are_not_ready_and_the_row_is_named(
    court: CourtLife, sign_in_as: SignInAs
) -> None:
    _sign(court, "甲一", "乙二", "丁四", "戊五")
    found = _found(court)
    assert not found.ready
    assert not found.lost
    assert found.blocking is not None
    assert (found.blocking.name, found.blocking.number, found.blocking.blocks) == ("李三", 3, "not_served")
    assert [row.blocks for row in found.rows] == ["", "", "not_served", "", ""]
    assert [kind for kind, _ in found.papers] == ["complaint_copy", "mediation_statement"]
    states = [[row.cells[paper].state for paper in found.papers] for row in found.rows]
    assert states == [["served"] * 2] * 2 + [["not_yet"] * 2] + [["served"] * 2] * 2
    assert found.rows[0].cells[found.papers[0]].order_id != found.rows[0].cells[found.papers[1]].order_id
    assert "answer" in found.rows[0].deadlines
    assert found.rows[2].cells[found.papers[0]].latest_tier == "mail"
    page = sign_in_as(Role.CLERK).look(f"/cases/{_case_id(court)}")
    text = unescape(page.text)
    assert "第三被告李三的送达阻碍 2026-04-22 09:30 开庭：尚未送达。" in text
    assert text.count('class="late"') == 1
    assert "最迟 2026-04-02 启动：邮寄" in text


def test_everybody_served_is_ready(court: CourtLife, sign_in_as: SignInAs) -> None:
    _sign(court, *PEOPLE)
    assert _found(court).ready
    assert "全部受送达人均已依法送达，可以开庭。" in sign_in_as(Role.CLERK).look(f"/cases/{_case_id(court)}").text


def test_a_cancelled_order_blocks_nothing(court: CourtLife) -> None:
    _sign(court, "甲一", "乙二", "丁四", "戊五")
    with court.runtime.transaction() as session:
        for order_id in court.orders[4:6]:
            order = order_to_change(session, court.court_id, order_id)
            cancel_order(session, order, reason="settled", by=None, now=court.runtime.now())
    found = _found(court)
    assert found.ready
    assert {cell.state for cell in found.rows[2].cells.values()} == {"cancelled"}


def test_a_lost_hearing_proposes_a_day_and_fills_the_form(court: CourtLife, sign_in_as: SignInAs) -> None:
    _sign(court, "甲一", "乙二", "丁四", "戊五")
    court.work_until(HEARING - timedelta(days=10))
    found = _found(court)
    assert found.lost
    assert found.blocking is not None
    assert found.blocking.name == "李三"
    assert found.propose_at is not None
    assert found.propose_at > HEARING
    assert not Weekends().is_rest_day(found.propose_at.date())
    browser = sign_in_as(Role.CLERK)
    address = f"/cases/{_case_id(court)}"
    text = unescape(browser.look(address).text)
    assert "已不能如期，应改期" in text
    moment = found.propose_at.strftime("%Y-%m-%dT%H:%M")
    assert f'href="{address}?hearing={moment}#hearing"' in text
    assert f'value="{moment}"' in browser.look(f"{address}?hearing={moment}").text
    assert 'value="2026-04-22T09:30"' in browser.look(f"{address}?hearing=soon").text
    assert browser.send(f"{address}/hearing", {"hearing_at": moment}).status_code == 303
    court.work_until(court.runtime.now() + timedelta(hours=3))
    moved = _found(court)
    assert not moved.lost
    figures = browser.look("/success?since=2026-04-01&until=2026-04-30").text
    assert "moved_in_time" in figures
    listed = browser.look("/success/hearings?result=moved_in_time&since=2026-04-01&until=2026-04-30").text
    assert (NUMBER in listed, "李三" in listed, "及时改期" in listed) == (True, True, True)
    assert NUMBER not in browser.look("/success/hearings?result=met&since=2026-04-01&until=2026-04-30").text
    assert browser.look("/success/hearings?result=other").status_code == 404


def test_every_number_of_hearings_opens_as_many(court: CourtLife, sign_in_as: SignInAs) -> None:
    results = {"met": 53, "vacated": 2, "moved_late": 1}
    with court.runtime.transaction() as session:
        case_id = session.get_one(ServiceOrder, (court.court_id, court.orders[0])).case_id
        for result, count in results.items():
            for number in range(count):
                row = Hearing(court_id=court.court_id, case_id=case_id, result=result, set_at=court.runtime.now())
                row.hearing_at = HEARING + timedelta(minutes=number)
                session.add(row)
    browser = sign_in_as(Role.SUPERVISOR)
    page = browser.look("/success?since=2026-04-01&until=2026-04-30").text
    numbers = re.findall(r'href="(/success/hearings[^"]+)">\s*<b class="[^"]*">(\d+)<', page)
    assert len(numbers) == 7
    for address, number in numbers:
        first = browser.look(unescape(address)).text
        following = re.search(r'href="([^"]+)" rel="next"', first)
        pages = [first, browser.look(unescape(following[1])).text] if following else [first]
        assert sum(max(text.count("<tr") - 1, 0) for text in pages) == int(number), address
    assert [int(number) for _, number in numbers] == [57, 53, 0, 1, 2, 0, 1]


def test_the_order_shows_its_own_plan_against_the_hearing(court: CourtLife, sign_in_as: SignInAs) -> None:
    text = sign_in_as(Role.CLERK).look(f"/orders/{court.orders[4]}").text
    assert "最迟生效日 2026-04-06" in text
    assert "上门：进行中，最迟 2026-04-06 送达有效" in text
    assert "最迟 2026-04-02 启动：邮寄" in text


def test_the_weakest_point_is_what_is_missing_then_how_it_was_confirmed_then_what_defeats_it() -> None:
    effect: dict[str, object] = {"missing": ["receipt"], "defeaters": ["not_read", "no_fault"]}
    assert weakest_point(ServiceOrder(effect=effect), ("confirmed_afterwards",)) == ("law.missing", "receipt")
    served = ServiceOrder(effect={**effect, "missing": []})
    assert weakest_point(served, ("confirmed_afterwards",)) == ("weakness", "confirmed_afterwards")
    assert weakest_point(served) == ("law.defeater", "not_read")
    assert weakest_point(ServiceOrder(effect={})) == ("", "")


def test_the_api_tells_readiness_and_figures(court: CourtLife, app: Flask) -> None:
    _sign(court, "甲一", "乙二", "丁四", "戊五")
    program = app.test_client()
    headers = {"Authorization": f"Bearer {KEY}"}
    case_id = program.get("/api/v1/orders", headers=headers).get_json()["items"][0]["case_id"]
    told = program.get(f"/api/v1/cases/{case_id}/readiness", headers=headers).get_json()
    assert (told["ready"], told["lost"], told["number"], len(told["recipients"])) == (False, False, NUMBER, 5)
    assert (told["blocking"]["name"], told["blocking"]["number"]) == ("李三", 3)
    assert {paper["state"] for paper in told["blocking"]["papers"]} == {"not_yet"}
    span = "since=2026-03-01&until=2026-04-30"
    figures = program.get(f"/api/v1/figures?{span}", headers=headers).get_json()
    assert (figures["initiated"], figures["effective"], figures["censored"]) == (10, 8, 2)
    assert figures["by_tier"]["visit"]["effective"] == 8
    assert figures["hearings"] == {
        "set": 1, "met": 0, "moved_in_time": 0, "moved_late": 0, "vacated": 0, "dropped": 0, "to_come": 1,
    }  # fmt: skip
    for wrong in ("since=soon", "since=2026-04-30&until=2026-03-01", "since=2020-01-01&until=2026-03-01"):
        refused = program.get(f"/api/v1/figures?{wrong}", headers=headers)
        assert (refused.status_code, refused.get_json()["code"]) == (422, "span_wrong")


def test_the_payment_orders_end_stands_among_the_recipients_deadlines(runtime: Runtime, sign_in_as: SignInAs) -> None:
    paper = PaperEntry(DocumentKind.PAYMENT_ORDER, "支付令")
    entry = OrderEntry(
        case_number="（2026）云0102民督9号", procedure="payment_order", recipient_name="甲一",
        recipient_kind="natural_person", role="debtor", papers=(paper,),
        addresses=(AddressEntry("mobile", "+8613800009999", "plaintiff_supplied"),),
    )  # fmt: skip
    with runtime.transaction() as session:
        court = session.scalars(select(Court).where(Court.code == "qinghe")).one()
        order = open_orders(session, court, [entry], now=runtime.now())[0].orders[0]
        page, order_id = f"/cases/{order.case_id}", order.id
    clerk = sign_in_as(Role.CLERK)
    assert "支付令送达期限" not in clerk.look(page).text
    assert clerk.send(f"{page}/payment-order", {"issued_on": "2026-03-02"}).status_code == 303
    assert clerk.send(f"{page}/payment-order", {"issued_on": "soon"}).status_code == 422
    while run_due(runtime, "test"):
        pass
    text = clerk.look(page).text
    assert re.search(r"支付令送达期限 <span class=\"nowrap\">2026-04-01", text)
    assert "支付令送达期限" in clerk.look(f"/orders/{order_id}").text
    with runtime.reading() as session:
        found = session.scalars(select(ServiceOrder).where(ServiceOrder.id == order_id)).one()
        assert deadlines_of(found)["payment_order_ends"] == date(2026, 4, 1)
