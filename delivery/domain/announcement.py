"""What the court's own case system is told, when it is told again, and when an endpoint is given up.

An announcement holds codes and ids only: who was to be served, and where, stays here. Times and answers follow the
Standard Webhooks specification 1.0.0 (https://www.standardwebhooks.com), which calls the receiver an endpoint.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

from delivery.domain.event import EventKind


class EventType(StrEnum):
    """The types of events, as an endpoint asks for them."""

    ORDER_OPENED = "order.opened"
    ORDER_HELD = "order.held"
    ORDER_RESUMED = "order.resumed"
    ORDER_NEEDS_PERSON = "order.needs_person"  # something lies on the desk about it
    ORDER_CONCLUDED = "order.concluded"
    ORDER_REOPENED = "order.reopened"
    ORDER_CANCELLED = "order.cancelled"
    EFFECT_CHANGED = "effect.changed"  # the law engine's answer is another
    HEARING_AT_RISK = "hearing.at_risk"  # the papers can no longer be served in time
    TEST = "webhook.test"  # sent on request to one endpoint, whatever it asked for


ON_REQUEST = frozenset({EventType.TEST})
CHOICES = tuple(kind for kind in EventType if kind not in ON_REQUEST)

# ORDER_OPENED is told by intake, when all of a batch is written.
_OF_FACTS: Mapping[EventKind, EventType] = MappingProxyType(
    {
        EventKind.ORDER_HELD: EventType.ORDER_HELD,
        EventKind.ORDER_RESUMED: EventType.ORDER_RESUMED,
        EventKind.ORDER_CONCLUDED: EventType.ORDER_CONCLUDED,
        EventKind.ORDER_REOPENED: EventType.ORDER_REOPENED,
        EventKind.ORDER_CANCELLED: EventType.ORDER_CANCELLED,
        EventKind.EFFECT_DERIVED: EventType.EFFECT_CHANGED,
    }
)
_OF_DESK_ITEMS: Mapping[str, EventType] = MappingProxyType({"hearing_lost": EventType.HEARING_AT_RISK})
_ARGS_OF_DESK_ITEMS = ("deadline", "due_on", "hearing_at", "lost_on", "serve_by", "was", "now")
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")


class DeliveryStatus(StrEnum):
    """What became of one announcement at one endpoint."""

    WAITING = "waiting"  # for its first or next try
    DELIVERED = "delivered"  # answered with 2xx
    FAILED = "failed"  # every try of the schedule was made
    STOPPED = "stopped"  # its endpoint was disabled


class EndpointState(StrEnum):
    """Whether an endpoint is sent to."""

    ACTIVE = "active"
    DISABLED = "disabled"


class Disabled(StrEnum):
    """Why an endpoint is disabled."""

    BY_PERSON = "by_person"
    GONE = "gone"  # it answered 410
    FAILING = "failing"  # nothing has arrived for `GIVEN_UP_AFTER`


class Verdict(StrEnum):
    """What an answer means for the announcement."""

    ARRIVED = "arrived"
    AGAIN = "again"
    GONE = "gone_for_good"


SCHEDULE: Sequence[timedelta] = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""The pause before each try, after the one before it: the schedule of the specification, 75.6 hours in all."""

GIVEN_UP_AFTER = timedelta(days=3)
OVERLAP = timedelta(hours=24)
"""How long both secrets sign after a rotation."""

_SHORTEST_REST, _LONGEST_REST = timedelta(seconds=5), timedelta(minutes=5)
_GONE = 410
_OVERBURDENED = frozenset({429, 502, 503, 504})


def type_of_fact(kind: EventKind) -> EventType | None:
    """The type under which a fact of an order's journal is announced, or None."""
    return _OF_FACTS.get(kind)


def type_of_item(kind: str) -> EventType:
    """The type under which an item on the desk about an order is announced."""
    return _OF_DESK_ITEMS.get(kind, EventType.ORDER_NEEDS_PERSON)


def told_of_item(kind: str, args: Mapping[str, object]) -> dict[str, object]:
    """What is told of a desk item: its kind, and those of its values that are days and codes."""
    return {"need": kind, **{name: str(args[name]) for name in _ARGS_OF_DESK_ITEMS if name in args}}


def as_code(reason: str) -> str | None:
    """A reason if it is a code; a person may have written a sentence instead, which stays here."""
    return reason if _CODE.fullmatch(reason) else None


def body_of(kind: EventType, at: datetime, data: Mapping[str, object]) -> str:
    """The exact text that is sent, every time the same: `type`, `timestamp`, `data`."""
    moment = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": kind, "timestamp": moment, "data": data}, ensure_ascii=False, separators=(",", ":"))


def verdict(status: int) -> Verdict:
    """What an HTTP status says; 0 is no answer. Redirects count as failures, as the specification wants it."""
    if 200 <= status < 300:  # noqa: PLR2004 -- the class of success
        return Verdict.ARRIVED
    return Verdict.GONE if status == _GONE else Verdict.AGAIN


def next_pause(tries: int) -> timedelta | None:
    """The pause after so many failed tries; None when the schedule is at its end."""
    return SCHEDULE[tries] if tries < len(SCHEDULE) else None


def rest_after(status: int, failures: int) -> timedelta:
    """How long an endpoint is left alone by everything that waits for it.

    One that does not answer, or says that it is overburdened, costs a worker a time-out each time: after `failures` of
    these in a row it rests longer and longer. One that answers an error at once does not rest.
    """
    if status and status not in _OVERBURDENED:
        return timedelta(0)
    return min(_SHORTEST_REST * (1 << min(max(failures, 1) - 1, 10)), _LONGEST_REST)


def is_worth_keeping(reason: str, span: timedelta) -> bool:
    """Whether what a disabled endpoint misses is kept to be replayed, so long after it was disabled."""
    match Disabled(reason):
        case Disabled.BY_PERSON | Disabled.FAILING:
            return span < timedelta(days=30)
        case Disabled.GONE:
            return False
        case never:
            assert_never(never)
