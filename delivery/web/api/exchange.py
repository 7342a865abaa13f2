"""The manners of the API: bodies read strictly, answers that can be asked for again, cursors that stay valid.

An `Idempotency-Key` makes a POST repeatable (IETF draft-ietf-httpapi-idempotency-key-header-07): the same key and
body give the stored answer, the same key with another body is 422, and a key whose first request is still running is
409.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import UUID

from flask import Response, g, jsonify, request
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from delivery.domain.errors import Conflict, RequestError
from delivery.store.accounts import IdempotencyRecord
from delivery.web.api.shapes import Shape
from delivery.web.request_state import api_caller, now, session

S = TypeVar("S", bound=Shape)
KEPT_FOR = timedelta(days=7)
PAGE = 50
_LONGEST_KEY = 120
_LONGEST_WAIT = "3s"


def body_as(shape: type[S]) -> S:
    """The request's JSON body in this shape. Raises `RequestError` 415, 400 or 422 with a pointer per wrong field."""
    if request.mimetype != "application/json":
        raise RequestError("unsupported_media_type", status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    try:
        return shape.model_validate_json(request.get_data())
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        if any(item["type"] == "json_invalid" for item in problems):
            raise RequestError("json_invalid", status=HTTPStatus.BAD_REQUEST) from None
        wrong = tuple(
            {"pointer": "/" + "/".join(str(part) for part in item["loc"]), "detail": item["msg"], "code": item["type"]}
            for item in problems
        )
        raise RequestError("fields_invalid", status=HTTPStatus.UNPROCESSABLE_ENTITY, errors=wrong) from None


def idempotency_key() -> str:
    """The request's Idempotency-Key, or an empty string. Raises `RequestError` (idempotency_key_too_long)."""
    key = request.headers.get("Idempotency-Key", "").strip().strip('"')
    if len(key) > _LONGEST_KEY:
        raise RequestError("idempotency_key_too_long", status=HTTPStatus.BAD_REQUEST)
    return key


def repeatable(view: Callable[..., Response]) -> Callable[..., Response]:
    """Let a POST be asked for again under its Idempotency-Key, kept for seven days."""

    @wraps(view)
    def answered(*args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 -- whatever the route's converters give
        key = idempotency_key()
        if not key:
            return view(*args, **kwargs)
        fingerprint = hashlib.sha256(request.path.encode() + b"\0" + request.get_data()).hexdigest()
        place = (api_caller().court_id, request.endpoint or "", key)
        record = session().get(IdempotencyRecord, place)
        if record is not None and now() - record.created_at < KEPT_FOR:
            return _again(record, fingerprint)
        if record is not None:
            session().delete(record)
            session().flush()
        record = IdempotencyRecord(
            court_id=place[0], route=place[1], key=key, fingerprint=fingerprint, created_at=now()
        )
        session().add(record)
        _claim()
        response = view(*args, **kwargs)
        record.status, record.body = response.status_code, response.get_data(as_text=True)
        return response

    return answered


def _claim() -> None:
    """Write the key before the work begins: of two requests at once, the second waits here for the first.

    When that is done, the second fails on the key, looks again and finds the answer. It does not wait for ever.
    Raises `Conflict` (still_running).
    """
    if session().get_bind().dialect.name == "sqlite":
        session().flush()  # one writer at a time: nobody else is at work
        return
    session().execute(text(f"SET LOCAL lock_timeout = '{_LONGEST_WAIT}'"))
    try:
        session().flush()
    except OperationalError:
        raise Conflict("still_running") from None
    session().execute(text("SET LOCAL lock_timeout TO DEFAULT"))


def _again(record: IdempotencyRecord, fingerprint: str) -> Response:
    if record.fingerprint != fingerprint:
        raise RequestError("idempotency_key_reused", status=HTTPStatus.UNPROCESSABLE_ENTITY)
    assert record.status is not None  # it is committed together with the key
    return Response(record.body or "", status=record.status, content_type="application/json")


def answer(content: object, status: int = HTTPStatus.OK) -> Response:
    """JSON with a status."""
    response = jsonify(content)
    response.status_code = status
    return response


def page_of(items: list[dict[str, Any]], last: str | None) -> Response:
    """A page of a listing: `next` is the cursor for the following one, null at the end."""
    return answer({"items": items, "next": last})


def parameters(*allowed: str) -> dict[str, str]:
    """The query, each name at most once and none unknown. Raises `RequestError` (parameter_unknown)."""
    given = request.args.to_dict(flat=False)
    for name, values in given.items():
        if name not in allowed or len(values) != 1:
            raise RequestError("parameter_unknown", status=HTTPStatus.BAD_REQUEST, parameter=name[:40])
    return {name: values[0] for name, values in given.items()}


def cursor_id(text: str) -> UUID:
    """The id in a cursor. Raises `RequestError` (cursor_invalid)."""
    try:
        return UUID(text)
    except ValueError:
        raise RequestError("cursor_invalid", status=HTTPStatus.BAD_REQUEST) from None


def plain(shape: Shape) -> dict[str, Any]:
    """A shape as JSON values, without what was left out."""
    loaded: dict[str, Any] = json.loads(shape.model_dump_json(exclude_none=True, exclude_defaults=True))
    return loaded


def caller_roles() -> frozenset[str]:
    """The roles that a key acts in: its scopes of the form `role:NAME`."""
    return frozenset(scope.removeprefix("role:") for scope in g.api_caller.scopes if scope.startswith("role:"))
