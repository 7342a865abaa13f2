"""Court calendars from published data: the mainland's notices with their make-up workdays, England's bank holidays.

The data of `chinesecalendar` ends with the last notice that it knows. A court adds a newer year in a file of its own,
taken from the notice of the State Council's office; until it does, a deadline in that year is refused and never
guessed.

    [mainland.2027]
    off = ["2027-01-01", "2027-02-05"]   # days off, weekends in between may be left out
    work = ["2027-02-07"]                # weekend days that are worked
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from delivery.domain.errors import SongdaError
from delivery.domain.law.calendar import Calendar, Territory

SATURDAY = 5
ENGLAND_YEARS = range(2004, 2031)  # bank holidays by statute; a proclamation can still add one

YearsOf = Mapping[Territory, Mapping[int, frozenset[date]]]


class CalendarFileInvalid(SongdaError):
    """The override file is not of the form above; says where."""


def court_calendar(overrides: Path | None = None) -> Calendar:
    """The calendar of all years that are known. Raises `CalendarFileInvalid`."""
    known = _published()
    if overrides is None:
        return known
    added = _read(overrides)
    return Calendar({territory: {**known.rest_days[territory], **added.get(territory, {})} for territory in Territory})


@cache
def _published() -> Calendar:
    from chinese_calendar import constants

    off: Mapping[date, str] = constants.holidays
    work: Mapping[date, str] = constants.workdays
    mainland = {year: _rest_days(year, off, work) for year in range(min(off).year, max(off).year + 1)}
    return Calendar({Territory.MAINLAND: mainland, Territory.ENGLAND: _england()})


def _england() -> dict[int, frozenset[date]]:
    """Civil Procedure Rules 6.2: no Saturday, Sunday, bank holiday, Good Friday or Christmas Day is a business day."""
    from holidays import country_holidays

    off = country_holidays("GB", subdiv="ENG", years=ENGLAND_YEARS)
    return {year: _rest_days(year, off, ()) for year in ENGLAND_YEARS}


def _rest_days(year: int, off: Iterable[date], work: Iterable[date]) -> frozenset[date]:
    """Weekends and days off, without the make-up workdays."""
    weekends = {day for day in _days(year) if day.weekday() >= SATURDAY}
    return frozenset((weekends | {day for day in off if day.year == year}) - set(work))


def _days(year: int) -> Iterator[date]:
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += timedelta(days=1)


def _read(path: Path) -> YearsOf:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        return {
            Territory(name): {int(year): _year(int(year), notice) for year, notice in years.items()}
            for name, years in tables.items()
        }
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValueError, TypeError, AttributeError) as error:
        raise CalendarFileInvalid(f"{path.name}: {error}") from error


def _year(year: int, notice: Mapping[str, Any]) -> frozenset[date]:
    if not notice.get("off") or set(notice) - {"off", "work"}:
        raise ValueError(f"{year} needs the days off (off) and the weekend days worked (work), and nothing else")
    off, work = ([_day(text, year) for text in notice.get(key, [])] for key in ("off", "work"))
    return _rest_days(year, off, work)


def _day(text: str | date, year: int) -> date:
    day = text if isinstance(text, date) else date.fromisoformat(text)
    if day.year != year:
        raise ValueError(f"{day} does not lie in {year}")
    return day
