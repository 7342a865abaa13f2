"""Resumable uploads from phones: tus 1.0.0 at `/field/uploads`, spoken by our own server because these are evidence.

A piece is at most a megabyte. What goes beyond it is left unread, and the answer names the offset that was reached, so
that a client which sends everything at once, as the protocol advises, goes on from there instead of being refused.
"""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, after_this_request, request

from delivery.domain.errors import RequestError
from delivery.receiving_uploads import (
    MOST_AT_ONCE,
    MOST_OF_A_FILM,
    BytesDiffer,
    Owner,
    Progress,
    begin,
    look,
    receive,
    stop,
)
from delivery.web.request_state import court_id, now, person, runtime
from mobile_upload import tus
from mobile_upload.arriving import Arrived, Ending, Patience, Waiting

ROOT = "/field/uploads"
RECEIPT = "Songda-Receipt"
_RETRY_SECONDS = "1"
_MOST_WAITING = 2
_ONE_MEGABYTE = 1


def make_blueprint(*, at_once: int = _MOST_WAITING, patience: Patience | None = None) -> Blueprint:
    """The routes; `at_once` requests may wait for their phone in this process."""
    blueprint = Blueprint("uploads", __name__)
    waiting = Waiting(at_once, patience or Patience())

    @blueprint.route(ROOT, methods=["OPTIONS"], provide_automatic_options=False)
    @blueprint.route(f"{ROOT}/<uuid:upload>", methods=["OPTIONS"], provide_automatic_options=False)
    def options(upload: UUID | None = None) -> Response:
        del upload  # the same is offered everywhere
        return _options()

    @blueprint.route(ROOT, methods=["POST"], strict_slashes=False, provide_automatic_options=False)
    def creation() -> Response:
        match _method():
            case "POST":
                return _create(waiting)
            case "OPTIONS":
                return _options()
            case _:
                raise RequestError("method_not_allowed", status=HTTPStatus.METHOD_NOT_ALLOWED)

    @blueprint.route(
        f"{ROOT}/<uuid:upload>", methods=["HEAD", "PATCH", "DELETE", "POST"], provide_automatic_options=False
    )
    def one(upload: UUID) -> Response:
        match _method():
            case "HEAD":
                return _head(upload)
            case "PATCH":
                return _patch(waiting, upload)
            case "DELETE":
                return _delete(upload)
            case "OPTIONS":
                return _options()
            case _:
                raise RequestError("method_not_allowed", status=HTTPStatus.METHOD_NOT_ALLOWED)

    blueprint.after_app_request(_in_the_protocols_words)
    return blueprint


def _method() -> str:
    """What the client means: some networks let nothing but GET and POST through."""
    return request.headers.get(tus.OVERRIDE, request.method).upper()


def _options() -> Response:
    headers = {
        "Tus-Version": tus.VERSION,
        "Tus-Extension": tus.EXTENSIONS,
        "Tus-Max-Size": str(MOST_OF_A_FILM),
        "Tus-Checksum-Algorithm": ",".join(tus.ALGORITHMS),
    }
    return Response(status=HTTPStatus.NO_CONTENT, headers=headers)


def _create(waiting: Waiting) -> Response:
    arrived = _arrived(waiting)
    tus.check_version(request.headers)
    file = tus.announced(request.headers)
    if arrived.content or arrived.ending is not Ending.WHOLE:
        tus.check_type(request.headers)
    content = _checked(arrived)
    if len(content) > file.size:
        raise RequestError("upload_past_its_end", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    with runtime().transaction() as session:
        progress = begin(session, _owner(), file, now=now())
    if content or file.size == 0:
        progress = receive(runtime(), _owner(), progress.upload_id, 0, content)
    headers = {"Location": f"{ROOT}/{progress.upload_id}", **_how_far(progress)}
    if arrived.ending is Ending.WHOLE and not content:
        del headers["Upload-Offset"]  # it tells of bytes in this request, and there were none
    return Response(status=HTTPStatus.CREATED, headers=headers)


def _head(upload: UUID) -> Response:
    tus.check_version(request.headers)
    with runtime().reading() as session:
        progress = look(session, _owner(), upload, now=now())
    headers = {"Upload-Length": str(progress.size), "Upload-Metadata": progress.told, **_how_far(progress)}
    return Response(status=HTTPStatus.OK, headers=headers)


def _patch(waiting: Waiting, upload: UUID) -> Response:
    arrived = _arrived(waiting)
    tus.check_version(request.headers)
    tus.check_type(request.headers)
    offset = tus.number(request.headers, "Upload-Offset")
    progress = receive(runtime(), _owner(), upload, offset, _checked(arrived))
    if arrived.ending is Ending.SILENT:
        # An error that clients try again after; what had come is kept all the same.
        raise RequestError("upload_stalled", status=HTTPStatus.SERVICE_UNAVAILABLE)
    return Response(status=HTTPStatus.NO_CONTENT, headers=_how_far(progress))


def _delete(upload: UUID) -> Response:
    tus.check_version(request.headers)
    stop(runtime(), _owner(), upload)
    return Response(status=HTTPStatus.NO_CONTENT)


def _arrived(waiting: Waiting) -> Arrived:
    """What came. After a silence the phone has its answer, and the line is to be closed; the request ends with it."""
    arrived = waiting.arrive(request.environ, MOST_AT_ONCE)
    if arrived.ending is Ending.SILENT:

        @after_this_request
        def end_with_the_line(response: Response) -> Response:
            response.headers["Connection"] = "close"
            response.call_on_close(arrived.released)
            return response

    return arrived


def _checked(arrived: Arrived) -> bytes:
    """The bytes, if they are those of their checksum. Of a body that did not come whole, a checksum proves nothing."""
    promised = tus.checksum(request.headers)
    if promised is None:
        return arrived.content
    match arrived.ending:
        case Ending.WHOLE if promised.fits(arrived.content):
            return arrived.content
        case Ending.MORE:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            raise RequestError("upload_piece_too_large", status=status, most=_ONE_MEGABYTE)
        case Ending.SILENT:
            raise RequestError("upload_stalled", status=HTTPStatus.SERVICE_UNAVAILABLE)
        case _:
            raise BytesDiffer


def _how_far(progress: Progress) -> dict[str, str]:
    headers = {"Upload-Offset": str(progress.received)}
    if progress.expires_at is not None:
        headers["Upload-Expires"] = tus.moment(progress.expires_at)
    if progress.receipt is not None:
        headers[RECEIPT] = str(progress.receipt)
    return headers


def _owner() -> Owner:
    return Owner(court_id(), person().account_id)


_TOLD_WITH: Mapping[int, tuple[str, str]] = {
    HTTPStatus.PRECONDITION_FAILED: ("Tus-Version", tus.VERSION),
    HTTPStatus.LOCKED: ("Retry-After", _RETRY_SECONDS),
    HTTPStatus.SERVICE_UNAVAILABLE: ("Retry-After", _RETRY_SECONDS),
}


def _in_the_protocols_words(response: Response) -> Response:
    """The protocol's own header on every answer here, errors included."""
    if request.path.startswith(ROOT):
        response.headers[tus.RESUMABLE] = tus.VERSION
        if response.status_code in _TOLD_WITH:
            name, value = _TOLD_WITH[response.status_code]
            response.headers[name] = value
    return response
