"""The court's people set up who is told: endpoints, their secrets, a test, and what is to be told once more."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.announcement_sending import disable, enable
from delivery.domain.announcement import CHOICES, OVERLAP, DeliveryStatus, Disabled, EndpointState, EventType
from delivery.domain.destination import parse_destination
from delivery.domain.errors import BadValue, Conflict, NotFound
from delivery.domain.standard_webhooks import SECRET_BYTES, written
from delivery.store.accounts import AccessRecord
from delivery.store.announcements import (
    AnnouncementDelivery,
    WebhookEndpoint,
    endpoints_of,
    lock_delivery,
    lock_endpoint,
    send_at,
    write_down,
)
from delivery.store.courts import installation
from delivery.store.ids import new_id

MOST_ENDPOINTS = 20
MOST_REPLAYED = 2000
_LONGEST_DESCRIPTION = 120


@dataclass(frozen=True, slots=True)
class By:
    """Who acts: a person in a role, or a program with a key."""

    actor: str
    account_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """An endpoint as somebody asks for it."""

    url: str
    description: str
    types: Sequence[str]


def add_endpoint(session: Session, court_id: UUID, wanted: Wanted, *, by: By, now: datetime) -> WebhookEndpoint:
    """A new endpoint with a secret of its own. Raises `BadValue` and `Conflict` (webhook_too_many)."""
    installed = installation(session)
    parse_destination(wanted.url, sandbox=installed is not None and installed.sandbox)
    types = [kind for kind in CHOICES if kind in wanted.types]
    if not types or set(wanted.types) - set(CHOICES):
        raise BadValue("webhook_types_invalid")
    if not 0 < len(wanted.description) <= _LONGEST_DESCRIPTION:
        raise BadValue("webhook_description_invalid")
    _require_room(session, court_id)
    endpoint = WebhookEndpoint(
        court_id=court_id,
        id=new_id(),
        description=wanted.description,
        types=[str(kind) for kind in types],
        state=EndpointState.ACTIVE,
        created_at=now,
    )
    session.add(endpoint)
    endpoint.url, endpoint.secret = wanted.url, _fresh_secret()
    session.flush()
    _note(session, endpoint, "webhook_added", by, now)
    return endpoint


def endpoint_to_change(session: Session, court_id: UUID, endpoint_id: UUID) -> WebhookEndpoint:
    """The endpoint, locked. Raises `NotFound`."""
    endpoint = lock_endpoint(session, court_id, endpoint_id)
    if endpoint is None:
        raise NotFound
    return endpoint


def rotate_secret(session: Session, endpoint: WebhookEndpoint, *, by: By, now: datetime) -> None:
    """A new secret; the one before signs beside it until `OVERLAP` is over, any older one no more."""
    endpoint.previous_secret, endpoint.previous_until = endpoint.secret, now + OVERLAP
    endpoint.secret = _fresh_secret()
    _note(session, endpoint, "webhook_rotated", by, now)


def disable_endpoint(session: Session, endpoint: WebhookEndpoint, *, by: By, now: datetime) -> None:
    """A person wants nothing sent there. Twice is once."""
    if endpoint.state == EndpointState.ACTIVE:
        disable(session, endpoint, Disabled.BY_PERSON, now)
        _note(session, endpoint, "webhook_disabled", by, now)


def enable_endpoint(session: Session, endpoint: WebhookEndpoint, *, by: By, now: datetime) -> None:
    """A person says that it works again. Twice is once. Raises `Conflict` (webhook_too_many)."""
    if endpoint.state == EndpointState.DISABLED:
        _require_room(session, endpoint.court_id)
        enable(session, endpoint, now)
        _note(session, endpoint, "webhook_enabled", by, now)


def reveal_secret(session: Session, endpoint: WebhookEndpoint, *, by: By, now: datetime) -> str:
    """The secret, for the receiver's settings; who looked is kept."""
    _note(session, endpoint, "webhook_secret_read", by, now)
    assert endpoint.secret is not None
    return endpoint.secret


def send_test(session: Session, endpoint: WebhookEndpoint, *, by: By, now: datetime) -> None:
    """An event that says nothing. Raises `Conflict` (webhook_is_disabled)."""
    _require_active(endpoint)
    data = {"endpoint_id": str(endpoint.id)}
    write_down(session, endpoint.court_id, EventType.TEST, data, at=now, only=endpoint.id)
    _note(session, endpoint, "webhook_tested", by, now)


def replay_one(session: Session, court_id: UUID, delivery_id: UUID, *, by: By, now: datetime) -> None:
    """Tell once more what has ended, under its old id.

    Raises `NotFound` and `Conflict` (webhook_on_its_way, webhook_is_disabled).
    """
    found = session.get(AnnouncementDelivery, (court_id, delivery_id))
    if found is None:
        raise NotFound
    endpoint = endpoint_to_change(session, court_id, found.endpoint_id)
    _require_active(endpoint)
    delivery = lock_delivery(session, court_id, delivery_id)
    assert delivery is not None
    if delivery.status == DeliveryStatus.WAITING:
        raise Conflict("webhook_on_its_way")
    _again(session, [delivery], now)
    _note(session, endpoint, "webhook_replayed", by, now, count=1)


def replay_since(session: Session, endpoint: WebhookEndpoint, since: datetime, *, by: By, now: datetime) -> int:
    """Tell an endpoint once more all that failed or was stopped since then, oldest first; returns how many.

    At most `MOST_REPLAYED` at a time. Raises `Conflict` (webhook_is_disabled).
    """
    _require_active(endpoint)
    found = session.scalars(
        select(AnnouncementDelivery)
        .where(
            AnnouncementDelivery.court_id == endpoint.court_id,
            AnnouncementDelivery.endpoint_id == endpoint.id,
            AnnouncementDelivery.status.in_((DeliveryStatus.FAILED, DeliveryStatus.STOPPED)),
            AnnouncementDelivery.created_at >= since,
        )
        .order_by(AnnouncementDelivery.created_at, AnnouncementDelivery.id)
        .limit(MOST_REPLAYED)
        .with_for_update()
    ).all()
    _again(session, found, now)
    _note(session, endpoint, "webhook_replayed", by, now, count=len(found))
    return len(found)


def _again(session: Session, deliveries: Collection[AnnouncementDelivery], now: datetime) -> None:
    """From the beginning of the schedule."""
    for delivery in deliveries:
        delivery.tries = 0
        send_at(session, delivery, now, now)


def _require_room(session: Session, court_id: UUID) -> None:
    """Endpoints are never deleted, because their deliveries name them: only those in use take room."""
    active = [one for one in endpoints_of(session, court_id) if one.state == EndpointState.ACTIVE]
    if len(active) >= MOST_ENDPOINTS:
        raise Conflict("webhook_too_many")


def _require_active(endpoint: WebhookEndpoint) -> None:
    if endpoint.state != EndpointState.ACTIVE:
        raise Conflict("webhook_is_disabled")


def _fresh_secret() -> str:
    return written(secrets.token_bytes(SECRET_BYTES))


def _note(session: Session, endpoint: WebhookEndpoint, act: str, by: By, now: datetime, **args: object) -> None:
    """Who did what to an endpoint stays known."""
    session.add(
        AccessRecord(
            court_id=endpoint.court_id,
            account_id=by.account_id,
            actor=by.actor,
            act=act,
            subject_id=endpoint.id,
            at=now,
            args=args,
        )
    )
