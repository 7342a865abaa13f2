"""What the decision looks at and what it may say: plain values, nothing of the database and nothing of a provider."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from delivery.domain.event import Channel
from delivery.domain.limits import Limits
from delivery.domain.order import AttemptStatus, OrderStatus
from delivery.domain.plan import Plan, Step
from delivery.domain.search import Applies, KnownSearch, Source

CANNOT_TELL = "CANNOT_TELL"
"""No outcome of the law engine: it could not be asked (a year without calendar), which the desk says."""


@dataclass(frozen=True, slots=True)
class KnownAddress:
    """An address of the recipient as far as the ladder needs it, best first in `OrderFacts.addresses`.

    `consents`: the party agreed to be served there electronically with these very papers. `reachable`: one of the
    configured ways leads to an account of this kind.
    """

    id: UUID
    kind: str
    basis: str
    standing: str
    reused: bool
    in_area: bool = True
    consents: bool = False
    reachable: bool = True


@dataclass(frozen=True, slots=True)
class KnownAttempt:
    """An attempt as far as the ladder needs it. `on`: the court-local day on which it left us or was made.

    `meaning`: of a posting that was made, what it meant in law.
    """

    tier: str
    channel: Channel
    status: AttemptStatus
    address_id: UUID | None
    reason: str
    on: date | None = None
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class TierState:
    """A tier that started or was skipped, then with the reason code."""

    name: str
    started_at: datetime
    skipped: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the law engine says now, and whether a court officer has confirmed it or sent it back."""

    outcome: str = "NOT_SERVED"
    needs_confirmation: bool = False
    confirmed: bool = False
    sent_back: bool = False
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """Everything that `decide` looks at. `is_rest_day` is the court's calendar.

    `channels` those that are configured, `kept_inside` those on which only providers abroad are, to which the court's
    data may not go. `sources` says whom to ask where the recipient is, `searches` who was asked;
    `recipient_status` is that of the law engine's facts (none, military, imprisoned ...). `limits` are what the law
    bars for the papers; `plan_since` is when the order began on its plan. `post_wanted_at`
    and `collects_since`: the recipient answered that the papers should be posted, or that somebody comes for them.
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
    firm_with_wechat: UUID | None = None
    papers_complete: bool = True
    notice_approved: bool = False
    notice_declined: bool = False
    notice_possible: bool = True
    sending_stopped: bool = False
    kept_inside: frozenset[Channel] = frozenset()
    sources: Sequence[Applies] = ()
    searches: Sequence[KnownSearch] = ()
    recipient_status: str = "none"
    limits: Limits = field(default_factory=Limits)
    plan_since: datetime | None = None
    post_wanted_at: datetime | None = None
    collects_since: datetime | None = None

    def firm_for(self, channel: Channel) -> UUID | None:
        """Counsel's firm, if it takes e-service on this channel."""
        return self.firm_with_wechat if channel is Channel.WECHAT else self.firm_with_email

    @property
    def represented(self) -> bool:
        """Whether counsel's firm takes e-service at all."""
        return self.firm_with_email is not None or self.firm_with_wechat is not None


@dataclass(frozen=True, slots=True)
class Start:
    """Begin one attempt of a step now, not leaving before `not_before`."""

    step: Step
    address_id: UUID | None
    firm_id: UUID | None
    not_before: datetime


@dataclass(frozen=True, slots=True)
class PassedOver:
    """An address (None: counsel's firm) that a step leaves out, with the reason code."""

    channel: Channel
    address_id: UUID | None
    reason: str


@dataclass(frozen=True, slots=True)
class StartTier:
    """Start a tier with these attempts, and without what is passed over."""

    tier: str
    position: int
    starts: tuple[Start, ...]
    passed: tuple[PassedOver, ...] = ()


@dataclass(frozen=True, slots=True)
class Reopen:
    """Go through a tier once more, for addresses or a firm that it did not reach: found since, or left over."""

    tier: str
    position: int
    starts: tuple[Start, ...]


@dataclass(frozen=True, slots=True)
class StartSearches:
    """Ask these sources where the recipient is."""

    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class TryAgain:
    """One more attempt within the running tier: the second visit to a door where nobody was home."""

    tier: str
    start: Start


@dataclass(frozen=True, slots=True)
class SkipTier:
    """Pass over a tier, with the reason code, and the addresses that it has for it."""

    tier: str
    position: int
    reason: str
    passed: tuple[PassedOver, ...] = ()


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


Effect = StartTier | Reopen | StartSearches | TryAgain | SkipTier | WakeAt | Conclude | Refer
