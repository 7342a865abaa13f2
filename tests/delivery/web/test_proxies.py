"""Who is calling: our own proxies are believed, strangers are not."""

from dataclasses import replace
from ipaddress import ip_network

import pytest

from delivery.message_checking import WRONG_CODES
from delivery.runtime import Runtime
from delivery.settings import read_settings
from delivery.store.vault import generate_keys
from delivery.web.app import create_app
from delivery.web.proxies import caller
from tests.delivery.web.conftest import Browser

OURS = (ip_network("127.0.0.1/32"), ip_network("10.0.0.0/24"))


@pytest.mark.parametrize(
    ("remote", "forwarded", "found"),
    [
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # what the caller made up itself
        ("127.0.0.1", "203.0.113.9, 10.0.0.7", "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9, nobody", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
        ("", "203.0.113.9", ""),
        ("127.0.0.1", "2001:db8::9", "2001:db8::9"),
    ],
)
def test_only_what_our_own_proxies_tell_counts(remote: str, forwarded: str, found: str) -> None:
    assert caller(remote, forwarded, OURS) == found
    assert caller(remote, forwarded, ()) == remote


@pytest.mark.parametrize(("text", "is_right"), [("127.0.0.1, 10.0.0.0/24", True), ("proxy", False), ("::/0", False)])
def test_the_proxies_are_networks_and_not_everybody(text: str, is_right: bool) -> None:  # noqa: FBT001 -- a table's
    settings, problems = read_settings({"SONGDA_KEYS": generate_keys(), "SONGDA_PROXIES": text})
    assert ([problem.variable for problem in problems] == []) == is_right
    assert (settings is not None and settings.proxies == OURS) == is_right


def test_one_guesser_behind_the_proxy_shuts_out_only_itself(runtime: Runtime) -> None:
    runtime.settings = replace(runtime.settings, proxies=OURS)
    app = create_app(runtime)
    app.test_client_class = Browser
    browser = app.test_client()
    for _ in range(WRONG_CODES):
        assert browser.get("/n/WRONG", headers={"X-Forwarded-For": "203.0.113.9"}, buffered=True).status_code == 404
    for address, status in (("203.0.113.9", 429), ("198.51.100.1, 203.0.113.9", 429), ("203.0.113.10", 404)):
        answer = browser.get("/n/WRONG", headers={"X-Forwarded-For": address}, buffered=True)
        assert answer.status_code == status, address
