"""Outgoing webhooks over the API: a court's program sets up its own endpoints, and has told again what it missed."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, Response

from delivery.domain.announcement import DeliveryStatus, EventType
from delivery.domain.errors import RequestError
from delivery.store.announcement_list import PAGE, Sought, list_deliveries
from delivery.store.announcements import WebhookEndpoint, endpoints_of, tries_of
from delivery.subscribing import (
    By,
    Wanted,
    add_endpoint,
    disable_endpoint,
    enable_endpoint,
    endpoint_to_change,
    replay_one,
    replay_since,
    rotate_secret,
    send_test,
)
from delivery.web.api.exchange import answer, body_as, cursor_id, page_of, parameters, repeatable
from delivery.web.api.shapes import ReplayRequest, WebhookRequest
from delivery.web.request_state import api_caller, note_read, now, session

blueprint = Blueprint("api_webhooks", __name__, url_prefix="/api/v1")


@blueprint.get("/webhook-endpoints")
def listing() -> Response:
    """All endpoints, oldest first; without their secrets."""
    items = [_shown(endpoint) for endpoint in endpoints_of(session(), api_caller().court_id)]
    note_read("webhooks_listed")
    return page_of(items, None)


@blueprint.post("/webhook-endpoints")
@repeatable
def create() -> Response:
    """Set up an endpoint; the answer holds its secret."""
    told = body_as(WebhookRequest)
    wanted = Wanted(told.url, told.description, [str(kind) for kind in told.types])
    endpoint = add_endpoint(session(), api_caller().court_id, wanted, by=_by(), now=now())
    return answer({**_shown(endpoint), "secret": endpoint.secret}, HTTPStatus.CREATED)


@blueprint.post("/webhook-endpoints/<uuid:endpoint>/rotate")
@repeatable
def rotate(endpoint: UUID) -> Response:
    """Make a new secret, which the answer holds; the old one signs beside it for 24 hours."""
    found = _endpoint(endpoint)
    rotate_secret(session(), found, by=_by(), now=now())
    return answer({**_shown(found), "secret": found.secret})


@blueprint.post("/webhook-endpoints/<uuid:endpoint>/disable")
@repeatable
def disable(endpoint: UUID) -> Response:
    """Send nothing there any more."""
    found = _endpoint(endpoint)
    disable_endpoint(session(), found, by=_by(), now=now())
    return answer(_shown(found))


@blueprint.post("/webhook-endpoints/<uuid:endpoint>/enable")
@repeatable
def enable(endpoint: UUID) -> Response:
    """Send there again."""
    found = _endpoint(endpoint)
    enable_endpoint(session(), found, by=_by(), now=now())
    return answer(_shown(found))


@blueprint.post("/webhook-endpoints/<uuid:endpoint>/test")
@repeatable
def test(endpoint: UUID) -> Response:
    """Send an event that says nothing."""
    found = _endpoint(endpoint)
    send_test(session(), found, by=_by(), now=now())
    return answer(_shown(found))


@blueprint.post("/webhook-endpoints/<uuid:endpoint>/replay")
@repeatable
def replay_failed(endpoint: UUID) -> Response:
    """Send once more what failed or was stopped since a moment."""
    found = _endpoint(endpoint)
    count = replay_since(session(), found, body_as(ReplayRequest).since, by=_by(), now=now())
    return answer({"id": str(found.id), "replayed": count})


@blueprint.get("/webhook-deliveries")
def deliveries() -> Response:
    """What was sent, newest first, with every try."""
    given = parameters("endpoint", "status", "type", "cursor")
    for name, known in (("status", DeliveryStatus), ("type", EventType)):
        if name in given and given[name] not in set(known):
            raise RequestError("parameter_unknown", status=HTTPStatus.BAD_REQUEST, parameter=name)
    sought = Sought(
        cursor_id(given["endpoint"]) if "endpoint" in given else None, given.get("status", ""), given.get("type", "")
    )
    before = cursor_id(given["cursor"]) if "cursor" in given else None
    found = list_deliveries(session(), api_caller().court_id, sought, before=before, limit=PAGE)
    tries = tries_of(session(), api_caller().court_id, [row.delivery.id for row in found.rows])
    items: list[dict[str, Any]] = [
        {
            "id": str(row.delivery.id),
            "webhook_id": row.announcement.message_id,
            "endpoint_id": str(row.delivery.endpoint_id),
            "type": row.delivery.type,
            "order_id": str(row.announcement.order_id) if row.announcement.order_id else None,
            "case_number": row.case_number,
            "status": row.delivery.status,
            "created_at": row.delivery.created_at.isoformat(),
            "next_at": row.delivery.next_at.isoformat() if row.delivery.next_at else None,
            "tries": [
                {
                    "started_at": one.started_at.isoformat(),
                    "duration_ms": one.duration_ms,
                    "status": one.status or None,
                    "fault": one.fault or None,
                }
                for one in tries[row.delivery.id]
            ],
        }
        for row in found.rows
    ]
    note_read("webhook_deliveries_listed")
    return page_of(items, str(found.next) if found.next else None)


@blueprint.post("/webhook-deliveries/<uuid:delivery>/replay")
@repeatable
def replay(delivery: UUID) -> Response:
    """Send one announcement once more, under its old id."""
    replay_one(session(), api_caller().court_id, delivery, by=_by(), now=now())
    return answer({"id": str(delivery), "status": DeliveryStatus.WAITING})


def _endpoint(endpoint_id: UUID) -> WebhookEndpoint:
    return endpoint_to_change(session(), api_caller().court_id, endpoint_id)


def _by() -> By:
    return By(f"api:{api_caller().key_id}")


def _shown(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": str(endpoint.id),
        "url": endpoint.url,
        "description": endpoint.description,
        "types": endpoint.types,
        "state": endpoint.state,
        "reason": endpoint.reason or None,
        "failing_since": endpoint.failing_since.isoformat() if endpoint.failing_since else None,
        "previous_secret_until": endpoint.previous_until.isoformat() if endpoint.previous_until else None,
        "created_at": endpoint.created_at.isoformat(),
    }
