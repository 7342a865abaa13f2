"""How orders and attempts move. Every fact is recorded; only some move a status, and these two tables say which.

Both functions are total: any status and any kind of fact give an answer. An attempt's status is the furthest that
any of its facts takes it, so the order in which facts arrive does not matter; a carrier's reversal takes facts away
and the rest are folded again.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from delivery.domain.event import NOTHING, EventKind


class OrderStatus(StrEnum):
    """Where an order stands. Whether it waits for a person is not a status: the desk says so."""

    OPEN = "open"
    HELD = "held"
    CONCLUDED = "concluded"
    CANCELLED = "cancelled"


class AttemptStatus(StrEnum):
    """How far one try got, least to most."""

    PLANNED = "planned"  # written down, nothing has left us
    SUBMITTING = "submitting"  # a worker is talking to the provider, or died while it did
    UNKNOWN = "unknown"  # it may have gone out, and nobody can say
    SUBMITTED = "submitted"  # the provider has it
    UNDERWAY = "underway"
    ARRIVED = "arrived"  # by the carrier's word; not service
    FAILED = "failed"  # bad news outweighs an earlier "delivered"
    ANSWERED = "answered"  # a person acted: signed, acknowledged, replied, refused
    WITHDRAWN = "withdrawn"  # no longer wanted: served otherwise, cancelled


_RANK = {status: rank for rank, status in enumerate(AttemptStatus)}

# Those of which anything may still come.
UNFINISHED = (OrderStatus.OPEN, OrderStatus.HELD)
ENDED = frozenset({AttemptStatus.FAILED, AttemptStatus.ANSWERED, AttemptStatus.WITHDRAWN})

_ORDER_MOVES: Mapping[tuple[OrderStatus, EventKind], OrderStatus] = {
    (OrderStatus.OPEN, EventKind.ORDER_HELD): OrderStatus.HELD,
    (OrderStatus.HELD, EventKind.ORDER_RESUMED): OrderStatus.OPEN,
    (OrderStatus.OPEN, EventKind.ORDER_CANCELLED): OrderStatus.CANCELLED,
    (OrderStatus.HELD, EventKind.ORDER_CANCELLED): OrderStatus.CANCELLED,
    (OrderStatus.OPEN, EventKind.ORDER_CONCLUDED): OrderStatus.CONCLUDED,
    # Papers may be signed for while an order is on hold: the law does not wait for the desk.
    (OrderStatus.HELD, EventKind.ORDER_CONCLUDED): OrderStatus.CONCLUDED,
    (OrderStatus.CONCLUDED, EventKind.ORDER_REOPENED): OrderStatus.OPEN,
    # A corrected paper must be served again, whatever was served before.
    (OrderStatus.CONCLUDED, EventKind.DOCUMENT_REPLACED): OrderStatus.OPEN,
}

_ATTEMPT_MOVES: Mapping[EventKind, AttemptStatus] = {
    EventKind.OUTCOME_UNKNOWN: AttemptStatus.UNKNOWN,
    EventKind.SUBMITTED: AttemptStatus.SUBMITTED,
    EventKind.POST_ACCEPTED: AttemptStatus.SUBMITTED,
    EventKind.SENT: AttemptStatus.UNDERWAY,
    EventKind.RELAYED: AttemptStatus.UNDERWAY,
    EventKind.DELAYED: AttemptStatus.UNDERWAY,
    EventKind.POSTED: AttemptStatus.UNDERWAY,
    EventKind.POST_IN_TRANSIT: AttemptStatus.UNDERWAY,
    EventKind.POST_AT_OFFICE: AttemptStatus.UNDERWAY,
    EventKind.POST_OUT: AttemptStatus.UNDERWAY,
    EventKind.POST_ATTEMPT_FAILED: AttemptStatus.UNDERWAY,
    EventKind.POST_AWAITING_COLLECTION: AttemptStatus.UNDERWAY,
    EventKind.POST_ADDRESS_CHANGED: AttemptStatus.UNDERWAY,
    EventKind.POST_EXCEPTION: AttemptStatus.UNDERWAY,
    EventKind.POST_REFUSED: AttemptStatus.UNDERWAY,
    EventKind.POST_RETURNING: AttemptStatus.UNDERWAY,
    EventKind.DELIVERED: AttemptStatus.ARRIVED,
    EventKind.READ: AttemptStatus.ARRIVED,
    EventKind.POST_DELIVERED: AttemptStatus.ARRIVED,
    EventKind.POST_RETURNED: AttemptStatus.FAILED,
    EventKind.POST_LOST: AttemptStatus.FAILED,
    EventKind.POST_CANCELLED: AttemptStatus.FAILED,
    EventKind.FAILED: AttemptStatus.FAILED,
    EventKind.OPTED_OUT: AttemptStatus.FAILED,
    EventKind.NOT_ME: AttemptStatus.FAILED,
    EventKind.ACKNOWLEDGED: AttemptStatus.ANSWERED,
    EventKind.DECLINED: AttemptStatus.ANSWERED,
    EventKind.REPLIED: AttemptStatus.ANSWERED,
    EventKind.NOTICE_POSTED: AttemptStatus.ANSWERED,
    EventKind.NOTICE_PUBLISHED: AttemptStatus.ANSWERED,
}

_MET = frozenset({"signed", "refused"})

_REACHED = frozenset(
    {
        EventKind.READ,
        EventKind.LINK_OPENED,
        EventKind.ACKNOWLEDGED,
        EventKind.DECLINED,
        EventKind.REPLIED,
        EventKind.ADDRESS_CONFIRMED,
        EventKind.ADDRESS_CHANGED,
        EventKind.OBJECTED,
    }
)


def next_status(status: OrderStatus, kind: EventKind) -> OrderStatus:
    """The order's status after a fact of this kind: total; a fact that moves nothing returns the status itself."""
    return _ORDER_MOVES.get((status, kind), status)


def attempt_target(kind: EventKind, args: Mapping[str, Any] = NOTHING) -> AttemptStatus | None:
    """How far a fact takes an attempt, or None when it says nothing about it.

    Visits and slips depend on their result.
    """
    if kind in {EventKind.VISITED, EventKind.SLIP_RECORDED}:
        return AttemptStatus.ANSWERED if args.get("result") in _MET else AttemptStatus.FAILED
    if kind is EventKind.CALLED:
        return AttemptStatus.ANSWERED if args.get("reached") else AttemptStatus.FAILED
    return _ATTEMPT_MOVES.get(kind)


def next_attempt_status(status: AttemptStatus, kind: EventKind, args: Mapping[str, Any] = NOTHING) -> AttemptStatus:
    """The further of where the attempt is and where the fact takes it: total and monotone."""
    target = attempt_target(kind, args)
    return status if target is None or _RANK[target] <= _RANK[status] else target


def folded_status(facts: Iterable[tuple[EventKind, Mapping[str, Any]]]) -> AttemptStatus:
    """The status that a set of facts amounts to, in any order; used when a reversal took one away."""
    status = AttemptStatus.PLANNED
    for kind, args in facts:
        status = next_attempt_status(status, kind, args)
    return status


def shows_reached(kind: EventKind, args: Mapping[str, Any] = NOTHING) -> bool:
    """Whether this fact shows that the papers or the message reached a person who may be the recipient."""
    if kind in {EventKind.VISITED, EventKind.SLIP_RECORDED}:
        return args.get("result") in _MET
    if kind is EventKind.CALLED:
        return bool(args.get("reached"))
    return kind in _REACHED
