"""Why an order is served or not: the law engine's stored answer in words, with articles, gaps and defeaters."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from delivery.domain.law.effect import Reason
from delivery.explaining import day_in_words, rule_gist, say_reason, say_rule
from delivery.store.orders import ServiceOrder
from delivery.web.rendering import word
from delivery.web.request_state import language


@dataclass(frozen=True, slots=True)
class Reasoning:
    """The engine's answer in words; `articles` are pairs of article and gist, the deciding ones first."""

    reasons: tuple[str, ...]
    articles: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    defeaters: tuple[str, ...]
    advice: tuple[str, ...]
    deadlines: tuple[tuple[str, str], ...]
    needs_confirmation: bool


def reasoning_of(order: ServiceOrder) -> Reasoning:
    """The stored effect of an order in words; a code that an older engine left is shown as it is."""
    effect: Mapping[str, Any] = order.effect
    rules = dict.fromkeys((*effect.get("basis", ()), *effect.get("cites", ())))
    return Reasoning(
        reasons=tuple(dict.fromkeys(_reason(item) for item in effect.get("reasons", ()))),
        articles=tuple(_article(rule) for rule in rules),
        missing=_told("law.missing", effect.get("missing", ())),
        defeaters=_told("law.defeater", effect.get("defeaters", ())),
        advice=_told("law.advice", effect.get("advice", ())),
        deadlines=tuple(
            (word("law.deadline", name), _day(on)) for name, on in dict(effect.get("deadlines", {})).items()
        ),
        needs_confirmation=bool(effect.get("needs_confirmation")),
    )


def _told(table: str, codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(word(table, code) for code in codes)


def _reason(item: Mapping[str, Any]) -> str:
    args = tuple((name, str(value)) for name, value in dict(item.get("args", {})).items())
    try:
        return say_reason(Reason(str(item["code"]), item.get("act"), args), language())
    except (KeyError, ValueError):
        return word("law.reason", item.get("code", ""))


def _article(rule: str) -> tuple[str, str]:
    try:
        return say_rule(rule, language(), short=True), rule_gist(rule, language())
    except KeyError:
        return rule, ""


def _day(text: str) -> str:
    return day_in_words(date.fromisoformat(text), language())
