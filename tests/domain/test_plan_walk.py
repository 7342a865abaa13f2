"""Whole plans walked with a stepped clock: nothing barred ever starts, and a fast track keeps its fourth day.

A walk plays the part of the platform: it applies what is decided, lets the drawn fates of attempts come true, and steps
to the next moment that was asked for.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.domain.case import Procedure
from delivery.domain.escalation import decide
from delivery.domain.event import Channel
from delivery.domain.ladder import (
    Conclude,
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
from delivery.planning import plan_named, plan_templates

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # ten in the morning
ADDRESSES = (
    KnownAddress(UUID(int=1), "mobile", "confirmed", "good", reused=False, consents=True),
    KnownAddress(UUID(int=2), "mobile", "other_proceedings", "good", reused=True),
    KnownAddress(UUID(int=3), "email", "plaintiff_supplied", "good", reused=False),
    KnownAddress(UUID(int=4), "postal", "confirmed", "good", reused=False),
    KnownAddress(UUID(int=5), "postal", "found", "good", reused=False, in_area=False),
)
FIRM = UUID(int=9)


def _weekend(day: date) -> bool:
    return day.weekday() >= 5


def _facts(plan: Plan, start: datetime = MONDAY) -> OrderFacts:
    return OrderFacts(
        status=OrderStatus.OPEN,
        plan=plan,
        tiers=(),
        attempts=(),
        addresses=ADDRESSES,
        effect=Standing(),
        channels=frozenset(Channel),
        zone=SHANGHAI,
        is_rest_day=_weekend,
        firm_with_email=FIRM,
        notice_approved=True,
        plan_since=start,
    )


@dataclass
class Walk:
    """An order on its way. `fates` end the attempts, one after the other, some hours after they may leave."""

    facts: OrderFacts
    now: datetime
    fates: list[tuple[int, AttemptStatus, str]] = field(default_factory=list)
    started: list[tuple[datetime, Start]] = field(default_factory=list)
    referred: dict[str, datetime] = field(default_factory=dict)
    concluded_at: datetime | None = None
    _coming: list[tuple[datetime, int, AttemptStatus, str]] = field(default_factory=list)

    def run(self, days: int) -> None:
        """Look whenever a look was asked for or something came true, until the days are over."""
        until = self.now + timedelta(days=days)
        for _ in range(400):
            wake = self._look()
            moments = [moment for moment, *_ in self._coming]
            following = min([moment for moment in (wake, *moments) if moment is not None], default=None)
            if self.concluded_at is not None or following is None or following > until:
                return
            self.now = max(following, self.now)
            self._let_happen()
        raise AssertionError("the walk never comes to rest")

    def _look(self) -> datetime | None:
        """Apply what is decided until nothing new begins; when to look again."""
        for _ in range(20):
            wake: datetime | None = None
            begun = False
            for effect in decide(self.facts, self.now):
                match effect:
                    case StartTier() | Reopen():
                        self._begin(effect.tier, effect.starts)
                        begun = True
                    case TryAgain():
                        self._try(effect.tier, effect.start)
                        begun = True
                    case SkipTier():
                        self._passed(TierState(effect.tier, self.now, skipped=True, reason=effect.reason))
                    case WakeAt():
                        assert wake is None, "one look is asked for at a time"
                        wake = effect.at
                    case Refer():
                        self.referred.setdefault(effect.kind, self.now)
                    case Conclude():
                        self.concluded_at = self.now
            if not begun:
                return wake
        raise AssertionError("a tier begins again and again")

    def _begin(self, tier: str, starts: tuple[Start, ...]) -> None:
        self._passed(TierState(tier, self.now, skipped=False))
        for start in starts:
            self._try(tier, start)

    def _passed(self, state: TierState) -> None:
        kept = [tier for tier in self.facts.tiers if tier.name != state.name]
        self.facts = replace(self.facts, tiers=(*kept, state))

    def _try(self, tier: str, start: Start) -> None:
        self.started.append((self.now, start))
        number = len(self.facts.attempts)
        attempt = KnownAttempt(tier, start.step.channel, AttemptStatus.PLANNED, start.address_id, "")
        self.facts = replace(self.facts, attempts=(*self.facts.attempts, attempt))
        if self.fates:
            hours, status, reason = self.fates.pop(0)
            self._coming.append((start.not_before + timedelta(hours=hours), number, status, reason))

    def _let_happen(self) -> None:
        attempts = list(self.facts.attempts)
        for fate in sorted(self._coming):
            moment, number, status, reason = fate
            if moment <= self.now:
                attempts[number] = replace(attempts[number], status=status, reason=reason)
                if reason == "signed":
                    self.facts = replace(self.facts, effect=Standing("SERVED"))
                self._coming.remove(fate)
        self.facts = replace(self.facts, attempts=tuple(attempts))


FAILS = (1, AttemptStatus.FAILED, "unclaimed")


@pytest.mark.parametrize("plan", sorted(plan_templates()))
def test_no_step_that_can_start_is_barred(plan: str) -> None:
    """Every template with every pair of papers in every procedure, chosen or not; everything fails."""
    for pair, procedure, on in product(
        sorted({frozenset(pair) for pair in product(DocumentKind, repeat=2)}, key=sorted),
        Procedure,
        (date(2021, 12, 31), date(2026, 3, 2)),
    ):
        for confidential in (False, True):
            limits = limits_of(pair, procedure, on, confidential=confidential)
            facts = replace(
                _facts(plan_named(plan)), limits=limits, notice_possible=Method.PUBLIC_NOTICE not in limits.forbidden
            )
            walk = Walk(facts, MONDAY, [FAILS] * 30)
            walk.run(60)
            for _, start in walk.started:
                method = method_of(start.step)
                assert method not in limits.forbidden, (plan, pair, procedure, start)
                assert not (confidential and start.step.channel is Channel.POSTING)
                if method is Method.ELECTRONIC and start.address_id and limits.consent_needed:
                    assert start.address_id == ADDRESSES[0].id


def test_the_walk_goes_through_a_whole_ladder() -> None:
    """Else nothing would be shown by what does not start on it."""
    walk = Walk(_facts(plan_named("standard")), MONDAY, [FAILS] * 30)
    walk.run(120)
    assert {start.step.channel for _, start in walk.started} >= {
        Channel.SMS,
        Channel.EMAIL,
        Channel.IN_PERSON,
        Channel.POST,
        Channel.POSTING,
        Channel.PUBLICATION,
    }


def test_everything_of_a_fast_track_starts_at_once_and_mail_the_next_day() -> None:
    walk = Walk(_facts(plan_named("fast_track")), MONDAY)
    walk.run(10)
    told = [(start.step.channel, (start.not_before.astimezone(SHANGHAI))) for _, start in walk.started]
    monday = MONDAY.astimezone(SHANGHAI)
    tuesday = datetime.combine(monday.date() + timedelta(days=1), time(9), SHANGHAI)
    assert sorted(told) == sorted(
        [
            (Channel.SMS, monday),
            (Channel.SMS, monday),
            (Channel.EMAIL, monday),
            (Channel.EMAIL, monday),
            (Channel.IN_PERSON, monday),
            (Channel.POST, tuesday),
        ]
    )
    friday = datetime.combine(monday.date() + timedelta(days=4), time(9), SHANGHAI)
    assert walk.referred["fast_track_unserved"] == friday


FATES = st.lists(
    st.tuples(
        st.integers(0, 120),
        st.sampled_from([AttemptStatus.FAILED, AttemptStatus.ARRIVED, AttemptStatus.ANSWERED]),
        st.sampled_from(["nobody_home", "moved", "unclaimed", "signed"]),
    ),
    max_size=12,
)


@given(
    FATES,
    st.sets(st.sampled_from(ADDRESSES)),
    st.integers(0, 14 * 24),
    st.sampled_from([0, 1, 7]),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=300)
def test_a_fast_track_is_served_or_before_a_person_by_its_fourth_day(
    fates: list[tuple[int, AttemptStatus, str]],
    addresses: set[KnownAddress],
    hours: int,
    hearing: int,
    stopped: bool,  # noqa: FBT001
    complete: bool,  # noqa: FBT001
) -> None:
    start = MONDAY + timedelta(hours=hours)
    facts = replace(
        _facts(plan_named("fast_track"), start),
        addresses=sorted(addresses, key=lambda address: address.id),
        hearing_at=start + timedelta(days=hearing),
        sending_stopped=stopped,
        papers_complete=complete,
        notice_approved=False,
        notice_possible=False,
    )
    walk = Walk(facts, start, list(fates))
    walk.run(30)
    fourth = start.astimezone(SHANGHAI).date() + timedelta(days=4)
    limit = datetime.combine(fourth, time(9), SHANGHAI)
    done = [moment for moment in (walk.concluded_at, walk.referred.get("fast_track_unserved")) if moment]
    assert done
    assert min(done) <= limit


@given(FATES, st.integers(0, 14 * 24))
def test_an_order_without_such_a_promise_is_not_referred_by_the_day(
    fates: list[tuple[int, AttemptStatus, str]], hours: int
) -> None:
    start = MONDAY + timedelta(hours=hours)
    walk = Walk(_facts(plan_named("standard"), start), start, list(fates))
    walk.run(60)
    assert "fast_track_unserved" not in walk.referred
