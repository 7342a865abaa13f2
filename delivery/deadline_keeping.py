"""Keeping time: what is late, near or lost is said to the desk on the day on which it becomes true.

Called whenever an order is looked at, with the facts of that look. It writes desk items and plans the next look; it
sends nothing and moves nothing. A wake-up that comes when nothing is true any more does nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.domain.event import EventKind, Report
from delivery.domain.ladder import Effect, OrderFacts, Reopen, SkipTier, StartSearches, StartTier, TryAgain
from delivery.domain.order import UNFINISHED, AttemptStatus, OrderStatus
from delivery.domain.search import KnownSearch
from delivery.domain.timetable import RestDays, Timetable
from delivery.hearing_keeping import close_hearing, stands_no_more
from delivery.store.desk import DeskItem, close_item, open_item, put_on_desk, was_answered
from delivery.store.hearings import Hearing, lock_hearing, standing_hearing
from delivery.store.orders import Attempt, ServiceOrder
from delivery.store.surroundings import Surroundings
from delivery.store.tasks import Task, schedule
from delivery.timetabling import (
    BY_PEOPLE,
    OWN_DEADLINES,
    counts_as_served,
    deadlines_of,
    dispatched_on,
    first_near,
    is_near,
    timetable_of,
)
from delivery.tracking import record_fact

OPENS = time(8, 30)  # when somebody looks at the desk
_BEGINNINGS = (StartTier, Reopen, TryAgain)
_ON_ITS_WAY = frozenset({AttemptStatus.PLANNED, AttemptStatus.SUBMITTING})


@dataclass(frozen=True, slots=True)
class Look:
    """One look at an order: what is known, what lies on the desk about it by subject, and when."""

    session: Session
    order: ServiceOrder
    around: Surroundings
    facts: OrderFacts
    attempts: Sequence[Attempt]
    items: Mapping[str, DeskItem]
    now: datetime

    @property
    def today(self) -> date:
        """The court-local day."""
        return self.now.astimezone(self.facts.zone).date()

    @property
    def rest(self) -> RestDays:
        """The court's calendar."""
        return self.facts.is_rest_day

    @property
    def served(self) -> bool:
        """Whether the papers are served, confirmed or not."""
        return counts_as_served(self.order, sent_back=self.facts.effect.sent_back)

    def morning(self, day: date) -> datetime:
        """When the court opens on that day."""
        return datetime.combine(day, OPENS, self.facts.zone)


def keep_time(
    session: Session,
    order: ServiceOrder,
    around: Surroundings,
    facts: OrderFacts,
    attempts: Sequence[Attempt],
    effects: Sequence[Effect],
    items: Sequence[DeskItem],
    now: datetime,
) -> None:
    """Say what is late, near or lost, and look again when the next of these becomes true.

    `items` are what lies on the desk about the order.
    """
    if any(isinstance(effect, _BEGINNINGS) for effect in effects):
        return  # what has just begun is looked at in a moment, or goes on as before
    facts = _with_new_searches(facts, effects, now)
    by_subject = {item.subject: item for item in items if item.closed_at is None}
    look = Look(session, order, around, facts, attempts, by_subject, now)
    skipped = [effect.tier for effect in effects if isinstance(effect, SkipTier)]
    looks = [*_keep_deadlines(look), *_keep_hearing(look, skipped)]
    coming = min((moment for moment in looks if moment > look.now), default=None)
    if coming is not None:
        _look_again(look, coming)


def _with_new_searches(facts: OrderFacts, effects: Sequence[Effect], now: datetime) -> OrderFacts:
    """The facts as they are after this look has asked where the recipient is."""
    today = now.astimezone(facts.zone).date()
    asked = [source for effect in effects if isinstance(effect, StartSearches) for source in effect.sources]
    if not asked:
        return facts
    return replace(facts, searches=[*facts.searches, *(KnownSearch(source, today, today) for source in asked)])


def _keep_deadlines(look: Look) -> Iterator[datetime]:
    """The deadlines of the court that serves: dispatch, an entrusted court, the life of a payment order."""
    order = look.order
    over = look.served or order.status not in UNFINISHED
    for name, due_on in deadlines_of(order).items():
        if name not in OWN_DEADLINES:
            continue
        near, late = f"deadline_near:{order.id}:{name}", f"dispatch_late:{order.id}"
        is_dispatch = name == "dispatch_due"
        if over or (is_dispatch and dispatched_on(order, look.attempts, look.facts.zone) is not None):
            _close(look, near, late)
        elif is_dispatch and look.today > due_on:
            _close(look, near)
            _say(look, "dispatch_late", str(order.id), due_on=due_on.isoformat())
        elif is_near(look.today, due_on, look.rest):
            if not (is_dispatch and _leaves_now(look.attempts)):
                _say(look, "deadline_near", f"{order.id}:{name}", deadline=name, due_on=due_on.isoformat())
            yield look.morning(due_on + timedelta(days=1))
        else:
            yield look.morning(first_near(due_on, look.rest))


