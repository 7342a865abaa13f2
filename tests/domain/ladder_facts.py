"""An order as the decision sees it, ready to be varied, and what is decided in a form that reads well in a table."""

from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from delivery.domain.escalation import decide
from delivery.domain.event import Channel
from delivery.domain.ladder import (
    Conclude,
    KnownAddress,
    KnownAttempt,
    OrderFacts,
    Refer,
    SkipTier,
    Standing,
    StartTier,
    TierState,
    TryAgain,
    WakeAt,
)
from delivery.domain.order import AttemptStatus, OrderStatus
from delivery.planning import plan_named

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # Monday, ten in the morning
STANDARD = plan_named("standard")
SMS, EMAIL, POST = (UUID(int=number) for number in (1, 2, 3))
ADDRESSES = (
    KnownAddress(SMS, "mobile", "confirmed", "good", reused=False),
    KnownAddress(EMAIL, "email", "confirmed", "good", reused=False),
    KnownAddress(POST, "postal", "confirmed", "good", reused=False),
)


def weekend(day: date) -> bool:
    return day.weekday() >= 5


FRESH = OrderFacts(
    status=OrderStatus.OPEN,
    plan=STANDARD,
    tiers=(),
    attempts=(),
    addresses=ADDRESSES,
    effect=Standing(),
    channels=frozenset(Channel),
    zone=SHANGHAI,
    is_rest_day=weekend,
)


def started(*names: str, at: datetime = NOW) -> tuple[TierState, ...]:
    return tuple(TierState(name, at, skipped=False) for name in names)


def skipped(*names: str) -> tuple[TierState, ...]:
    return tuple(TierState(name, NOW, skipped=True) for name in names)


def tried(tier: str, channel: Channel, status: AttemptStatus, reason: str = "", address: UUID = SMS) -> KnownAttempt:
    return KnownAttempt(tier, channel, status, address, reason)


def said(facts: OrderFacts, now: datetime = NOW) -> list[str]:
    """What is decided, in a form that reads well in a table."""
    told = []
    for effect in decide(facts, now):
        match effect:
            case StartTier():
                told.append(f"start {effect.tier}: " + " ".join(start.step.channel for start in effect.starts))
            case SkipTier():
                told.append(f"skip {effect.tier}: {effect.reason}")
            case TryAgain():
                told.append(f"again {effect.tier}: {effect.start.step.channel}")
            case WakeAt():
                told.append(f"wake {effect.at.astimezone(SHANGHAI):%m-%d %H:%M}")
            case Conclude():
                told.append("conclude")
            case Refer():
                told.append(f"refer {effect.kind}")
    return told
