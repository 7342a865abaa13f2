"""The relay: claims due tasks, runs their handlers, retries, and buries what keeps failing. It knows no handler.

A handler runs inside a transaction and may return a `Call`: that is performed with no transaction open, and what came
of it is recorded in a second transaction together with "done". Handlers without a Call share a transaction, a SAVEPOINT
each.
"""

import logging
import os
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from delivery.domain.errors import SendError
from delivery.runtime import Call, Runtime
from delivery.store import tasks as table
from delivery.store.desk import put_on_desk
from delivery.store.tasks import Lease

LOG = logging.getLogger(__name__)

BATCH = 50
MAX_TRIES = 5
_CONTENTION = timedelta(seconds=1)
_RECORD_TRIES = 3
_FIRST_WAIT, _LONGEST_WAIT = 0.01, 2.0  # seconds between tries to write an answer down
_BACK_OFF = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))


def worker_name() -> str:
    """A name for this worker, unique among processes and threads."""
    return f"{socket.gethostname()[:24]}-{os.getpid()}-{uuid4().hex[:8]}"


def run_due(runtime: Runtime, owner: str, *, limit: int = BATCH, shard: int | None = None) -> int:
    """Claim and run one batch of due tasks; returns how many were claimed."""
    claimed_at = runtime.machine_now()
    with runtime.transaction() as session:
        leases = table.claim(
            session,
            now=runtime.now(),
            machine_now=claimed_at,
            owner=owner,
            lease=runtime.settings.lease,
            limit=limit,
            shard=shard,
        )
    if not leases:
        return 0
    # Everybody locks orders in one sequence, so that two workers never wait for each other in a circle.
    leases.sort(key=lambda lease: (lease.subject_id, lease.due_at, lease.task_id))
    _work_off(runtime, leases, claimed_at)
    return len(leases)


def _work_off(runtime: Runtime, leases: list[Lease], held_since: datetime) -> None:
    """Run a batch: together what needs no call, then the calls one after the other, each only while it is still ours.

    Only the call that is made next stands written down as begun, so that a worker's death leaves the outcome of one
    call open and no more. A call takes at most a provider's time-out, well below half a lease; so what is renewed after
    half of it never runs out in the middle of a call.
    """
    begun, waiting = _first_transaction(runtime, leases)
    while begun is not None or waiting:
        # A clock that was put back cannot say for how long they have been held, so the table is asked then, too.
        if not timedelta(0) <= runtime.machine_now() - held_since <= runtime.settings.lease / 2:
            held_since = runtime.machine_now()
            held = [begun[0], *waiting] if begun is not None else waiting
            with runtime.transaction() as session:
                kept = table.renew(session, held, machine_now=held_since, lease=runtime.settings.lease)
            for lease in held:
                if lease.task_id not in kept:
                    # Whoever has it now treats it as left by a dead worker; nothing may leave from here any more.
                    LOG.warning("lease_lost", extra={"handler": lease.handler, "task": str(lease.task_id)})
            waiting = [lease for lease in waiting if lease.task_id in kept]
            if begun is not None and begun[0].task_id not in kept:
                begun = None
        if begun is not None:
            _perform(runtime, *begun)
            begun = None
        if waiting:
            lease, *waiting = waiting
            begun, _ = _first_transaction(runtime, [lease])


def _first_transaction(runtime: Runtime, leases: list[Lease]) -> tuple[tuple[Lease, Call] | None, list[Lease]]:
    """Run the handlers and finish those that need no call.

    Returns the first call with its task, and the tasks whose handlers asked for a further one: those were undone and
    are run again when their turn comes.
    """
    begun: tuple[Lease, Call] | None = None
    done: list[Lease] = []
    waiting: list[Lease] = []
    with runtime.transaction() as session:
        now = runtime.now()
        for lease in leases:
            try:
                with session.begin_nested() as savepoint:
                    call = runtime.handlers[lease.handler](runtime, session, lease, now)
                    if call is not None and begun is not None:
                        savepoint.rollback()
            except OperationalError:
                # Somebody else holds what this task needs, or the database is going away: no fault of the task.
                table.put_back(session, lease, due_at=now + _CONTENTION, error="", buried=False, counts=False)
            except Exception:  # noqa: BLE001 -- a bug in one handler must not stop the others; it is kept and shown
                _put_back(session, lease, now)
            else:
                if call is None:
                    done.append(lease)
                elif begun is None:
                    begun = (lease, call)
                else:
                    waiting.append(lease)
        table.finish(session, done)
    return begun, waiting


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
        _record(runtime, lease, call, result)
    except Exception:  # noqa: BLE001 -- see above
        with runtime.transaction() as session:
            _put_back(session, lease, runtime.now())


def _record(runtime: Runtime, lease: Lease, call: Call, result: object) -> None:
    """Write down what came of a call, even when the lease was lost meanwhile: what happened outside is a fact.

    Neither contention nor a database that is started anew must turn a known answer into an unknown one. So it is tried
    again for as long as a lease lasts: longer than a database is away, and nothing else could be done without it.
    """
    wait, races = _FIRST_WAIT, 0
    until = time.monotonic() + runtime.settings.lease.total_seconds()
    while True:
        try:
            with runtime.transaction() as session:
                call.record(session, result, runtime.now())
                table.finish(session, [lease])
        except IntegrityError:
            # Another worker wrote the same row first (a provider's pause); then it is there to be found.
            races += 1
            if races == _RECORD_TRIES:
                raise
        except OperationalError:
            if time.monotonic() + wait > until:
                raise
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)
        else:
            return


def _put_back(session: Session, lease: Lease, now: datetime) -> None:
    """Try again later; after five tries bury the task and show it on the desk."""
    tries = lease.tries + 1
    buried = tries >= MAX_TRIES
    LOG.error("task failed", extra={"handler": lease.handler, "tries": tries, "buried": buried})
    wait = _BACK_OFF[min(tries, len(_BACK_OFF)) - 1]
    table.put_back(session, lease, due_at=now + wait, error=_places(sys.exception()), buried=buried)
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


def _places(error: BaseException | None) -> str:
    """A traceback as places and kinds of errors only: messages and parameters of exceptions may hold personal data."""
    lines: list[str] = []
    while error is not None:
        places = "".join(traceback.format_tb(error.__traceback__, limit=-6))
        lines.insert(0, f"{places}{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(lines)[-4000:]


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
