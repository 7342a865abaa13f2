"""The decision what happens to an order now, given everything that is known about it.

`decide` is pure. It never says "send"; it says which tier starts with which addresses, when to look again, that the
order is concluded, or that a person must look. Calling it again with the same facts gives the same answer, so wake-
ups may come late, early or twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from delivery.domain.event import Channel
from delivery.domain.order import ENDED, AttemptStatus, OrderStatus
from delivery.domain.plan import Condition, Plan, Pool, Step, Tier

QUIET_FROM = time(21)
QUIET_UNTIL = time(8)
_HEARING_MARGIN = timedelta(days=4)
_DISTURBING = frozenset({Channel.SMS, Channel.VOICE, Channel.WECHAT})
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


@dataclass(frozen=True, slots=True)
class KnownAddress:
    """An address of the recipient as far as the ladder needs it, best first in `OrderFacts.addresses`."""

    id: UUID
    kind: str
    basis: str
    standing: str
    reused: bool
    in_area: bool = True


@dataclass(frozen=True, slots=True)
class KnownAttempt:
    """An attempt as far as the ladder needs it."""

    tier: str
    channel: Channel
    status: AttemptStatus
    address_id: UUID | None
    reason: str


@dataclass(frozen=True, slots=True)
class TierState:
    """A tier that started or was skipped."""

    name: str
    started_at: datetime
    skipped: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What the law engine says now, and whether a court officer has confirmed it."""

    outcome: str = "NOT_SERVED"
    needs_confirmation: bool = False
    confirmed: bool = False
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """Everything that `decide` looks at. `is_rest_day` is the court's calendar.

    `channels` those that are configured.
    """

    status: OrderStatus
    plan: Plan
    tiers: Sequence[TierState]
    attempts: Sequence[KnownAttempt]
    addresses: Sequence[KnownAddress]
    effect: Standing
    channels: frozenset[Channel]
    zone: ZoneInfo
    is_rest_day: Callable[[date], bool]
    hearing_at: datetime | None = None
    firm_with_email: UUID | None = None
    papers_complete: bool = True
    notice_approved: bool = False
    notice_declined: bool = False
    notice_possible: bool = True
    sending_stopped: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """Begin one attempt of a step now, not leaving before `not_before`."""

    step: Step
    address_id: UUID | None
    firm_id: UUID | None
    not_before: datetime


@dataclass(frozen=True, slots=True)
class StartTier:
    """Start a tier with these attempts."""

    tier: str
    position: int
    starts: tuple[Start, ...]


@dataclass(frozen=True, slots=True)
class TryAgain:
    """One more attempt within the running tier: the second visit to a door where nobody was home."""

    tier: str
    start: Start


@dataclass(frozen=True, slots=True)
class SkipTier:
    """Pass over a tier, with the reason code."""

    tier: str
    position: int
    reason: str


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Look again then."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Conclude:
    """The law says served and nobody needs to confirm it any more."""


@dataclass(frozen=True, slots=True)
class Refer:
    """A person must look: the kind of desk item, and what makes it one item."""

    kind: str
    subject: str = ""


Effect = StartTier | TryAgain | SkipTier | WakeAt | Conclude | Refer


def decide(facts: OrderFacts, now: datetime) -> list[Effect]:
    """What should happen to an order at this instant. Pure and repeatable."""
    if facts.status not in {OrderStatus.OPEN, OrderStatus.HELD}:
        return []
    effects: list[Effect] = []
    match facts.effect.outcome:
        case "SERVED" | "PRESUMED":
            if facts.effect.confirmed or not facts.effect.needs_confirmation:
                return [Conclude()]
            return [Refer("confirm_outcome", facts.effect.fingerprint)]
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
                return [again, WakeAt(ends_at)]
            if _may_still_succeed(facts, running):
                return [WakeAt(ends_at)]
    effects: list[Effect] = []
    seen = {tier.name for tier in facts.tiers}
    for position, tier in enumerate(facts.plan.tiers):
        if tier.name in seen:
            continue
        if tier.when is Condition.APPROVED and not (facts.notice_approved or facts.notice_declined):
            kind = "approve_notice" if facts.notice_possible else "ladder_exhausted"
            return [*effects, Refer(kind)]
        reason = _why_not(facts, tier)
        starts = () if reason else _starts(facts, tier, now)
        if not starts:
            effects.append(SkipTier(tier.name, position, reason or "no_address"))
            continue
        return [*effects, StartTier(tier.name, position, starts)]
    return [*effects, Refer("ladder_exhausted")]


def _running_tier(facts: OrderFacts) -> TierState | None:
    started = [tier for tier in facts.tiers if not tier.skipped]
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
        if not tried or len(tried) >= step.tries or any(a.status not in ENDED for a in tried):
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
            address.standing == "opted_out" and step.channel in _DISTURBING
        ):
            continue
        if step.channel in {Channel.IN_PERSON, Channel.POSTING} and not address.in_area:
            continue
        found.append(address)
    return found


def sending_time(facts: OrderFacts, channel: Channel, now: datetime) -> datetime:
    """The first instant from `now` on at which this channel may be used for this order."""
    return out_of_quiet_hours(channel, facts.zone, now)


def out_of_quiet_hours(channel: Channel, zone: ZoneInfo, now: datetime) -> datetime:
    """The first instant from `now` on outside the quiet hours: messages and calls rest from 21 to 8 court time."""
    if channel not in _DISTURBING:
        return now
    local = now.astimezone(zone)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return now
    day = local.date() + timedelta(days=1) if local.time() >= QUIET_FROM else local.date()
    return datetime.combine(day, QUIET_UNTIL, zone).astimezone(now.tzinfo)


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


def add_working_days(day: date, count: int, is_rest_day: Callable[[date], bool]) -> date:
    """The day `count` working days after `day`."""
    while count > 0:
        day += timedelta(days=1)
        if not is_rest_day(day):
            count -= 1
    return day


def working_days_between(first: date, last: date, is_rest_day: Callable[[date], bool]) -> int:
    """How many working days lie after `first` up to and including `last`."""
    span = (last - first).days
    return sum(not is_rest_day(first + timedelta(days=offset)) for offset in range(1, max(span, 0) + 1))
