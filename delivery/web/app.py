"""The application: who calls, whether the policy lets them in, one session around the view, what follows."""

import logging
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, g, request
from flask.typing import ResponseReturnValue

from delivery.domain.errors import SongdaError
from delivery.runtime import Runtime
from delivery.web import access, blueprints, callers, faults, forgery, operations, policy, rendering, security
from delivery.web.packing import packed
from delivery.web.policy import Work
from delivery.web.proxies import caller
from delivery.web.races import once_more
from delivery.web.request_state import with_session

LOG = logging.getLogger(__name__)
_YEAR = 365 * 24 * 3600


class Pages(Flask):
    """Flask with the policy in front of every view and one database session around it."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__("delivery.web", root_path=str(Path(__file__).parent))
        self.extensions["songda"] = runtime
        self.runtime = runtime

    def send_static_file(self, filename: str) -> Response:
        """A file that is the same for everybody, packed where that helps."""
        return packed(super().send_static_file(filename))

    def wsgi_app(self, environ: dict[str, Any], start_response: Any) -> Any:  # noqa: ANN401 -- see PEP 3333
        """Answer one request, from whoever our own proxies say that it comes."""
        told = environ.get("HTTP_X_FORWARDED_FOR", "")
        environ["REMOTE_ADDR"] = caller(environ.get("REMOTE_ADDR", ""), told, self.runtime.settings.proxies)
        return super().wsgi_app(environ, start_response)

    def preprocess_request(self) -> ResponseReturnValue | None:
        """Find out who calls and hold the policy, before anything else sees the request."""
        if request.routing_exception is None:
            row = policy.row_for(request.endpoint)
            request.max_content_length = row.most_bytes
            callers.identify(row)
            policy.enforce(row, g.person, g.api_caller)
            forgery.check(row)
            g.work = row.work
        else:
            callers.guess_language()
        return super().preprocess_request()

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view with its session. A changing request is committed here, before the response leaves."""
        if request.routing_exception is not None or g.work is not Work.REQUEST:
            return super().dispatch_request()
        reads = request.method in {"GET", "HEAD", "OPTIONS"}
        if reads or g.api_caller is None:
            return self._answer(reads=reads)
        # A program's body lies whole in memory and can be read again; a person's upload is a stream that cannot.
        return once_more(self._answer)

    def _answer(self, *, reads: bool = False) -> ResponseReturnValue:
        g.pop("reads", None)
        with with_session(reads=reads):
            return super().dispatch_request()

    def log_exception(self, exc_info: object) -> None:
        """Say which kind of error and where, never with which values: those may be personal."""
        error = exc_info[1] if isinstance(exc_info, tuple) else None
        LOG.error("request_failed", extra={"endpoint": request.endpoint, "error": type(error).__name__})
        if not isinstance(error, SongdaError):
            LOG.debug("traceback", exc_info=error)


def create_app(runtime: Runtime, edges: Iterable[Blueprint] = ()) -> Flask:
    """The whole web application. `edges` are the blueprints of packages above the core: receivers, the field page."""
    app = Pages(runtime)
    app.config.update(
        MAX_CONTENT_LENGTH=policy.MEGABYTE,
        MAX_FORM_MEMORY_SIZE=policy.MEGABYTE,
        MAX_FORM_PARTS=200,
        SEND_FILE_MAX_AGE_DEFAULT=_YEAR,
    )
    rendering.prepare(app)
    faults.register(app)
    operations.count_requests(app)
    for blueprint in (*blueprints.all_of_the_core(), *edges):
        app.register_blueprint(blueprint)
    app.after_request(_finish)
    return app


def _finish(response: Response) -> Response:
    """Headers and cookies on the way out; what was read is recorded when the response is gone."""
    security.harden(response)
    forgery.keep_cookie(response)
    if response.status_code < HTTPStatus.BAD_REQUEST:
        access.record_after(response)
    return response
