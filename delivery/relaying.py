"""The grown-up way of running tasks: Redis is only the doorbell.

The relay looks which shards have due tasks and rings one job for each; any RQ worker on any machine answers by claiming
what is due from the database. What is rung twice is claimed once, what is not rung at all is rung at the next look, and
emptying Redis loses nothing but that moment. RQ's own retries and schedules stay unused: the database is the one
authority on what is tried again.
"""

import logging
import threading
import time
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING

from delivery.runtime import Runtime
from delivery.store import tasks as table
from delivery.tasks import run_due, worker_name

if TYPE_CHECKING:
    from redis import Redis

LOG = logging.getLogger(__name__)

QUEUE = "songda"
JOB = "wsgi.drain"
DRAIN_SECONDS = 20.0
_TAKES_OVER_AFTER = 0.5  # seconds


def drain_shard(runtime: Runtime, shard: int) -> int:
    """Run what is due in one shard, for a while; returns how many tasks. What is left over is rung for again."""
    owner = worker_name()
    until = time.monotonic() + DRAIN_SECONDS
    count = 0
    while time.monotonic() < until:
        claimed = run_due(runtime, owner, shard=shard)
        count += claimed
        if claimed == 0:
            break
    return count


def work(redis_url: str) -> None:
    """Answer the doorbell until told to stop; SIGTERM lets the drain in hand finish.

    RQ's worker quits when Redis goes in the middle of a job, or is away when it begins; then another one takes over.
    """
    from redis import Redis
    from redis.exceptions import RedisError
    from rq import Queue, SimpleWorker
    from rq.exceptions import StopRequested

    told = threading.Event()

    # Jobs run in this very process: the programme is loaded once, and its pools stay open between drains.
    class Worker(SimpleWorker):
        def request_stop(self, signum: int, frame: FrameType | None) -> None:
            told.set()
            super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ says no types here

    with Redis.from_url(redis_url) as connection:
        while not told.is_set():
            with suppress(StopRequested):
                try:
                    Worker([Queue(QUEUE, connection=connection)], connection=connection).work(logging_level="WARNING")
                except RedisError as error:
                    LOG.warning("doorbell_away", extra={"error": type(error).__name__})
                told.wait(_TAKES_OVER_AFTER)


def relay(runtime: Runtime, stopping: threading.Event, *, sweep: float) -> None:
    """Look every `sweep` seconds (machine time) and ring, until stopped. Redis or database away: look again."""
    from redis import Redis

    assert runtime.settings.redis_url is not None
    doorbell = Doorbell(Redis.from_url(runtime.settings.redis_url), runtime.settings.lease.total_seconds() / 4)
    while not stopping.is_set():
        try:
            with runtime.reading() as session:
                shards = table.due_shards(session, now=runtime.now(), machine_now=runtime.machine_now())
            doorbell.ring(shards)
        except Exception as error:  # noqa: BLE001 -- the relay outlives whatever one look meets
            LOG.warning("relay_look_failed", extra={"error": type(error).__name__})
        stopping.wait(sweep)


class Doorbell:
    """One job per shard, never two in the queue."""

    def __init__(self, connection: "Redis", ring_again_seconds: float) -> None:
        from rq import Queue

        self._connection = connection
        self._ring_again = ring_again_seconds
        self._queue: Queue = Queue(QUEUE, connection=connection)
        self._rung: dict[int, float] = {}

    def ring(self, shards: list[int]) -> int:
        """Ring for each shard that is not rung for already; returns how many were."""
        self._rung = {shard: at for shard, at in self._rung.items() if shard in shards}
        return sum(self._ring_for(shard) for shard in shards)

    def _ring_for(self, shard: int) -> bool:
        now = time.monotonic()
        if self._enqueue(shard):
            self._rung[shard] = now
            return True
        # Still ringing. A worker that was killed takes its job with it and the name stays taken, so after a while the
        # bell is pulled off and rung anew; if the job was running after all, the second one finds nothing to claim.
        if now - self._rung.setdefault(shard, now) < self._ring_again:
            return False
        self._forget(shard)
        self._rung[shard] = now
        return self._enqueue(shard)

    def _enqueue(self, shard: int) -> bool:
        from rq.exceptions import DuplicateJobError

        try:
            self._queue.enqueue_call(
                JOB, args=(shard,), job_id=_job_id(shard), unique=True, timeout=-1, result_ttl=0, failure_ttl=0
            )
        except DuplicateJobError:
            return False
        return True

    def _forget(self, shard: int) -> None:
        from rq.exceptions import NoSuchJobError
        from rq.job import Job

        try:
            Job.fetch(_job_id(shard), connection=self._connection).delete()
        except NoSuchJobError:
            return


def _job_id(shard: int) -> str:
    return f"drain-{shard}"