def _leaves_now(attempts: Sequence[Attempt]) -> bool:
    """Whether something is on its way out by itself."""
    return any(attempt.status in _ON_ITS_WAY and attempt.channel not in BY_PEOPLE for attempt in attempts)


def _keep_hearing(look: Look, skipped: Sequence[str]) -> Iterator[datetime]:
    """The plan against the hearing, and the hearing's own hour."""
    order, session = look.order, look.session
    hearing = None if look.facts.hearing_at is None else standing_hearing(session, order.court_id, order.case_id)
    if hearing is None:
        return
    if look.now >= hearing.hearing_at:
        close_hearing(session, hearing, look.facts.zone, look.rest, look.now)
        return
    if hearing.woken_by in {None, order.id}:
        hearing.woken_by = order.id
        yield hearing.hearing_at
    plan = timetable_of(look.around, look.facts, hearing.hearing_at, passed=skipped)
    if plan is not None and order.status != OrderStatus.CANCELLED:
        yield from _against(look, hearing, plan)


def _against(look: Look, hearing: Hearing, plan: Timetable) -> Iterator[datetime]:
    near = f"{look.order.id}:serve_by:{plan.hearing_on}"
    effective_on = look.order.effective_on if look.served else None
    if effective_on is not None:
        _close(look, f"deadline_near:{near}")
        meets = effective_on <= plan.serve_by
    else:
        meets = plan.can_be_met(look.today)
        if meets:
            if is_near(look.today, plan.serve_by, look.rest):
                _say(look, "deadline_near", near, deadline="serve_by", due_on=plan.serve_by.isoformat())
            yield look.morning(first_near(plan.serve_by, look.rest))
            yield look.morning(plan.lost_on or look.today)
    if not meets:
        _close(look, f"deadline_near:{near}")
        _lose(look, hearing, plan)
    elif hearing.lost_order_id == look.order.id:
        stands_no_more(look.session, lock_hearing(look.session, hearing), look.now)


def _lose(look: Look, hearing: Hearing, plan: Timetable) -> None:
    """The hearing can no longer be met; one order that stands in its way is enough, so it is said once."""
    hearing = lock_hearing(look.session, hearing)
    if hearing.lost_order_id is not None:
        return
    hearing.lost_on, hearing.lost_order_id = look.today, look.order.id
    _say(
        look,
        "hearing_lost",
        str(hearing.id),
        hearing_at=hearing.hearing_at.isoformat(),
        lost_on=look.today.isoformat(),
        serve_by=plan.serve_by.isoformat(),
    )


def _say(look: Look, kind: str, subject: str, **args: str) -> None:
    """Put it on the desk once: what a person has seen to is not said again."""
    session, order = look.session, look.order
    named = f"{kind}:{subject}"
    if named in look.items or open_item(session, order.court_id, named) or was_answered(session, order.court_id, named):
        return
    put_on_desk(session, order.court_id, kind=kind, subject=subject, at=look.now, order_id=order.id, **args)
    report = Report(EventKind.REFERRED, "", look.now, reason=kind, args=args)
    record_fact(session, order, report, now=look.now, look_again=False)


def _close(look: Look, *subjects: str) -> None:
    for subject in subjects:
        if subject in look.items:
            close_item(look.session, look.order.court_id, subject, at=look.now, resolution="settled_by_itself")


def _look_again(look: Look, at: datetime) -> None:
    """A timer row, unless the ladder looks earlier or the same row stands."""
    order = look.order
    if order.look_again_at is not None and look.now < order.look_again_at <= at:
        return
    standing = select(Task.id).where(
        Task.court_id == order.court_id,
        Task.subject_id == order.id,
        Task.handler == "advance_order",
        Task.status == "ready",
        Task.due_at == at,
    )
    if look.session.scalar(standing.limit(1)) is None:
        schedule(look.session, order.court_id, "advance_order", order.id, due_at=at, created_at=look.now)
