"""Every page, in both languages and on both engines, with a court at work behind it."""

import re

import pytest

from delivery.signing_in import Role
from tests.delivery.web.conftest import SignInAs
from tests.delivery.web.court_life import CourtLife

HANZI = re.compile(r"[\u3400-\u9fff]")
PAGES = (
    "/orders",
    "/orders?status=late",
    "/orders?status=concluded",
    "/orders?q=陆知微",
    "/orders?tier=visit&channel=sms",
    "/desk",
    "/success",
    "/providers",
    "/sending",
    "/memberships",
)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_of_the_console_is_there_in_both_languages(
    life: CourtLife, sign_in_as: SignInAs, language: str
) -> None:
    browser = sign_in_as(Role.SUPERVISOR, language=language)
    for address in PAGES:
        page = browser.look(address)
        assert page.status_code == 200, address
        assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in page.text
    for order_id in life.orders:
        assert browser.look(f"/orders/{order_id}").status_code == 200
