"""The exhaustion certificate: every address and means tried, skipped (why) or untried, every source asked or not.

Public notice is the last way (CPL 95): the whereabouts are unknown, or every other way of the chapter fails, and the
file holds reason and course. `certify` is pure: what is known of an order -> its certificate; `gaps` names what stands
between the order and a notice, each with the rule that asks for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from delivery.domain.event import Channel
from delivery.domain.ladder import KnownAddress, KnownAttempt, OrderFacts
from delivery.domain.order import AttemptStatus
from delivery.domain.plan import Condition, Pool, Step
from delivery.domain.search import Applies, KnownSearch, Need, Source
from delivery.domain.waiting import DISTURBING

# Kind of address -> the means that reach it. A posting is no means of its own: left at an own address it belongs to the
# visit, elsewhere it is a visit card, which serves nobody; it is listed where it was made.
MEANS = {
    "postal": (Channel.IN_PERSON, Channel.POST),
    "mobile": (Channel.SMS,),
    "email": (Channel.EMAIL,),
    "wechat": (Channel.WECHAT,),
}
_OF_FIRMS = {"email": Channel.EMAIL, "wechat": Channel.WECHAT}
_NOT_OUT_YET = frozenset({AttemptStatus.PLANNED, AttemptStatus.SUBMITTING})
_UNIT_STATUSES = frozenset({"military", "imprisoned", "compulsory_education"})
_RULES = {
    Channel.IN_PERSON: "CPL-88",
    Channel.POST: "CPL-91",
    Channel.SMS: "CPL-90",
    Channel.EMAIL: "CPL-90",
    Channel.WECHAT: "CPL-90",
    Channel.POSTING: "OP19-7",
}


class Means(StrEnum):
    """What became of one address and one means."""

    TRIED = "tried"
    SKIPPED = "skipped"
    UNTRIED = "untried"


class Asked(StrEnum):
    """What became of one source."""

    DONE = "done"
    OPEN = "open"
    NOT_ASKED = "not_asked"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class MeansLine:
    """One address by one means. `result` is the attempt's own word, `reason` why it was skipped or is untried.

    Counsel's firm has no address id; its `basis` is `counsel`.
    """

    address_id: UUID | None
    kind: str
    basis: str
    channel: Channel
    state: Means
    rule: str
    on: date | None = None
    result: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source of the address search."""

    source: Source
    need: Need
    state: Asked
    rule: str
    reason: str
    requested_on: date | None = None
    due_on: date | None = None
    on: date | None = None
    result: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class TierLine:
    """One tier of the plan: run, skipped with its reason, or not reached."""

    name: str
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that has to be done before a notice. `subject` is a channel or a source, where there is one."""

    code: str
    rule: str
    subject: str = ""
    address_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was done to find and reach the recipient."""

    means: tuple[MeansLine, ...]
    sources: tuple[SourceLine, ...]
    tiers: tuple[TierLine, ...]
    gaps: tuple[Gap, ...]


def certify(facts: OrderFacts) -> Certificate:
    """The certificate of an order as it stands. Pure and repeatable."""
    means = tuple(_means_lines(facts))
    sources = tuple(_source_line(applies, facts.searches) for applies in facts.sources)
    gaps = (*_means_gaps(means), *_source_gaps(sources), *_barred(facts))
    return Certificate(means, sources, tuple(_tier_lines(facts)), gaps)


def _means_lines(facts: OrderFacts) -> Iterable[MeansLine]:
    for address in facts.addresses:
        for channel in MEANS.get(address.kind, ()):
            yield _line(facts, address, channel)
        posted = attempts_to(facts.attempts, Channel.POSTING, address.id)
        if any(attempt.status not in _NOT_OUT_YET for attempt in posted):
            yield _line(facts, address, Channel.POSTING)
    for kind, channel in _OF_FIRMS.items():
        if facts.firm_for(channel) is not None:
            yield _firm_line(facts, kind, channel)


def attempts_to(attempts: Iterable[KnownAttempt], channel: Channel, address_id: UUID | None) -> list[KnownAttempt]:
    """What was tried by this channel at this address; what was withdrawn was not tried."""
    return [
        attempt
        for attempt in attempts
        if attempt.channel is channel
        and attempt.address_id == address_id
        and attempt.status is not AttemptStatus.WITHDRAWN
    ]


def _line(facts: OrderFacts, address: KnownAddress, channel: Channel) -> MeansLine:
    tried = attempts_to(facts.attempts, channel, address.id)
    state, on, result, reason, rule = _became(tried) or _untried(facts, address, channel)
    return MeansLine(
        address.id, address.kind, address.basis, channel, state, rule or _RULES[channel], on, result, reason
    )


def _firm_line(facts: OrderFacts, kind: str, channel: Channel) -> MeansLine:
    """INT 132: with a litigation agent the court may serve either."""
    tried = [
        attempt
        for attempt in facts.attempts
        if attempt.address_id is None and attempt.channel is channel and attempt.status is not AttemptStatus.WITHDRAWN
    ]
    reason = "" if tried else _technical(facts, channel, Pool.FIRM)
    state, on, result, why, _ = _became(tried) or (
        Means.SKIPPED if reason else Means.UNTRIED,
        None,
        "",
        reason or "not_yet_used",
        "",
    )
    return MeansLine(None, kind, "counsel", channel, state, "INT-132", on, result, why)


