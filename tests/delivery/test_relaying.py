"""The doorbell: one ring per shard, none lost for good, and the database alone knows what is to be done."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue

from delivery.relaying import QUEUE, Doorbell, drain_shard, relay
from delivery.store.ids import new_id
from delivery.store.tasks import due_shards, schedule
from tests.delivery.scene import Scene
from tests.infrastructure.engines import BOTH
from tests.infrastructure.tree import ROOT
from tests.infrastructure.waiting import until

ENGINES = BOTH


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """An empty Redis."""
    with Redis.from_url(redis_url) as connection:
        yield connection


def _waiting(redis: Redis) -> list[str]:
    return sorted(Queue(QUEUE, connection=redis).job_ids)


def _schedule(scene: Scene, count: int) -> list[int]:
    with scene.runtime.transaction() as session:
        for _ in range(count):
            schedule(session, scene.court_id, "noop", new_id(), due_at=scene.now, created_at=scene.now)
    with scene.runtime.reading() as session:
        return due_shards(session, now=scene.now, machine_now=scene.runtime.machine_now())


def test_each_shard_is_rung_for_once(redis: Redis) -> None:
    doorbell = Doorbell(redis, ring_again_seconds=30)
    assert doorbell.ring([3, 5]) == 2
    assert doorbell.ring([3, 5]) == 0
    assert doorbell.ring([3, 5, 6]) == 1
    assert _waiting(redis) == ["drain-3", "drain-5", "drain-6"]


def test_an_emptied_redis_is_rung_again(redis: Redis) -> None:
    doorbell = Doorbell(redis, ring_again_seconds=30)
    doorbell.ring([3])
    redis.flushall()
    assert doorbell.ring([3]) == 1
    assert _waiting(redis) == ["drain-3"]


def test_a_bell_that_nobody_answers_is_rung_anew(redis: Redis) -> None:
    doorbell = Doorbell(redis, ring_again_seconds=0)
    doorbell.ring([3])
    Queue(QUEUE, connection=redis).pop_job_id()  # a worker took the job, and died with it
    assert _waiting(redis) == []
    assert doorbell.ring([3]) == 1
    assert _waiting(redis) == ["drain-3"]


def test_a_drained_shard_is_done_and_the_others_are_not_touched(scene: Scene) -> None:
    shards = _schedule(scene, 60)
    scene.handle("noop", lambda *_: None)
    done = drain_shard(scene.runtime, shards[0])
    assert done >= 1
    with scene.runtime.reading() as session:
        assert due_shards(session, now=scene.now, machine_now=scene.runtime.machine_now()) == shards[1:]


def test_the_relay_rings_for_what_is_due_and_stops(scene: Scene, redis: Redis, redis_url: str) -> None:
    shards = _schedule(scene, 5)
    scene.runtime.settings = replace(scene.runtime.settings, redis_url=redis_url, lease=timedelta(seconds=40))
    stopping = threading.Event()
    running = threading.Thread(target=relay, args=(scene.runtime, stopping), kwargs={"sweep": 0.05})
    running.start()
    try:
        until(lambda: len(_waiting(redis)) == len(shards), seconds=10)
        redis.flushall()
        until(lambda: len(_waiting(redis)) == len(shards), seconds=10)
    finally:
        stopping.set()
        running.join(timeout=10)
    assert not running.is_alive()
    assert len(scene.tasks("ready")) == 5, "ringing claims nothing"


def test_a_worker_goes_on_after_redis_went_away_in_the_middle_of_a_job(
    redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    queue, log = Queue(QUEUE, connection=redis), tmp_path / "log"
    queue.enqueue("time.sleep", 0.3)
    command = [sys.executable, "-c", "import sys; from delivery.relaying import work; work(sys.argv[1])", redis_url]
    with log.open("wb") as said, subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said) as worker:
        try:
            until(lambda: queue.started_job_registry.count == 1, seconds=20)
            # As if it had gone and come again: it knows nobody for a while.
            redis.config_set("requirepass", "away")
            for kind in ("normal", "pubsub"):
                redis.client_kill_filter(_type=kind)
            until(lambda: "quitting" in log.read_text(), seconds=20)
            redis.config_set("requirepass", "")
            after = queue.enqueue("os.getpid")
            until(lambda: after.get_status(refresh=True) == "finished", seconds=20)
            worker.terminate()
            assert worker.wait(timeout=20) == 0
        finally:
            worker.kill()
            redis.config_set("requirepass", "")
