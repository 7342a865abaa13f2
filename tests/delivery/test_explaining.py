"""Legal effects in words: every code of the engine has words, and conclusions read right in both languages."""

import ast
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from delivery.calendars import court_calendar
from delivery.domain.law import CalendarMissing, assess, parse_facts
from delivery.domain.law.rules import RULES
from delivery.explaining import explain, rule_gist, say_rule
from delivery.wording import knows
from tests.domain.law.facts_strategy import fact_dicts
from tests.domain.law.tables import cases
from tests.infrastructure.tree import ROOT

CASES = [case for case in cases() if "error" not in case["expect"]]
RULE_ID = re.compile(
    r"(CPL|INT|EMS04|OP19|OP16|ONL|SIM|HKM|TW|EVID|PROC|POST|CPR|CPLR|CCP)-[0-9][0-9.\-]*|SPC-\d{4}-\d+|AB747"
)


def _texts() -> Iterator[str]:
    for path in sorted((ROOT / "delivery" / "domain" / "law").rglob("*.py")):
        if path.name != "rules.py":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def test_every_rule_that_the_engine_cites_is_registered_and_none_besides() -> None:
    assert {text for text in _texts() if RULE_ID.fullmatch(text)} == set(RULES)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_rule_has_a_name_and_a_gist(language: str) -> None:
    for rule_id in RULES:
        assert say_rule(rule_id, language)
        assert say_rule(rule_id, language, short=True)
        assert rule_gist(rule_id, language)


@pytest.mark.parametrize("case", CASES, ids=[case["facts"]["id"] for case in CASES])
def test_every_case_is_explained_in_both_languages(case: dict[str, Any]) -> None:
    effect = assess(parse_facts(case["facts"]), court_calendar())
    chinese, english = explain(effect, "zh"), explain(effect, "en")
    assert len(chinese) == len(english) >= 2
    assert not re.search(r"[\u3400-\u9fff]", "".join(english))
    assert "{" not in "".join(chinese + english)
    for reason in effect.reasons:
        assert knows(f"law.reason.{reason.code}")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(fact_dicts())
def test_whatever_the_engine_says_has_words(facts: dict[str, Any]) -> None:
    try:
        effect = assess(parse_facts(facts), court_calendar())
    except CalendarMissing:
        return
    assert len(explain(effect, "zh")) == len(explain(effect, "en"))


def test_no_word_of_the_engine_is_left_unused() -> None:
    said = set(_texts())
    words = [
        (table, code)
        for table in ("reason", "missing", "defeater", "advice")
        for code in _codes(table)
        if code not in said and not code.startswith("content_")
    ]
    assert words == []


def _codes(table: str) -> Iterator[str]:
    words = tomllib.loads((ROOT / "delivery" / "words" / "law.toml").read_text(encoding="utf-8"))
    yield from words["law"][table]


def _case(case_id: str) -> Any:  # noqa: ANN401 - facts as decoded
    return next(case["facts"] for case in CASES if case["facts"]["id"] == case_id)


def test_a_deemed_return_reads_right() -> None:
    effect = assess(parse_facts(_case("M03")), court_calendar())
    assert explain(effect, "en") == [
        (
            "Served on 2026-03-17: the mail came back from an address at the recipient's own risk, and the recipient"
            " moved without telling the court in writing (service by mail; Court Express Provisions 6,"
            " Court Express Provisions 11, Summary Procedure Provisions 10, Service Opinions 7)."
        ),
        "Deadlines: answer by 2026-04-01.",
        "This would be undone by: proof that the recipient was not at fault.",
        "Service is deemed or presumed here: a court officer confirms it before a default judgment rests on it.",
    ]
    assert explain(effect, "zh")[:2] == [
        (
            "已送达，送达日为2026年3月17日：邮件从受送达人应当承担后果的地址退回，受送达人变更地址未书面告知法院"
            "（邮寄送达，法院专递规定第6条、法院专递规定第11条、简易程序规定第10条、民事送达意见第7条）。"
        ),
        "期限：答辩期届满日2026年4月1日。",
    ]


def test_a_doubt_says_what_is_in_doubt_and_what_is_missing() -> None:
    effect = assess(parse_facts(_case("M07")), court_calendar())
    assert explain(effect, "en") == [
        (
            "For the court to decide: the return is defective: attempts, contact or the note of return are incomplete"
            " (Court Express Provisions 6, Court Express Provisions 11, Summary Procedure Provisions 10,"
            " Service Opinions 7)."
        ),
        "No period is running.",
        "Missing: three deliveries within five days.",
        "To note: mail again.",
    ]


def test_before_any_act_nothing_is_said_to_have_been_done() -> None:
    effect = assess(parse_facts(_case("A01")), court_calendar())
    assert explain(effect, "en")[0] == "Not served: no act of service has been carried out yet."
