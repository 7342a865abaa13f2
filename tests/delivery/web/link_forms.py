"""Pages behind a link as a person without scripts uses them: the forms by their marks, with their hidden fields."""

import re
from typing import TYPE_CHECKING

from tests.delivery.served_links import PERSON, Served

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.delivery.web.conftest import Browser

_HIDDEN = re.compile(
    r'data-act="(?P<act>[a-z-]+)">\s*<input type="hidden" name="(?P<name>\w+)" value="(?P<value>[^"]*)"'
)


def hidden(page: str, mark: str) -> dict[str, str]:
    """The hidden field of the form with this mark."""
    return {found["act"]: {found["name"]: found["value"]} for found in _HIDDEN.finditer(page)}[mark]


def identify(browser: "Browser", served: Served, digits: str, role: str = "recipient") -> "TestResponse":
    """Fill in the identity form of the cover, as somebody who has not been here before."""
    browser.delete_cookie("songda_link", path=served.address)
    form = hidden(browser.look(served.address).text, "identity")
    return browser.post(f"{served.address}/identity", data={**form, "digits": digits, "role": role}, buffered=True)


def enter(browser: "Browser", served: Served, *, digits: str = PERSON[-4:], role: str = "recipient") -> None:
    """Pass the identity check."""
    answer = identify(browser, served, digits, role)
    assert (answer.status_code, answer.location) == (303, f"{served.address}/papers")


def act(browser: "Browser", served: Served, mark: str, **fields: str) -> "TestResponse":
    """Send the form of an act from the papers' page."""
    form = hidden(browser.look(f"{served.address}/papers").text, mark)
    return browser.post(f"{served.address}/{mark}", data={**form, **fields}, buffered=True)


def papers(browser: "Browser", served: Served) -> list[str]:
    """The addresses of the papers, once they are open."""
    return re.findall(rf'href="({served.address}/papers/[0-9a-f-]+)"', browser.look(f"{served.address}/papers").text)
