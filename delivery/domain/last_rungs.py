"""What is done when the ladder has ended and before a public notice is thought of: the ways left over, and the search.

Pure, a part of `decide`. An address that came in late, or that a tier had no room for, is gone through first; then the
required sources are asked, and their answers waited for; only an order without a gap goes to a court officer.
"""

from datetime import datetime, time, timedelta
from uuid import UUID

from delivery.domain.event import Channel
from delivery.domain.exhaustion import Certificate, Means, certify
from delivery.domain.ladder import Effect, OrderFacts, Refer, Reopen, Start, StartSearches, WakeAt
from delivery.domain.order import AttemptStatus
from delivery.domain.plan import Condition, Pool, Step, Tier
from delivery.domain.posting import PostingMeaning
from delivery.domain.search import KnownSearch, Need, Source
from delivery.domain.waiting import out_of_quiet_hours

# What a door or the post says of a place that is not, or no longer, the recipient's.
_WRONG_PLACE = frozenset({"moved", "not_found", "address_wrong", "addressee_unknown", "no_such_person"})
_AT_DOORS = frozenset({Channel.IN_PERSON, Channel.POST, Channel.POSTING})
_REPEATED = frozenset({Condition.ALWAYS, Condition.REPRESENTED})


def early_searches(facts: OrderFacts) -> list[Effect]:
    """Ask at once when the last door in hand is the wrong one: answers take days, and the ladder goes on meanwhile.

    A visit card serves nobody: that nothing better could be left there is itself the sign to search. Where no source
    has to be asked, a clerk says whom to ask.
    """
    if any(attempt.meaning == PostingMeaning.VISIT_CARD for attempt in facts.attempts):
        return _ask(facts) or ([] if facts.searches else [Refer("search_address")])
    wrong = {
        attempt.address_id
        for attempt in facts.attempts
        if attempt.channel in _AT_DOORS and attempt.status is AttemptStatus.FAILED and attempt.reason in _WRONG_PLACE
    }
    doors = {a.id for a in facts.addresses if a.kind == "postal" and a.standing not in {"dead", "not_theirs"}}
    if not wrong or doors - wrong:
        return []
    return _ask(facts)


def before_notice(facts: OrderFacts, now: datetime) -> list[Effect]:
    """Work on what is open; refer to a court officer, or to a clerk where no notice is possible, when nothing is."""
    certificate = certify(facts)
    again = _reopened(facts, certificate, now)
    if again is not None:
        return [again]
    effects = _ask(facts)
    waiting = [search for search in _open_searches(facts) if _is_required(facts, search.source)]
    effects += [Refer("search_overdue", search.source) for search in waiting if _is_late(facts, search, now)]
    ahead = [search.due_on for search in waiting if not _is_late(facts, search, now)]
    if ahead:
        morning = datetime.combine(min(ahead) + timedelta(days=1), time(9), facts.zone)
        effects.append(WakeAt(morning.astimezone(now.tzinfo)))
    if effects:
        return effects
    if any(gap.code != "notice_not_available" for gap in certificate.gaps):
        return [Refer("exhaustion_gaps")]
    return [Refer("approve_notice" if facts.notice_possible else "ladder_exhausted")]


def _ask(facts: OrderFacts) -> list[Effect]:
    """The required sources that nobody has asked yet."""
    asked = {search.source for search in facts.searches}
    wanted = tuple(
        applies.source for applies in facts.sources if applies.need is Need.REQUIRED and applies.source not in asked
    )
    return [StartSearches(wanted)] if wanted else []


def _open_searches(facts: OrderFacts) -> list[KnownSearch]:
    latest = {search.source: search for search in facts.searches}
    return [search for search in latest.values() if search.is_open]


def _is_required(facts: OrderFacts, source: Source) -> bool:
    return any(applies.source is source and applies.need is Need.REQUIRED for applies in facts.sources)


def _is_late(facts: OrderFacts, search: KnownSearch, now: datetime) -> bool:
    return now.astimezone(facts.zone).date() > search.due_on


def _reopened(facts: OrderFacts, certificate: Certificate, now: datetime) -> Reopen | None:
    """The lowest tier that has an address, or a firm, that it never used."""
    for position, tier in enumerate(facts.plan.tiers):
        if tier.when in _REPEATED:
            starts = _starts(facts, certificate, tier, now)
            if starts:
                return Reopen(tier.name, position, starts)
    return None


def _starts(facts: OrderFacts, certificate: Certificate, tier: Tier, now: datetime) -> tuple[Start, ...]:
    starts: list[Start] = []
    for step in tier.steps:
        leave = out_of_quiet_hours(step.channel, facts.zone, now)
        if step.pool is Pool.FIRM:
            starts.extend(Start(step, None, facts.firm_for(step.channel), leave) for _ in _left_over(certificate, step))
        elif step.pool is Pool.USABLE:
            left = _left_over(certificate, step)[: step.most]
            starts.extend(Start(step, address_id, None, leave) for address_id in left)
    return tuple(starts)


def _left_over(certificate: Certificate, step: Step) -> list[UUID | None]:
    """The addresses, best first, that could be used in this way and were not; None for counsel's firm."""
    return [
        line.address_id
        for line in certificate.means
        if line.state is Means.UNTRIED
        and line.reason == "not_yet_used"
        and line.channel is step.channel
        and (line.address_id is None) is (step.pool is Pool.FIRM)
    ]
