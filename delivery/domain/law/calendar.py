"""Court calendars: which days are rest days, as data that comes in from outside.

The law rolls a period whose last day is a rest day, and the rest days of a year are published year by year. A year
that nobody loaded is therefore an error and never a guess: a deadline that is a day wrong costs somebody the case.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, date, timedelta
from enum import StrEnum

from delivery.domain.errors import SongdaError


class Territory(StrEnum):
    """Whose rest days."""

    MAINLAND = "mainland"
    ENGLAND = "england"


class CalendarMissing(SongdaError):
    """The rest days of this year are not loaded: load the year's notice, then ask again."""

    def __init__(self, year: int, territory: Territory = Territory.MAINLAND) -> None:
        super().__init__(f"no rest days are loaded for {territory} in {year}")
        self.year = year
        self.territory = territory


@dataclass(frozen=True, slots=True)
class Calendar:
    """Rest days by territory and year. Make-up workdays (调休上班日) are simply not among them."""

    rest_days: Mapping[Territory, Mapping[int, frozenset[date]]] = field(default_factory=dict)

    def is_rest_day(self, day: date, territory: Territory = Territory.MAINLAND) -> bool:
        """Raises `CalendarMissing` for a year without data."""
        year = self.rest_days.get(territory, {}).get(day.year)
        if year is None:
            raise CalendarMissing(day.year, territory)
        return day in year

    def roll(self, day: date, territory: Territory = Territory.MAINLAND) -> date:
        """The day itself, or the first day after it that is no rest day. Raises `CalendarMissing`."""
        while self.is_rest_day(day, territory):
            day = days_after(day, 1)
        return day


def days_after(day: date, days: int) -> date:
    """`day` plus `days`, the day itself not counted.

    The end of all calendars has no rest days either: `CalendarMissing`.
    """
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise CalendarMissing(MAXYEAR + 1) from None


def months_after(day: date, months: int) -> date:
    """The same-numbered day `months` later, or the last day of that month if there is none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > MAXYEAR:
        raise CalendarMissing(year)
    for number in range(day.day, 0, -1):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue
    raise AssertionError("every month has a first day")