_Became = tuple[Means, date | None, str, str, str]


def _became(tried: Sequence[KnownAttempt]) -> _Became | None:
    """What the latest try says: it went out, or it waits to be made."""
    if not tried:
        return None
    out = [attempt for attempt in tried if attempt.status not in _NOT_OUT_YET]
    if not out:
        return Means.UNTRIED, None, "", "not_yet_made", ""
    last = out[-1]
    return Means.TRIED, last.on, last.reason or last.status, "", ""


def _untried(facts: OrderFacts, address: KnownAddress, channel: Channel) -> _Became:
    """Why nothing went there by this means: a reason that holds, or none, which is a gap."""
    if address.standing in {"dead", "not_theirs", "replaced"}:
        return Means.SKIPPED, None, "", address.standing, "OP19-6" if address.standing == "replaced" else ""
    if address.standing == "opted_out" and channel in DISTURBING:
        return Means.SKIPPED, None, "", "opted_out", ""
    if channel is Channel.IN_PERSON and not address.in_area:
        # CPL 91: where direct service is difficult, another court or the post serves.
        return Means.SKIPPED, None, "", "outside_area", "CPL-91"
    technical = _technical(facts, channel, Pool.USABLE) or ("" if address.reachable else "channel_not_configured")
    if technical:
        return Means.SKIPPED, None, "", technical, ""
    if not address.consents and any(facts.limits.needs_consent(step) for step in _steps(facts, channel, Pool.USABLE)):
        return Means.SKIPPED, None, "", "no_consent", ""
    return Means.UNTRIED, None, "", "not_yet_used", ""


def _technical(facts: OrderFacts, channel: Channel, pool: Pool) -> str:
    """Whether the order has this means at all."""
    steps = _steps(facts, channel, pool)
    if not steps:
        return "not_in_plan"
    if all(facts.limits.bar(step) for step in steps):
        return facts.limits.bar(steps[0])
    if pool is Pool.FIRM and facts.limits.needs_consent(steps[0]) and not any(a.consents for a in facts.addresses):
        return "no_consent"
    if channel in facts.kept_inside:
        return "data_must_stay"
    return "" if channel in facts.channels else "channel_not_configured"


def _steps(facts: OrderFacts, channel: Channel, pool: Pool) -> list[Step]:
    return [
        step
        for tier in facts.plan.tiers
        if tier.when in {Condition.ALWAYS, Condition.REPRESENTED}
        for step in tier.steps
        if step.channel is channel and step.pool is pool
    ]


def _source_line(applies: Applies, searches: Iterable[KnownSearch]) -> SourceLine:
    """The newest answer of a source counts; a question that was put again is open again."""
    asked = [search for search in searches if search.source is applies.source]
    if not asked:
        state = Asked.NOT_APPLICABLE if applies.need is Need.NOT_APPLICABLE else Asked.NOT_ASKED
        return SourceLine(applies.source, applies.need, state, applies.rule, applies.reason)
    last = asked[-1]
    return SourceLine(
        applies.source,
        applies.need,
        Asked.OPEN if last.is_open else Asked.DONE,
        applies.rule,
        applies.reason,
        last.requested_on,
        last.due_on,
        last.replied_on,
        last.answer or "",
        last.by,
    )


def _tier_lines(facts: OrderFacts) -> Iterable[TierLine]:
    ran = {tier.name: tier for tier in facts.tiers}
    for tier in facts.plan.tiers:
        state = ran.get(tier.name)
        if state is None:
            yield TierLine(tier.name, "to_come")
        else:
            yield TierLine(tier.name, "skipped" if state.skipped else "run", state.reason)


def _means_gaps(lines: Sequence[MeansLine]) -> Iterable[Gap]:
    for line in lines:
        if line.state is Means.UNTRIED:
            code = "not_yet_made" if line.reason == "not_yet_made" else "untried"
            yield Gap(code, line.rule, line.channel, line.address_id)
    mail = [line for line in lines if line.channel is Channel.POST]
    if any(line.reason in {"not_in_plan", "channel_not_configured"} for line in mail) and not any(
        line.state in {Means.TRIED, Means.UNTRIED} for line in mail
    ):
        # SPC (2019) 民再168: with a known address, mail at least has to be tried, whatever the court's own means.
        yield Gap("mail_never_tried", "SPC-2019-168", Channel.POST)


def _source_gaps(lines: Sequence[SourceLine]) -> Iterable[Gap]:
    for line in lines:
        if line.need is not Need.REQUIRED:
            continue
        match line.state:
            case Asked.OPEN:
                yield Gap("search_open", line.rule, line.source)
            case Asked.NOT_ASKED:
                yield Gap("search_not_asked", line.rule, line.source)
            case _:
                pass


def _barred(facts: OrderFacts) -> Iterable[Gap]:
    """What no search and no visit mends."""
    if facts.recipient_status in _UNIT_STATUSES:
        yield Gap("through_the_unit", "CPL-92")
    if not facts.notice_possible:
        yield Gap("notice_not_available", "INT-140")
