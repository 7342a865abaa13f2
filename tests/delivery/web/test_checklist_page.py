"""The checklist as a page: both languages, every state in words, and not for other courts or field staff."""

import re
from html import unescape

import pytest

from delivery.runtime import Runtime
from delivery.signing_in import Role
from tests.delivery.web.conftest import SignInAs
from tests.delivery.web.court_life import NAMES, CourtLife

# A code that nobody put into words shows itself.
UNTOLD = re.compile(r">[^<>{}]*\b[a-z]+_[a-z_]+\b[^<>{}]*<")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_order_has_its_checklist(life: CourtLife, sign_in_as: SignInAs, language: str) -> None:
    browser = sign_in_as(Role.CLERK, language=language)
    for number, order_id in enumerate(life.orders):
        page = browser.look(f"/orders/{order_id}/checklist")
        assert page.status_code == 200
        assert NAMES[number] in page.text
        assert UNTOLD.findall(page.text) == []
        assert "{" not in unescape(re.sub(r"<[^>]+>", "", page.text))


def test_what_is_served_says_article_day_proof_and_who_confirms(life: CourtLife, sign_in_as: SignInAs) -> None:
    page = sign_in_as(Role.SUPERVISOR, language="en").look(f"/orders/{life.orders[0]}/checklist")
    text = " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())
    for told in (
        "Served · 2026-03-02 · electronic service",
        "CPL 90 electronic service",
        "Day of service 2026-03-02",
        "complaint copy to be dispatched by 2026-03-03",
        "Missing nothing, service is complete",
        "proof of a system error",
        "Who confirms nobody: the day is fixed",
        "☑ held right to use the address Confirmed on the form",
        "☑ held record of the consent to e-service 2026-02-20",
        "fixes the day",
    ):
        assert told in text
    order = sign_in_as(Role.COURT_OFFICER).look(f"/orders/{life.orders[0]}")
    assert f"/orders/{life.orders[0]}/checklist" in order.text


def test_a_read_only_page_changes_nothing(life: CourtLife, sign_in_as: SignInAs, runtime: Runtime) -> None:
    from delivery.store.orders import ServiceOrder

    browser = sign_in_as(Role.CLERK)
    with runtime.reading() as session:
        before = session.get_one(ServiceOrder, (life.court_id, life.orders[1])).journal_length
    browser.look(f"/orders/{life.orders[1]}/checklist")
    with runtime.reading() as session:
        assert session.get_one(ServiceOrder, (life.court_id, life.orders[1])).journal_length == before


@pytest.mark.parametrize("role", [Role.LAW_FIRM, Role.FIELD_SERVER])
def test_the_checklist_is_for_the_court(life: CourtLife, sign_in_as: SignInAs, role: Role) -> None:
    assert sign_in_as(role).look(f"/orders/{life.orders[0]}/checklist").status_code == 403


def test_another_courts_order_is_not_there(life: CourtLife, sign_in_as: SignInAs) -> None:
    assert sign_in_as(Role.CLERK).look(f"/orders/{life.neighbour_order}/checklist").status_code == 404
