"""Advancing an order: lock it, ask the law engine, decide, apply. The only caller of `decide`.

Applying means writing: attempts with their exact text, tasks to send them, journal entries, desk items. Nothing
leaves here.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.answering import PAPER_WANTED, Choice, last_wish
from delivery.assessing import reassess
from delivery.attempt_planning import note_decided, plan_attempt
from delivery.data_gates import ask_for_approval
from delivery.deadline_keeping import keep_time
from delivery.domain.escalation import decide
from delivery.domain.event import EventKind, Report
from delivery.domain.ladder import (
    CANNOT_TELL,
    Conclude,
    Effect,
    OrderFacts,
    PassedOver,
    Refer,
    Reopen,
    SkipTier,
    StartSearches,
    StartTier,
    TryAgain,
    WakeAt,
)
from delivery.domain.order import AttemptStatus, OrderStatus
from delivery.gathering import gather_facts
from delivery.mail_following import follow_mail
from delivery.officer_reading import photos_come_first, withdraw_outdated
from delivery.runtime import Runtime
from delivery.searching import start_searches
from delivery.store.desk import DeskItem, open_item, open_items_of, put_on_desk, was_answered
from delivery.store.journal import journal_of
from delivery.store.orders import Attempt, ServiceOrder, TierRun, attempts_of, lock_order
from delivery.store.surroundings import surroundings_of
from delivery.store.tasks import Lease, schedule
from delivery.tracking import record_fact

# A question about one state of the facts: once a person has answered it, only other facts raise it again.
_ANSWERED_ONCE = frozenset({"court_review", "entrust_service", "fast_track_unserved", "search_address"})
# Questions that stand only as long as the ladder asks them: when it goes on, or has served, they are withdrawn.
_WHILE_ASKED = frozenset({"approve_notice", "exhaustion_gaps", "fast_track_unserved", "search_overdue"})


def advance_order(runtime: Runtime, session: Session, lease: Lease, now: datetime) -> None:
    """Task handler: look at one order again."""
    order = lock_order(session, lease.court_id, lease.subject_id)
    if order is not None:
        advance(runtime, session, order, now)


def advance(runtime: Runtime, session: Session, order: ServiceOrder, now: datetime) -> None:
    """Assess, decide and apply, on an order that is locked."""
    events = journal_of(session, order.court_id, order.id)
    attempts = attempts_of(session, order.court_id, order.id)
    around = surroundings_of(session, order)
    standing = reassess(session, order, around, events, attempts, runtime.calendar, now)
    follow_mail(session, order, events, attempts, now)
    facts = gather_facts(runtime, session, order, around, attempts, standing, {event.kind for event in events})
    items = open_items_of(session, order.court_id, order.id)
    if standing.outcome != CANNOT_TELL:
        withdraw_outdated(order, items, now)
    effects = decide(facts, now)
    _close_outdated(items, facts, effects, now)
    for effect in effects:
        match effect:
            case StartTier():
                _start_tier(runtime, session, order, effect, now)
            case Reopen():
                _reopen_tier(runtime, session, order, effect, now)
            case StartSearches():
                start_searches(runtime, session, order, effect.sources, by=None, now=now)
            case TryAgain():
                plan_attempt(runtime, session, order, effect.tier, effect.start, now)
            case SkipTier():
                _skip_tier(session, order, effect, now)
            case WakeAt():
                _wake(session, order, effect.at, now)
            case Conclude():
                _conclude(session, order, attempts, now)
            case Refer():
                _refer(session, order, effect, now)
    keep_time(session, order, around, facts, attempts, effects, items, now)
    ask_for_approval(session, order.court_id, effects, now)


def _close_outdated(items: Sequence[DeskItem], facts: OrderFacts, effects: Sequence[Effect], now: datetime) -> None:
    """A question that the ladder no longer asks is withdrawn."""
    if facts.status is not OrderStatus.OPEN or facts.sending_stopped:
        return
    asked = {effect.kind for effect in effects if isinstance(effect, Refer)}
    for item in items:
        if item.closed_at is None and item.kind in _WHILE_ASKED - asked:
            item.closed_at, item.resolution = now, "settled_by_itself"


def _start_tier(runtime: Runtime, session: Session, order: ServiceOrder, effect: StartTier, now: datetime) -> None:
    _add_run(session, order, effect, now)
    _begin_tier(runtime, session, order, effect, now)


def _add_run(
    session: Session, order: ServiceOrder, effect: StartTier | SkipTier, now: datetime, *, skipped_reason: str = ""
) -> None:
    session.add(
        TierRun(
            court_id=order.court_id,
            order_id=order.id,
            round=order.round,
            tier=effect.tier,
            position=effect.position,
            started_at=now,
            skipped_reason=skipped_reason,
        )
    )


def _begin_tier(
    runtime: Runtime, session: Session, order: ServiceOrder, effect: StartTier | Reopen, now: datetime, reason: str = ""
) -> None:
    order.tier, order.tier_started_at = effect.tier, now
    note_decided(session, order, EventKind.TIER_STARTED, now, reason=reason, tier=effect.tier)
    if isinstance(effect, StartTier):
        _note_passed(session, order, effect.tier, effect.passed, now)
    for start in effect.starts:
        plan_attempt(runtime, session, order, effect.tier, start, now)
    # Look again at once: that is when the end of the tier's wait is worked out.
    schedule(session, order.court_id, "advance_order", order.id, due_at=now, created_at=now)


def _reopen_tier(runtime: Runtime, session: Session, order: ServiceOrder, effect: Reopen, now: datetime) -> None:
    """Go through a tier again for what it did not reach; the journal keeps when it ran before."""
    run = session.scalar(
        select(TierRun).where(
            TierRun.court_id == order.court_id,
            TierRun.order_id == order.id,
            TierRun.round == order.round,
            TierRun.tier == effect.tier,
        )
    )
    assert run is not None, "a tier is opened again after it was passed"
    run.started_at, run.skipped_reason = now, ""
    _begin_tier(runtime, session, order, effect, now, "ways_left_over")


def _skip_tier(session: Session, order: ServiceOrder, effect: SkipTier, now: datetime) -> None:
    _add_run(session, order, effect, now, skipped_reason=effect.reason)
    note_decided(session, order, EventKind.TIER_SKIPPED, now, reason=effect.reason, tier=effect.tier)
    _note_passed(session, order, effect.tier, effect.passed, now)


def _note_passed(session: Session, order: ServiceOrder, tier: str, passed: Sequence[PassedOver], now: datetime) -> None:
    for one in passed:
        args = {"tier": tier, "channel": one.channel.value, "address": str(one.address_id or "")}
        report = Report(EventKind.ADDRESS_PASSED_OVER, "", now, reason=one.reason, args=args)
        record_fact(session, order, report, now=now, look_again=False)


def _wake(session: Session, order: ServiceOrder, at: datetime, now: datetime) -> None:
    """A timer row, unless the same one already stands."""
    if order.look_again_at != at:
        order.look_again_at = at
        schedule(session, order.court_id, "advance_order", order.id, due_at=at, created_at=now)


def _conclude(session: Session, order: ServiceOrder, attempts: list[Attempt], now: datetime) -> None:
    for attempt in attempts:
        if attempt.status == AttemptStatus.PLANNED:
            attempt.status, attempt.ended_at = AttemptStatus.WITHDRAWN, now
    wish = last_wish(journal_of(session, order.court_id, order.id))
    if wish is not None and wish[0] is Choice.POST_IT:
        put_on_desk(session, order.court_id, kind=PAPER_WANTED, subject=str(order.id), at=now, order_id=order.id)
    note_decided(session, order, EventKind.ORDER_CONCLUDED, now, outcome=order.outcome, method=order.effect_method)
    order.look_again_at = None


def _refer(session: Session, order: ServiceOrder, effect: Refer, now: datetime) -> None:
    subject = f"{order.id}:{effect.subject}" if effect.subject else str(order.id)
    asked = f"{effect.kind}:{subject}"
    waits = any(open_item(session, order.court_id, one) is not None for one in (asked, f"sent_back:{asked}"))
    answered = effect.kind in _ANSWERED_ONCE and was_answered(session, order.court_id, asked)
    if waits or answered or (effect.kind == "court_review" and photos_come_first(session, order)):
        return
    args = {"source": effect.subject} if effect.kind == "search_overdue" else {}
    put_on_desk(session, order.court_id, kind=effect.kind, subject=subject, at=now, order_id=order.id, **args)
    note_decided(session, order, EventKind.REFERRED, now, reason=effect.kind)
