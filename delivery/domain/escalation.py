"""The decision what happens to an order now, given everything that is known about it.

`decide` is pure. It never says "send"; it says which tier starts with which addresses, when to look again, that the
order is concluded, or that a person must look. Calling it again with the same facts gives the same answer, so wake-
ups may come late, early or twice.
"""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from delivery.domain.beginnings import Beginning, beginning_of
from delivery.domain.event import Channel
from delivery.domain.ladder import (
    CANNOT_TELL,
    Conclude,
    Effect,
    OrderFacts,
    Refer,
    SkipTier,
    Start,
    StartTier,
    TierState,
    TryAgain,
    WakeAt,
)
from delivery.domain.last_rungs import before_notice, early_searches
from delivery.domain.order import ENDED, UNFINISHED, AttemptStatus, OrderStatus
from delivery.domain.plan import Condition, Days, Tier
from delivery.domain.waiting import add_working_days, out_of_quiet_hours, working_days_between

_HEARING_MARGIN = timedelta(days=4)
_OPENS = time(9)
_COLLECTION_DAYS = 5  # working days in which somebody who said so may come to the court
_BETWEEN_VISITS = timedelta(hours=18)
_WORTH_ANOTHER_VISIT = frozenset({"nobody_home", "unsafe"})


def decide(facts: OrderFacts, now: datetime) -> list[Effect]:
    """What should happen to an order at this instant. Pure and repeatable."""
    return _referred_in_time(facts, _decided(facts, now), now)


def _referred_in_time(facts: OrderFacts, effects: list[Effect], now: datetime) -> list[Effect]:
    """A plan that promises it puts an unserved order before a person on its day, whatever else goes on."""
    days = facts.plan.refer_after_days
    answered = any(isinstance(effect, Conclude) or effect == _confirmation(facts) for effect in effects)
    if days is None or facts.plan_since is None or facts.status is not OrderStatus.OPEN or answered:
        return effects
    refer_at = _morning(facts, facts.plan_since.astimezone(facts.zone).date() + timedelta(days=days), now)
    if now >= refer_at:
        return [*effects, Refer("fast_track_unserved")]
    wakes = [effect.at for effect in effects if isinstance(effect, WakeAt)]
    return [*(effect for effect in effects if not isinstance(effect, WakeAt)), WakeAt(min([*wakes, refer_at]))]


def _confirmation(facts: OrderFacts) -> Refer:
    return Refer("confirm_outcome", facts.effect.fingerprint)


def _decided(facts: OrderFacts, now: datetime) -> list[Effect]:
    if facts.status not in UNFINISHED:
        return []
    effects: list[Effect] = []
    match facts.effect.outcome:
        case "SERVED" | "PRESUMED":
            if facts.effect.confirmed or not facts.effect.needs_confirmation:
                return [Conclude()]
            if not facts.effect.sent_back:
                return [_confirmation(facts)]
        case _ if facts.effect.outcome == CANNOT_TELL:
            # It may be served already: nothing starts until the law can be asked again.
            return [WakeAt(_next_morning(facts, now))] if facts.status is OrderStatus.OPEN else []
        case "COURT_REVIEW":
            # Treated as not served until an officer decides: the ladder goes on meanwhile.
            effects.append(Refer("court_review", facts.effect.fingerprint))
        case _:
            pass
    if facts.status is OrderStatus.HELD:
        # Papers may be signed for while an order is on hold, but nothing new starts.
        return effects
    if facts.sending_stopped:
        return [*effects, WakeAt(_next_morning(facts, now))]
    if not facts.papers_complete:
        return [*effects, Refer("papers_missing")]
    return [*effects, *_climb(facts, now)]


def _climb(facts: OrderFacts, now: datetime) -> list[Effect]:
    """Stay on the running tier while it may still succeed; else go up until a tier starts or the ladder ends."""
    posts_at = posting_starts_at(facts, now)
    waits = _waits(facts, now, posts_at)
    if waits:
        return [*early_searches(facts), *waits]
    return _upwards(facts, now, by_post=posts_at is not None)


def _waits(facts: OrderFacts, now: datetime, posts_at: datetime | None) -> list[Effect]:
    """What there is to wait for: what the recipient asked for first, then the running tier. Empty: go up."""
    for at in (collection_ends_at(facts), posts_at):
        if at is not None and now < at:
            return [WakeAt(at)]
    running = _running_tier(facts)
    if running is None or posts_at is not None or now >= (ends_at := tier_ends_at(facts, running)):
        return []
    again = _second_try(facts, running, now)
    if again is not None:
        return [again, WakeAt(ends_at)]
    return [WakeAt(ends_at)] if _may_still_succeed(facts, running) else []


def _upwards(facts: OrderFacts, now: datetime, *, by_post: bool) -> list[Effect]:
    """Start the next tier that can; `by_post`: the recipient wants post, so pass over what comes before."""
    effects = early_searches(facts)
    seen = {tier.name for tier in facts.tiers}
    for position, tier in enumerate(facts.plan.tiers):
        if tier.name in seen:
            continue
        if by_post and not _posts(tier):
            effects.append(SkipTier(tier.name, position, "post_wanted"))
            continue
        if tier.when is Condition.APPROVED and not (facts.notice_approved or facts.notice_declined):
            return _once([*effects, *before_notice(facts, now)])
        begun = beginning_of(facts, tier, now)
        if _only_outside(begun):
            effects.append(Refer("entrust_service"))
        if begun.starts:
            return [*effects, StartTier(tier.name, position, begun.starts, begun.passed)]
        effects.append(SkipTier(tier.name, position, begun.reason, begun.passed))
    if facts.notice_approved or facts.notice_declined:
        return [*effects, Refer("ladder_exhausted")]
    # A plan without a notice: its end is the end.
    return _once([*effects, *before_notice(replace(facts, notice_possible=False), now)])


