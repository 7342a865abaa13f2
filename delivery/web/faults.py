"""Errors as people and programs see them, from the same stable codes.

People get a page in their language, programs problem+json (RFC 9457).
"""

import logging
from http import HTTPStatus
from urllib.parse import quote, urlsplit, urlunsplit

from flask import Flask, Response, jsonify, make_response, redirect, request, url_for
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as AnyResponse

from delivery.correcting import correction
from delivery.domain.errors import Conflict, IntegrityFault, RequestError
from delivery.exhausting import say_gaps
from delivery.store.blobs import StorageAway
from delivery.web.astray import astray_page, is_of_recipients
from delivery.web.policy import MembershipNeeded, SignInNeeded
from delivery.web.rendering import page, t, word
from delivery.web.request_state import language
from delivery.wording import knows, say

LOG = logging.getLogger(__name__)
_CODES = {
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
    HTTPStatus.INTERNAL_SERVER_ERROR: "internal",
}


# Codes of errors that name what they allow -> the table in which people read those codes. Programs get the codes.
_ALLOWED = {
    "result_unknown": "result",
    "meaning_unknown": "result",
    "action_unknown": "action",
    "address_kind_unknown": "address_kind",
    "found_basis_misplaced": "basis",
}
_COME_AGAIN = "5"  # seconds
_WRITTEN_FIRST = "23505"  # PostgreSQL's unique_violation; on SQLite nobody writes at the same time
_FOR_PROGRAMS = ("/api/", "/webhooks/", "/field/api/", "/field/uploads")


def wants_json() -> bool:
    """Whether the caller is a program: everything below these, and whoever prefers JSON to HTML."""
    if request.path.startswith(_FOR_PROGRAMS):
        return True
    accepted = request.accept_mimetypes
    best = accepted.best_match(["text/html", "application/problem+json", "application/json"], default="text/html")
    return best != "text/html" and accepted[best] > accepted["text/html"]


def words_for(code: str, arguments: dict[str, str | int]) -> str:
    """The sentence for an error code; a code without words of its own is shown as it is, never as a riddle."""
    key = f"error.{code}"
    if "gaps" in arguments:
        arguments = {**arguments, "gaps": say_gaps(str(arguments["gaps"]), language())}
    if code in _ALLOWED and not wants_json():
        allowed = (word(_ALLOWED[code], one) for one in str(arguments["allowed"]).split(", "))
        arguments = {**arguments, "allowed": t("list.comma").join(allowed)}
    if knows(key):
        return say(language(), key, **arguments)
    if knows(f"import.problem.{code}.message"):
        wrong = correction(language(), code, arguments)
        return say(language(), "error.with_cure", message=wrong.message, cure=wrong.cure)
    return say(language(), "error.other", code=code)


def answer(error: RequestError) -> AnyResponse:
    """A `RequestError` as a page or as problem+json."""
    if wants_json():
        return problem(error)
    if is_of_recipients():
        return make_response(astray_page(error.code, error.status))
    if isinstance(error, SignInNeeded):
        target = request.full_path.rstrip("?") if request.method == "GET" else "/"
        return redirect(url_for("sign_in.form") + f"?next={quote(target)}", HTTPStatus.SEE_OTHER)
    if isinstance(error, MembershipNeeded):
        return redirect(url_for("sign_in.memberships"), HTTPStatus.SEE_OTHER)
    text = words_for(error.code, error.arguments)
    return make_response(page("fault.html", status=error.status, code=error.code, text=text), error.status)


def problem(error: RequestError) -> Response:
    """RFC 9457. `code` is the stable name; `errors` lists what is wrong where."""
    body = {
        "type": f"urn:songda:problem:{error.code}",
        "title": words_for(error.code, error.arguments),
        "status": error.status,
        "code": error.code,
    }
    if error.errors:
        body["errors"] = [dict(item) for item in error.errors]
    response = jsonify(body)
    response.status_code = error.status
    response.mimetype = "application/problem+json"
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _from_http(error: HTTPException) -> AnyResponse:
    """Werkzeug's own errors (no such page, wrong method, too large) in our words; `Allow` and redirects are kept."""
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    code = _CODES.get(HTTPStatus(error.code), "bad_request")
    response = answer(RequestError(code, status=error.code))
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _from_fault(_error: IntegrityFault) -> AnyResponse:
    """The record does not hold: said plainly, never shown around."""
    return answer(RequestError("integrity", status=HTTPStatus.INTERNAL_SERVER_ERROR))


def _from_value(error: StatementError | OverflowError) -> AnyResponse:
    """A value that no calendar or database takes (a NUL in a text, the year 9999): the caller's fault, not ours."""
    if not isinstance(error, DataError | OverflowError) and not isinstance(error.orig, OverflowError):
        raise error
    LOG.warning("value_refused", extra={"endpoint": request.endpoint, "error": type(error).__name__})
    return answer(RequestError("bad_request"))


def _from_database(error: OperationalError | PoolTimeout) -> AnyResponse:
    """The database is away, busy or full: nothing was kept, and the same request may come again shortly."""
    LOG.error("database_away", extra={"endpoint": request.endpoint, "error": type(error).__name__})
    response = answer(RequestError("database_away", status=HTTPStatus.SERVICE_UNAVAILABLE))
    response.headers["Retry-After"] = _COME_AGAIN
    return response


def _from_storage(_error: StorageAway) -> AnyResponse:
    """The disk is full, or the object store away: as with the database."""
    LOG.error("storage_away", extra={"endpoint": request.endpoint})
    response = answer(RequestError("storage_away", status=HTTPStatus.SERVICE_UNAVAILABLE))
    response.headers["Retry-After"] = _COME_AGAIN
    return response


def _from_race(error: IntegrityError) -> AnyResponse:
    """Somebody wrote the same row first: nothing of this request was kept."""
    if getattr(error.orig, "sqlstate", "") != _WRITTEN_FIRST:
        raise error
    LOG.warning("written_first", extra={"endpoint": request.endpoint})
    return answer(Conflict("somebody_was_faster"))


def _stay_here(response: Response) -> Response:
    """A tidied address (one slash for two) is a path of ours, and never on the host that the request named."""
    if isinstance(request.routing_exception, RequestRedirect):
        parts = urlsplit(request.routing_exception.new_url)
        response.location = urlunsplit(("", "", f"/{parts.path.lstrip('/')}", parts.query, ""))
        response.set_data("")
    return response


def register(app: Flask) -> None:
    """Let the application answer errors in this way."""
    app.register_error_handler(RequestError, answer)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(IntegrityFault, _from_fault)
    app.after_request(_stay_here)
    app.register_error_handler(StatementError, _from_value)
    app.register_error_handler(OverflowError, _from_value)
    app.register_error_handler(OperationalError, _from_database)
    app.register_error_handler(PoolTimeout, _from_database)
    app.register_error_handler(IntegrityError, _from_race)
    app.register_error_handler(StorageAway, _from_storage)
