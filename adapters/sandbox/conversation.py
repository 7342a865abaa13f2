"""The town's web server: small, threaded, on loopback only; it hands each request to whoever speaks its protocol."""

import socket
import sqlite3
import struct
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

LOOPBACK = "127.0.0.1"
_LARGEST_BODY = 1 << 20
_IDLE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Request:
    """One request, its query and form read."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    form: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back. `hang_up`: everything was done, but the connection dies before the answer."""

    body: bytes
    status: int = 200
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    hang_up: bool = False


Answering = Callable[[Request], Response]


class TownServer:
    """Serves until it is stopped; `answer` may be called from many threads at once."""

    def __init__(self, answer: Answering, port: int = 0) -> None:
        self._server = _Server((LOOPBACK, port), type("_BoundHandler", (_Handler,), {"answer": staticmethod(answer)}))
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), name="town-http", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more requests, and close what is open."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self._open: set[Any] = set()

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the library's signature
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - the library's signature
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for request in list(self._open):
            try:
                request.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the library's signature
        """A caller that went away is no news, nor a town that closed; anything else is a bug and must be seen."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError | sqlite3.ProgrammingError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "SandboxTown"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    timeout = _IDLE_SECONDS
    answer: Answering

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LARGEST_BODY:
            self.close_connection = True
            self._send(Response(b"", 413))
            return
        body = self.rfile.read(length)
        parts = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            form=dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)) if body else {},
            body=body,
        )
        if urlsplit(f"//{request.headers.get('host', '')}").hostname not in {LOOPBACK, "localhost", "::1"}:
            self._send(Response(b"", 421))  # a page elsewhere whose name was made to point here
            return
        self._send(type(self).answer(request))

    do_GET = do_HEAD = do_POST = _serve  # noqa: N815 - the library's names

    def _send(self, response: Response) -> None:
        if response.hang_up:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's signature
        """Say nothing: the journal knows what came in."""
