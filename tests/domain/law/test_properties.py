"""What must hold for any facts: no surprise, no order of arrival, nothing improved by invalid acts or rebuttals."""

import random
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from delivery.calendars import court_calendar
from delivery.domain.law import CalendarMissing, LegalEffect, Outcome, Territory, assess, parse_facts
from tests.domain.law.facts_strategy import act_dicts, fact_dicts
from tests.domain.law.tables import cases

CALENDAR = court_calendar()
VALID = {Outcome.SERVED, Outcome.PRESUMED}
MANY = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
SEEDS = st.integers(0, 2**32)

DOCUMENTED_FACTS = st.sampled_from([case["facts"] for case in cases() if "error" not in case["expect"]])
ANY_FACTS = st.one_of(fact_dicts(), DOCUMENTED_FACTS)


def effect_of(facts: dict[str, Any]) -> LegalEffect | None:
    """The legal effect, or None for the one error that is allowed."""
    try:
        return assess(parse_facts(facts), CALENDAR)
    except CalendarMissing:
        return None


def shuffled(facts: dict[str, Any], seed: int) -> dict[str, Any]:
    order = random.Random(seed)  # noqa: S311 - not for secrets
    again = dict(facts)
    for key in ("acts", "addresses", "requests", "rebuttals"):
        if key in again:
            again[key] = order.sample(again[key], len(again[key]))
    return again


@MANY
@given(fact_dicts())
def test_any_facts_are_assessed_without_surprise(facts: dict[str, Any]) -> None:
    effect = effect_of(facts)
    if effect is not None:
        assert (effect.effective_on is None) == (effect.outcome not in VALID)
        assert effect.to_json()["id"] == facts["id"]


@MANY
@given(ANY_FACTS, SEEDS)
def test_the_order_in_which_facts_arrive_plays_no_part(facts: dict[str, Any], seed: int) -> None:
    assert effect_of(facts) == effect_of(shuffled(facts, seed))


@MANY
@given(ANY_FACTS, act_dicts("added"))
def test_an_invalid_act_never_changes_a_valid_outcome(facts: dict[str, Any], act: dict[str, Any]) -> None:
    before = effect_of(facts)
    alone = effect_of({**facts, "acts": [act]})
    after = effect_of({**facts, "acts": [*facts["acts"], act]})
    if before is None or alone is None or after is None or before.outcome not in VALID or alone.outcome in VALID:
        return
    assert before.effective_on is not None
    assert after.effective_on is not None
    assert after.effective_on <= before.effective_on, "it may only complete what an earlier act began"
    if after.effective_on == before.effective_on:
        assert (after.outcome, after.by_act) == (before.outcome, before.by_act)


@MANY
@given(ANY_FACTS, st.data())
def test_a_proved_rebuttal_never_makes_an_effect_stronger(facts: dict[str, Any], data: st.DataObject) -> None:
    if not facts["acts"]:
        return
    act = data.draw(st.sampled_from([act["id"] for act in facts["acts"]]))
    kinds = ["no_fault", "different_arrival", "address_not_used_by_recipient", "not_read_by_recipient", "system_error"]
    rebuttal = {
        "kind": data.draw(st.sampled_from(kinds)),
        "act": act,
        "at": "2026-03-20T10:00:00+08:00",
        "proved": True,
    }
    before, after = effect_of(facts), effect_of({**facts, "rebuttals": [*facts.get("rebuttals", ()), rebuttal]})
    if before is None or after is None:
        return
    if before.outcome not in VALID:
        assert after.outcome not in VALID
        assert (after.outcome, before.outcome) != (Outcome.COURT_REVIEW, Outcome.NOT_SERVED)
    elif after.outcome in VALID:
        assert before.effective_on is not None
        assert after.effective_on is not None
        assert after.effective_on >= before.effective_on


@MANY
@given(ANY_FACTS)
def test_no_deadline_but_the_start_of_evidence_falls_on_a_rest_day(facts: dict[str, Any]) -> None:
    effect = effect_of(facts)
    for name, day in effect.deadlines.items() if effect is not None else ():
        assert name == "evidence_starts" or not CALENDAR.is_rest_day(day), name


@given(st.dates(date(2004, 1, 1), date(2025, 12, 1)), st.sampled_from(Territory))
def test_rolling_ends_on_the_first_day_that_is_no_rest_day(day: date, territory: Territory) -> None:
    rolled = CALENDAR.roll(day, territory)
    skipped = [day + timedelta(days=number) for number in range((rolled - day).days)]
    assert not CALENDAR.is_rest_day(rolled, territory)
    assert all(CALENDAR.is_rest_day(one, territory) for one in skipped)
