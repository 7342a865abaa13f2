"""The way in for uploads as a process of its own: bodies are read here, while no thread waits for any phone.

Slow phones cost a connection and what they have sent so far, up to a megabyte, and never a thread. When a body has
come, was cut, or went silent for too long, the application answers it like any other request, with the body at hand.
It speaks ASGI, because that is how a server hands over a body bit by bit.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from time import monotonic
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from werkzeug.http import parse_cookie

from delivery.receiving_uploads import MOST_AT_ONCE
from delivery.runtime import Runtime
from delivery.signing_in import person_behind
from delivery.web.app import create_app
from delivery.web.callers import SESSION_COOKIE
from delivery.wording import say
from mobile_upload import uploads
from mobile_upload.arriving import ARRIVED, Arrived, Ending, Patience

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Known = Callable[[str], bool]
"""Whether the Cookie header belongs to somebody who is signed in."""

OPEN_TO_ALL: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_UPLOADS: Final = "/field/uploads"
_WITH_BODY: Final = frozenset({"POST", "PATCH", "PUT"})
_LEFT_TO_READ: Final = 4 * 1024 * 1024
_LINGER: Final = 2.0


class Front:
    """An ASGI application around the WSGI one. At most `at_once` bodies are on their way at a time."""

    def __init__(
        self,
        application: WsgiApplication,
        known: Known,
        *,
        most: int,
        threads: int = 4,
        at_once: int = 100,
        patience: Patience | None = None,
    ) -> None:
        self._application = application
        self._known = known
        self._most = most
        self._at_once = at_once
        self._patience = patience or Patience()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="songda-upload")
        self._reading = 0

    @property
    def crowded(self) -> bool:
        """Whether as many bodies are on their way as may be."""
        return self._reading >= self._at_once

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        path = str(scope["path"])
        if not path.startswith(_UPLOADS) and path not in OPEN_TO_ALL:
            await _refuse(scope, send, 404, "not_found")
            return
        arrived = Arrived(b"", Ending.WHOLE)
        loop = asyncio.get_running_loop()
        # Strangers are answered without reading what they send.
        if scope["method"] in _WITH_BODY and await loop.run_in_executor(
            self._pool, self._known, _header(scope, b"cookie")
        ):
            if self.crowded:
                await _refuse(scope, send, 503, "upload_crowded", (b"retry-after", b"1"), (b"tus-resumable", b"1.0.0"))
                return
            arrived = await self._arrive(receive)
        status, headers, body = await loop.run_in_executor(self._pool, self._answer, scope, arrived)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        if arrived.ending is Ending.MORE:
            await _linger(receive)

    async def _arrive(self, receive: Receive) -> Arrived:
        self._reading += 1
        try:
            return await self._read(receive)
        finally:
            self._reading -= 1

    async def _read(self, receive: Receive) -> Arrived:
        content = bytearray()
        last = monotonic() + self._patience.longest.total_seconds()
        while len(content) <= self._most:
            wait = min(self._patience.silence.total_seconds(), last - monotonic())
            try:
                message = await asyncio.wait_for(receive(), wait)
            except TimeoutError:
                return Arrived(bytes(content), Ending.SILENT)
            if message["type"] == "http.disconnect":
                return Arrived(bytes(content), Ending.CUT)
            content += message.get("body", b"")
            if not message.get("more_body", False) and len(content) <= self._most:
                return Arrived(bytes(content), Ending.WHOLE)
        return Arrived(bytes(content[: self._most]), Ending.MORE)

    def _answer(self, scope: Message, arrived: Arrived) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        found: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> None:
            found[:] = [int(status.split(" ", 1)[0]), headers]

        answer = self._application(_environ(scope, arrived), start)
        try:
            body = b"".join(answer)
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()
        status, headers = found
        return status, [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers], body


def make_front(runtime: Runtime, *, patience: Patience | None = None) -> Front:
    """The front of an installation: the same routes as in `songda serve`, the same sessions."""
    application = create_app(runtime, [uploads.make_blueprint()])

    def known(cookies: str) -> bool:
        token = parse_cookie(cookies).get(SESSION_COOKIE)
        if not token:
            return False
        with runtime.reading() as session:
            return person_behind(session, token, machine_now=runtime.machine_now()) is not None

    return Front(application.wsgi_app, known, most=MOST_AT_ONCE, patience=patience)


def _header(scope: Message, name: bytes) -> str:
    return b"; ".join(value for key, value in scope["headers"] if key == name).decode("latin-1")


def _environ(scope: Message, arrived: Arrived) -> dict[str, Any]:
    """The request as WSGI has it (PEP 3333)."""
    host, port = (scope.get("server") or ("127.0.0.1", 80))[:2]
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope.get("raw_path") or scope["path"].encode()).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": BytesIO(arrived.content),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        ARRIVED: arrived,
    }
    for key, value in scope["headers"]:
        name = key.decode("latin-1").upper().replace("-", "_")
        name = name if name in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{name}"
        between = "; " if name == "HTTP_COOKIE" else ","
        text = value.decode("latin-1")
        environ[name] = f"{environ[name]}{between}{text}" if name in environ else text
    return environ


async def _refuse(scope: Message, send: Send, status: int, code: str, *headers: tuple[bytes, bytes]) -> None:
    """The application's own words (RFC 9457), where it is not asked at all."""
    language = "en" if _header(scope, b"accept-language").startswith("en") else "zh"
    told = {
        "type": f"urn:songda:problem:{code}",
        "title": say(language, f"error.{code}"),
        "status": status,
        "code": code,
    }
    body = json.dumps(told).encode()
    head = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})


async def _linger(receive: Receive) -> None:
    """Let a little more come before the connection closes, so that the client reads our answer and no reset."""
    left, last = _LEFT_TO_READ, monotonic() + _LINGER
    while left > 0 and monotonic() < last:
        try:
            message = await asyncio.wait_for(receive(), last - monotonic())
        except TimeoutError:
            return
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return
        left -= len(message.get("body", b""))
