"""The officer's desk in a real browser, by keyboard alone."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select
from werkzeug.serving import WSGIRequestHandler, make_server

from delivery.domain.event import EventKind
from delivery.field_reports import report_visit
from delivery.intake import open_orders
from delivery.intake_entries import OrderEntry
from delivery.runtime import Runtime
from delivery.signing_in import Role, add_account, add_membership
from delivery.store.courts import Court
from delivery.store.desk import DeskItem
from delivery.store.journal import DeliveryEvent
from delivery.tasks import run_due
from delivery.visiting import open_visits
from delivery.web.app import create_app
from tests.delivery.web.court_life import PDF, entry

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PASSWORD = "correct horse battery staple"
MANY = 10
REFUSED = {
    "result": "refused",
    "place": "residence",
    "refused_by": {"role": "recipient", "adult": True},
    "process_media": "video",
}


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 -- werkzeug's signature
        """Say nothing: the test says what is wrong."""


@pytest.fixture
def engine() -> str:
    """One engine is enough to look at pages."""
    return "sqlite"


def _work(runtime: Runtime) -> None:
    while run_due(runtime, "test"):
        pass


def _at_home(found: OrderEntry) -> OrderEntry:
    """The same person, to be found at the door alone."""
    doors = tuple(address for address in found.addresses if address.kind == "postal")
    return replace(found, firm="", firm_email="", lawyer="", addresses=doors)


@pytest.fixture
def refusals(runtime: Runtime) -> int:
    """Ten people who refused the papers at their own door, on video: all wait for an officer."""
    with runtime.transaction() as session:
        court = session.scalars(select(Court).where(Court.code == "qinghe")).one()
        sha256 = runtime.blobs.put(court.id, PDF)
        found = [entry(index, sha256=sha256) for index in range(MANY)]
        at_home = [_at_home(one) for one in found]
        open_orders(session, court, at_home, now=runtime.now())
        court_id = court.id
    _work(runtime)
    with runtime.transaction() as session:
        for visit in open_visits(session, court_id):
            report = {**REFUSED, "at": runtime.now()}
            report_visit(session, court_id, visit.id, report, by=None, now=runtime.now())
    _work(runtime)
    with runtime.reading() as session:
        return session.scalar(select(func.count()).where(DeskItem.kind == "confirm_outcome")) or 0


@pytest.fixture
def address(runtime: Runtime, refusals: int) -> Iterator[str]:
    """The application served on loopback, with an officer who can sign in."""
    assert refusals == MANY
    with runtime.transaction() as session:
        court = session.scalars(select(Court).where(Court.code == "qinghe")).one()
        someone = add_account(session, login="chen", name="陈法官", password=PASSWORD, language="zh", at=runtime.now())
        add_membership(session, someone.id, court.id, Role.COURT_OFFICER)
    server = make_server("127.0.0.1", 0, create_app(runtime), threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Hands:
    """Somebody at the keyboard; every key that is pressed is counted."""

    ARRIVED: ClassVar[str] = "document.readyState === 'complete'"

    def __init__(self, page: "Page") -> None:
        self.page = page
        self.presses = 0

    def press(self, key: str) -> None:
        """One key."""
        self.presses += 1
        self.page.keyboard.press(key)

    def press_and_leave(self, key: str) -> None:
        """One key that leads to another page."""
        with self.page.expect_navigation():
            self.press(key)
        self.page.wait_for_function(self.ARRIVED)

    @property
    def focus(self) -> str:
        """The id of what has the focus, or its text."""
        found: str = self.page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
        return found

    @property
    def path(self) -> str:
        """Where we are."""
        return urlsplit(self.page.url).path


@pytest.fixture
def hands(address: str, chromium: "Browser") -> Iterator[Hands]:
    """An officer who has just signed in; what the page complains about fails the test."""
    context = chromium.new_context(locale="zh-CN")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{address}/sign-in")
    page.fill("[name=login]", "chen")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/officer")
    page.wait_for_function(Hands.ARRIVED)
    yield Hands(page)
    context.close()
    assert complaints == []


def _confirmed(runtime: Runtime) -> int:
    with runtime.reading() as session:
        kind = DeliveryEvent.kind == EventKind.OUTCOME_CONFIRMED
        return session.scalar(select(func.count()).select_from(DeliveryEvent).where(kind)) or 0


def test_ten_confirmations_by_keyboard_alone(hands: Hands, runtime: Runtime) -> None:
    hands.press_and_leave("Enter")
    seen = set()
    for _ in range(MANY):
        seen.add(hands.path)
        hands.press("c")
        assert hands.focus == "confirm"
        hands.press_and_leave("Enter")
    assert len(seen) == MANY
    assert hands.path == "/officer"
    assert "没有待您决定的事项" in hands.page.content()
    assert _confirmed(runtime) == MANY
    assert hands.presses <= 3 * MANY


def test_keys_move_open_and_explain(hands: Hands, runtime: Runtime) -> None:
    rows = hands.page.eval_on_selector_all("[data-row]", "rows => rows.map(row => new URL(row.href).pathname)")
    for key in ("j", "ArrowDown", "k", "j"):
        hands.press(key)
    hands.press("?")
    assert hands.page.is_visible("[data-keys-shown]")
    hands.press("c")
    assert hands.path == "/officer", "no key acts behind the explanation"
    hands.press("Escape")
    hands.press_and_leave("s")
    assert hands.path == rows[2]
    assert hands.focus == "r-send_back"
    for key in "cscu?":
        hands.press(key)
    assert hands.page.input_value("#r-send_back") == "cscu?", "keys are letters while somebody writes"
    assert hands.path == rows[2]
    hands.press("Tab")
    hands.press_and_leave("Enter")
    assert _confirmed(runtime) == 0
    with runtime.reading() as session:
        said = session.scalars(select(DeskItem).where(DeskItem.kind == "sent_back")).one().args["said"]
    assert said == "cscu?"
    hands.press_and_leave("u")
    assert hands.path == "/officer"


def test_everything_is_reached_with_the_tab_key_alone(hands: Hands, runtime: Runtime) -> None:
    hands.press_and_leave("Enter")
    for _ in range(40):
        if hands.focus == "confirm":
            break
        hands.press("Tab")
    assert hands.focus == "confirm"
    hands.press_and_leave("Enter")
    assert _confirmed(runtime) == 1
