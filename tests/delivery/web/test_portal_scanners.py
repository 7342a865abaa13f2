"""What mail scanners do with a link in a real browser: load it, run it, follow what it names. Nothing opens."""

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from werkzeug.serving import make_server

from delivery.runtime import Runtime
from tests.delivery.served_links import PERSON, Served, kinds

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """The application on a loopback port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_browser_that_runs_everything_opens_nothing_and_a_person_does(
    chromium: "Chromium", site: str, runtime: Runtime, served: Served
) -> None:
    context = chromium.new_context(locale="zh-CN", viewport={"width": 360, "height": 740})
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.goto(site + served.address)
    page.wait_for_load_state("networkidle")
    for link in page.eval_on_selector_all("a[href]", "found => found.map(a => a.href)"):
        context.new_page().goto(link)
    page.mouse.wheel(0, 4000)
    page.keyboard.press("Tab")
    assert kinds(runtime, served) == []

    page.fill("[name=digits]", PERSON[-4:])
    page.click("[data-act=identity] button")
    assert page.url == f"{site}{served.address}/papers"
    assert kinds(runtime, served) == []
    page.dblclick("[data-act=open] button")
    page.wait_for_selector("[data-act=acknowledge]")
    page.dblclick("[data-act=acknowledge] button")
    page.wait_for_selector("text=您已确认收到")
    assert kinds(runtime, served) == ["link_opened", "acknowledged"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert refused == []
    context.close()
