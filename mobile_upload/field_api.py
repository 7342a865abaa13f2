"""What the field server's page asks of us in JSON: enrol this phone, the day, take a record, what is safe.

All of it lies below `/field/api/`. A caller is a person signed in, so that every changing request carries the
session's token in a header; `GET /field/api/session` tells it to a page that was kept on the phone.
"""

import base64
import binascii
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, Response
from pydantic import Field, ValidationError

from delivery.domain.door import cards_at
from delivery.domain.errors import BadValue, Conflict
from delivery.domain.event import Channel
from delivery.field_day import DayVisit, day_of, policy_of
from delivery.field_devices import device_in_use, enrol
from delivery.field_syncing import Taken, take
from delivery.field_weighing import Sender
from delivery.store.courts import Court
from delivery.store.field import FieldRecord, records_named
from delivery.upload_keeping import CaptureState, capture_states
from delivery.web import forgery
from delivery.web.api.exchange import answer, body_as, parameters
from delivery.web.api.shapes import Shape, VisitReport
from delivery.web.faults import problem
from delivery.web.races import once_more
from delivery.web.request_state import (
    court_id,
    language,
    note_read,
    now,
    person,
    runtime,
    session,
    with_session,
)

blueprint = Blueprint("field_api", __name__, url_prefix="/field/api")
_MOST_ASKED = 100


class DeviceShape(Shape):
    """A phone that wants to be known: what its person calls it, and its public key as a JWK on P-256."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    public_key: dict[str, str | bool | list[str]]


class RecordShape(Shape):
    """A signed record: its exact bytes and the signature (ECDSA P-256, SHA-256, r||s), both in base64url."""

    bytes: Annotated[str, Field(min_length=1)]
    signature: Annotated[str, Field(max_length=400)]


@blueprint.get("/session")
def who() -> Response:
    """Who is signed in here, and the token that changing requests carry."""
    found = person()
    assert found.court is not None
    return answer(
        {
            "csrf": forgery.token(),
            "account": str(found.account_id),
            "name": found.name,
            "role": found.role,
            "court": found.court.name if language() == "zh" else found.court.name_en,
            "language": language(),
            "server_now": now().isoformat(),
        }
    )


@blueprint.post("/devices")
def add_device() -> Response:
    """Enrol this phone for the person who is signed in; 200 when it was enrolled before."""
    told = body_as(DeviceShape)
    device, new = enrol(session(), court_id(), person().account_id, name=told.name, key=told.public_key, now=now())
    return answer({"device_id": str(device.id)}, HTTPStatus.CREATED if new else HTTPStatus.OK)


@blueprint.get("/day")
def day() -> Response:
    """Everything that the day needs; without `device`, the doors alone and no tickets."""
    given = parameters("device")
    device = device_in_use(session(), court_id(), person().account_id, _uuid(given["device"])) if given else None
    court = session().get_one(Court, court_id())
    visits = day_of(session(), court, person().account_id, device, now=now())
    policy = policy_of(court)
    doors: dict[str, list[dict[str, Any]]] = {}
    for one in visits:
        doors.setdefault(_door_name(one), cards_at(one.door))
    note_read("field_day_read", device.id if device else None, visits=len(visits))
    return answer(
        {
            "day": now().astimezone(ZoneInfo(court.time_zone)).date().isoformat(),
            "server_now": now().isoformat(),
            "device_id": str(device.id) if device else None,
            "policy": {
                "tile_url": policy.tile_url,
                "screen_signature_enough": "screen_signature_enough" in policy.choices,
                "second_server": "second_server" in policy.choices,
            },
            "visits": [_shown(one) for one in visits],
            "doors": doors,
        }
    )


def _shown(one: DayVisit) -> dict[str, Any]:
    visit = one.visit
    return {
        "visit": str(visit.id),
        "order": one.order,
        "distance_m": one.distance_m,
        "kind": "posting" if visit.channel == Channel.POSTING else "visit",
        "door": _door_name(one),
        "recipient_name": visit.recipient_name,
        "recipient_kind": visit.recipient_kind,
        "address": visit.address,
        "phone": visit.phone,
        "documents": list(visit.document_titles),
        "due_on": visit.due_on.isoformat() if visit.due_on else None,
        "meaning": visit.meaning,
        "if_refused": visit.if_refused,
        "cautions": list(visit.cautions),
        "packet": one.packet,
        "position": one.position,
        "notice_code": one.notice_code,
        "left_at": one.left_at.isoformat() if one.left_at else None,
        "ticket": one.ticket,
    }


def _door_name(one: DayVisit) -> str:
    """Doors of one name have the same situations."""
    door = one.door
    return "-".join(["posting" if door.posting else "visit", door.recipient, *sorted(door.cautions)])


@blueprint.post("/records")
def take_record() -> Response:
    """Take one record. The same bytes again give the same receipt; other bytes under its id are kept and answered 409.

    The view opens its own transaction: a second try after a lost race must begin anew.
    """
    told = body_as(RecordShape)
    raw = _decoded(told.bytes)
    sender = Sender(court_id(), person().account_id)

    def taken() -> Taken:
        with with_session():
            return take(runtime(), session(), sender, raw, told.signature, _checked)

    found = once_more(taken)
    if found.differs:
        return problem(Conflict("record_differs"))
    return answer(_receipt(found.row), HTTPStatus.OK if found.again else HTTPStatus.CREATED)


def _receipt(row: FieldRecord) -> dict[str, Any]:
    return {
        "record_id": str(row.record_id),
        "receipt": str(row.id),
        "received_at": row.received_at.isoformat(),
        "state": "taken_with_doubts" if row.doubts else "taken",
        "doubts": list(row.doubts),
    }


@blueprint.get("/receipts")
def receipts() -> Response:
    """What became of these captures and records (`ids`, at most 100, by commas): nothing says "safe" that is not."""
    ids = [_uuid(text) for text in parameters("ids").get("ids", "").split(",") if text]
    if len(ids) > _MOST_ASKED:
        raise BadValue("too_many_ids", most=_MOST_ASKED)
    mine = person().account_id
    records = [row for row in records_named(session(), court_id(), ids) if row.account_id == mine]
    captures = capture_states(session(), court_id(), mine, ids)
    return answer(
        {
            "captures": {str(one): _standing(captures.get(one)) for one in ids},
            "records": {str(row.record_id): _receipt(row) for row in reversed(records)},
        }
    )


def _standing(one: CaptureState | None) -> dict[str, Any]:
    if one is None:
        return {"state": "unknown", "offset": 0, "receipt": None, "received_at": None}
    return {
        "state": one.state,
        "offset": one.offset,
        "receipt": str(one.receipt) if one.receipt else None,
        "received_at": one.received_at.isoformat() if one.received_at else None,
    }


def _checked(report: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The report in the shape of the API's, without what was left out; None when it is not of that shape."""
    try:
        shape = VisitReport.model_validate(report)
    except ValidationError:
        return None
    return shape.model_dump(mode="json", exclude_none=True, exclude_defaults=True)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadValue("record_malformed") from None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadValue("id_malformed") from None
