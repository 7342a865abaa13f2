"""Trying facts against the law engine: examples, pasted text, files, an order's own facts; nothing is stored."""

import io
import json
import re
from datetime import date
from html import unescape

import pytest
from sqlalchemy import func, select

from delivery.assessing_file import read_facts
from delivery.calendars import court_calendar
from delivery.domain.law import assess
from delivery.example_facts import EXAMPLES, example_text
from delivery.explaining import explain
from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.store.model import Model
from delivery.store.orders import ServiceOrder
from delivery.stored_effects import read_effect
from delivery.web.policy import POLICY
from tests.delivery.web.conftest import Browser, SignInAs
from tests.delivery.web.court_life import CourtLife

OUTCOMES = {
    "party_signs": ("SERVED", "2026-03-12"),
    "family_signs": ("SERVED", "2026-03-12"),
    "company_desk": ("SERVED", "2026-03-12"),
    "refused_at_home": ("SERVED", "2026-03-12"),
    "refused_elsewhere": ("COURT_REVIEW", None),
    "nobody_home": ("NOT_SERVED", None),
    "by_text_with_consent": ("SERVED", "2026-03-12"),
    "by_text_without_consent": ("NOT_SERVED", None),
    "mail_signed": ("SERVED", "2026-03-12"),
    "mail_in_locker": ("NOT_SERVED", None),
    "mail_back_from_confirmed": ("SERVED", "2026-03-12"),
    "mail_back_from_plaintiffs": ("NOT_SERVED", None),
    "public_notice": ("SERVED", "2026-04-11"),
    "payment_order": ("SERVED", "2026-03-12"),
}


def _read(page: str) -> str:
    return " ".join(unescape(re.sub(r"<textarea.*?</textarea>|<[^>]+>", " ", page, flags=re.DOTALL)).split())


def _send(browser: Browser, **form: object) -> tuple[int, str]:
    answer = browser.send("/law", form, page="/law")
    return answer.status_code, _read(answer.text)


@pytest.fixture
def clerk(sign_in_as: SignInAs) -> Browser:
    return sign_in_as(Role.CLERK, language="en")


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_what_its_name_says(name: str) -> None:
    (facts,) = read_facts(example_text(name).encode())
    effect = assess(facts, court_calendar())
    assert (effect.outcome, str(effect.effective_on) if effect.effective_on else None) == OUTCOMES[name]


def test_an_example_moves_with_its_day() -> None:
    (facts,) = read_facts(example_text("family_signs", date(2026, 6, 2)).encode())
    effect = assess(facts, court_calendar())
    assert str(effect.effective_on) == "2026-06-02"
    assert "1990-06-01" in example_text("family_signs", date(2026, 6, 2)), "a birthday stays"


def test_every_example_is_offered_and_shows_its_explanation(runtime: Runtime, sign_in_as: SignInAs) -> None:
    for language in ("zh", "en"):
        browser = sign_in_as(Role.CLERK, language=language)
        for name in ("party_signs", "refused_elsewhere", "public_notice"):
            page = browser.look(f"/law?example={name}&on=2026-03-10")
            assert page.status_code == 200
            (facts,) = read_facts(example_text(name, date(2026, 3, 10)).encode())
            for sentence in explain(assess(facts, runtime.calendar.law), language):
                assert sentence in unescape(page.text)


def test_pasted_facts_are_explained(clerk: Browser) -> None:
    status, told = _send(clerk, facts=example_text("mail_back_from_confirmed"))
    assert status == 200
    assert "Served · 2026-03-12" in told
    assert "Deciding act mail service by mail" in told
    assert "Court Express Provisions 11 the day of return deemed the day of service" in told
    assert "answer by 2026-03-27" in told
    assert "proof that the recipient was not at fault" in told


def test_a_file_is_read_and_several_facts_are_told_one_by_one(clerk: Browser) -> None:
    both = json.dumps([json.loads(example_text(name)) for name in ("party_signs", "nobody_home")])
    status, told = _send(clerk, file=(io.BytesIO(both.encode("utf-8-sig")), "facts.json"))
    assert status == 200
    assert told.index("Served · 2026-03-12") < told.index("Not served")
    many = json.dumps([json.loads(example_text("party_signs"))] * 23)
    assert "3 more sets of facts are not shown" in _send(clerk, facts=many)[1]


