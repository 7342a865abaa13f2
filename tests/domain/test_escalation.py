"""The decision: by tables for what it must say, by drawn facts for what it must never do."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.case import Procedure
from delivery.domain.escalation import decide, tier_ends_at
from delivery.domain.event import Channel
from delivery.domain.ladder import (
    CANNOT_TELL,
    Conclude,
    Effect,
    KnownAddress,
    KnownAttempt,
    OrderFacts,
    Refer,
    Reopen,
    SkipTier,
    Standing,
    Start,
    StartTier,
    TierState,
    TryAgain,
    WakeAt,
)
from delivery.domain.limits import Method, limits_of, method_of
from delivery.domain.order import AttemptStatus, OrderStatus
from delivery.domain.paper import DocumentKind
from delivery.domain.plan import Plan
from delivery.domain.posting import PostingMeaning
from delivery.domain.waiting import add_working_days, out_of_quiet_hours, working_days_between
from delivery.planning import plan_templates
from tests.domain.ladder_facts import (
    ADDRESSES,
    FRESH,
    NOW,
    POST,
    SHANGHAI,
    STANDARD,
    said,
    skipped,
    started,
    tried,
    weekend,
)

ELECTRONIC = replace(FRESH, tiers=(*skipped("reuse", "counsel"), *started("electronic")))
VISIT = replace(FRESH, tiers=(*skipped("reuse", "counsel", "electronic"), *started("visit")))
MAIL = replace(FRESH, tiers=(*skipped("reuse", "counsel", "electronic", "visit"), *started("mail")))
UNDERWAY = tried("electronic", Channel.SMS, AttemptStatus.SUBMITTED)
HOME_FAILED = tried("visit", Channel.IN_PERSON, AttemptStatus.FAILED, "nobody_home", POST)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (FRESH, ["skip reuse: nothing_to_reuse", "skip counsel: not_represented", "start electronic: sms email"]),
        (replace(FRESH, firm_with_email=UUID(int=9)), ["skip reuse: nothing_to_reuse", "start counsel: email"]),
        (
            replace(FRESH, addresses=(replace(ADDRESSES[0], reused=True, basis="other_proceedings"),)),
            ["start reuse: sms voice"],
        ),
        (replace(FRESH, status=OrderStatus.CANCELLED), []),
        (replace(FRESH, status=OrderStatus.CONCLUDED, effect=Standing("SERVED")), []),
        (replace(FRESH, status=OrderStatus.HELD), []),
        (replace(FRESH, status=OrderStatus.HELD, effect=Standing("SERVED")), ["conclude"]),
        (replace(FRESH, effect=Standing("SERVED")), ["conclude"]),
        (replace(FRESH, effect=Standing("PRESUMED", needs_confirmation=True)), ["refer confirm_outcome"]),
        (replace(FRESH, effect=Standing("PRESUMED", needs_confirmation=True, confirmed=True)), ["conclude"]),
        (
            replace(ELECTRONIC, effect=Standing("PRESUMED", needs_confirmation=True, sent_back=True)),
            ["start visit: in_person"],
        ),
        (replace(FRESH, effect=Standing(CANNOT_TELL)), ["wake 03-03 09:00"]),
        (replace(FRESH, papers_complete=False), ["refer papers_missing"]),
        (replace(FRESH, sending_stopped=True), ["wake 03-03 09:00"]),
        (replace(ELECTRONIC, attempts=(UNDERWAY,)), ["wake 03-05 09:00"]),
        (
            replace(ELECTRONIC, attempts=(replace(UNDERWAY, status=AttemptStatus.FAILED),)),
            ["start visit: in_person"],
        ),
        (
            replace(ELECTRONIC, effect=Standing("COURT_REVIEW"), attempts=(UNDERWAY,)),
            ["refer court_review", "wake 03-05 09:00"],
        ),
        (replace(VISIT, attempts=(HOME_FAILED,)), ["again visit: in_person", "wake 03-09 09:00"]),
        (replace(VISIT, attempts=(HOME_FAILED, HOME_FAILED)), ["start mail: post"]),
        (replace(VISIT, attempts=(replace(HOME_FAILED, reason="not_found"),)), ["start mail: post"]),
        (
            replace(MAIL, attempts=(tried("mail", Channel.POST, AttemptStatus.FAILED, "unclaimed", POST),)),
            ["start posting: posting"],
        ),
        (
            replace(FRESH, addresses=()),
            [
                "skip reuse: nothing_to_reuse",
                "skip counsel: not_represented",
                "skip electronic: no_address",
                "skip visit: no_address",
                "skip mail: no_address",
                "skip posting: no_mail_came_back",
                "refer approve_notice",
            ],
        ),
        (
            replace(
                FRESH,
                channels=frozenset({Channel.IN_PERSON}),
                addresses=(replace(ADDRESSES[2], in_area=False),),
                notice_declined=True,
            ),
            [
                "skip reuse: nothing_to_reuse",
                "skip counsel: not_represented",
                "skip electronic: channel_not_configured",
                "refer entrust_service",
                "skip visit: outside_area",
                "skip mail: channel_not_configured",
                "skip posting: no_mail_came_back",
                "skip publication: notice_declined",
                "refer ladder_exhausted",
            ],
        ),
        (
            replace(FRESH, addresses=(), notice_possible=False, tiers=skipped(*(t.name for t in STANDARD.tiers[:-1]))),
            ["refer ladder_exhausted"],
        ),
        (
            replace(FRESH, addresses=(), notice_approved=True, tiers=skipped(*(t.name for t in STANDARD.tiers[:-1]))),
            ["start publication: publication"],
        ),
    ],
)
def test_what_is_decided(facts: OrderFacts, expected: list[str]) -> None:
    assert said(facts) == expected


def test_a_tier_that_waited_long_enough_gives_way() -> None:
    facts = replace(ELECTRONIC, attempts=(UNDERWAY,))
    running = facts.tiers[-1]
    ends_at = tier_ends_at(facts, running)
    assert said(facts, ends_at - timedelta(seconds=1)) == ["wake 03-05 09:00"]
    assert said(facts, ends_at) == ["start visit: in_person"]


def test_waits_are_working_days_of_the_court() -> None:
    friday = datetime(2026, 3, 6, 2, 0, tzinfo=UTC)
    facts = replace(ELECTRONIC, tiers=started("electronic", at=friday))
    assert tier_ends_at(facts, facts.tiers[-1]).astimezone(SHANGHAI) == datetime(2026, 3, 11, 9, tzinfo=SHANGHAI)


def test_a_near_hearing_shortens_the_waits() -> None:
    mail = replace(MAIL, attempts=(tried("mail", Channel.POST, AttemptStatus.UNDERWAY, "", POST),))
    usual = tier_ends_at(mail, mail.tiers[-1])
    near = replace(mail, hearing_at=NOW + timedelta(days=14))
    far = replace(mail, hearing_at=NOW + timedelta(days=90))
    assert tier_ends_at(far, far.tiers[-1]) == usual
    assert NOW < tier_ends_at(near, near.tiers[-1]) < usual
    past = replace(mail, hearing_at=NOW - timedelta(days=3))
    assert tier_ends_at(past, past.tiers[-1]) > NOW, "at least one working day is given"


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2026-03-02T20:59", "2026-03-02T20:59"),
        ("2026-03-02T21:00", "2026-03-03T08:00"),
        ("2026-03-03T03:30", "2026-03-03T08:00"),
        ("2026-03-03T08:00", "2026-03-03T08:00"),
    ],
)
def test_texts_and_calls_rest_at_night(local: str, expected: str) -> None:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)

    for channel in (Channel.SMS, Channel.VOICE, Channel.WECHAT):
        assert out_of_quiet_hours(channel, SHANGHAI, at(local)) == at(expected)
    assert out_of_quiet_hours(Channel.EMAIL, SHANGHAI, at(local)) == at(local)


@pytest.mark.parametrize(
    ("standing", "texts", "visits"),
    [("good", True, True), ("dead", False, False), ("not_theirs", False, False), ("opted_out", False, True)],
)
def test_the_standing_of_an_address_says_what_it_is_good_for(standing: str, texts: bool, visits: bool) -> None:  # noqa: FBT001
    addresses = (replace(ADDRESSES[0], standing=standing), replace(ADDRESSES[2], standing=standing))
    first = said(replace(FRESH, addresses=addresses))
    assert ("start electronic: sms" in first) is texts
    rest = said(replace(VISIT, tiers=skipped("reuse", "counsel", "electronic"), addresses=addresses))
    assert ("start visit: in_person" in rest) is visits


PLANS = st.sampled_from(list(plan_templates().values()))
SOME_ADDRESS = st.builds(
    KnownAddress,
    id=st.integers(1, 6).map(lambda number: UUID(int=number)),
    kind=st.sampled_from(["mobile", "email", "postal"]),
    basis=st.sampled_from(["confirmed", "other_proceedings", "plaintiff_supplied"]),
    standing=st.sampled_from(["good", "dead", "returned", "not_theirs", "opted_out", "replaced"]),
    reused=st.booleans(),
    in_area=st.booleans(),
    consents=st.booleans(),
)
LIMITS = st.builds(
    limits_of,
    st.sets(st.sampled_from(list(DocumentKind)), min_size=1, max_size=2),
    st.sampled_from(list(Procedure)),
    st.sampled_from([date(2021, 12, 31), NOW.date()]),
    confidential=st.booleans(),
)


@st.composite
def _facts(draw: st.DrawFn) -> OrderFacts:
    """Any order that could be, and some that could not."""
    plan: Plan = draw(PLANS)
    names = [tier.name for tier in plan.tiers]
    behind = draw(st.integers(0, len(names)))
    tiers = tuple(
        TierState(name, NOW - timedelta(days=draw(st.integers(0, 40))), draw(st.booleans())) for name in names[:behind]
    )
    attempt = st.builds(
        KnownAttempt,
        tier=st.sampled_from(names),
        channel=st.sampled_from(list(Channel)),
        status=st.sampled_from(list(AttemptStatus)),
        address_id=st.none() | st.integers(1, 6).map(lambda number: UUID(int=number)),
        reason=st.sampled_from(["", "nobody_home", "unclaimed", "unsafe"]),
        meaning=st.sampled_from(["", *PostingMeaning]),
    )
    return OrderFacts(
        status=draw(st.sampled_from(list(OrderStatus))),
        plan=plan,
        tiers=tiers,
        attempts=draw(st.lists(attempt, max_size=6)),
        addresses=draw(st.lists(SOME_ADDRESS, max_size=5, unique_by=lambda item: item.id)),
        effect=draw(
            st.builds(
                Standing,
                outcome=st.sampled_from(["NOT_SERVED", "SERVED", "PRESUMED", "COURT_REVIEW", CANNOT_TELL]),
                needs_confirmation=st.booleans(),
                confirmed=st.booleans(),
                sent_back=st.booleans(),
            )
        ),
        channels=frozenset(draw(st.sets(st.sampled_from(list(Channel))))),
        zone=SHANGHAI,
        is_rest_day=weekend,
        hearing_at=draw(st.none() | st.integers(-20, 90).map(lambda days: NOW + timedelta(days=days))),
        firm_with_email=draw(st.none() | st.just(UUID(int=9))),
        papers_complete=draw(st.booleans()),
        notice_approved=draw(st.booleans()),
        notice_declined=draw(st.booleans()),
        notice_possible=draw(st.booleans()),
        sending_stopped=draw(st.booleans()),
        limits=draw(LIMITS),
        plan_since=draw(st.none() | st.integers(0, 9).map(lambda days: NOW - timedelta(days=days))),
    )


@given(_facts())
def test_it_answers_always_and_the_same(facts: OrderFacts) -> None:
    assert decide(facts, NOW) == decide(facts, NOW)


@given(_facts())
def test_it_never_starts_or_skips_a_tier_twice(facts: OrderFacts) -> None:
    effects = decide(facts, NOW)
    named = [effect.tier for effect in effects if isinstance(effect, StartTier | SkipTier)]
    assert len(named) == len(set(named))
    assert not set(named) & {tier.name for tier in facts.tiers}
    assert sum(isinstance(effect, StartTier) for effect in effects) <= 1


@given(_facts())
def test_it_never_sends_when_it_must_not(facts: OrderFacts) -> None:
    effect = facts.effect
    rejected = effect.needs_confirmation and effect.sent_back and not effect.confirmed
    served = effect.outcome == CANNOT_TELL or (effect.outcome in {"SERVED", "PRESUMED"} and not rejected)
    barred = facts.status is not OrderStatus.OPEN or served or facts.sending_stopped or not facts.papers_complete
    if barred:
        assert not [effect for effect in decide(facts, NOW) if isinstance(effect, StartTier | Reopen | TryAgain)]


@given(_facts())
def test_an_open_order_is_never_forgotten(facts: OrderFacts) -> None:
    """Whatever is known, something starts, somebody is asked, a look is due, or the order is over."""
    if facts.status is OrderStatus.OPEN:
        effects = decide(facts, NOW)
        assert any(isinstance(effect, StartTier | Reopen | TryAgain | WakeAt | Refer | Conclude) for effect in effects)


@given(_facts())
def test_it_uses_no_address_that_is_known_to_be_wrong(facts: OrderFacts) -> None:
    wrong = {address.id for address in facts.addresses if address.standing in {"dead", "not_theirs"}}
    used = {
        start.address_id
        for effect in decide(facts, NOW)
        if isinstance(effect, StartTier)
        for start in effect.starts
        if start.address_id is not None
    }
    assert not used & wrong


def _begun(effects: list[Effect]) -> list[Start]:
    """Everything that starts, by whichever effect."""
    found = [start for effect in effects if isinstance(effect, StartTier | Reopen) for start in effect.starts]
    return found + [effect.start for effect in effects if isinstance(effect, TryAgain)]


@given(_facts())
def test_it_never_starts_what_the_law_bars(facts: OrderFacts) -> None:
    consenting = {address.id for address in facts.addresses if address.consents}
    outside = {address.id for address in facts.addresses if not address.in_area}
    for start in _begun(decide(facts, NOW)):
        method = method_of(start.step)
        assert method not in facts.limits.forbidden
        assert not (facts.limits.no_door_sheet and start.step.channel is Channel.POSTING)
        if facts.limits.consent_needed and method is Method.ELECTRONIC:
            assert start.address_id in consenting or (start.firm_id and consenting)
    for start in (start for effect in decide(facts, NOW) if isinstance(effect, StartTier) for start in effect.starts):
        assert start.step.channel not in {Channel.IN_PERSON, Channel.POSTING} or start.address_id not in outside


@given(_facts())
def test_it_asks_for_one_look_at_a_time(facts: OrderFacts) -> None:
    assert sum(isinstance(effect, WakeAt) for effect in decide(facts, NOW)) <= 1


@given(_facts())
def test_it_disturbs_nobody_at_night(facts: OrderFacts) -> None:
    midnight = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
    for effect in decide(facts, midnight):
        if isinstance(effect, StartTier):
            for start in effect.starts:
                if start.step.channel is Channel.SMS:
                    assert start.not_before.astimezone(SHANGHAI).hour == 8


@given(st.dates(date(2026, 1, 1), date(2027, 1, 1)), st.integers(0, 40))
def test_working_days_are_counted_as_they_are_added(day: date, count: int) -> None:
    later = add_working_days(day, count, weekend)
    assert working_days_between(day, later, weekend) == count
    assert count == 0 or not weekend(later)
