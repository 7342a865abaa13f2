"""The pages in a real browser: strict policy kept, nothing wider than a phone, and all of it without scripts."""

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update
from werkzeug.serving import WSGIRequestHandler, make_server

from delivery.runtime import Runtime
from delivery.signing_in import Role, add_account, add_membership
from delivery.store.accounts import SignIn
from delivery.store.courts import Court
from delivery.store.orders import ServiceOrder
from delivery.tasks import run_due
from delivery.web.app import create_app
from tests.delivery.web.court_life import CourtLife, ask_to_be_called

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FilePayload, Page

PASSWORD = "correct horse battery staple"
HEADINGS = "案号,案由,程序,立案日期,送达文书,受送达人,诉讼地位,类型,手机"


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 -- werkzeug's signature
        """Say nothing: the test says what is wrong."""


@pytest.fixture
def engine() -> str:
    """One engine is enough to look at pages."""
    return "sqlite"


@pytest.fixture
def address(runtime: Runtime) -> Iterator[str]:
    """The application served on loopback, with a supervisor who can sign in."""
    with runtime.transaction() as session:
        court = session.scalars(select(Court).where(Court.code == "qinghe")).one()
        someone = add_account(session, login="he", name="何静", password=PASSWORD, language="zh", at=runtime.now())
        add_membership(session, someone.id, court.id, Role.SUPERVISOR)
    server = make_server("127.0.0.1", 0, create_app(runtime), threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _signed_in(page: "Page", address: str) -> "Page":
    page.goto(f"{address}/sign-in")
    page.fill("[name=login]", "he")
    page.fill("[name=password]", PASSWORD)
    page.click("button.main-act")
    page.wait_for_url(f"{address}/orders")
    return page


def test_a_phone_shows_every_page_whole_and_the_policy_holds(
    life: CourtLife, address: str, chromium: "Browser"
) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740}, locale="en-GB")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    _signed_in(page, address)
    for path in ("/orders", f"/orders/{life.orders[5]}", "/desk", "/success", "/imports", "/providers", "/sending"):
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        assert not page.is_visible("nav a[href='/desk']"), path
    page.click(".side summary")
    page.click("nav a[href='/desk']")
    page.wait_for_url(f"{address}/desk")
    context.close()
    assert complaints == []


def test_the_matrix_of_a_case_becomes_cards_on_a_phone(
    life: CourtLife, runtime: Runtime, address: str, chromium: "Browser"
) -> None:
    with runtime.reading() as session:
        case_id = session.get_one(ServiceOrder, (life.court_id, life.orders[4])).case_id
    context = chromium.new_context(viewport={"width": 360, "height": 740}, locale="zh-CN")
    page = _signed_in(context.new_page(), address)
    page.goto(f"{address}/cases/{case_id}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert not page.is_visible("#matrix thead")
    cell = page.locator("#matrix td[data-label='起诉状副本']").first
    label = cell.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert "起诉状副本" in label
    assert cell.bounding_box() is not None
    page.set_viewport_size({"width": 1440, "height": 900})
    assert page.is_visible("#matrix thead")
    context.close()


def test_the_progress_of_an_import_moves_by_itself(runtime: Runtime, address: str, chromium: "Browser") -> None:
    context = chromium.new_context(locale="zh-CN")
    page = _signed_in(context.new_page(), address)
    page.goto(f"{address}/imports")
    row = "（2026）云0102民初901号,买卖合同纠纷,普通程序,2026-02-27,起诉状副本,温如言,被告,自然人,13900109010"
    docket: FilePayload = {"name": "三月.csv", "mimeType": "text/csv", "buffer": f"{HEADINGS}\n{row}".encode()}
    page.set_input_files("[name=docket]", files=[docket])
    page.click("form[action='/imports'] button")
    page.wait_for_selector("text=等待中")
    while run_due(runtime, "test"):
        pass
    page.wait_for_selector("text=全部无误", timeout=15_000)
    context.close()


def test_without_scripts_an_order_is_held_all_the_same(
    life: CourtLife, runtime: Runtime, address: str, chromium: "Browser"
) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="zh-CN")
    page = _signed_in(context.new_page(), address)
    page.goto(f"{address}/orders/{life.orders[1]}")
    page.click("summary:has-text('暂停任务')")
    page.select_option("form[action$='/hold'] [name=reason]", "judge_asked")
    page.click("form[action$='/hold'] button")
    page.wait_for_selector("text=法官要求")
    context.close()
    assert runtime.now() == life.clock.now()


