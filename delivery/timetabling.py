"""The timetable of an order as the database knows it: its plan against the hearing, its deadlines, what to warn of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from delivery.domain.event import Channel
from delivery.domain.ladder import OrderFacts
from delivery.domain.order import UNFINISHED, AttemptStatus, OrderStatus
from delivery.domain.timetable import NEAR, Periods, RestDays, Timetable, periods_of, serve_by, timetable
from delivery.domain.waiting import working_days_between
from delivery.domain.ways import ways_of
from delivery.store.orders import Attempt, ServiceOrder
from delivery.store.surroundings import Surroundings, surroundings_of

EFFECTIVE = frozenset({"SERVED", "PRESUMED"})
BY_PEOPLE = frozenset({Channel.IN_PERSON, Channel.POSTING, Channel.PUBLICATION})
# Those of the court that serves; the others are the recipient's own.
OWN_DEADLINES = ("dispatch_due", "entrusted_due", "payment_order_ends")
# Those that say nothing about one recipient alone, and so stand on no recipient's row.
OF_THE_WHOLE_CASE = frozenset({"dispatch_due", "entrusted_due"})


@dataclass(frozen=True, slots=True)
class Warned:
    """Something to warn of: a code, and the court-local day that it is about. `bad`: it is too late."""

    code: str
    on: date
    bad: bool = False


@dataclass(frozen=True, slots=True)
class CourtDays:
    """The court's day, zone and calendar."""

    today: date
    zone: ZoneInfo
    is_rest_day: RestDays


def periods_for(around: Surroundings, hearing_on: date) -> Periods | None:
    """What a hearing on that day asks of the order's papers; None when it does not wait for them."""
    kinds = {paper.kind for paper in around.papers}
    return periods_of(around.case.procedure, around.case.instance, around.recipient.domicile, kinds, hearing_on)


def timetable_of(
    around: Surroundings, facts: OrderFacts, hearing_at: datetime, *, passed: Sequence[str] = ()
) -> Timetable | None:
    """The order's plan against a hearing; `passed` are tiers that are being skipped just now."""
    hearing_on = hearing_at.astimezone(facts.zone).date()
    periods = periods_for(around, hearing_on)
    if periods is None:
        return None
    return timetable(hearing_on, periods, ways_of(facts, periods, passed=passed), facts.is_rest_day)


def in_time(session: Session, order: ServiceOrder, hearing_at: datetime, zone: ZoneInfo, rest: RestDays) -> bool | None:
    """Whether the order is over and its papers became effective in time; None when the hearing does not wait."""
    hearing_on = hearing_at.astimezone(zone).date()
    periods = periods_for(surroundings_of(session, order), hearing_on)
    if periods is None:
        return None
    effective = order.status == OrderStatus.CONCLUDED and order.outcome in EFFECTIVE
    return effective and order.effective_on is not None and order.effective_on <= serve_by(hearing_on, periods, rest)


def counts_as_served(order: ServiceOrder, *, sent_back: bool) -> bool:
    """Whether the law engine says so and no court officer has sent it back; it may still wait for confirmation."""
    return order.outcome in EFFECTIVE and not sent_back


def dispatched_on(order: ServiceOrder, attempts: Sequence[Attempt], zone: ZoneInfo) -> date | None:
    """CPL 128: the court-local day on which the papers first left the court, whatever came of it."""
    left = [attempt.submitted_at for attempt in attempts if attempt.submitted_at and attempt.channel != Channel.VOICE]
    left += [
        attempt.ended_at
        for attempt in attempts
        if attempt.ended_at and attempt.channel in BY_PEOPLE and attempt.status != AttemptStatus.WITHDRAWN
    ]
    left += [order.first_sent_at] if order.first_sent_at else []
    return min(left).astimezone(zone).date() if left else None


def deadlines_of(order: ServiceOrder) -> dict[str, date]:
    """The deadlines that the law engine gave for this recipient, by name."""
    given = order.effect.get("deadlines", {})
    assert isinstance(given, Mapping)
    return {name: date.fromisoformat(day) for name, day in given.items()}


def is_near(today: date, due_on: date, is_rest_day: RestDays) -> bool:
    """Whether at most two working days are left, or none."""
    return working_days_between(today, due_on, is_rest_day) <= NEAR


def first_near(due_on: date, is_rest_day: RestDays) -> date:
    """The first day on which a deadline is near."""
    day = due_on
    while is_near(day - timedelta(days=1), due_on, is_rest_day):
        day -= timedelta(days=1)
    return day


def warnings_of(
    order: ServiceOrder, attempts: Sequence[Attempt], plan: Timetable | None, days: CourtDays, *, sent_back: bool
) -> list[Warned]:
    """What to warn of today, the worst first."""
    served = counts_as_served(order, sent_back=sent_back)
    found = [*_of_the_court(order, attempts, days, served=served), *_of_hearing(order, plan, days, served=served)]
    return sorted(found, key=lambda warned: (not warned.bad, warned.on))


def _of_the_court(
    order: ServiceOrder, attempts: Sequence[Attempt], days: CourtDays, *, served: bool
) -> Iterator[Warned]:
    unfinished = order.status in UNFINISHED
    for name, due_on in deadlines_of(order).items():
        late, near = days.today > due_on, is_near(days.today, due_on, days.is_rest_day)
        if name == "dispatch_due":
            left_on = dispatched_on(order, attempts, days.zone)
            if left_on is not None and left_on > due_on:
                yield Warned("dispatched_late", left_on, bad=True)
            elif left_on is None and unfinished and near:
                yield Warned("dispatch_late" if late else "dispatch_due", due_on, bad=late)
        elif name in OWN_DEADLINES and unfinished and not served and near:
            yield Warned(name, due_on, bad=late)


def _of_hearing(order: ServiceOrder, plan: Timetable | None, days: CourtDays, *, served: bool) -> Iterator[Warned]:
    if plan is None or order.status == OrderStatus.CANCELLED:
        return
    if served and order.effective_on is not None:
        if order.effective_on > plan.serve_by:
            yield Warned("served_too_late", order.effective_on, bad=True)
        return
    if not plan.can_be_met(days.today):
        yield Warned("hearing_lost", plan.lost_on or days.today, bad=True)
        return
    if plan.at_risk(days.today) and plan.last_chance_on is not None:
        yield Warned("hearing_at_risk", plan.last_chance_on)
    if is_near(days.today, plan.serve_by, days.is_rest_day):
        yield Warned("serve_by", plan.serve_by)
