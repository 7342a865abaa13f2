"""The embedded server: web processes, and the worker threads beside them, under one command; and that for uploads.

The worker threads live in the parent process and the web in its children, so that neither waits for the other's
interpreter lock. On SIGTERM the web finishes the requests in flight, then the workers finish the batch in hand.
"""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

from delivery.housekeeping import Housekeeping
from delivery.runtime import Runtime
from delivery.tasks import Worker

_PR_SET_PDEATHSIG = 1  # prctl(2)


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


def end_with(parent: int) -> None:
    """Let this process end when its parent was killed, rather than keep the port and serve without the others."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)
