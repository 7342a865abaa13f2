"""The plan backwards from the hearing: days by hand in tables, and what must hold for any hearing by drawn ones."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.event import Channel
from delivery.domain.ladder import KnownAddress, KnownAttempt, OrderFacts, Standing, TierState
from delivery.domain.order import AttemptStatus, OrderStatus
from delivery.domain.search import Answer, KnownSearch, Source
from delivery.domain.timetable import (
    Pace,
    Periods,
    Timetable,
    Way,
    earliest,
    first_hearing,
    pace_of,
    periods_of,
    serve_by,
    timetable,
)
from delivery.domain.ways import ways_of
from delivery.planning import plan_named

HOLIDAY = {date(2026, 4, 6), *(date(2026, 5, day) for day in range(1, 6))}
WORKED = {date(2026, 5, 9)}
LAW_OF = date(2026, 3, 2)
SUMMONS = ("summons",)
COMPLAINT = ("complaint_copy", "evidence_notice", "summons")
ORDINARY = Periods(4, 15, 30)
NOTICE_ALONE = Periods(4, 0, 30)
SUMMARY = Periods(1, 0, 30)


def _rests(day: date) -> bool:
    return day in HOLIDAY or (day.weekday() >= 5 and day not in WORKED)


@pytest.mark.parametrize(
    ("procedure", "instance", "domicile", "kinds", "found"),
    [
        ("ordinary", "first", "mainland", COMPLAINT, Periods(4, 15, 30)),
        ("ordinary", "first", "mainland", SUMMONS, Periods(4, 0, 30)),
        ("ordinary", "first", "mainland", ("evidence_notice",), Periods(4, 15, 30)),
        ("ordinary", "second", "mainland", ("appeal_copy",), Periods(4, 15, 30)),
        ("ordinary", "second", "mainland", ("evidence_notice", "summons"), Periods(4, 10, 30)),
        ("ordinary", "first", "foreign", COMPLAINT, Periods(4, 30, 60)),
        ("ordinary", "first", "hong_kong", COMPLAINT, Periods(4, 15, 92)),
        ("ordinary", "retrial", "mainland", SUMMONS, Periods(4, 0, 30)),
        ("summary", "first", "mainland", COMPLAINT, SUMMARY),
        ("small_claims", "first", "mainland", COMPLAINT, SUMMARY),
        ("ordinary", "first", "mainland", ("judgment",), None),
        ("payment_order", "first", "mainland", SUMMONS, None),
    ],
)
def test_what_a_hearing_asks_of_the_papers(
    procedure: str, instance: str, domicile: str, kinds: tuple[str, ...], found: Periods | None
) -> None:
    assert periods_of(procedure, instance, domicile, kinds, LAW_OF) == found


def test_the_notice_of_an_older_law_is_longer() -> None:
    found = periods_of("ordinary", "first", "mainland", SUMMONS, date(2021, 12, 31))
    assert found is not None
    assert found.public_notice == 60


@pytest.mark.parametrize(
    ("hearing_on", "periods", "found"),
    [
        # Three clear days: 7, 8 and 9 April lie between.
        (date(2026, 4, 10), NOTICE_ALONE, date(2026, 4, 6)),
        # The answer is due on the fifteenth day, before the hearing.
        (date(2026, 4, 10), ORDINARY, date(2026, 3, 25)),
        # A period that ends on Saturday 4 April runs on over the holiday, to Tuesday 7 April.
        (date(2026, 4, 7), ORDINARY, date(2026, 3, 19)),
        (date(2026, 4, 8), ORDINARY, date(2026, 3, 23)),
        (date(2026, 4, 10), SUMMARY, date(2026, 4, 9)),
    ],
)
def test_the_last_day_on_which_papers_are_in_time(hearing_on: date, periods: Periods, found: date) -> None:
    assert serve_by(hearing_on, periods, _rests) == found


@pytest.mark.parametrize(
    ("channel", "latest"),
    [
        (Channel.SMS, date(2026, 5, 10)),  # a Sunday: a text leaves on any day
        (Channel.IN_PERSON, date(2026, 5, 8)),  # Friday; Saturday the 9th is worked
        (Channel.POST, date(2026, 5, 7)),
        (Channel.POSTING, date(2026, 5, 8)),  # left on the 9th, confirmed on Monday the 11th
        (Channel.PUBLICATION, date(2026, 4, 10)),  # thirty days, and a working day to confirm it
    ],
)
def test_each_way_has_its_latest_start(channel: Channel, latest: date) -> None:
    found = timetable(date(2026, 5, 14), NOTICE_ALONE, [Way("tier", pace_of(channel, NOTICE_ALONE))], _rests)
    assert found.serve_by == date(2026, 5, 10)
    assert found.last_chance_on == latest


def test_a_deemed_outcome_is_confirmed_before_the_day_of_the_hearing() -> None:
    monday = date(2026, 3, 16)
    text, posting = (pace_of(channel, SUMMARY) for channel in (Channel.SMS, Channel.POSTING))
    found = timetable(monday, SUMMARY, [Way("electronic", text), Way("posting", posting)], _rests)
    # A text of Sunday is in time. A notice must hang on Thursday, so that somebody confirms it on Friday.
    assert [chance.last_on for chance in found.chances] == [date(2026, 3, 15), date(2026, 3, 11)]


def test_what_is_under_way_may_arrive_until_the_last_day_unless_it_is_too_slow() -> None:
    post = pace_of(Channel.POST, NOTICE_ALONE)
    friday = date(2026, 3, 20)
    in_time = timetable(friday, NOTICE_ALONE, [Way("mail", post, date(2026, 3, 11))], _rests)
    too_slow = timetable(friday, NOTICE_ALONE, [Way("mail", post, date(2026, 3, 13))], _rests)
    assert (in_time.last_chance_on, in_time.lost_on) == (date(2026, 3, 16), date(2026, 3, 17))
    assert in_time.at_risk(date(2026, 3, 11))
    assert in_time.can_be_met(date(2026, 3, 16))
    assert not in_time.can_be_met(date(2026, 3, 17))
    assert too_slow.lost_on is None
    assert not too_slow.can_be_met(date(2026, 3, 13))
    assert not too_slow.at_risk(date(2026, 3, 13))


def test_the_risk_begins_when_nothing_else_can_be_started_any_more() -> None:
    ways = [Way("mail", Pace(2, by_people=True), date(2026, 3, 2)), Way("visit", Pace(1, by_people=True))]
    found = timetable(date(2026, 3, 20), NOTICE_ALONE, ways, _rests)
    assert found.best is not None
    assert (found.best.tier, found.best.last_on) == ("visit", date(2026, 3, 13))
    assert not found.at_risk(date(2026, 3, 13))
    assert found.at_risk(date(2026, 3, 14))


DAYS = st.integers(0, 500).map(lambda number: date(2026, 1, 1) + timedelta(days=number))
PERIODS = st.sampled_from([ORDINARY, NOTICE_ALONE, SUMMARY, Periods(4, 30, 60), Periods(4, 10, 92)])
WAYS = st.lists(st.sampled_from(list(Channel)), min_size=1, max_size=6)


def _made(hearing_on: date, periods: Periods, channels: list[Channel]) -> Timetable:
    ways = [Way(f"{number}", pace_of(channel, periods)) for number, channel in enumerate(channels)]
    return timetable(hearing_on, periods, ways, _rests)


@given(DAYS, PERIODS, WAYS)
def test_a_later_hearing_never_makes_a_latest_start_earlier(
    hearing_on: date, periods: Periods, channels: list[Channel]
) -> None:
    next_on = hearing_on + timedelta(days=1)
    while _rests(next_on):
        next_on += timedelta(days=1)
    now, later = _made(hearing_on, periods, channels), _made(next_on, periods, channels)
    assert all(a.last_on <= b.last_on for a, b in zip(now.chances, later.chances, strict=True))
    assert now.serve_by <= later.serve_by


@given(DAYS, PERIODS, WAYS)
def test_the_day_before_it_is_lost_the_fastest_way_is_in_time_and_then_none_is(
    hearing_on: date, periods: Periods, channels: list[Channel]
) -> None:
    found = _made(hearing_on, periods, channels)
    lost_on = found.lost_on
    assert lost_on is not None
    before = lost_on - timedelta(days=1)
    assert found.can_be_met(before)
    assert not found.can_be_met(lost_on)
    paces = [pace_of(channel, periods) for channel in channels]
    assert any(earliest(before, pace, _rests) <= found.serve_by for pace in paces)
    sound = [pace for pace in paces if not pace.deemed]
    assert all(earliest(lost_on, pace, _rests) > found.serve_by for pace in sound)


@given(DAYS, PERIODS, WAYS)
def test_people_start_on_working_days_only(hearing_on: date, periods: Periods, channels: list[Channel]) -> None:
    found = _made(hearing_on, periods, channels)
    for chance, channel in zip(found.chances, channels, strict=True):
        if pace_of(channel, periods).by_people:
            assert not _rests(chance.last_on)


@given(DAYS, PERIODS)
def test_the_first_hearing_is_the_first_that_papers_of_a_day_are_in_time_for(served_on: date, periods: Periods) -> None:
    found = first_hearing(served_on, periods, _rests)
    assert not _rests(found)
    assert serve_by(found, periods, _rests) >= served_on
    earlier = found - timedelta(days=1)
    while _rests(earlier):
        earlier -= timedelta(days=1)
    assert earlier <= served_on or serve_by(earlier, periods, _rests) < served_on


NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
SMS, DOOR = UUID(int=1), UUID(int=2)
FRESH = OrderFacts(
    status=OrderStatus.OPEN,
    plan=plan_named("standard"),
    tiers=(),
    attempts=(),
    addresses=(
        KnownAddress(SMS, "mobile", "confirmed", "good", reused=False),
        KnownAddress(DOOR, "postal", "confirmed", "good", reused=False),
    ),
    effect=Standing(),
    channels=frozenset(Channel),
    zone=ZoneInfo("Asia/Shanghai"),
    is_rest_day=_rests,
)
MAIL_IS_OUT = KnownAttempt("mail", Channel.POST, AttemptStatus.UNDERWAY, DOOR, "")


def _ways(facts: OrderFacts, *passed: str) -> dict[str, date | None]:
    return {way.tier: way.began_on for way in ways_of(facts, NOTICE_ALONE, passed=passed)}


def _ran(*names: str) -> tuple[TierState, ...]:
    return tuple(TierState(name, NOW, skipped=False) for name in names)


def test_the_tiers_to_come_are_those_that_can_start() -> None:
    assert list(_ways(FRESH)) == ["electronic", "visit", "mail", "publication"]
    assert list(_ways(replace(FRESH, firm_with_email=UUID(int=9)))) == ["counsel", *_ways(FRESH)]
    assert list(_ways(replace(FRESH, notice_possible=False))) == ["electronic", "visit", "mail"]
    assert list(_ways(replace(FRESH, notice_declined=True), "electronic")) == ["visit", "mail"]
    assert list(_ways(replace(FRESH, channels=frozenset({Channel.POST})))) == ["mail"]
    assert list(_ways(replace(FRESH, addresses=()))) == ["publication"]


def test_a_tier_is_under_way_while_something_of_it_is_out() -> None:
    out = replace(FRESH, tiers=_ran("electronic", "visit", "mail"), attempts=(MAIL_IS_OUT,))
    back = replace(out, attempts=(replace(MAIL_IS_OUT, status=AttemptStatus.FAILED),))
    assert _ways(out)["mail"] == date(2026, 3, 2)
    assert list(_ways(back)) == ["posting", "publication"]
    # What the post carries may be signed for when the ladder is further; a text that nobody answered is past.
    further = replace(out, tiers=_ran("electronic", "mail", "posting"))
    unanswered = KnownAttempt("electronic", Channel.SMS, AttemptStatus.ARRIVED, SMS, "")
    assert "mail" in _ways(further)
    assert "electronic" not in _ways(replace(further, attempts=(MAIL_IS_OUT, unanswered)))


def test_an_open_search_is_a_hope_until_the_last_day() -> None:
    nowhere = replace(FRESH, addresses=(), notice_possible=False)
    asked = KnownSearch(Source.HOUSEHOLD_REGISTER, date(2026, 3, 2), date(2026, 3, 9))
    assert _ways(nowhere) == {}
    assert _ways(replace(nowhere, searches=(asked,))) == {"search": date(2026, 3, 2)}
    assert _ways(replace(nowhere, searches=(replace(asked, answer=Answer.NOTHING),))) == {}


def test_a_notice_that_is_not_yet_published_has_still_to_begin() -> None:
    planned = KnownAttempt("publication", Channel.PUBLICATION, AttemptStatus.PLANNED, None, "")
    facts = replace(FRESH, tiers=_ran("publication"), attempts=(planned,))
    hanging = replace(facts, attempts=(replace(planned, status=AttemptStatus.ANSWERED),))
    assert _ways(facts)["publication"] is None
    assert _ways(hanging)["publication"] == date(2026, 3, 2)
