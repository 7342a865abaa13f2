"""The relay: claims due tasks, runs their handlers, retries, and buries what keeps failing. It knows no handler.

A handler runs inside a transaction and may return a `Call`: that is performed with no transaction open, and what came
of it is recorded in a second transaction together with "done". Handlers without a Call share a transaction, a SAVEPOINT
each.
"""

import logging
import os
import socket
import threading
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from delivery.domain.errors import SendError
from delivery.runtime import Call, Runtime
from delivery.store import tasks as table
from delivery.store.desk import put_on_desk
from delivery.store.tasks import Lease

LOG = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
BATCH = 50
MAX_TRIES = 5
_BACK_OFF = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))


def worker_name() -> str:
    """A name for this worker, unique among processes and threads."""
    return f"{socket.gethostname()[:24]}-{os.getpid()}-{uuid4().hex[:8]}"


def run_due(runtime: Runtime, owner: str, *, limit: int = BATCH, shard: int | None = None) -> int:
    """Claim and run one batch of due tasks; returns how many were claimed."""
    with runtime.transaction() as session:
        leases = table.claim(
            session,
            now=runtime.now(),
            machine_now=runtime.machine_now(),
            owner=owner,
            lease=LEASE,
            limit=limit,
            shard=shard,
        )
    if not leases:
        return 0
    for lease, call in _first_transaction(runtime, leases):
        _perform(runtime, lease, call)
    return len(leases)


def _first_transaction(runtime: Runtime, leases: list[Lease]) -> list[tuple[Lease, Call]]:
    """Run the handlers; finish those that need no call. Returns the calls that remain to be made."""
    calls: list[tuple[Lease, Call]] = []
    done: list[Lease] = []
    with runtime.transaction() as session:
        now = runtime.now()
        for lease in leases:
            try:
                with session.begin_nested():
                    call = runtime.handlers[lease.handler](runtime, session, lease, now)
            except Exception:  # noqa: BLE001 -- a bug in one handler must not stop the others; it is kept and shown
                _put_back(session, lease, now)
                continue
            if call is None:
                done.append(lease)
            else:
                calls.append((lease, call))
        table.finish(session, done)
    return calls


def _perform(runtime: Runtime, lease: Lease, call: Call) -> None:
    try:
        result = call.perform()
    except SendError as error:
        result = error
    except Exception:  # noqa: BLE001 -- a bug outside a transaction: what was marked stays marked for the crash rule
        with runtime.transaction() as session:
            _put_back(session, lease, runtime.now())
        return
    try:
        with runtime.transaction() as session:
            # Recorded even when the lease was lost meanwhile: what happened outside is a fact.
            call.record(session, result, runtime.now())
            table.finish(session, [lease])
    except Exception:  # noqa: BLE001 -- see above
        with runtime.transaction() as session:
            _put_back(session, lease, runtime.now())


def _put_back(session: Session, lease: Lease, now: datetime) -> None:
    """Try again later; after five tries bury the task and show it on the desk."""
    trace = traceback.format_exc(limit=-6)
    tries = lease.tries + 1
    buried = tries >= MAX_TRIES
    LOG.error("task failed", extra={"handler": lease.handler, "tries": tries, "buried": buried})
    wait = _BACK_OFF[min(tries, len(_BACK_OFF)) - 1]
    table.put_back(session, lease, due_at=now + wait, error=_without_values(trace), buried=buried)
    if buried:
        put_on_desk(
            session,
            lease.court_id,
            kind="task_buried",
            subject=str(lease.task_id),
            at=now,
            handler=lease.handler,
            task=str(lease.task_id),
        )


def _without_values(trace: str) -> str:
    """A traceback as places only: messages and parameters of exceptions may hold personal data."""
    lines = trace.splitlines()
    kept = [line for line in lines if line.startswith("  ") and "parameters" not in line]
    last = lines[-1].split(":", maxsplit=1)[0] if lines else ""
    return "\n".join([*kept, last])[:4000]


class Worker(threading.Thread):
    """The embedded worker: drains due tasks, then sleeps until the next look (machine time) or a nudge."""

    def __init__(self, runtime: Runtime, *, pause: timedelta = timedelta(milliseconds=200)) -> None:
        super().__init__(name="songda-worker", daemon=True)
        self._runtime = runtime
        self._pause = pause.total_seconds()
        self._stopping = threading.Event()

    def run(self) -> None:
        """Until stopped."""
        drain_forever(self._runtime, self._stopping.is_set, lambda: self._stopping.wait(self._pause))

    def stop(self) -> None:
        """Finish the batch in hand, then end."""
        self._stopping.set()
        self.join(timeout=30)


def drain_forever(runtime: Runtime, stopping: Callable[[], bool], pause: Callable[[], object]) -> None:
    """Run batches until `stopping`; pause when nothing is due. A database that is away for a moment is waited for."""
    owner = worker_name()
    while not stopping():
        try:
            if run_due(runtime, owner) == 0:
                pause()
        except Exception:  # noqa: BLE001 -- the worker outlives whatever one round meets
            LOG.error("worker_round_failed", exc_info=False)  # noqa: TRY400 -- tracebacks may hold personal data
            pause()