def test_what_was_typed_outlives_a_refusal_another_language_and_the_end_of_the_session(
    life: CourtLife, runtime: Runtime, address: str, chromium: "Browser"
) -> None:
    context = chromium.new_context(locale="zh-CN")
    page = _signed_in(context.new_page(), address)
    where = f"{address}/orders/{life.orders[1]}/addresses"
    form = "form[action$='/addresses']"
    page.goto(where)
    page.select_option(f"{form} [name=kind]", "email")
    page.fill(f"{form} [name=value]", "温如言 at 邮箱")
    page.check(f"{form} [name=consent]")
    page.click(f"{form} button")
    page.wait_for_selector("text=刚才的内容没有提交")
    assert "邮箱" in page.inner_text(f"{form} [role=alert]")
    assert page.evaluate("document.activeElement.name") == "value"
    assert page.input_value(f"{form} [name=kind]") == "email"
    assert page.input_value(f"{form} [name=value]") == "温如言 at 邮箱"
    assert page.is_checked(f"{form} [name=consent]")
    page.fill(f"{form} [name=value]", "wen@example.com")
    page.route("**/addresses", lambda route: route.abort())
    page.click(f"{form} button")
    page.wait_for_url("chrome-error://**")
    page.unroute("**/addresses")
    page.goto(where)
    page.wait_for_selector("text=没有得到答复")
    assert page.input_value(f"{form} [name=value]") == "wen@example.com"
    page.click("button[value=en]")
    page.wait_for_selector("text=Nothing was sent")
    assert page.input_value(f"{form} [name=value]") == "wen@example.com"
    with runtime.transaction() as session:
        session.execute(update(SignIn).values(revoked_at=runtime.machine_now()))
    page.click(f"{form} button")
    page.wait_for_selector("text=Your session had ended")
    page.fill("[name=login]", "he")
    page.fill("[name=password]", PASSWORD)
    page.click("button.main-act")
    page.wait_for_url(where)
    assert page.input_value(f"{form} [name=value]") == "wen@example.com"
    page.click(f"{form} button")
    page.wait_for_selector("text=wen@example.com")
    assert page.input_value(f"{form} [name=value]") == ""
    assert page.evaluate("sessionStorage.length") == 0
    context.close()


def test_a_form_that_is_on_its_way_is_not_sent_again(life: CourtLife, address: str, chromium: "Browser") -> None:
    context = chromium.new_context(locale="zh-CN")
    page = _signed_in(context.new_page(), address)
    page.goto(f"{address}/orders/{life.orders[1]}")
    sent = page.evaluate(
        """() => {
            let sent = 0;
            addEventListener("submit", (event) => { sent += event.defaultPrevented ? 0 : 1; event.preventDefault(); });
            const form = document.querySelector("form[action$='/hold']");
            form.requestSubmit();
            form.requestSubmit();
            const twice = sent;
            dispatchEvent(new Event("pageshow"));
            form.requestSubmit();
            return [twice, sent];
        }"""
    )
    context.close()
    assert sent == [1, 2]


@pytest.mark.parametrize("outcome", ["reached", "no_answer"])
def test_a_call_is_logged_with_three_clicks(
    life: CourtLife, runtime: Runtime, address: str, chromium: "Browser", outcome: str
) -> None:
    del life
    order_id = ask_to_be_called(runtime)
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    page = _signed_in(context.new_page(), address)
    page.goto(f"{address}/calls")
    page.evaluate("window.presses = 0; addEventListener('pointerdown', () => { window.presses += 1 }, true)")
    form = page.locator(f"form[action='/calls/{order_id}']")
    choosing = 0
    if outcome == "reached":  # who is on the line is already the recipient, and the number the first
        form.get_by_text("已核对身份").click()
        form.get_by_text("已告知文书内容").click()
        assert form.locator("[name=identity_checked]").is_checked()
    else:
        form.locator("[name=outcome]").select_option(outcome)
        choosing = 2  # open the list, choose from it
    save = form.locator("button.main-act")
    save.hover()
    assert page.evaluate("window.presses") + choosing + 1 == 3
    save.click()
    page.wait_for_selector("text=已登记")
    assert page.locator(f"form[action='/calls/{order_id}']").count() == (0 if outcome == "reached" else 1)
    context.close()
