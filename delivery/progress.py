"""Advancing an order: lock it, ask the law engine, decide, apply. The only caller of `decide`.

Applying means writing: attempts with their exact text, tasks to send them, journal entries, desk items. Nothing
leaves here.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.addressing import destination_of
from delivery.answering import PAPER_WANTED, Choice, last_wish
from delivery.assessing import reassess
from delivery.callers_of_court import called_by_people
from delivery.composing import Origin, compose
from delivery.court_sender import text_numbers
from delivery.data_gates import ask_for_approval, open_providers
from delivery.deadline_keeping import keep_time
from delivery.domain.escalation import decide
from delivery.domain.event import Channel, EventKind, Report
from delivery.domain.ladder import (
    CANNOT_TELL,
    Conclude,
    Effect,
    OrderFacts,
    PassedOver,
    Refer,
    Reopen,
    SkipTier,
    Start,
    StartSearches,
    StartTier,
    TryAgain,
    WakeAt,
)
from delivery.domain.order import AttemptStatus, OrderStatus
from delivery.domain.plan import Purpose
from delivery.domain.posting import posting_meaning
from delivery.domain.waiting import add_working_days
from delivery.doors import door_of
from delivery.gathering import BY_PEOPLE, gather_facts
from delivery.geocoding import want_position
from delivery.linking import make_link
from delivery.mail_following import follow_mail
from delivery.officer_reading import photos_come_first, withdraw_outdated
from delivery.provider_choice import first_open, ways_to, writes_by_template
from delivery.provider_health import closed_providers
from delivery.runtime import Runtime
from delivery.searching import start_searches
from delivery.store.cases import Case, Recipient
from delivery.store.courts import Court
from delivery.store.desk import DeskItem, open_item, open_items_of, put_on_desk, was_answered
from delivery.store.ids import new_id
from delivery.store.journal import journal_of
from delivery.store.orders import Attempt, ServiceOrder, TierRun, attempts_of, documents_of, lock_order
from delivery.store.surroundings import surroundings_of
from delivery.store.tasks import Lease, schedule
from delivery.templating import fill, kept
from delivery.tracking import record_fact

_ON_FOOT = frozenset({Channel.IN_PERSON, Channel.POSTING})
_TEXTED = frozenset({Channel.SMS, Channel.EMAIL, Channel.WECHAT, Channel.VOICE})
_FILLED_IN = frozenset({Channel.WECHAT, Channel.VOICE})
_VISIT_DAYS = 2
# A question about one state of the facts: once a person has answered it, only other facts raise it again.
_ANSWERED_ONCE = frozenset({"court_review", "entrust_service", "fast_track_unserved", "search_address"})
# Questions that stand only as long as the ladder is at its end.
_OF_THE_END = frozenset({"approve_notice", "exhaustion_gaps", "search_overdue"})


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
                _plan_attempt(runtime, session, order, effect.tier, effect.start, now)
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
    """A question about the end of the ladder is withdrawn when the ladder goes on."""
    if facts.status is not OrderStatus.OPEN or facts.sending_stopped:
        return
    asked = {effect.kind for effect in effects if isinstance(effect, Refer)}
    for item in items:
        if item.closed_at is None and item.kind in _OF_THE_END - asked:
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
    _note(session, order, EventKind.TIER_STARTED, now, reason=reason, tier=effect.tier)
    if isinstance(effect, StartTier):
        _note_passed(session, order, effect.tier, effect.passed, now)
    for start in effect.starts:
        _plan_attempt(runtime, session, order, effect.tier, start, now)
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
    _note(session, order, EventKind.TIER_SKIPPED, now, reason=effect.reason, tier=effect.tier)
    _note_passed(session, order, effect.tier, effect.passed, now)


def _note_passed(session: Session, order: ServiceOrder, tier: str, passed: Sequence[PassedOver], now: datetime) -> None:
    for one in passed:
        args = {"tier": tier, "channel": one.channel.value, "address": str(one.address_id or "")}
        report = Report(EventKind.ADDRESS_PASSED_OVER, "", now, reason=one.reason, args=args)
        record_fact(session, order, report, now=now, look_again=False)


def _plan_attempt(
    runtime: Runtime, session: Session, order: ServiceOrder, tier: str, start: Start, now: datetime
) -> None:
    """Write an attempt down with its exact words, and the task that will send it."""
    channel = start.step.channel
    court = session.get_one(Court, order.court_id)
    to = destination_of(session, order.court_id, channel, address_id=start.address_id, firm_id=start.firm_id)
    ways = ways_to(open_providers(runtime, session, court), court, channel, to)
    attempt = Attempt(
        court_id=order.court_id,
        id=new_id(),
        order_id=order.id,
        round=order.round,
        tier=tier,
        channel=channel,
        purpose=start.step.purpose,
        address_id=start.address_id,
        law_firm_id=start.firm_id,
        provider=""
        if channel in called_by_people(court)
        else first_open(ways, closed_providers(session, order.court_id, now)),
        idempotency_key=_key_of(order, tier, start, attempts_of(session, order.court_id, order.id)),
        status=AttemptStatus.PLANNED,
        planned_at=now,
        not_before=start.not_before,
    )
    session.add(attempt)
    session.flush()
    if channel in _TEXTED and channel not in called_by_people(court):
        _write_text(runtime, session, order, attempt, now, by_template=writes_by_template(runtime.providers, ways))
    if channel in _ON_FOOT and attempt.address_id is not None:
        want_position(runtime, session, attempt.address_id, order.id, order.court_id)
    if channel in BY_PEOPLE | called_by_people(court):
        zone = ZoneInfo(court.time_zone)
        day = start.not_before.astimezone(zone).date()
        attempt.due_on = add_working_days(day, _VISIT_DAYS, runtime.calendar.is_rest_day)
    else:
        schedule(
            session,
            order.court_id,
            "submit_attempt",
            order.id,
            due_at=start.not_before,
            created_at=now,
            attempt=str(attempt.id),
        )
    args = {"channel": channel.value, "purpose": attempt.purpose}
    if channel is Channel.POSTING:
        # Said before anybody leaves: what the papers on that door will be worth.
        args["meaning"] = posting_meaning(door_of(session, order, attempt.address_id, attempt.purpose))
    _note(session, order, EventKind.ATTEMPT_PLANNED, now, attempt=attempt, **args)


def _key_of(order: ServiceOrder, tier: str, start: Start, attempts: list[Attempt]) -> str:
    """The attempt's key, from its place in the ladder.

    An installation that was restored from a backup plans the same attempts under the same keys, by which providers
    recognise what its former life already sent.
    """
    target = start.address_id or start.firm_id
    earlier = sum(
        a.tier == tier and a.channel == start.step.channel and target in {a.address_id, a.law_firm_id} for a in attempts
    )
    return str(uuid5(order.id, f"{tier}|{start.step.channel}|{start.step.purpose}|{target}|{earlier}"))


def _write_text(
    runtime: Runtime, session: Session, order: ServiceOrder, attempt: Attempt, now: datetime, *, by_template: bool
) -> None:
    recipient = session.get_one(Recipient, (order.court_id, order.recipient_id))
    court = session.get_one(Court, order.court_id)
    firm_id, purpose = attempt.law_firm_id, Purpose(attempt.purpose)
    origin = Origin(runtime.settings.base_url, text_numbers(runtime.providers, court))
    audience = "law_firm" if firm_id else "recipient"
    link = make_link(
        session, order, audience=audience, now=now, attempt_id=attempt.id, law_firm_id=firm_id, short=by_template
    )
    if by_template:
        template, attempt.text = fill(court, purpose, recipient.language, link, origin.base_url, origin.numbers)
        attempt.subject = kept(template)
        return
    words = compose(
        court=court,
        case=session.get_one(Case, (order.court_id, order.case_id)),
        papers=documents_of(session, order.court_id, order.id),
        purpose=purpose,
        language=recipient.language,
        link=link,
        origin=origin,
        channel=Channel(attempt.channel),
    )
    attempt.fields = words.kept_fields() if attempt.channel in _FILLED_IN else None
    attempt.subject, attempt.text, attempt.html = words.subject or None, words.text, words.html or None


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
    _note(session, order, EventKind.ORDER_CONCLUDED, now, outcome=order.outcome, method=order.effect_method)
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
    _note(session, order, EventKind.REFERRED, now, reason=effect.kind)


def _note(
    session: Session,
    order: ServiceOrder,
    kind: EventKind,
    now: datetime,
    *,
    attempt: Attempt | None = None,
    reason: str = "",
    **args: str,
) -> None:
    """A fact about what we ourselves decided; it needs no further look."""
    record_fact(
        session, order, Report(kind, "", now, reason=reason, args=args), now=now, attempt=attempt, look_again=False
    )
