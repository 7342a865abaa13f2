"""Court calendars: published years, a year added from its notice, and years that nobody knows."""

from datetime import date
from pathlib import Path

import pytest

from delivery.calendars import CalendarFileInvalid, court_calendar
from delivery.domain.law import CalendarMissing, Territory


@pytest.mark.parametrize(
    ("day", "rest"),
    [
        ("2026-01-01", True),
        ("2026-01-04", False),  # a Sunday that is worked
        ("2026-02-15", True),
        ("2026-02-23", True),
        ("2026-02-24", False),
        ("2026-04-06", True),
        ("2026-05-09", False),  # a Saturday that is worked
        ("2026-10-07", True),
        ("2026-10-08", False),
        ("2026-03-14", True),
        ("2026-03-16", False),
        ("2024-02-29", False),
    ],
)
def test_the_mainland_rests_as_the_yearly_notice_says(day: str, rest: bool) -> None:  # noqa: FBT001
    assert court_calendar().is_rest_day(date.fromisoformat(day)) is rest


@pytest.mark.parametrize(
    ("day", "rest"), [("2026-04-03", True), ("2026-04-06", True), ("2026-04-07", False), ("2027-12-28", True)]
)
def test_england_rests_on_bank_holidays(day: str, rest: bool) -> None:  # noqa: FBT001
    assert court_calendar().is_rest_day(date.fromisoformat(day), Territory.ENGLAND) is rest


def test_a_year_without_data_is_an_error_that_names_it() -> None:
    with pytest.raises(CalendarMissing) as caught:
        court_calendar().is_rest_day(date(2090, 1, 4))
    assert caught.value.year == 2090
    assert caught.value.territory is Territory.MAINLAND


def test_a_new_year_comes_in_by_its_notice(tmp_path: Path) -> None:
    file = tmp_path / "notice.toml"
    file.write_text('[mainland.2090]\noff = ["2090-01-02", 2090-01-03]\nwork = ["2090-01-07"]\n', encoding="utf-8")
    calendar = court_calendar(file)
    rest = [day for day in range(1, 9) if calendar.is_rest_day(date(2090, 1, day))]
    assert rest == [1, 2, 3, 8]  # Sunday, two days off, Sunday; Saturday the 7th is worked
    assert calendar.is_rest_day(date(2026, 1, 1)), "the published years stay"
    with pytest.raises(CalendarMissing):
        court_calendar().is_rest_day(date(2090, 1, 1))


@pytest.mark.parametrize(
    "content",
    [
        "[mainland.2090]\n",
        '[mainland.2090]\noff = ["2091-01-01"]\n',
        '[mainland.2090]\noff = ["soon"]\n',
        '[mainland.2090]\noff = ["2090-01-01"]\nwrok = []\n',
        '[mainland.soon]\noff = ["2090-01-01"]\n',
        '[moon.2090]\noff = ["2090-01-01"]\n',
        "mainland = 1\n",
        "[mainland\n",
    ],
)
def test_a_notice_with_a_mistake_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "notice.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(CalendarFileInvalid, match="notice"):
        court_calendar(file)


def test_a_missing_notice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CalendarFileInvalid):
        court_calendar(tmp_path / "none.toml")
