"""The page on which a court sets up what its own case system is told, and sees what arrived there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from delivery.domain.announcement import CHOICES, DeliveryStatus, EndpointState, EventType
from delivery.domain.errors import RequestError
from delivery.store.announcement_list import DeliveryRow, Sought, list_deliveries, unarrived_by_endpoint
from delivery.store.announcements import AnnouncementTry, WebhookEndpoint, endpoints_of, tries_of
from delivery.subscribing import (
    By,
    Wanted,
    add_endpoint,
    disable_endpoint,
    enable_endpoint,
    endpoint_to_change,
    replay_one,
    replay_since,
    reveal_secret,
    rotate_secret,
    send_test,
)
from delivery.web.rendering import page as render
from delivery.web.request_state import court_id, note_read, now, person, session, zone

blueprint = Blueprint("case_system", __name__)
_USUAL_REPLAY = timedelta(days=3)
_ACT = "/webhook-endpoints/<uuid:endpoint_id>"


@dataclass(frozen=True, slots=True)
class Log:
    """A page of the deliveries that were sought, with every try; addresses of the first page and of the next."""

    sought: Sought
    rows: Sequence[DeliveryRow]
    tries: Mapping[UUID, Sequence[AnnouncementTry]]
    first: str = ""
    next: str = ""


@blueprint.get("/webhooks")
def page() -> ResponseReturnValue:
    """The endpoints, and the deliveries that match the filter."""
    sought = Sought(_id(request.args.get("to", "")), _of(DeliveryStatus, "status"), _of(EventType, "type"))
    before = _id(request.args.get("before", ""))
    found = list_deliveries(session(), court_id(), sought, before=before)
    tries = tries_of(session(), court_id(), [row.delivery.id for row in found.rows])
    note_read("webhooks", shown=len(found.rows))
    log = Log(
        sought,
        found.rows,
        tries,
        first=_address(sought) if before else "",
        next=_address(sought, found.next) if found.next else "",
    )
    return _shown(log=log)


def _address(sought: Sought, before: UUID | None = None) -> str:
    return url_for(
        "case_system.page",
        to=sought.endpoint_id,
        status=sought.status or None,
        type=sought.type or None,
        before=before,
    )


def _shown(*, log: Log | None = None, secret_of: UUID | None = None, secret: str = "") -> str:
    """The page; after an act that shows a secret, without the log."""
    return render(
        "console/case_system.html",
        endpoints=endpoints_of(session(), court_id()),
        unarrived=unarrived_by_endpoint(session(), court_id()),
        choices=CHOICES,
        types=tuple(EventType),
        statuses=tuple(DeliveryStatus),
        active=EndpointState.ACTIVE,
        since=(now() - _USUAL_REPLAY).astimezone(zone()).strftime("%Y-%m-%dT%H:%M"),
        log=log,
        secret_of=secret_of,
        secret=secret,
    )


@blueprint.post("/webhooks")
def add() -> ResponseReturnValue:
    """Set up an endpoint."""
    form = request.form
    wanted = Wanted(form.get("url", "").strip(), form.get("description", "").strip(), form.getlist("types"))
    add_endpoint(session(), court_id(), wanted, by=_by(), now=now())
    return _back()


@blueprint.post(f"{_ACT}/test")
def test(endpoint_id: UUID) -> ResponseReturnValue:
    """Send an event that says nothing."""
    send_test(session(), _endpoint(endpoint_id), by=_by(), now=now())
    return _back(endpoint_id)


@blueprint.post(f"{_ACT}/rotate")
def rotate(endpoint_id: UUID) -> ResponseReturnValue:
    """Make a new secret and show it."""
    endpoint = _endpoint(endpoint_id)
    rotate_secret(session(), endpoint, by=_by(), now=now())
    return _with_secret(endpoint)


@blueprint.post(f"{_ACT}/secret")
def secret(endpoint_id: UUID) -> ResponseReturnValue:
    """Show the secret; that it was shown is recorded, so it is no GET."""
    return _with_secret(_endpoint(endpoint_id))


def _with_secret(endpoint: WebhookEndpoint) -> ResponseReturnValue:
    shown = reveal_secret(session(), endpoint, by=_by(), now=now())
    return _shown(secret_of=endpoint.id, secret=shown)


@blueprint.post(f"{_ACT}/disable")
def disable(endpoint_id: UUID) -> ResponseReturnValue:
    """Send nothing there any more."""
    disable_endpoint(session(), _endpoint(endpoint_id), by=_by(), now=now())
    return _back()


@blueprint.post(f"{_ACT}/enable")
def enable(endpoint_id: UUID) -> ResponseReturnValue:
    """Send there again."""
    enable_endpoint(session(), _endpoint(endpoint_id), by=_by(), now=now())
    return _back()


@blueprint.post(f"{_ACT}/replay")
def replay_failed(endpoint_id: UUID) -> ResponseReturnValue:
    """Send once more what did not arrive since a court-local moment."""
    endpoint = _endpoint(endpoint_id)
    try:
        since = datetime.fromisoformat(request.form.get("since", "")).replace(tzinfo=zone())
    except ValueError:
        raise RequestError("moment_malformed", status=HTTPStatus.UNPROCESSABLE_ENTITY) from None
    replay_since(session(), endpoint, since, by=_by(), now=now())
    return _back(endpoint_id)


@blueprint.post("/webhook-deliveries/<uuid:delivery_id>/replay")
def replay(delivery_id: UUID) -> ResponseReturnValue:
    """Send one announcement once more."""
    replay_one(session(), court_id(), delivery_id, by=_by(), now=now())
    return _back()


def _endpoint(endpoint_id: UUID) -> WebhookEndpoint:
    return endpoint_to_change(session(), court_id(), endpoint_id)


def _by() -> By:
    someone = person()
    return By(str(someone.role), someone.account_id)


def _back(endpoint_id: UUID | None = None) -> ResponseReturnValue:
    return redirect(url_for("case_system.page", to=endpoint_id), HTTPStatus.SEE_OTHER)


def _of(kind: type[DeliveryStatus] | type[EventType], name: str) -> str:
    """A value of the query if it is one of these."""
    text = request.args.get(name, "")
    return text if text in set(kind) else ""


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
