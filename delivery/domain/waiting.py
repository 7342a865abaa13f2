"""How long to wait, and when not to disturb: working days of the court, and the quiet hours of the night."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from delivery.domain.event import Channel

QUIET_FROM = time(21)
QUIET_UNTIL = time(8)
_SPARED_FIRST, _SPARED_MOST = timedelta(minutes=1), timedelta(minutes=32)
DISTURBING = frozenset({Channel.SMS, Channel.VOICE, Channel.WECHAT})


def out_of_quiet_hours(channel: Channel, zone: ZoneInfo, now: datetime) -> datetime:
    """The first instant from `now` on outside the quiet hours: messages and calls rest from 21 to 8 court time."""
    if channel not in DISTURBING:
        return now
    local = now.astimezone(zone)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return now
    day = local.date() + timedelta(days=1) if local.time() >= QUIET_FROM else local.date()
    return datetime.combine(day, QUIET_UNTIL, zone).astimezone(now.tzinfo)


def sparing(times: int) -> timedelta:
    """How long a provider is spared that asked for less this many times without naming a span: doubling to a limit."""
    return min(_SPARED_FIRST * (1 << min(times - 1, 10)), _SPARED_MOST)


def add_working_days(day: date, count: int, is_rest_day: Callable[[date], bool]) -> date:
    """The day `count` working days after `day`."""
    while count > 0:
        day += timedelta(days=1)
        if not is_rest_day(day):
            count -= 1
    return day


def working_days_between(first: date, last: date, is_rest_day: Callable[[date], bool]) -> int:
    """How many working days lie after `first` up to and including `last`."""
    span = (last - first).days
    return sum(not is_rest_day(first + timedelta(days=offset)) for offset in range(1, max(span, 0) + 1))
