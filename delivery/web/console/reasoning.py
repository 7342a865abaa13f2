"""A legal effect in the words of a page: the explanation, the articles with their gist, gaps, defeaters and advice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from delivery.domain.law.effect import LegalEffect
from delivery.explaining import day_in_words, explain, rule_gist, say_reason, say_rule
from delivery.stored_effects import read_effect
from delivery.web.rendering import word
from delivery.web.request_state import language


@dataclass(frozen=True, slots=True)
class Reasoning:
    """The engine's answer in words; `articles` are pairs of article and gist, the deciding ones first.

    `sentences` are those of `explain`; empty only where an older engine left codes that nobody knows any more.
    """

    outcome: str = ""
    effective_on: str = ""
    by_act: str = ""
    method: str = ""
    sentences: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    articles: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    defeaters: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    deadlines: tuple[tuple[str, str], ...] = ()
    needs_confirmation: bool = False
    weaknesses: tuple[str, ...] = ()


def reasoning_of(stored: Mapping[str, Any], weaknesses: Iterable[str] = ()) -> Reasoning:
    """The stored effect of an order in words; a code that an older engine left is shown as it is.

    `weaknesses`: codes of what is weak about how it was established.
    """
    try:
        effect = read_effect(stored)
    except (KeyError, ValueError):
        effect = None
    return Reasoning() if effect is None else told_effect(effect, weaknesses)


def told_effect(effect: LegalEffect, weaknesses: Iterable[str] = ()) -> Reasoning:
    """A legal effect in words."""
    return Reasoning(
        outcome=effect.outcome.value,
        effective_on=_day(effect.effective_on) if effect.effective_on else "",
        by_act=effect.by_act or "",
        method=effect.method or "",
        sentences=_sentences(effect),
        reasons=tuple(dict.fromkeys(_reason(effect, number) for number in range(len(effect.reasons)))),
        articles=tuple(_article(rule) for rule in dict.fromkeys((*effect.basis, *effect.cites))),
        missing=_told("law.missing", effect.missing),
        defeaters=_told("law.defeater", effect.defeaters),
        advice=_told("law.advice", effect.advice),
        deadlines=tuple((word("law.deadline", name), _day(on)) for name, on in effect.deadlines.items()),
        needs_confirmation=effect.needs_confirmation,
        weaknesses=_told("weakness", weaknesses),
    )


def _sentences(effect: LegalEffect) -> tuple[str, ...]:
    try:
        return tuple(explain(effect, language()))
    except (KeyError, ValueError, StopIteration):
        return ()


def _told(table: str, codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(word(table, code) for code in codes)


def _reason(effect: LegalEffect, number: int) -> str:
    reason = effect.reasons[number]
    try:
        return say_reason(reason, language())
    except (KeyError, ValueError):
        return word("law.reason", reason.code)


def _article(rule: str) -> tuple[str, str]:
    try:
        return say_rule(rule, language(), short=True), rule_gist(rule, language())
    except KeyError:
        return rule, ""


def _day(on: date) -> str:
    return day_in_words(on, language())
