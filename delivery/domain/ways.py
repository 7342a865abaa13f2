"""Which tiers of an order's plan may still serve: those under way with something out, and those that can start.

The ladder decides a tier when it comes to it; the timetable must know beforehand. It asks the same questions with the
facts of today: is there an address, a firm, a channel; may there be a public notice.
"""

from collections.abc import Collection
from datetime import date

from delivery.domain.beginnings import usable_addresses
from delivery.domain.event import Channel
from delivery.domain.ladder import KnownAttempt, OrderFacts, TierState
from delivery.domain.order import ENDED, AttemptStatus
from delivery.domain.plan import Condition, Pool, Step, Tier
from delivery.domain.timetable import Pace, Periods, Way, pace_of
from delivery.domain.waiting import working_days_between

SEARCH = "search"  # no tier: an open question where the recipient is
_AFTER_SEARCH = 5  # working days for a visit to what was found
# What people carry can be signed for however far the plan has gone on; a message that nobody answered is past.
_CARRIED = frozenset({Channel.IN_PERSON, Channel.POST, Channel.POSTING})


def ways_of(facts: OrderFacts, periods: Periods, *, passed: Collection[str] = ()) -> tuple[Way, ...]:
    """The tiers that may still serve, in the plan's order. `passed` are those that are being skipped just now."""
    states = {state.name: state for state in facts.tiers}
    started = sorted((state for state in facts.tiers if not state.skipped), key=lambda state: state.started_at)
    running = started[-1].name if started else ""
    found = []
    for tier in facts.plan.tiers:
        state = states.get(tier.name)
        if tier.name in passed or (state is not None and state.skipped):
            continue
        way = _to_come(facts, tier, periods) if state is None else _under_way(facts, tier, periods, state, running)
        if way is not None:
            found.append(way)
    asked = [search for search in facts.searches if search.is_open]
    if asked:
        # Whatever is found is used at once, by the fastest way that there may be.
        first_on, due_on = min(search.requested_on for search in asked), max(search.due_on for search in asked)
        wait_days = working_days_between(first_on, due_on, facts.is_rest_day) + _AFTER_SEARCH
        found.append(Way(SEARCH, pace_of(Channel.SMS, periods), first_on, wait_days))
    return tuple(found)


def _to_come(facts: OrderFacts, tier: Tier, periods: Periods) -> Way | None:
    steps = [step for step in tier.steps if _can_start(facts, step)]
    if not steps or _is_barred(facts, tier):
        return None
    return Way(tier.name, _best(steps, periods), wait_days=tier.wait_days)


def _is_barred(facts: OrderFacts, tier: Tier) -> bool:
    """Whether the tier's own condition rules it out for certain."""
    barred = {
        Condition.ADDRESS_REUSED: not any(address.reused for address in facts.addresses),
        Condition.REPRESENTED: not facts.represented,
        # Before anything was posted, nothing can come back in time for it to be of use.
        Condition.MAIL_CAME_BACK: all(attempt.channel is not Channel.POST for attempt in facts.attempts),
        Condition.APPROVED: facts.notice_declined or not facts.notice_possible,
    }
    return barred.get(tier.when, False)


def _can_start(facts: OrderFacts, step: Step) -> bool:
    if step.channel not in facts.channels:
        return False
    match step.pool:
        case Pool.NONE:
            return True
        case Pool.FIRM:
            return facts.firm_for(step.channel) is not None
        case _:
            return bool(usable_addresses(facts, step))


def _under_way(facts: OrderFacts, tier: Tier, periods: Periods, state: TierState, running: str) -> Way | None:
    tried = [attempt for attempt in facts.attempts if attempt.tier == tier.name]
    out = [attempt for attempt in tried if _may_serve(attempt, is_running=tier.name == running)]
    steps = [step for step in tier.steps if any(attempt.channel is step.channel for attempt in out)]
    if not steps:
        return None
    unpublished = [a for a in out if a.channel is Channel.PUBLICATION and a.status is AttemptStatus.PLANNED]
    began_on: date | None = state.started_at.astimezone(facts.zone).date()
    return Way(tier.name, _best(steps, periods), None if unpublished else began_on, tier.wait_days)


def _may_serve(attempt: KnownAttempt, *, is_running: bool) -> bool:
    if attempt.channel is Channel.PUBLICATION:
        return attempt.status is not AttemptStatus.WITHDRAWN
    if attempt.status is AttemptStatus.ANSWERED:
        # A person asked for something else, and the law engine said "not yet": the tier goes on.
        return is_running
    return attempt.status not in ENDED and (is_running or attempt.channel in _CARRIED)


def _best(steps: Collection[Step], periods: Periods) -> Pace:
    """The fastest of what starts together."""
    paces = [pace_of(step.channel, periods) for step in steps]
    return min(paces, key=lambda pace: (pace.waiting, pace.working, pace.by_people))
