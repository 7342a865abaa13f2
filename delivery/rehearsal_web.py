"""The platform's pages on loopback, inside the process of a simulation: real HTTP, on a socket that was bound before.

The address must be known before the platform is built (its settings name it), so the socket comes first.
"""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

_HOST = "127.0.0.1"


class _Quiet(WSGIRequestHandler):
    """Keeps connections open between requests, and writes no access log."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the platform keeps its own record of requests."""


class LoopbackPort:
    """A port of this machine, a free one unless named, held from the moment it is known."""

    def __init__(self, port: int = 0) -> None:
        self._socket = socket.socket()
        # A port that another process just left may be taken at once.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((_HOST, port))
        except OSError:
            self._socket.close()
            raise
        self._socket.listen(128)

    @property
    def url(self) -> str:
        """The address that the platform will have."""
        return f"http://{_HOST}:{self._socket.getsockname()[1]}"

    def release(self) -> None:
        """Let another process have the port."""
        self._socket.close()

    @contextmanager
    def serving(self, application: Callable[..., Any]) -> Iterator[None]:
        """Serve a WSGI application, a thread a connection, until the end of the block."""
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        port = self._socket.getsockname()[1]
        server = make_server(_HOST, port, application, threaded=True, request_handler=_Quiet, fd=self._socket.fileno())
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="rehearsal-web", daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            self.release()
