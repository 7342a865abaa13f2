"""What an officer has to see before deciding: the mark of the facts, the weak points, doubts, and what may be told.

All of it is drawn from the order and its journal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.domain.event import EventKind
from delivery.domain.order import OrderStatus
from delivery.store.desk import DeskItem
from delivery.store.journal import DeliveryEvent, canonical, entry_hash, journal_of
from delivery.store.order_list import EFFECTIVE
from delivery.store.orders import ServiceOrder
from delivery.store.photo_grades import refused_proofs

# What moves an order without saying anything about service: an officer's page stays good while these come in.
_SAYS_NOTHING = frozenset(
    {
        EventKind.TIER_STARTED,
        EventKind.TIER_SKIPPED,
        EventKind.ATTEMPT_PLANNED,
        EventKind.REFERRED,
        EventKind.SUBMITTED,
        EventKind.SENT,
        EventKind.RELAYED,
        EventKind.DELAYED,
        EventKind.POST_ACCEPTED,
        EventKind.POST_IN_TRANSIT,
        EventKind.POST_AT_OFFICE,
        EventKind.POST_OUT,
        EventKind.ORDER_REASSIGNED,
        EventKind.INFORMATION,
    }
)
# Acts that somebody performs in front of people; a letter that came back or a message has nobody to be present at.
_SEEN_BY_PEOPLE = frozenset({"direct", "left_in_place", "collected_at_court"})
_NOTE_MISSING = "no_officer_note"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The officer's confirmation that holds today. `presence` is empty on entries from before it was asked."""

    by: str
    at: datetime
    presence: str


def mark_of(session: Session, order: ServiceOrder) -> str:
    """What the facts of an order amount to now, as a short mark: another fact or conclusion, another mark."""
    hashes = [
        event.hash
        for event in journal_of(session, order.court_id, order.id)
        if event.kind not in _SAYS_NOTHING and event.kind != EventKind.OUTCOME_SENT_BACK
    ]
    return entry_hash(canonical({"effect": order.effect, "facts": hashes}))[:16]


def acts_in_doubt(order: ServiceOrder) -> list[str]:
    """The acts that wait for the note of a judge or clerk (INT 131), or else those that are in doubt at all."""
    reasons = _reasons(order)
    noted = [str(reason["act"]) for reason in reasons if reason.get("code") == _NOTE_MISSING and reason.get("act")]
    doubtful = [str(reason["act"]) for reason in reasons if reason.get("in_doubt") and reason.get("act")]
    return list(dict.fromkeys(noted or doubtful))


def note_is_missing(order: ServiceOrder) -> bool:
    """Whether a refusal waits for the note of a judge or clerk (INT 131)."""
    return any(reason.get("code") == _NOTE_MISSING for reason in _reasons(order))


def photos_come_first(session: Session, order: ServiceOrder) -> bool:
    """Whether nothing is in doubt but photos that are on their way or that a supervisor has yet to look at."""
    doubtful = {reason.get("code") for reason in _reasons(order) if reason.get("in_doubt")}
    return doubtful == {"proof_in_doubt"} and not refused_proofs(session, order.court_id, order.id)


def _reasons(order: ServiceOrder) -> list[dict[str, object]]:
    found = order.effect.get("reasons", [])
    return [reason for reason in found if isinstance(reason, dict)] if isinstance(found, list) else []


def confirmation_of(order: ServiceOrder, events: Iterable[DeliveryEvent]) -> Confirmed | None:
    """Who confirmed what the engine says today; an earlier answer's confirmation is none."""
    found = None
    for event in events:
        args = event.args if event.kind == EventKind.OUTCOME_CONFIRMED else {}
        if args and args.get("fingerprint") == order.effect.get("fingerprint"):
            found = Confirmed(str(args.get("by", "")), event.occurred_at, str(args.get("presence", "")))
    return found


def weaknesses_of(order: ServiceOrder, events: Sequence[DeliveryEvent]) -> tuple[str, ...]:
    """Codes of what is weak about the outcome: an officer who saw an act of people only afterwards."""
    by_act = str(order.effect.get("by_act") or "")
    found = []
    confirmed = confirmation_of(order, events)
    if confirmed is not None and confirmed.presence == "afterwards" and order.effect_method in _SEEN_BY_PEOPLE:
        found.append("confirmed_afterwards")
    for event in events:
        if event.kind == EventKind.OFFICER_NOTED and event.args.get("act") == by_act:
            found += ["noted_afterwards"] if event.args.get("presence") == "afterwards" else []
    return tuple(dict.fromkeys(found))


def doubts_of(session: Session, order: ServiceOrder) -> list[DeskItem]:
    """Objections and contradictions about this order that nobody of the court has decided yet."""
    kinds = ("objection", "contradiction", "effect_changed")
    return list(
        session.scalars(
            select(DeskItem)
            .where(
                DeskItem.court_id == order.court_id,
                DeskItem.order_id == order.id,
                DeskItem.kind.in_(kinds),
                DeskItem.closed_at.is_(None),
            )
            .order_by(DeskItem.opened_at, DeskItem.id)
        )
    )


def withdraw_outdated(order: ServiceOrder, items: Iterable[DeskItem], now: datetime) -> None:
    """Take from the officer's desk what asked about an earlier answer of the engine: nobody can confirm that any more.

    `items` are the open ones about this order. The questions about a doubt go when nothing is in doubt.
    """
    asked = f"confirm_outcome:{order.id}:{order.effect.get('fingerprint')}"
    for item in items:
        subject = item.subject.removeprefix("sent_back:")
        outdated = subject.startswith("confirm_outcome:") and subject != asked
        if outdated or (subject.startswith("court_review:") and order.outcome != "COURT_REVIEW"):
            item.closed_at, item.resolution = now, "settled_by_itself"


def day_to_tell(session: Session, order: ServiceOrder) -> date | None:
    """The day of service as recipients and firms may see it.

    None before the court has concluded, while what it concluded waits for an officer's confirmation, and while it is
    in question whether the conclusion still holds.
    """
    if order.status != OrderStatus.CONCLUDED or order.outcome not in EFFECTIVE:
        return None
    if order.effect.get("needs_confirmation") and order.confirmed_at is None:
        return None
    changed = any(item.kind == "effect_changed" for item in doubts_of(session, order))
    return None if changed else order.effective_on
