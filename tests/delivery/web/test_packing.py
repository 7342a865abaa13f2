"""Files that are the same for everybody leave packed and are asked for again cheaply; a page with a secret never is."""

import gzip

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from delivery.runtime import Runtime
from delivery.web.app import create_app
from mobile_upload import field_app, pages
from tests.delivery.web.conftest import Browser

ENGINES = ("sqlite",)
READER = "/static/vendor/zxing-wasm-3.1.4/"


@pytest.fixture
def browser(runtime: Runtime) -> Browser:
    """Somebody's browser that has signed in to nothing."""
    app: Flask = create_app(runtime, edges=[pages.blueprint, field_app.blueprint])
    app.test_client_class = Browser
    found = app.test_client()
    assert isinstance(found, Browser)
    return found


def got(browser: Browser, address: str, **headers: str) -> TestResponse:
    return browser.get(
        address, headers={name.replace("_", "-"): value for name, value in headers.items()}, buffered=True
    )


@pytest.mark.parametrize("address", [f"{READER}zxing_reader.wasm", "/field/", "/field/worker.js"])
def test_what_is_the_same_for_everybody_is_packed_for_whoever_takes_it(browser: Browser, address: str) -> None:
    plain, packed = got(browser, address), got(browser, address, Accept_Encoding="gzip")
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < 0.55 * len(plain.data)
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert "Accept-Encoding" in packed.headers["Vary"]
    etag = packed.headers["ETag"]
    assert plain.headers.get("ETag") != etag
    again = got(browser, address, Accept_Encoding="gzip", If_None_Match=etag)
    assert (again.status_code, again.data) == (304, b"")
    other = got(browser, address, If_None_Match=etag)
    assert (other.status_code, len(other.data)) == (200, len(plain.data))


def test_what_gains_nothing_or_holds_a_secret_is_left_alone(browser: Browser) -> None:
    icon = next(part for part in browser.look("/field/").text.split('"') if part.endswith("icon-192.png"))
    for address in (icon, "/sign-in"):
        assert "Content-Encoding" not in got(browser, address, Accept_Encoding="gzip").headers, address
    assert "Content-Encoding" not in got(browser, "/field/worker.js", Accept_Encoding="gzip;q=0, identity").headers
    part = got(browser, f"{READER}reader.js", Accept_Encoding="gzip", Range="bytes=0-99")
    assert (part.status_code, len(part.data)) == (206, 100)