def collection_ends_at(facts: OrderFacts) -> datetime | None:
    """Until when nothing else starts because somebody said that the papers will be collected; None if nobody did."""
    if facts.collects_since is None:
        return None
    day = add_working_days(facts.collects_since.astimezone(facts.zone).date(), _COLLECTION_DAYS, facts.is_rest_day)
    return _morning(facts, day, facts.collects_since)


def posting_starts_at(facts: OrderFacts, now: datetime) -> datetime | None:
    """When the papers go by post because the recipient asked for it: the next working day.

    None when nobody asked, when they were posted already, or when there is no way to post them.
    """
    if facts.post_wanted_at is None:
        return None
    seen = {tier.name for tier in facts.tiers}
    ahead = [tier for tier in facts.plan.tiers if tier.name not in seen and _posts(tier)]
    if not any(beginning_of(facts, tier, now).starts for tier in ahead[:1]):
        return None
    day = add_working_days(facts.post_wanted_at.astimezone(facts.zone).date(), 1, facts.is_rest_day)
    return _morning(facts, day, facts.post_wanted_at)


def _posts(tier: Tier) -> bool:
    return any(step.channel is Channel.POST for step in tier.steps)


def _only_outside(begun: Beginning) -> bool:
    """CPL 91: a visit was meant, and every door is another court's to knock at."""
    outside = any(p.channel is Channel.IN_PERSON and p.reason == "outside_area" for p in begun.passed)
    return outside and all(start.step.channel is not Channel.IN_PERSON for start in begun.starts)


def _once(effects: list[Effect]) -> list[Effect]:
    return list(dict.fromkeys(effects))


def _running_tier(facts: OrderFacts) -> TierState | None:
    """The tier that started last; one that was opened again is the running one, whatever its place."""
    started = sorted((tier for tier in facts.tiers if not tier.skipped), key=lambda tier: tier.started_at)
    return started[-1] if started else None


def _may_still_succeed(facts: OrderFacts, running: TierState) -> bool:
    """Whether anything of this tier is still out: what has failed for certain is not waited for."""
    tried = [attempt for attempt in facts.attempts if attempt.tier == running.name]
    # A person who answered (asked for paper, confirmed an address) has not ended the tier: the law engine said "not
    # yet".
    return any(attempt.status not in ENDED or attempt.status is AttemptStatus.ANSWERED for attempt in tried)


def _second_try(facts: OrderFacts, running: TierState, now: datetime) -> TryAgain | None:
    tier = facts.plan.tier(running.name)
    if tier is None:
        return None
    for step in tier.steps:
        if facts.limits.bar(step):
            continue
        tried = [a for a in facts.attempts if a.tier == running.name and a.channel is step.channel]
        if not tried or any(a.status not in ENDED for a in tried):
            continue
        # Each door has its own tries: a tier that was opened again comes to another.
        if sum(a.address_id == tried[-1].address_id for a in tried) >= step.tries:
            continue
        if tried[-1].reason in _WORTH_ANOTHER_VISIT:
            leave = out_of_quiet_hours(step.channel, facts.zone, now + _BETWEEN_VISITS)
            return TryAgain(tier.name, Start(step, tried[-1].address_id, None, leave))
    return None


def tier_ends_at(facts: OrderFacts, running: TierState) -> datetime:
    """When a running tier has waited long enough: its working days, shortened when the hearing is near, or its days.

    9:00 court time. A tier of another plan than the present one has waited long enough.
    """
    tier = facts.plan.tier(running.name)
    started_on = running.started_at.astimezone(facts.zone).date()
    if tier is None:
        day = started_on
    elif tier.counts is Days.CALENDAR:
        day = started_on + timedelta(days=tier.wait_days)
    else:
        days = tier.wait_days if facts.hearing_at is None else _shortened(facts, tier, started_on)
        day = add_working_days(started_on, days, facts.is_rest_day)
    return _morning(facts, day, running.started_at)


def _next_morning(facts: OrderFacts, now: datetime) -> datetime:
    return _morning(facts, now.astimezone(facts.zone).date() + timedelta(days=1), now)


def _morning(facts: OrderFacts, day: date, like: datetime) -> datetime:
    return datetime.combine(day, _OPENS, facts.zone).astimezone(like.tzinfo)


def _shortened(facts: OrderFacts, tier: Tier, started_on: date) -> int:
    """Spread the working days left before the hearing over the tiers that are left, at least one day each."""
    assert facts.hearing_at is not None
    must_be_served_on = (facts.hearing_at.astimezone(facts.zone) - _HEARING_MARGIN).date()
    names = [item.name for item in facts.plan.tiers]
    rest = facts.plan.tiers[names.index(tier.name) :]
    needed = sum(item.wait_days for item in rest if item.when is not Condition.APPROVED)
    available = working_days_between(started_on, must_be_served_on, facts.is_rest_day)
    if needed <= available or tier.when is Condition.APPROVED:
        return tier.wait_days
    return max(1, tier.wait_days * max(available, 0) // needed)
