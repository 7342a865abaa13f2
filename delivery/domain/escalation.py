"""The decision what happens to an order now, given everything that is known about it.

`decide` is pure. It never says "send"; it says which tier starts with which addresses, when to look again, that the
order is concluded, or that a person must look. Calling it again with the same facts gives the same answer, so wake-
ups may come late, early or twice.
"""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from delivery.domain.event import Channel
from delivery.domain.ladder import (
    CANNOT_TELL,
    Conclude,
    Effect,
    KnownAddress,
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
from delivery.domain.order import ENDED, AttemptStatus, OrderStatus
from delivery.domain.plan import Condition, Pool, Step, Tier
from delivery.domain.waiting import DISTURBING, add_working_days, out_of_quiet_hours, working_days_between

_HEARING_MARGIN = timedelta(days=4)
_KINDS = {
    Channel.SMS: "mobile",
    Channel.VOICE: "mobile",
    Channel.EMAIL: "email",
    Channel.WECHAT: "wechat",
    Channel.IN_PERSON: "postal",
    Channel.POST: "postal",
    Channel.POSTING: "postal",
}
_WORTH_ANOTHER_VISIT = frozenset({"nobody_home", "unsafe"})


def decide(facts: OrderFacts, now: datetime) -> list[Effect]:
    """What should happen to an order at this instant. Pure and repeatable."""
    if facts.status not in {OrderStatus.OPEN, OrderStatus.HELD}:
        return []
    effects: list[Effect] = []
    match facts.effect.outcome:
        case "SERVED" | "PRESUMED":
            if facts.effect.confirmed or not facts.effect.needs_confirmation:
                return [Conclude()]
            if not facts.effect.sent_back:
                return [Refer("confirm_outcome", facts.effect.fingerprint)]
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
    running = _running_tier(facts)
    if running is not None:
        ends_at = tier_ends_at(facts, running)
        if now < ends_at:
            again = _second_try(facts, running, now)
            if again is not None:
                return [*early_searches(facts), again, WakeAt(ends_at)]
            if _may_still_succeed(facts, running):
                return [*early_searches(facts), WakeAt(ends_at)]
    effects = early_searches(facts)
    seen = {tier.name for tier in facts.tiers}
    for position, tier in enumerate(facts.plan.tiers):
        if tier.name in seen:
            continue
        if tier.when is Condition.APPROVED and not (facts.notice_approved or facts.notice_declined):
            return _once([*effects, *before_notice(facts, now)])
        reason = _why_not(facts, tier)
        starts = () if reason else _starts(facts, tier, now)
        if not starts:
            effects.append(SkipTier(tier.name, position, reason or "no_address"))
            continue
        return [*effects, StartTier(tier.name, position, starts)]
    if facts.notice_approved or facts.notice_declined:
        return [*effects, Refer("ladder_exhausted")]
    # A plan without a notice: its end is the end.
    return _once([*effects, *before_notice(replace(facts, notice_possible=False), now)])


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
        tried = [a for a in facts.attempts if a.tier == running.name and a.channel is step.channel]
        if not tried or any(a.status not in ENDED for a in tried):
            continue
        # Each door has its own tries: a tier that was opened again comes to another.
        if sum(a.address_id == tried[-1].address_id for a in tried) >= step.tries:
            continue
        if tried[-1].reason in _WORTH_ANOTHER_VISIT:
            start = Start(
                step, tried[-1].address_id, None, sending_time(facts, step.channel, now + timedelta(hours=18))
            )
            return TryAgain(tier.name, start)
    return None


def _why_not(facts: OrderFacts, tier: Tier) -> str:
    """The reason code for passing over a tier, or an empty string."""
    doors = [address for address in facts.addresses if address.kind == "postal"]
    by_foot = all(step.channel in {Channel.IN_PERSON, Channel.POSTING} for step in tier.steps)
    reasons = {
        "nothing_to_reuse": tier.when is Condition.ADDRESS_REUSED and not any(a.reused for a in facts.addresses),
        "not_represented": tier.when is Condition.REPRESENTED and facts.firm_with_email is None,
        "no_mail_came_back": tier.when is Condition.MAIL_CAME_BACK and not _mail_came_back(facts),
        "notice_declined": tier.when is Condition.APPROVED and not facts.notice_approved,
        "channel_not_configured": not any(step.channel in facts.channels for step in tier.steps),
        "outside_area": by_foot and bool(doors) and not any(door.in_area for door in doors),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _mail_came_back(facts: OrderFacts) -> bool:
    return any(a.channel is Channel.POST and a.status is AttemptStatus.FAILED for a in facts.attempts)


def _starts(facts: OrderFacts, tier: Tier, now: datetime) -> tuple[Start, ...]:
    starts: list[Start] = []
    for step in tier.steps:
        if step.channel not in facts.channels:
            continue
        leave = sending_time(facts, step.channel, now)
        match step.pool:
            case Pool.NONE:
                starts.append(Start(step, None, None, leave))
            case Pool.FIRM:
                starts.append(Start(step, None, facts.firm_with_email, leave))
            case Pool.REUSED | Pool.USABLE:
                chosen = usable_addresses(facts, step)[: step.most]
                starts.extend(Start(step, address.id, None, leave) for address in chosen)
    return tuple(starts)


def usable_addresses(facts: OrderFacts, step: Step) -> list[KnownAddress]:
    """The addresses that a step may use, best first.

    Of the right kind, not known dead, not already used in this way.
    """
    used = {(a.channel, a.address_id) for a in facts.attempts}
    found = []
    for address in facts.addresses:
        if address.kind != _KINDS[step.channel] or (step.channel, address.id) in used:
            continue
        if step.pool is Pool.REUSED and not address.reused:
            continue
        # Mail that came back leaves the door itself as the place to post a notice.
        if address.standing in {"dead", "not_theirs"} or (
            address.standing == "opted_out" and step.channel in DISTURBING
        ):
            continue
        if step.channel in {Channel.IN_PERSON, Channel.POSTING} and not address.in_area:
            continue
        found.append(address)
    return found


def sending_time(facts: OrderFacts, channel: Channel, now: datetime) -> datetime:
    """The first instant from `now` on at which this channel may be used for this order."""
    return out_of_quiet_hours(channel, facts.zone, now)


def tier_ends_at(facts: OrderFacts, running: TierState) -> datetime:
    """When a running tier has waited long enough: its working days, shortened when the hearing is near.

    9:00 court time.
    """
    tier = facts.plan.tier(running.name)
    days = tier.wait_days if tier else 0
    local = running.started_at.astimezone(facts.zone)
    if facts.hearing_at is not None and tier is not None:
        days = _shortened(facts, tier, local.date())
    day = add_working_days(local.date(), days, facts.is_rest_day)
    return datetime.combine(day, time(9), facts.zone).astimezone(running.started_at.tzinfo)


def _next_morning(facts: OrderFacts, now: datetime) -> datetime:
    day = now.astimezone(facts.zone).date() + timedelta(days=1)
    return datetime.combine(day, time(9), facts.zone).astimezone(now.tzinfo)


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
