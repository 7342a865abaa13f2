"""The embedded server: web processes, and the worker threads beside them, under one command; and that for uploads.

The worker threads live in the parent process and the web in its children, so that neither waits for the other's
interpreter lock. On SIGTERM the web finishes the requests in flight, then the workers finish the batch in hand.
"""

import ctypes
import errno
import os
import signal
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from delivery.domain.errors import SongdaError
from delivery.housekeeping import Housekeeping
from delivery.runtime import Runtime
from delivery.tasks import Worker

_PR_SET_PDEATHSIG = 1  # prctl(2)
_PROBES = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
)
_LOOKS = 300
_BETWEEN_LOOKS = 0.1


class CannotListen(SongdaError):
    """The address is not to be had; says why."""


def await_free(host: str, port: int, patience: float = 10.0) -> None:
    """Wait until nobody listens at an address, because the web server would share it with whoever does.

    After a crash, the processes of the one before may need `patience` (seconds) to end. Raises `CannotListen`.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            kind, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(kind, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
                return
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                cure = "choose another address with SONGDA_BASE_URL, or with --host and --port"
                message = f"cannot listen on {host}:{port}: {error.strerror}; {cure}"
                raise CannotListen(message) from error
            time.sleep(_BETWEEN_LOOKS)


def serve(
    application: Callable[[], Any],
    runtime: Runtime,
    *,
    host: str,
    port: int,
    processes: int,
    threads: int,
    workers: int,
) -> int:
    """Serve until told to stop; returns the exit status. `application` is built anew in every web process."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    server = Granian(
        "wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=threads,
        websockets=False,
        workers_kill_timeout=30,
        log_level=LogLevels.warning,
    )
    parent = os.getpid()

    def load() -> Any:  # noqa: ANN401 -- any WSGI application
        end_with(parent)
        notice_the_dead()
        return application()

    embedded: list[Worker | Housekeeping] = [Worker(runtime) for _ in range(workers)]
    if workers:
        embedded.append(Housekeeping(runtime))
    stopped = threading.Event()
    # Threads do not survive the fork that makes the web processes, so they begin once those are there.
    starter = threading.Thread(target=_start_when, args=(lambda: _all_there(server, processes), embedded, stopped))
    server.on_startup(starter.start)
    try:
        server.serve(target_loader=load, wrap_loader=False)
    except SystemExit as ended:
        return int(ended.code or 0)
    finally:
        stopped.set()
        starter.join()
        for worker in embedded:
            if worker.is_alive():
                worker.stop()
    return 0


def serve_uploads(front: Callable[[], Any], *, host: str, port: int, processes: int) -> int:
    """Receive uploads and nothing else until told to stop. `front` is an ASGI application, built in every process."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    server = Granian(
        "wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        workers=processes,
        websockets=False,
        workers_kill_timeout=30,
        log_level=LogLevels.warning,
    )
    parent = os.getpid()

    def load() -> Any:  # noqa: ANN401 -- any ASGI application
        end_with(parent)
        notice_the_dead()
        return front()

    try:
        server.serve(target_loader=load, wrap_loader=False)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _all_there(server: Any, processes: int) -> bool:  # noqa: ANN401 -- granian names no public type for it
    return len(server.wrks) == processes and all(worker.is_alive() for worker in server.wrks)


def _start_when(ready: Callable[[], bool], workers: Sequence[Worker | Housekeeping], stopped: threading.Event) -> None:
    while not ready():
        if stopped.wait(0.05):
            return
    for worker in workers:
        worker.start()


def notice_the_dead() -> None:
    """Have the system end connections whose other side is silent for a minute and does not answer its probes.

    A phone that lost its signal says no farewell. What listens hands these options on to every connection; the server
    opens it after the application is loaded, so a thread waits for that.
    """
    if sys.platform == "linux":
        threading.Thread(target=_probe_what_listens, name="songda-probes", daemon=True).start()


def _probe_what_listens() -> None:
    for _ in range(_LOOKS):
        if any(_probed(int(entry.name)) for entry in Path("/proc/self/fd").iterdir()):
            return
        time.sleep(_BETWEEN_LOOKS)


def _probed(number: int) -> bool:
    """Whether this is a socket that listens; then what it accepts is probed from now on."""
    with suppress(OSError):  # closed meanwhile, or no TCP
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            with socket.socket(fileno=os.dup(number)) as found:
                if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    for option in _PROBES:
                        found.setsockopt(*option)
                    return True
    return False


def end_with(parent: int) -> None:
    """Let this process end when its parent was killed, rather than keep the port and serve without the others."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)
