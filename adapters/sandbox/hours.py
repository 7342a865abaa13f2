"""The town's day: when people look at their telephones, when staff work, and when mail is collected.

All in Beijing time.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from adapters.sandbox.chance import Chance
from adapters.sandbox.parameters import Parameters

ZONE = ZoneInfo("Asia/Shanghai")
MIDNIGHT = time(0)
_WAKES = time(8)
_SLEEPS = time(22)
_FRIDAY = 4


def local(moment: datetime) -> datetime:
    """The instant on the town's clock."""
    return moment.astimezone(ZONE)


def instant(day: date, at: time) -> datetime:
    """A local date and time as an instant (UTC)."""
    return datetime.combine(day, at, ZONE).astimezone(UTC)


def seconds(count: float) -> timedelta:
    """A span of whole seconds."""
    return timedelta(seconds=int(count))


def is_working_day(day: date) -> bool:
    """Whether the town's offices are open: the State Council's calendar where it is known, weekdays where it is not."""
    import chinese_calendar

    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() <= _FRIDAY


def next_working_day(day: date) -> date:
    """The day itself if offices are open, else the next one on which they are."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def when_noticed(chance: Chance, numbers: Parameters, key: str, now: datetime) -> datetime:
    """When a person acts on a message received now: the same day, the next, or later in the week; never at night."""
    weights = {0: numbers.acts_same_day, 1: numbers.acts_next_day, 2: numbers.acts_later}
    days = chance.pick(weights, key, "acts-day")
    if days > 1:
        days = chance.whole(2, max(int(numbers.acts_at_the_latest), 2), key, "acts-later-day")
    here = local(now)
    if here.time() >= _SLEEPS:
        here = datetime.combine(here.date() + timedelta(days=1), _WAKES, ZONE)
    opens, closes = datetime.combine(here.date(), _WAKES, ZONE), datetime.combine(here.date(), _SLEEPS, ZONE)
    if days:
        opens, closes = opens + timedelta(days=days), closes + timedelta(days=days)
    else:
        opens = max(opens, here + timedelta(minutes=3))
        closes = max(closes, opens + timedelta(minutes=30))
    return (opens + chance.span(timedelta(0), closes - opens, key, "acts-hour")).astimezone(UTC)
