"""Every page, in both languages and on both engines, with a court at work behind it."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.store.accounts import AccessRecord
from delivery.store.orders import ServiceOrder
from delivery.web.security import HEADERS
from tests.delivery.web.conftest import Browser, SignInAs
from tests.delivery.web.court_life import NAMES, CourtLife
from tests.infrastructure.engines import BOTH

ENGINES = BOTH  # these walk through everything that edges ask of the store

PAGES = (
    "/orders",
    "/orders?status=late",
    "/orders?status=concluded",
    "/orders?q=陆知微",
    "/orders?tier=visit&channel=sms",
    "/orders?after=2026-03-24_01980000-0000-7000-8000-000000000001",
    "/desk",
    "/desk?kind=court_review",
    "/imports",
    "/law",
    "/success",
    "/success?since=2026-03-01&until=2026-03-08",
    "/providers",
    "/sending",
    "/memberships",
)
# A code that nobody put into words shows itself; an identifier has no place in what people read.
UNTOLD = re.compile(r">[^<>{}]*\b[a-z]+_[a-z_]+\b[^<>{}]*<")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_of_the_console_is_there_in_both_languages(
    life: CourtLife, sign_in_as: SignInAs, language: str
) -> None:
    browser = sign_in_as(Role.SUPERVISOR, language=language)
    of_orders = (
        f"/orders/{order_id}{part}"
        for order_id in life.orders
        for part in ("", "/addresses", "/searches", "/exhaustion")
    )
    for address in (*PAGES, *of_orders):
        page = browser.look(address)
        assert page.status_code == 200, address
        assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in page.text
        assert UNTOLD.findall(page.text) == [], address


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_firm_sees_what_was_sent_to_it(life: CourtLife, sign_in_as: SignInAs, language: str) -> None:
    browser = sign_in_as(Role.LAW_FIRM, language=language, law_firm_id=life.firm_id)
    inbox = browser.look("/firm")
    assert [name for name in NAMES if name in inbox.text] == [NAMES[number] for number in (2, 5, 8, 11)]
    for number in (2, 5):
        page = browser.look(f"/firm/{life.orders[number]}")
        assert page.status_code == 200
        assert UNTOLD.findall(page.text) == []
    assert browser.look(f"/firm/{life.orders[0]}").status_code == 404


def test_every_answer_says_what_browsers_must_not_do(browser: Browser) -> None:
    for address in ("/sign-in", "/no-such-page", "/healthz", "/orders"):
        headers = browser.look(address).headers
        assert {name: headers[name] for name in HEADERS} == dict(HEADERS)
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("life")
def test_a_search_finds_by_number_name_and_telephone(sign_in_as: SignInAs) -> None:
    browser = sign_in_as(Role.CLERK)
    for text in (
        "（2026）云0102民初104号",
        "(2026)云0102民初104号",
        "苏景行",
        "139 0010 0003",
        "（2026）云0102民初104",
    ):
        page = browser.look("/orders", query_string={"q": text}).text
        assert [name for name in NAMES if name in page] == ["苏景行"], text
    assert "苏景行" not in browser.look("/orders?q=苏景").text


def test_full_addresses_and_messages_are_shown_on_request_and_recorded(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    browser = sign_in_as(Role.CLERK)
    address = f"/orders/{life.orders[4]}"
    masked = browser.look(address).text
    assert "139****0004" in masked
    assert "13900100004" not in masked
    shown = [browser.look(f"{address}?reveal={one}").text for one in re.findall(r"reveal=([0-9a-f-]{36})", masked)]
    for secret in ("+8613900100004", "reader4@mail.example", "梧桐路5号2单元301室", "收到，谢谢", "核验码"):
        assert any(secret in page for page in shown), secret
    with runtime.reading() as session:
        acts = session.scalars(select(AccessRecord.act).where(AccessRecord.subject_id == life.orders[4])).all()
    assert acts.count("reveal") == len(shown)
    assert browser.look(f"/orders/{life.orders[0]}?reveal={life.orders[4]}").status_code == 404


def test_an_order_shows_how_far_it_came_and_its_days_once(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    browser = sign_in_as(Role.CLERK)
    seen = set()
    for order_id in life.orders:
        with runtime.reading() as session:
            order = session.scalars(select(ServiceOrder).where(ServiceOrder.id == order_id)).one()
            marks = (order.opened_at, order.first_sent_at, order.reached_at, order.effective_on, order.finished_at)
        page = browser.look(f"/orders/{order_id}").text
        done = sum(mark is not None for mark in marks)
        assert page.count('<li class="done">') == done
        days = re.findall(r'<time class="date" datetime="([^"]+)">', page)
        assert days == sorted(set(days), reverse=True)
        assert page.count("<ol") == page.count("</ol>")
        seen.add(done)
    assert len(seen) > 1


def test_what_is_late_is_found_and_counted(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    with runtime.transaction() as session:
        order = session.scalars(select(ServiceOrder).where(ServiceOrder.id == life.orders[8])).one()
        order.due_on = date(2026, 3, 18)
        other = session.scalars(select(ServiceOrder).where(ServiceOrder.id == life.orders[1])).one()
        other.due_on = None
    browser = sign_in_as(Role.CLERK)
    page = browser.look("/orders?status=late").text
    assert [name for name in NAMES if name in page] == [NAMES[8]]
    assert "逾期 3 天" in page
    everybody = browser.look("/orders").text
    assert everybody.index(NAMES[8]) < everybody.index(NAMES[3]) < everybody.index(NAMES[1])


def test_papers_come_as_files(life: CourtLife, sign_in_as: SignInAs) -> None:
    browser = sign_in_as(Role.CLERK)
    address = f"/orders/{life.orders[0]}"
    link = re.search(rf"{address}/papers/[0-9a-f-]+", browser.look(address).text)
    assert link is not None
    paper = browser.look(link[0])
    assert paper.data.startswith(b"%PDF")
    assert paper.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")


@pytest.mark.usefixtures("life")
def test_the_sandbox_shows_its_moving_clock(browser: Browser) -> None:
    assert 'datetime="2026-03-21T01:00:00+00:00"' in browser.look("/sign-in").text
    assert browser.look("/clock").json == {"now": "2026-03-21T01:00:00+00:00", "text": "2026-03-21 09:00"}


@pytest.mark.usefixtures("life")
def test_operations_are_told_figures_and_no_names(browser: Browser) -> None:
    assert browser.look("/readyz").json == {"status": "ok"}
    browser.look("/sign-in")
    text = browser.look("/metrics").text
    assert 'songda_requests_total{endpoint="sign_in.form",status="2xx"}' in text
    assert 'songda_desk_items{kind="court_review"}' in text
    assert not any(name in text for name in NAMES)


def test_errors_are_pages_for_people_and_problems_for_programs(browser: Browser) -> None:
    assert "没有找到" in browser.look("/orders/no/such/page").text
    problem = browser.look("/no-such-page", headers={"Accept": "application/json", "Accept-Language": "en"})
    assert problem.mimetype == "application/problem+json"
    assert problem.json is not None
    assert (problem.json["status"], problem.json["code"]) == (404, "not_found")
    assert browser.post("/healthz", buffered=True).headers["Allow"]
