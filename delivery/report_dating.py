"""When something happened, where the one who tells it cannot have seen it then.

Carriers and mail servers date what they report by clocks of their own, some of them wrong by years, and the law counts
days from such moments: a message cannot have arrived before it left, nor may a day in the future outlive every later
word.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from delivery.domain.event import Channel, Report
from delivery.store.journal import instant
from delivery.store.orders import Attempt

_AHEAD = timedelta(days=1)
_WORTH_TELLING = timedelta(minutes=1)


def at_a_time_that_can_be(attempt: Attempt, report: Report, now: datetime) -> Report:
    """The report, not before its message left and not after we heard of it; what was said stays in `args`.

    Mail that is older than its order has another reading (`mail_moving.of_this_use`), and what is told of it a little
    ahead of our clock stays, because the carrier tells the same again when it is asked.
    """
    left_at = attempt.submitted_at
    at = report.occurred_at
    if attempt.channel != Channel.POST:
        at = min(max(at, left_at) if left_at is not None else at, now)
    elif at > now + _AHEAD:
        at = now
    if abs(at - report.occurred_at) < _WORTH_TELLING:
        return replace(report, occurred_at=at)
    told = {**report.args, "carrier_time": instant(report.occurred_at)}
    return replace(report, occurred_at=at, args=told)
