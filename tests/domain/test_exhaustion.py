"""The exhaustion certificate: what each line says, and that without a gap nothing applicable is left."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.escalation import decide
from delivery.domain.event import Channel
from delivery.domain.exhaustion import MEANS, Asked, Means, certify
from delivery.domain.ladder import (
    KnownAddress,
    KnownAttempt,
    OrderFacts,
    Refer,
    Reopen,
    Standing,
    StartSearches,
    TierState,
    WakeAt,
)
from delivery.domain.law.rules import RULES
from delivery.domain.order import AttemptStatus, OrderStatus
from delivery.domain.search import Answer, KnownSearch, Need, Sought, Source, sources_for
from delivery.planning import plan_named

NOW = datetime(2026, 4, 15, 2, 0, tzinfo=UTC)
DAY = date(2026, 3, 20)
STANDARD = plan_named("standard")
HOME, OTHER, MOBILE = (UUID(int=number) for number in (1, 2, 3))
DOOR = KnownAddress(HOME, "postal", "plaintiff_supplied", "good", reused=False)
PHONE = KnownAddress(MOBILE, "mobile", "plaintiff_supplied", "good", reused=False)
CHAT = KnownAddress(UUID(int=4), "wechat", "confirmed", "good", reused=False)


def _tried(channel: Channel, address: UUID, reason: str = "nobody_home", tier: str = "visit") -> KnownAttempt:
    return KnownAttempt(tier, channel, AttemptStatus.FAILED, address, reason, DAY)


VISITED = _tried(Channel.IN_PERSON, HOME)
MAILED = _tried(Channel.POST, HOME, "unclaimed", "mail")
TEXTED = KnownAttempt("electronic", Channel.SMS, AttemptStatus.ARRIVED, MOBILE, "", DAY)
ANSWERED = tuple(
    KnownSearch(source, DAY, DAY, Answer.NOTHING, DAY) for source in (Source.ASK_PLAINTIFF, Source.HOUSEHOLD_REGISTER)
)
DONE = OrderFacts(
    status=OrderStatus.OPEN,
    plan=STANDARD,
    tiers=tuple(TierState(tier.name, NOW - timedelta(days=40), skipped=False) for tier in STANDARD.tiers[:-1]),
    attempts=(TEXTED, VISITED, VISITED, MAILED),
    addresses=(DOOR, PHONE),
    effect=Standing(),
    channels=frozenset(Channel),
    zone=ZoneInfo("Asia/Shanghai"),
    is_rest_day=lambda day: day.weekday() >= 5,
    sources=sources_for(Sought("natural_person")),
    searches=ANSWERED,
)


def _gaps(facts: OrderFacts) -> list[str]:
    return [f"{gap.code} {gap.subject}".strip() for gap in certify(facts).gaps]


def _lines(facts: OrderFacts) -> list[str]:
    return [f"{line.channel} {line.state} {line.result or line.reason}" for line in certify(facts).means]


@pytest.mark.parametrize(
    ("facts", "gaps"),
    [
        (DONE, []),
        (replace(DONE, attempts=(TEXTED, VISITED, MAILED)), []),
        (replace(DONE, attempts=(VISITED, MAILED)), ["untried sms"]),
        (replace(DONE, attempts=(TEXTED, VISITED)), ["untried post"]),
        (replace(DONE, attempts=(TEXTED, MAILED)), ["untried in_person"]),
        (
            replace(DONE, attempts=(TEXTED, MAILED, replace(VISITED, status=AttemptStatus.PLANNED))),
            ["not_yet_made in_person"],
        ),
        (
            replace(DONE, attempts=(TEXTED, MAILED, replace(VISITED, status=AttemptStatus.WITHDRAWN))),
            ["untried in_person"],
        ),
        (replace(DONE, attempts=(TEXTED, MAILED), addresses=(replace(DOOR, in_area=False), PHONE)), []),
        (replace(DONE, attempts=(VISITED, MAILED), addresses=(DOOR, replace(PHONE, standing="dead"))), []),
        (replace(DONE, attempts=(VISITED, MAILED), addresses=(DOOR, replace(PHONE, standing="opted_out"))), []),
        (replace(DONE, attempts=(TEXTED,), addresses=(replace(DOOR, standing="not_theirs"), PHONE)), []),
        (
            replace(DONE, attempts=(TEXTED, VISITED), channels=frozenset(Channel) - {Channel.POST}),
            ["mail_never_tried post"],
        ),
        (replace(DONE, attempts=(VISITED, MAILED), channels=frozenset(Channel) - {Channel.SMS}), []),
        (replace(DONE, addresses=(), attempts=()), []),
        (replace(DONE, firm_with_email=UUID(int=9)), ["untried email"]),
        (replace(DONE, firm_with_wechat=UUID(int=9)), ["untried wechat"]),
        (replace(DONE, addresses=(DOOR, PHONE, CHAT)), ["untried wechat"]),
        (replace(DONE, addresses=(DOOR, PHONE, replace(CHAT, reachable=False))), []),
        (replace(DONE, searches=ANSWERED[:1]), ["search_not_asked household_register"]),
        (
            replace(DONE, searches=(ANSWERED[0], KnownSearch(Source.HOUSEHOLD_REGISTER, DAY, DAY))),
            ["search_open household_register"],
        ),
        (
            replace(DONE, searches=(*ANSWERED, KnownSearch(Source.ASK_PLAINTIFF, DAY, DAY))),
            ["search_open ask_plaintiff"],
        ),
        (replace(DONE, searches=(*ANSWERED, KnownSearch(Source.CARRIER_LOOKUP, DAY, DAY))), []),
        (replace(DONE, notice_possible=False), ["notice_not_available"]),
        (replace(DONE, recipient_status="imprisoned"), ["through_the_unit"]),
    ],
)
def test_what_stands_between_an_order_and_a_notice(facts: OrderFacts, gaps: list[str]) -> None:
    assert _gaps(facts) == gaps


def test_each_line_says_what_became_of_it() -> None:
    facts = replace(
        DONE, addresses=(replace(DOOR, in_area=False), replace(PHONE, standing="replaced")), attempts=(MAILED,)
    )
    assert _lines(facts) == ["in_person skipped outside_area", "post tried unclaimed", "sms skipped replaced"]
    mail = certify(facts).means[1]
    assert (mail.on, mail.rule, mail.basis) == (DAY, "CPL-91", "plaintiff_supplied")
    asked = {line.source: (line.state, line.on) for line in certify(facts).sources}
    assert asked[Source.ASK_PLAINTIFF] == (Asked.DONE, DAY)
    assert asked[Source.COMPANY_REGISTER] == (Asked.NOT_APPLICABLE, None)
    assert asked[Source.COMMITTEE_STATEMENT] == (Asked.NOT_ASKED, None)
    assert {tier.name: tier.state for tier in certify(facts).tiers}["publication"] == "to_come"


def test_an_order_without_a_gap_goes_to_the_officer() -> None:
    assert decide(DONE, NOW) == [Refer("approve_notice")]
    assert decide(replace(DONE, notice_possible=False), NOW) == [Refer("ladder_exhausted")]


def test_before_that_the_sources_are_asked_and_waited_for() -> None:
    asked = decide(replace(DONE, searches=()), NOW)
    assert asked == [StartSearches((Source.ASK_PLAINTIFF, Source.HOUSEHOLD_REGISTER))]
    due = date(2026, 4, 16)
    waiting = replace(DONE, searches=(ANSWERED[0], KnownSearch(Source.HOUSEHOLD_REGISTER, DAY, due)))
    assert decide(waiting, NOW) == [WakeAt(datetime(2026, 4, 17, 1, 0, tzinfo=UTC))]
    assert decide(waiting, NOW + timedelta(days=2)) == [Refer("search_overdue", "household_register")]


def test_an_address_that_was_found_is_gone_to_and_written_to() -> None:
    found = KnownAddress(OTHER, "postal", "registry", "good", reused=False)
    facts = replace(DONE, addresses=(DOOR, PHONE, found))
    [visit] = decide(facts, NOW)
    assert isinstance(visit, Reopen)
    assert (visit.tier, [start.address_id for start in visit.starts]) == ("visit", [OTHER])
    gone = replace(facts, attempts=(*DONE.attempts, _tried(Channel.IN_PERSON, OTHER), _tried(Channel.IN_PERSON, OTHER)))
    [mail] = decide(gone, NOW)
    assert isinstance(mail, Reopen)
    assert (mail.tier, [start.address_id for start in mail.starts]) == ("mail", [OTHER])


def test_a_door_that_is_wrong_starts_the_search_at_once() -> None:
    moved = replace(VISITED, reason="moved")
    running = replace(
        DONE, tiers=(TierState("visit", NOW, skipped=False),), attempts=(moved,), addresses=(DOOR,), searches=()
    )
    assert any(isinstance(effect, StartSearches) for effect in decide(running, NOW))
    second = KnownAddress(OTHER, "postal", "confirmed", "good", reused=False)
    elsewhere = replace(running, addresses=(DOOR, second))
    assert not any(isinstance(effect, StartSearches) for effect in decide(elsewhere, NOW))


ADDRESS_IDS = st.integers(1, 4).map(lambda number: UUID(int=number))


ADDRESSES = st.lists(
    st.builds(
        KnownAddress,
        id=ADDRESS_IDS,
        kind=st.sampled_from(["mobile", "email", "postal", "wechat", "landline"]),
        basis=st.just("registry"),
        standing=st.sampled_from(["good", "dead", "returned", "not_theirs", "opted_out", "replaced"]),
        reused=st.booleans(),
        in_area=st.booleans(),
    ),
    max_size=4,
    unique_by=lambda address: address.id,
)
ATTEMPTS = st.lists(
    st.builds(
        KnownAttempt,
        tier=st.just("visit"),
        channel=st.sampled_from([Channel.SMS, Channel.EMAIL, Channel.IN_PERSON, Channel.POST]),
        status=st.sampled_from(AttemptStatus),
        address_id=ADDRESS_IDS,
        reason=st.sampled_from(["", "moved"]),
        on=st.just(DAY),
    ),
    max_size=12,
)
SEARCHES = st.lists(
    st.builds(
        KnownSearch,
        source=st.sampled_from(Source),
        requested_on=st.just(DAY),
        due_on=st.just(DAY),
        answer=st.none() | st.sampled_from(Answer),
    ),
    max_size=6,
)


@st.composite
def _facts(draw: st.DrawFn) -> OrderFacts:
    sought = Sought(draw(st.sampled_from(["natural_person", "organisation"])), identified=draw(st.booleans()))
    return replace(
        DONE,
        addresses=draw(ADDRESSES),
        attempts=draw(ATTEMPTS),
        searches=draw(SEARCHES),
        sources=sources_for(sought),
        channels=draw(st.frozensets(st.sampled_from(Channel))),
    )


@given(_facts())
def test_without_a_gap_nothing_applicable_is_left(facts: OrderFacts) -> None:
    certificate = certify(facts)
    assert all(gap.rule in RULES for gap in certificate.gaps)
    lines = {(line.address_id, line.channel): line for line in certificate.means}
    for address in facts.addresses:
        for channel in MEANS.get(address.kind, ()):
            line = lines[address.id, channel]
            went = any(
                attempt.channel is channel
                and attempt.address_id == address.id
                and attempt.status not in {AttemptStatus.PLANNED, AttemptStatus.SUBMITTING, AttemptStatus.WITHDRAWN}
                for attempt in facts.attempts
            )
            assert (line.state is Means.TRIED) is went
            assert line.state is not Means.SKIPPED or line.reason
            assert line.state is not Means.UNTRIED or certificate.gaps
    latest = {search.source: search for search in facts.searches}
    for applies in facts.sources:
        answered = applies.source in latest and latest[applies.source].answer is not None
        if applies.need is Need.REQUIRED and not answered:
            assert applies.source in {gap.subject for gap in certificate.gaps}


@given(_facts())
def test_the_officer_is_asked_only_when_nothing_is_left(facts: OrderFacts) -> None:
    effects = decide(facts, NOW)
    if Refer("approve_notice") in effects:
        assert certify(facts).gaps == ()
    elif facts.tiers[-1].started_at < NOW - timedelta(days=30):
        assert certify(facts).gaps or any(isinstance(effect, WakeAt) for effect in effects)
