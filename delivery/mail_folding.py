"""What a mail's facts amount to, in whatever order they came: one fold, from scratch, after every new one.

Carriers tell late, twice and out of order, and take things back. So nothing is concluded from the arrival of a fact,
only from the set of them, put in the order in which things happened. A watcher's word, which the carrier itself has
not given, counts only as long as the carrier has told nothing later.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from delivery.domain.event import EventKind
from delivery.domain.mail import POSTAL_KINDS
from delivery.domain.order import AttemptStatus, attempt_target, folded_status
from delivery.store.journal import DeliveryEvent

_TELLS_WHY = frozenset({EventKind.POST_ATTEMPT_FAILED, EventKind.POST_REFUSED, EventKind.POST_RETURNING})
_BESIDE = ('"deliver_code"', '"attempt_delivery_code"')
# At one and the same moment, how far each kind is on its way (the facts' ranks); what takes back comes last.
_RANKS = {
    EventKind.POST_ACCEPTED: 0,
    EventKind.POST_CANCELLED: 0,
    EventKind.POSTED: 1,
    EventKind.POST_IN_TRANSIT: 2,
    EventKind.POST_AT_OFFICE: 3,
    EventKind.POST_OUT: 4,
    EventKind.POST_ADDRESS_CHANGED: 4,
    EventKind.POST_EXCEPTION: 5,
    EventKind.POST_DAMAGED: 5,
    EventKind.POST_ATTEMPT_FAILED: 5,
    EventKind.POST_AWAITING_COLLECTION: 5,
    EventKind.POST_DELIVERED: 6,
    EventKind.POST_REFUSED: 6,
    EventKind.POST_RETURNING: 7,
    EventKind.POST_RETURNED: 8,
    EventKind.POST_LOST: 8,
    EventKind.POST_REVERSED: 9,
}


def tried_on(events: Sequence[DeliveryEvent], zone: ZoneInfo) -> dict[UUID, list[date]]:
    """The days on which each mail was tried in vain, as the law counts them: three within five days (EMS04 6)."""
    found: dict[UUID, set[date]] = defaultdict(set)
    for event in without_reversed(events):
        if event.kind == EventKind.POST_ATTEMPT_FAILED and event.attempt_id is not None:
            found[event.attempt_id].add(event.occurred_at.astimezone(zone).date())
    return {attempt_id: sorted(days) for attempt_id, days in found.items()}


@dataclass(frozen=True, slots=True)
class MailState:
    """Where a mail stands: the attempt's status, why, since when it is over, and whether good news came before bad."""

    status: AttemptStatus
    reason: str
    ended_at: datetime | None
    contradicted: bool


def in_order(events: Sequence[DeliveryEvent]) -> list[DeliveryEvent]:
    """The facts as they happened; what carriers tell of one moment by rank, never by arrival."""
    return sorted(events, key=_place)


def _place(event: DeliveryEvent) -> tuple[datetime, int, bool, str, int]:
    if event.kind in POSTAL_KINDS and event.provider:
        # Told in a poorer form of push and in a richer one: the one that says to whom, or why, counts.
        exact = any(name in event.entry for name in _BESIDE)
        return event.occurred_at, _RANKS.get(EventKind(event.kind), 0), exact, event.event_id, 0
    return event.occurred_at, -1, False, "", event.sequence


def _told(event: DeliveryEvent) -> tuple[UUID | None, str, datetime]:
    """What makes a trace the same one, in whatever form and with however much beside it is told."""
    return event.attempt_id, str(event.body["raw_code"]), event.occurred_at


def without_reversed(events: Sequence[DeliveryEvent]) -> list[DeliveryEvent]:
    """The journal in order, less what carriers took back (743 voids a 704) and what watchers said too soon."""
    kept: list[DeliveryEvent] = []
    taken_back: set[tuple[UUID | None, str, datetime]] = set()
    for event in in_order(_by_the_carrier(events)):
        if event.kind != EventKind.POST_REVERSED:
            kept.append(event)
            continue
        if _told(event) in taken_back:
            continue
        taken_back.add(_told(event))
        reverses = str(event.args.get("reverses", "")).split()
        for earlier in reversed(kept):
            if earlier.attempt_id == event.attempt_id and earlier.body["raw_code"] in reverses:
                voided = _told(earlier)
                kept = [one for one in kept if one.occurred_at != voided[2] or _told(one) != voided]
                break
    return kept


def _by_the_carrier(events: Sequence[DeliveryEvent]) -> list[DeliveryEvent]:
    """Drop a watcher's words up to the moment of the carrier's own last one: what it would not repeat, it took back."""
    if not any(event.kind in POSTAL_KINDS and "watcher" in event.entry and _is_watchers(event) for event in events):
        return list(events)
    last: dict[object, datetime] = {}
    for event in events:
        if event.kind in _RANKS and event.kind != EventKind.POST_ACCEPTED and not _is_watchers(event):
            last[event.attempt_id] = max(event.occurred_at, last.get(event.attempt_id, event.occurred_at))
    return [
        event
        for event in events
        if not (event.attempt_id in last and _is_watchers(event) and event.occurred_at <= last[event.attempt_id])
    ]


def _is_watchers(event: DeliveryEvent) -> bool:
    return event.kind in POSTAL_KINDS and bool(event.args.get("watcher"))


def mail_state(events: Sequence[DeliveryEvent]) -> MailState:
    """What all facts of one mail amount to, whatever the order in which they are given."""
    kept = without_reversed(events)
    status, reason, ended_at = AttemptStatus.PLANNED, "", None
    for event in kept:
        kind = EventKind(event.kind)
        if kind in _TELLS_WHY and event.reason:
            # The return itself often says nothing: the last try at the door does.
            reason = event.reason
        target = attempt_target(kind, event.args)
        if target is AttemptStatus.FAILED:
            reason = event.reason or str(event.args.get("result", "")) or reason
        if target in {AttemptStatus.FAILED, AttemptStatus.ANSWERED} and ended_at is None:
            ended_at = event.occurred_at
    status = folded_status((EventKind(event.kind), event.args) for event in kept)
    arrived = any(event.kind == EventKind.POST_DELIVERED for event in kept)
    return MailState(status, reason, ended_at, contradicted=arrived and status is AttemptStatus.FAILED)
