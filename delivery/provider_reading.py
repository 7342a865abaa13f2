"""What the page of providers shows: how each way out of a court stands, how it went lately, and who takes over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from delivery.data_gates import REASON, barred_providers, open_providers
from delivery.domain.order import AttemptStatus
from delivery.provider_choice import THROTTLED, next_open, ways_of_court
from delivery.provider_health import closed_providers
from delivery.providers import Capabilities
from delivery.runtime import Runtime
from delivery.store.courts import Court, ProviderState
from delivery.store.orders import Attempt

SPAN = timedelta(days=7)
_LATELY = timedelta(hours=1)


class Health(StrEnum):
    """How a provider stands in a court."""

    READY = "ready"
    PAUSED = "paused"
    THROTTLED = "throttled"
    BARRED = "barred"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Condition:
    """How it stands: why it is not used, since when, and when that ends by itself."""

    health: Health
    reason: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProviderStanding:
    """One provider in one court.

    `counts` are its attempts of the last seven days by status, `failures` those of the last hour that failed or are
    unknown, `waiting` those still to leave. `instead` takes over now.
    """

    name: str
    condition: Condition
    capabilities: Capabilities | None
    last_success_at: datetime | None = None
    failures: int = 0
    waiting: int = 0
    instead: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


def standings(runtime: Runtime, session: Session, court: Court, now: datetime) -> list[ProviderStanding]:
    """Every provider that is configured, paused or was used in the last seven days, by name."""
    states = {
        state.provider: state
        for state in session.scalars(select(ProviderState).where(ProviderState.court_id == court.id))
    }
    counts = _counts(session, court.id, now)
    waiting = _counted(session, court.id, Attempt.status == AttemptStatus.PLANNED)
    failed = _counted(
        session,
        court.id,
        Attempt.status.in_([AttemptStatus.FAILED, AttemptStatus.UNKNOWN]),
        func.coalesce(Attempt.ended_at, Attempt.submitted_at) > now - _LATELY,
    )
    succeeded = _last_successes(session, court.id)
    return [
        ProviderStanding(
            name=name,
            capabilities=runtime.providers[name].capabilities if name in runtime.providers else None,
            last_success_at=succeeded.get(name),
            failures=failed.get(name, 0),
            waiting=waiting.get(name, 0),
            instead=_instead(runtime, session, court, name, now),
            counts=counts.get(name, {}),
            condition=_condition(runtime, session, court, name, states.get(name), now),
        )
        for name in sorted({*runtime.providers, *states, *counts})
    ]


def _condition(
    runtime: Runtime, session: Session, court: Court, name: str, state: ProviderState | None, now: datetime
) -> Condition:
    if state is not None and state.paused_at is not None:
        return Condition(Health.PAUSED, state.reason, state.paused_at)
    if name not in runtime.providers:
        return Condition(Health.ABSENT)
    if name in barred_providers(runtime, session, court):
        return Condition(Health.BARRED, REASON)
    if state is not None and state.reopens_at is not None and state.reopens_at > now:
        return Condition(Health.THROTTLED, THROTTLED, state.throttled_at, state.reopens_at)
    return Condition(Health.READY)


def _instead(runtime: Runtime, session: Session, court: Court, name: str, now: datetime) -> str:
    """Which provider of the same channel takes over while this one takes nothing; empty if none does or need."""
    closed = closed_providers(session, court.id, now)
    usable = open_providers(runtime, session, court)
    if name not in runtime.providers or (name not in closed and name in usable):
        return ""
    return next_open(ways_of_court(usable, court, runtime.providers[name].capabilities.channel), name, closed)


def _counts(session: Session, court_id: UUID, now: datetime) -> dict[str, dict[str, int]]:
    rows = session.execute(
        select(Attempt.provider, Attempt.status, func.count())
        .where(Attempt.court_id == court_id, Attempt.provider != "", Attempt.planned_at >= now - SPAN)
        .group_by(Attempt.provider, Attempt.status)
    )
    found: dict[str, dict[str, int]] = {}
    for provider, status, count in rows:
        found.setdefault(provider, {})[status] = count
    return found


def _counted(session: Session, court_id: UUID, *conditions: ColumnElement[bool]) -> dict[str, int]:
    rows = session.execute(
        select(Attempt.provider, func.count())
        .where(Attempt.court_id == court_id, Attempt.provider != "", *conditions)
        .group_by(Attempt.provider)
    )
    return {row[0]: row[1] for row in rows}


def _last_successes(session: Session, court_id: UUID) -> dict[str, datetime]:
    """When a provider last took a message: it gave it a reference."""
    rows = session.execute(
        select(Attempt.provider, func.max(Attempt.submitted_at))
        .where(Attempt.court_id == court_id, Attempt.provider != "", Attempt.reference != "")
        .group_by(Attempt.provider)
    )
    return {row[0]: row[1] for row in rows if row[1] is not None}