@pytest.mark.parametrize(
    ("change", "message", "cure"),
    [
        (("residence", "moon"), "acts[0].place: is not a known word: 'moon'", "Use one of the words of the format"),
        (("2026-03-12", "2026-02-30"), "acts[0].on: is not a day", "Write the day like 2026-03-12."),
        (('"method"', '"methods"'), "acts[0].method: is missing", "Add this item at that place."),
        (("{", "", 1), "line 2, column 7: is not JSON", "Look at the commas, quotes and brackets"),
    ],
)
def test_wrong_facts_name_the_place_and_the_cure(
    clerk: Browser, change: tuple[str, str], message: str, cure: str
) -> None:
    status, told = _send(clerk, facts=example_text("party_signs").replace(*change))
    assert status == 422
    assert message in told
    assert cure in told


@pytest.mark.parametrize(
    ("content", "zh", "en"),
    [
        (b"\xff\xfe\x00", "不是 UTF-8 编码的文本", "the text is not in UTF-8"),
        (b"[" * 100_000, "括号嵌套过深", "brackets are nested too deeply"),
        (b"[\n{]", "第 2 行第 2 列不符合 JSON 格式", "line 2, column 2: is not JSON"),
        (b" \n", "没有任何内容", "there is nothing in it"),
        (b"", "没有任何内容", "there is nothing in it"),
    ],
)
def test_what_is_no_json_is_refused_in_words(sign_in_as: SignInAs, content: bytes, zh: str, en: str) -> None:
    for language, words in (("zh", zh), ("en", en)):
        status, told = _send(sign_in_as(Role.CLERK, language=language), file=(io.BytesIO(content), "facts.json"))
        assert (status, words in told, "Expecting" in told) == (422, True, False)


def test_a_year_without_calendar_says_what_to_do(clerk: Browser) -> None:
    both = [json.loads(example_text("party_signs", date(2090, 3, 10))), json.loads(example_text("party_signs"))]
    status, told = _send(clerk, facts=json.dumps(both))
    assert status == 200
    assert "The holidays of 2090 are not loaded" in told
    assert "SONGDA_CALENDAR" in told
    assert "Served · 2026-03-12" in told


def test_an_orders_own_facts_lead_to_its_own_explanation(life: CourtLife, clerk: Browser, runtime: Runtime) -> None:
    for order_id in (life.orders[0], life.orders[8]):
        with runtime.reading() as session:
            stored = session.get_one(ServiceOrder, (life.court_id, order_id)).effect
        effect = read_effect(stored)
        assert effect is not None
        tried, page = clerk.look(f"/orders/{order_id}/law"), clerk.look(f"/orders/{order_id}")
        assert tried.status_code == page.status_code == 200
        for sentence in explain(effect, "en"):
            assert sentence in unescape(page.text)
        assert explain(effect, "en")[0] in unescape(tried.text)


def test_trying_facts_stores_nothing(runtime: Runtime, clerk: Browser) -> None:
    def counted() -> dict[str, int]:
        with runtime.reading() as session:
            return {
                table.name: session.scalar(select(func.count()).select_from(table)) or 0
                for table in Model.metadata.sorted_tables
            }

    clerk.look("/law")
    before = counted()
    assert _send(clerk, facts=example_text("party_signs"))[0] == 200
    assert counted() == before


def test_a_form_without_its_token_and_a_file_too_large_are_refused(clerk: Browser) -> None:
    assert clerk.post("/law", data={"facts": "{}"}, buffered=True).status_code == 403
    large = b" " * (POLICY["law.try_facts"].most_bytes + 1)
    assert clerk.send("/law", {"file": (io.BytesIO(large), "facts.json")}, page="/law").status_code == 413


@pytest.mark.parametrize("role", [Role.LAW_FIRM, Role.FIELD_SERVER])
def test_the_page_is_for_the_court(sign_in_as: SignInAs, role: Role) -> None:
    assert sign_in_as(role).look("/law").status_code == 403
