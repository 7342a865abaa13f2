"""Taking announcements to the court's case system: one task, one request, and what follows from the answer.

A worker that dies between sending and recording has the request made again with the same `webhook-id`, by which the
receiver knows it. An endpoint that is gone, or to which nothing has come through for days, is disabled and the desk
is told.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.announcer import Heard, Request
from delivery.domain.announcement import (
    GIVEN_UP_AFTER,
    DeliveryStatus,
    Disabled,
    EndpointState,
    Verdict,
    next_pause,
    rest_after,
    verdict,
)
from delivery.domain.destination import parse_destination
from delivery.domain.errors import SendError
from delivery.domain.standard_webhooks import headers
from delivery.runtime import Call, Runtime
from delivery.store.announcements import (
    Announcement,
    AnnouncementDelivery,
    AnnouncementTry,
    WebhookEndpoint,
    lock_delivery,
    lock_endpoint,
    send_at,
    stop_deliveries,
)
from delivery.store.courts import Court, installation
from delivery.store.desk import close_item, put_on_desk
from delivery.store.ids import new_id
from delivery.store.tasks import Lease

_LOOK_AGAIN = timedelta(minutes=5)  # whether an emergency stop was lifted
INTERRUPTED = "interrupted"


def announce(runtime: Runtime, session: Session, lease: Lease, now: datetime) -> Call | None:
    """Task handler: send one delivery, unless it has arrived, was stopped, or another task has its turn."""
    delivery = lock_delivery(session, lease.court_id, UUID(lease.args["delivery"]))
    if delivery is None or delivery.status != DeliveryStatus.WAITING or delivery.turn != lease.args["turn"]:
        return None
    endpoint = session.get_one(WebhookEndpoint, (delivery.court_id, delivery.endpoint_id))
    court = session.get_one(Court, delivery.court_id)
    if court.sending_stopped_at is not None:
        send_at(session, delivery, now + _LOOK_AGAIN, now)
        return None
    if endpoint.rest_until is not None and endpoint.rest_until > now:
        send_at(session, delivery, endpoint.rest_until, now)
        return None
    assert runtime.announcer is not None
    request = _request(runtime, session, endpoint, delivery, court, now)
    return Call(
        perform=partial(runtime.announcer.post, request),
        record=_Recorder(delivery.court_id, endpoint.id, delivery.id, _begin(session, delivery, now)),
    )


def _request(
    runtime: Runtime,
    session: Session,
    endpoint: WebhookEndpoint,
    delivery: AnnouncementDelivery,
    court: Court,
    now: datetime,
) -> Request:
    """The same id and text on every try; time and signatures are of this one.

    The time is the machine's, because the receiver compares it with its own.
    """
    installed = installation(session)
    sandbox = installed is not None and installed.sandbox
    announcement = session.get_one(Announcement, (delivery.court_id, delivery.announcement_id))
    body = announcement.body.encode()
    signed = headers(secrets_of(endpoint, now), announcement.message_id, int(runtime.machine_now().timestamp()), body)
    assert endpoint.url is not None
    return Request(parse_destination(endpoint.url, sandbox=sandbox), court.code, sandbox, body, signed)


def secrets_of(endpoint: WebhookEndpoint, now: datetime) -> list[str]:
    """The secrets that sign at this moment, newest first."""
    secrets = [endpoint.secret]
    if endpoint.previous_until is not None and now < endpoint.previous_until:
        secrets.append(endpoint.previous_secret)
    return [secret for secret in secrets if secret]


def _begin(session: Session, delivery: AnnouncementDelivery, now: datetime) -> UUID:
    """Write down that the request is about to be made; one that was left open says that its worker died."""
    if delivery.try_id is not None:
        left = session.get_one(AnnouncementTry, (delivery.court_id, delivery.try_id))
        if left.duration_ms is None and not left.fault:
            left.fault = INTERRUPTED
    begun = AnnouncementTry(
        court_id=delivery.court_id, id=new_id(), delivery_id=delivery.id, started_at=now, status=0, fault=""
    )
    session.add(begun)
    delivery.try_id = begun.id
    return begun.id


@dataclass(frozen=True, slots=True)
class _Recorder:
    """The second transaction: the answer in the log, and what follows from it.

    That it arrived is a fact whoever hears of it; a failure counts only for the newest try.
    """

    court_id: UUID
    endpoint_id: UUID
    delivery_id: UUID
    try_id: UUID

    def __call__(self, session: Session, result: Heard | SendError, now: datetime) -> None:
        """Record what was heard."""
        assert isinstance(result, Heard)
        endpoint = lock_endpoint(session, self.court_id, self.endpoint_id)
        delivery = lock_delivery(session, self.court_id, self.delivery_id)
        assert endpoint is not None
        assert delivery is not None
        made = session.get_one(AnnouncementTry, (self.court_id, self.try_id))
        made.status, made.fault = result.status, result.fault
        made.duration_ms = round(result.took.total_seconds() * 1000)
        _forget_old_secret(endpoint, now)
        newest = delivery.status == DeliveryStatus.WAITING and delivery.try_id == self.try_id
        match verdict(result.status):
            case Verdict.ARRIVED:
                _end(delivery, DeliveryStatus.DELIVERED, now)
                endpoint.failing_since, endpoint.failures, endpoint.rest_until = None, 0, None
            case Verdict.GONE if newest:
                disable(session, endpoint, Disabled.GONE, now)
            case Verdict.AGAIN if newest:
                _failed(session, endpoint, delivery, result, now)
            case Verdict.GONE | Verdict.AGAIN:
                pass  # another worker has the delivery meanwhile


def _failed(
    session: Session, endpoint: WebhookEndpoint, delivery: AnnouncementDelivery, heard: Heard, now: datetime
) -> None:
    delivery.tries += 1
    endpoint.failing_since = endpoint.failing_since or now
    if now - endpoint.failing_since >= GIVEN_UP_AFTER:
        disable(session, endpoint, Disabled.FAILING, now)
        return
    rest = rest_after(heard.status, endpoint.failures + 1)
    if rest:
        endpoint.failures += 1
        rest = max(rest, heard.retry_after or timedelta(0))
        endpoint.rest_until = now + rest
    pause = next_pause(delivery.tries)
    if pause is None:
        _end(delivery, DeliveryStatus.FAILED, now)
    else:
        send_at(session, delivery, now + max(pause, rest), now)


def _end(delivery: AnnouncementDelivery, status: DeliveryStatus, now: datetime) -> None:
    delivery.status, delivery.next_at, delivery.ended_at = status, None, now


def _forget_old_secret(endpoint: WebhookEndpoint, now: datetime) -> None:
    if endpoint.previous_until is not None and now >= endpoint.previous_until:
        endpoint.previous_secret, endpoint.previous_until = None, None


def disable(session: Session, endpoint: WebhookEndpoint, reason: Disabled, now: datetime) -> None:
    """Send no more to an endpoint that is locked; unless a person wanted it so, the desk says why."""
    endpoint.state, endpoint.reason, endpoint.disabled_at = EndpointState.DISABLED, reason, now
    stop_deliveries(session, endpoint, now)
    if reason is not Disabled.BY_PERSON:
        put_on_desk(
            session,
            endpoint.court_id,
            kind="webhook_disabled",
            subject=str(endpoint.id),
            at=now,
            endpoint=endpoint.description,
            reason=f"webhook_{reason}",
        )


def enable(session: Session, endpoint: WebhookEndpoint, now: datetime) -> None:
    """Send again to an endpoint that is locked. What it missed waits for somebody to replay it."""
    endpoint.state, endpoint.reason, endpoint.disabled_at = EndpointState.ACTIVE, "", None
    endpoint.failing_since, endpoint.failures, endpoint.rest_until = None, 0, None
    close_item(session, endpoint.court_id, f"webhook_disabled:{endpoint.id}", at=now, resolution="enabled")
