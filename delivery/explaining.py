"""A legal effect in words: what a lawyer reads, and then agrees or knows where to disagree.

Three sentences, in Chinese or English: the outcome with its day, act and articles; the deadlines; what is missing or
would undo it. Then what to do next. The words lie in `words/law.toml`; here they are only put together.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from delivery.domain.law.effect import LegalEffect, Outcome, Reason
from delivery.domain.law.rules import RULES
from delivery.wording import knows, say

MOST_RULES = 4  # in a sentence; the rest stands in the list of citations


def explain(effect: LegalEffect, language: str) -> list[str]:
    """The sentences, in the order of reading."""
    return [*_sentences(effect, language)]


def _sentences(effect: LegalEffect, language: str) -> Iterator[str]:
    yield _outcome(effect, language)
    yield _deadlines(effect, language)
    if effect.missing:
        yield say(language, "law.explain.missing", missing=_joined("law.missing", effect.missing, language, "clauses"))
    if effect.defeaters:
        undoing = _joined("law.defeater", effect.defeaters, language, "clauses")
        yield say(language, "law.explain.defeaters", defeaters=undoing)
    if effect.needs_confirmation:
        yield say(language, "law.explain.confirmation")
    if effect.default_judgment_allowed is False:
        yield say(language, "law.explain.no_default")
    if effect.advice:
        yield say(language, "law.explain.advice", advice=_joined("law.advice", effect.advice, language, "clauses"))


def _outcome(effect: LegalEffect, language: str) -> str:
    outcome = say(language, f"law.outcome.{effect.outcome.value}")
    if effect.effective_on is not None and effect.method is not None:
        return say(
            language,
            "law.explain.valid",
            outcome=outcome,
            on=day_in_words(effect.effective_on, language),
            reason=say_reason(_deciding(effect), language),
            method=say(language, f"law.method.{effect.method}"),
            rules=_rules(effect.basis, language),
        )
    if not effect.reasons:
        return say(language, "law.explain.nothing_done", outcome=outcome)
    told = dict.fromkeys(_reason_with_rules(reason, language) for reason in _telling(effect))
    separator = say(language, "law.explain.clauses")
    return say(language, "law.explain.open", outcome=outcome, reasons=separator.join(told))


def _deciding(effect: LegalEffect) -> Reason:
    """The reason of the act that fixed the day."""
    return next(reason for reason in effect.reasons if reason.act == effect.by_act and reason.code == effect.by_reason)


def _telling(effect: LegalEffect) -> tuple[Reason, ...]:
    """Of a doubtful outcome only what is in doubt, else all that was tried."""
    if effect.outcome is not Outcome.COURT_REVIEW:
        return effect.reasons
    return tuple(reason for reason in effect.reasons if reason.in_doubt) or effect.reasons


def say_reason(reason: Reason, language: str) -> str:
    """One reason as a clause; its arguments are words of their own, or days."""
    return say(
        language, f"law.reason.{reason.code}", **{name: _argument(name, value, language) for name, value in reason.args}
    )


def _reason_with_rules(reason: Reason, language: str) -> str:
    told = say_reason(reason, language)
    if not reason.rules:
        return told
    return say(language, "law.explain.by_rules", reason=told, rules=_rules(reason.rules, language))


def _argument(name: str, value: str, language: str) -> str:
    if knows(f"law.{name}.{value}"):
        return say(language, f"law.{name}.{value}")
    return day_in_words(date.fromisoformat(value), language)


def say_rule(rule_id: str, language: str, *, short: bool = False) -> str:
    """The article in words: the instrument's full or usual name."""
    rule = RULES[rule_id]
    name = f"short_{rule.instrument}" if short else rule.instrument
    return say(language, f"law.instrument.{name}", article=rule.article)


def rule_gist(rule_id: str, language: str) -> str:
    """What the article is about."""
    return say(language, f"law.rule.{rule_id}")


def day_in_words(day: date, language: str) -> str:
    """A court-local day as people write it."""
    return say(language, "law.explain.day", year=day.year, month=day.month, day=day.day)


def _rules(rule_ids: Iterable[str], language: str) -> str:
    told = [say_rule(rule_id, language, short=True) for rule_id in rule_ids]
    return say(language, "law.explain.list").join(told[:MOST_RULES])


def _deadlines(effect: LegalEffect, language: str) -> str:
    if not effect.deadlines:
        return say(language, "law.explain.no_deadlines")
    told = [
        say(
            language,
            "law.explain.deadline",
            name=say(language, f"law.deadline.{name}"),
            on=day_in_words(last_on, language),
        )
        for name, last_on in effect.deadlines.items()
    ]
    return say(language, "law.explain.deadlines", deadlines=say(language, "law.explain.clauses").join(told))


def _joined(table: str, codes: Iterable[str], language: str, separator: str) -> str:
    return say(language, f"law.explain.{separator}").join(say(language, f"{table}.{code}") for code in codes)
