"""What a tier can begin with now: its steps at their addresses, and what is passed over, each with its reason.

The limits of the papers come first: no step begins that the law bars for them, whatever the plan says. A door outside
the court's area is for the post or for another court (CPL 91); a decision goes by message only to somebody who agreed
(CPL 90).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from delivery.domain.event import Channel
from delivery.domain.ladder import KnownAddress, OrderFacts, PassedOver, Start
from delivery.domain.order import AttemptStatus
from delivery.domain.plan import Condition, Pool, Step, Tier
from delivery.domain.waiting import DISTURBING, out_of_quiet_hours

ON_FOOT = frozenset({Channel.IN_PERSON, Channel.POSTING})
_OPENS = time(9)
_KINDS = {
    Channel.SMS: {"mobile"},
    Channel.VOICE: {"mobile", "landline"},
    Channel.EMAIL: {"email"},
    Channel.WECHAT: {"wechat"},
    Channel.IN_PERSON: {"postal"},
    Channel.POST: {"postal"},
    Channel.POSTING: {"postal"},
}


@dataclass(frozen=True, slots=True)
class Beginning:
    """What starts, what is passed over, and the reason code when the whole tier is."""

    starts: tuple[Start, ...]
    passed: tuple[PassedOver, ...]
    reason: str = ""


def beginning_of(facts: OrderFacts, tier: Tier, now: datetime) -> Beginning:
    """How a tier begins at this instant. Without starts there is a reason."""
    reason = _why_not(facts, tier)
    if reason:
        return Beginning((), (), reason)
    starts: list[Start] = []
    passed: list[PassedOver] = []
    for step in tier.steps:
        if facts.limits.bar(step):
            continue
        if step.channel in facts.channels:
            starts.extend(_starts(facts, step, now))
            passed.extend(_passed(facts, step))
        elif step.channel in facts.kept_inside:
            passed.append(PassedOver(step.channel, None, "data_must_stay"))
        elif step.channel is Channel.VOICE:
            passed.extend(_uncalled(facts, step))
    if starts:
        return Beginning(tuple(starts), tuple(passed))
    return Beginning((), tuple(passed), passed[0].reason if passed else "no_address")


def _why_not(facts: OrderFacts, tier: Tier) -> str:
    """The reason code for passing over a tier as a whole, or an empty string."""
    bars = [facts.limits.bar(step) for step in tier.steps]
    reasons = {
        bars[0] if bars else "": bool(bars) and all(bars),
        "nothing_to_reuse": tier.when is Condition.ADDRESS_REUSED and not any(a.reused for a in facts.addresses),
        "not_represented": tier.when is Condition.REPRESENTED and not facts.represented,
        "no_mail_came_back": tier.when is Condition.MAIL_CAME_BACK and not _mail_came_back(facts),
        "notice_declined": tier.when is Condition.APPROVED and not facts.notice_approved,
        "data_must_stay": bool(tier.steps) and all(step.channel in facts.kept_inside for step in tier.steps),
        "channel_not_configured": not any(step.channel in facts.channels for step in tier.steps),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _mail_came_back(facts: OrderFacts) -> bool:
    return any(a.channel is Channel.POST and a.status is AttemptStatus.FAILED for a in facts.attempts)


def _starts(facts: OrderFacts, step: Step, now: datetime) -> Iterator[Start]:
    leave = leaving_time(facts, step, now)
    match step.pool:
        case Pool.NONE:
            yield Start(step, None, None, leave)
        case Pool.FIRM:
            firm = facts.firm_for(step.channel)
            if firm is not None and _agreed(facts, step):
                yield Start(step, None, firm, leave)
        case Pool.REUSED | Pool.USABLE:
            for address in usable_addresses(facts, step)[: step.most]:
                yield Start(step, address.id, None, leave)


def _passed(facts: OrderFacts, step: Step) -> Iterator[PassedOver]:
    """The addresses of the right kind that this step leaves out for the law's sake."""
    if step.pool is Pool.FIRM and facts.firm_for(step.channel) is not None and not _agreed(facts, step):
        yield PassedOver(step.channel, None, "no_consent")
    for address in _of_the_pool(facts, step):
        reason = barred_at(facts, step, address)
        if reason:
            yield PassedOver(step.channel, address.id, reason)


def _uncalled(facts: OrderFacts, step: Step) -> Iterator[PassedOver]:
    """The numbers that a court without a telephone layer does not call: who asks later finds why."""
    for address in usable_addresses(facts, step)[: step.most]:
        yield PassedOver(step.channel, address.id, "channel_not_configured")


def barred_at(facts: OrderFacts, step: Step, address: KnownAddress) -> str:
    """The reason code why the law, or the want of a way there, keeps a step from this address; else an empty string."""
    if step.channel in ON_FOOT and not address.in_area:
        return "outside_area"
    if not address.reachable:
        return "channel_not_configured"
    if facts.limits.needs_consent(step) and not address.consents:
        return "no_consent"
    return ""


def _agreed(facts: OrderFacts, step: Step) -> bool:
    """INT 132: the agent may be served in place of the party, by message where the party agreed to messages."""
    return not facts.limits.needs_consent(step) or any(address.consents for address in facts.addresses)


def usable_addresses(facts: OrderFacts, step: Step) -> list[KnownAddress]:
    """The addresses that a step may use, best first.

    Of the right kind, not known dead, not already used in this way, and not kept from it by the law.
    """
    if facts.limits.bar(step):
        return []
    return [
        address
        for address in _of_the_pool(facts, step)
        # Mail that came back leaves the door itself as the place to post a notice.
        if address.standing not in {"dead", "not_theirs"}
        and not (address.standing == "opted_out" and step.channel in DISTURBING)
        and not (address.standing == "voice_only" and step.channel is not Channel.VOICE)
        and not barred_at(facts, step, address)
    ]


def _of_the_pool(facts: OrderFacts, step: Step) -> list[KnownAddress]:
    """The addresses of a step's kind and pool that were not yet used in this way."""
    if step.pool not in {Pool.REUSED, Pool.USABLE} or step.channel not in _KINDS:
        return []
    used = {(attempt.channel, attempt.address_id) for attempt in facts.attempts}
    return [
        address
        for address in facts.addresses
        if address.kind in _KINDS[step.channel]
        and (step.channel, address.id) not in used
        and (step.pool is not Pool.REUSED or address.reused)
    ]


def leaving_time(facts: OrderFacts, step: Step, now: datetime) -> datetime:
    """The first instant at which a step of a tier that begins now may leave: after its delay, out of quiet hours."""
    if step.after_days:
        day = now.astimezone(facts.zone).date() + timedelta(days=step.after_days)
        now = datetime.combine(day, _OPENS, facts.zone).astimezone(now.tzinfo)
    return out_of_quiet_hours(step.channel, facts.zone, now)
