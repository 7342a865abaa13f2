"""The health of a provider in one court, which all its attempts share: paused by our error, or spared for a while.

Paused: the provider said that account, key or sender is wrong; nothing but a person ends that. Throttled: it asked for
less (429). Then every attempt waits or goes by another provider until the moment that it named, or for a span that
doubles each time it asks again and halves with each success.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.domain.waiting import sparing
from delivery.store.courts import ProviderState, paused_providers, throttled_providers
from delivery.store.desk import put_on_desk


def closed_providers(session: Session, court_id: UUID, now: datetime) -> Mapping[str, str]:
    """Provider name -> reason code, for those that take nothing now: paused, or throttled until later."""
    throttled = dict.fromkeys(throttled_providers(session, court_id, now), "rate_limited")
    return {**throttled, **paused_providers(session, court_id)}


def reopens_at(session: Session, court_id: UUID, provider: str, now: datetime) -> datetime:
    """When a throttled provider may be used again; now if it may."""
    return throttled_providers(session, court_id, now).get(provider, now)


def pause_provider(session: Session, court_id: UUID, provider: str, reason: str, now: datetime) -> None:
    """Stop using a provider in this court until a person resumes it; the desk says why."""
    state = _state(session, court_id, provider)
    if state.paused_at is None:
        state.paused_at, state.reason = now, reason
    put_on_desk(session, court_id, kind="provider_paused", subject=provider, at=now, provider=provider, reason=reason)


def throttle(session: Session, court_id: UUID, provider: str, asked: timedelta | None, now: datetime) -> datetime:
    """Spare a provider that asked for less, for the span that it asked for, if it named one; when it may be used again.

    What was heard from several calls at once is one request for less: the later end counts.
    """
    state = _state(session, court_id, provider)
    if state.reopens_at is None or state.reopens_at <= now:
        state.throttled_at, state.throttles = now, state.throttles + 1
    ends_at = now + (asked or sparing(state.throttles))
    state.reopens_at = ends_at if state.reopens_at is None else max(state.reopens_at, ends_at)
    return state.reopens_at


def note_success(session: Session, court_id: UUID, provider: str, now: datetime) -> None:
    """The provider took something: after its pause for breath it is trusted with more again, step by step."""
    state = session.get(ProviderState, (court_id, provider))
    if state is not None and state.throttles and state.reopens_at is not None and state.reopens_at <= now:
        state.throttles //= 2
        if not state.throttles:
            state.throttled_at = state.reopens_at = None


def _state(session: Session, court_id: UUID, provider: str) -> ProviderState:
    state = session.get(ProviderState, (court_id, provider))
    if state is None:
        state = ProviderState(court_id=court_id, provider=provider, throttles=0)
        session.add(state)
    return state
