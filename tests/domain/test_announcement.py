"""What is told to the court's case system, and when again."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.announcement import (
    CHOICES,
    GIVEN_UP_AFTER,
    SCHEDULE,
    Disabled,
    EventType,
    Verdict,
    as_code,
    body_of,
    is_worth_keeping,
    next_pause,
    rest_after,
    told_of_item,
    type_of_fact,
    type_of_item,
    verdict,
)
from delivery.domain.event import EventKind


@given(status=st.integers(0, 999))
def test_only_2xx_is_an_arrival_and_only_410_is_for_good(status: int) -> None:
    expected = Verdict.ARRIVED if 200 <= status <= 299 else Verdict.GONE if status == 410 else Verdict.AGAIN
    assert verdict(status) is expected


def test_the_tries_follow_the_schedule_to_its_end() -> None:
    pauses: list[timedelta] = []
    while (pause := next_pause(len(pauses) + 1)) is not None:
        pauses.append(pause)
    assert pauses == list(SCHEDULE[1:])
    assert sum(pauses, timedelta()) > GIVEN_UP_AFTER, "a lone announcement can show that an endpoint is dead"


def test_an_endpoint_that_cannot_be_reached_rests_longer_and_longer() -> None:
    rests = [rest_after(0, failures).total_seconds() for failures in range(1, 12)]
    assert rests[:4] == [5, 10, 20, 40]
    assert rests == sorted(rests)
    assert rests[-1] == 300


@pytest.mark.parametrize(("status", "rests"), [(429, True), (503, True), (504, True), (500, False), (404, False)])
def test_what_answers_at_once_does_not_rest_unless_it_says_that_it_is_overburdened(status: int, rests: bool) -> None:  # noqa: FBT001 -- a table
    assert bool(rest_after(status, 1)) == rests


def test_the_text_is_type_timestamp_data_in_utc() -> None:
    at = datetime(2026, 3, 2, 9, 0, tzinfo=timezone(timedelta(hours=8)))
    text = body_of(EventType.ORDER_OPENED, at, {"order_id": "x", "case_number": "（2026）云0102民初1号"})
    assert text.startswith('{"type":"order.opened","timestamp":"2026-03-02T01:00:00.000Z","data":{')
    assert json.loads(text)["data"]["case_number"] == "（2026）云0102民初1号"
    assert body_of(EventType.ORDER_OPENED, at.astimezone(UTC), {}) == body_of(EventType.ORDER_OPENED, at, {})


def test_of_a_desk_item_only_codes_and_days_are_told() -> None:
    args = {"name": "李伟", "due_on": "2026-03-05", "note": "x", "hearing_at": "2026-03-09T01:00:00+00:00"}
    assert told_of_item("dispatch_late", args) == {
        "need": "dispatch_late",
        "due_on": "2026-03-05",
        "hearing_at": "2026-03-09T01:00:00+00:00",
    }
    assert type_of_item("hearing_lost") is EventType.HEARING_AT_RISK
    assert type_of_item("court_review") is EventType.ORDER_NEEDS_PERSON


@pytest.mark.parametrize("text", ["当事人李伟已和解", "Li Wei settled", "", "a" * 41, "13800138000"])
def test_a_sentence_is_no_code(text: str) -> None:
    assert as_code(text) is None
    assert as_code("settled") == "settled"


def test_stations_on_the_way_are_not_told() -> None:
    told = {kind for kind in EventKind if type_of_fact(kind) is not None}
    assert EventKind.EFFECT_DERIVED in told
    assert not told & {EventKind.SENT, EventKind.POST_IN_TRANSIT, EventKind.ADDRESS_RECORDED}


def test_a_test_is_sent_on_request_alone() -> None:
    assert EventType.TEST not in CHOICES
    assert set(CHOICES) | {EventType.TEST} == set(EventType)


@pytest.mark.parametrize("reason", Disabled)
def test_what_a_disabled_endpoint_misses_is_kept_for_a_month_unless_it_is_gone(reason: Disabled) -> None:
    assert is_worth_keeping(reason, timedelta(days=29)) == (reason is not Disabled.GONE)
    assert not is_worth_keeping(reason, timedelta(days=30))
