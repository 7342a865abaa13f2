"""The relay: what is due is done once, what fails is tried again and then shown, and a lost lease changes nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from delivery.desk_work import resolve_item
from delivery.runtime import Call, Runtime
from delivery.store.desk import DeskItem
from delivery.store.ids import new_id
from delivery.store.tasks import SHARDS, Lease, claim, due_shards, finish, put_back, schedule, shard_of
from delivery.tasks import MAX_TRIES, Worker, run_due, worker_name
from tests.delivery.scene import Scene
from tests.infrastructure.engines import BOTH
from tests.infrastructure.waiting import until

ENGINES = BOTH

LEASE = timedelta(minutes=2)


def _schedule(scene: Scene, handler: str, count: int = 1, **args: object) -> list[UUID]:
    subjects = [new_id() for _ in range(count)]
    with scene.runtime.transaction() as session:
        for subject in subjects:
            schedule(session, scene.court_id, handler, subject, due_at=scene.now, created_at=scene.now, **args)
    return subjects


def _claim(scene: Scene, owner: str, *, late: timedelta = timedelta(0), limit: int = 10) -> list[Lease]:
    with scene.runtime.transaction() as session:
        return claim(
            session,
            now=scene.now,
            machine_now=scene.runtime.machine_now() + late,
            owner=owner,
            lease=LEASE,
            limit=limit,
        )


def test_nothing_runs_before_it_is_due(scene: Scene) -> None:
    with scene.runtime.transaction() as session:
        later = scene.now + timedelta(hours=1)
        schedule(session, scene.court_id, "count", new_id(), due_at=later, created_at=scene.now)
    seen: list[UUID] = []
    scene.handle("count", lambda _runtime, _session, lease, _now: seen.append(lease.subject_id))

    assert scene.run() == 0
    scene.step(timedelta(hours=1))
    assert len(seen) == 1
    assert scene.run() == 0


def test_what_is_claimed_is_claimed_by_one(scene: Scene) -> None:
    _schedule(scene, "count", 5)

    assert len(_claim(scene, "first")) == 5
    assert _claim(scene, "second") == []


def test_a_lease_that_ran_out_is_claimed_anew_and_fences_the_first_worker_off(scene: Scene) -> None:
    _schedule(scene, "count")
    (first,) = _claim(scene, "first")
    (second,) = _claim(scene, "second", late=LEASE + timedelta(seconds=1))
    assert second.number == first.number + 1

    with scene.runtime.transaction() as session:
        assert finish(session, [first]) == 0
        put_back(session, first, due_at=scene.now, error="", buried=True)
    assert [task.status for task in scene.tasks()] == ["leased"]
    with scene.runtime.transaction() as session:
        assert finish(session, [second]) == 1
    assert scene.tasks() == []


def test_two_workers_at_once_do_everything_once(scene: Scene) -> None:
    subjects = _schedule(scene, "count", 300)
    seen: list[UUID] = []
    guard = threading.Lock()

    def count(_runtime: Runtime, _session: Session, lease: Lease, _now: object) -> None:
        with guard:
            seen.append(lease.subject_id)

    scene.handle("count", count)

    def drain(_number: int) -> int:
        owner, done = worker_name(), 0
        while claimed := run_due(scene.runtime, owner):
            done += claimed
        return done

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(drain, range(3))) == 300
    assert sorted(seen) == sorted(subjects)


def test_a_bug_is_tried_five_times_then_buried_and_shown_without_personal_data(scene: Scene) -> None:
    _schedule(scene, "broken")
    tries: list[int] = []

    def broken(_runtime: Runtime, _session: Session, lease: Lease, _now: object) -> None:
        tries.append(lease.tries)
        message = "Li Wei, 13800138000\n  Li Wei's own line"
        raise RuntimeError(message) from ValueError(message)

    scene.handle("broken", broken)
    scene.step(timedelta(days=1))

    assert tries == list(range(MAX_TRIES))
    (task,) = scene.tasks("buried")
    assert "RuntimeError" in task.error
    assert "ValueError" in task.error
    assert "in broken" in task.error
    assert "Li Wei" not in task.error
    assert scene.desk() == ["task_buried"]


def test_a_buried_task_runs_again_when_a_person_says_so(scene: Scene) -> None:
    _schedule(scene, "broken")
    broken = True

    def mended(_runtime: Runtime, _session: Session, _lease: Lease, _now: object) -> None:
        if broken:
            raise RuntimeError

    scene.handle("broken", mended)
    scene.step(timedelta(days=1))
    broken = False
    with scene.runtime.transaction() as session:
        item = session.scalars(select(DeskItem)).one()
        resolve_item(
            scene.runtime,
            session,
            scene.court_id,
            item.id,
            action="run_again",
            reason="",
            by=None,
            roles=frozenset({"clerk"}),
            now=scene.now,
        )
    scene.run()
    assert scene.tasks("ready", "leased", "buried") == []


def test_one_broken_handler_undoes_only_its_own_work(scene: Scene) -> None:
    _schedule(scene, "writes", 3)

    def writes(_runtime: Runtime, session: Session, lease: Lease, now: object) -> None:
        schedule(session, lease.court_id, "later", lease.subject_id, due_at=lease.due_at, created_at=lease.due_at)
        session.flush()
        if lease.subject_id == broken:
            raise RuntimeError(now)

    broken = scene.tasks()[1].subject_id
    scene.handle("writes", writes)
    scene.handle("later", lambda *_: None)
    run_due(scene.runtime, "worker")

    assert [task.handler for task in scene.tasks()].count("later") == 2
    assert [task.handler for task in scene.tasks()].count("writes") == 1


def test_a_call_runs_with_no_transaction_open(scene: Scene) -> None:
    _schedule(scene, "calls")
    recorded: list[object] = []

    def perform() -> str:
        # On SQLite a writer that is still open would make this wait for ever.
        with scene.runtime.transaction() as session:
            schedule(session, scene.court_id, "noop", new_id(), due_at=scene.now, created_at=scene.now)
        return "done"

    scene.handle("noop", lambda *_: None)
    scene.handle("calls", lambda *_: Call(perform, lambda _session, result, _now: recorded.append(result)))
    scene.run()
    assert recorded == ["done"]


def test_a_bug_in_a_call_is_put_back_for_the_crash_rule(scene: Scene) -> None:
    _schedule(scene, "calls")

    def perform() -> None:
        raise KeyError

    scene.handle("calls", lambda *_: Call(perform, lambda *_: None))
    run_due(scene.runtime, "worker")
    (task,) = scene.tasks("ready")
    assert (task.tries, task.due_at) == (1, scene.now + timedelta(seconds=5))


def test_an_answer_is_kept_while_the_database_is_away(scene: Scene) -> None:
    _schedule(scene, "calls")
    tries: list[object] = []

    def record(_session: Session, result: object, _now: object) -> None:
        tries.append(result)
        if len(tries) < 5:
            raise OperationalError("", None, Exception("the server is starting up"))

    scene.handle("calls", lambda *_: Call(lambda: "accepted", record))
    assert scene.run() == 1
    assert tries == ["accepted"] * 5
    assert scene.tasks() == []


def test_a_clock_put_back_does_not_hide_that_a_lease_was_lost(scene: Scene) -> None:
    _schedule(scene, "calls", 2)
    made: list[str] = []

    def perform() -> None:
        made.append("call")
        assert len(_claim(scene, "whose clock is right", late=LEASE + timedelta(seconds=1))) == 2
        scene.clock.machine = lambda: datetime.now(UTC) - timedelta(hours=1)

    scene.handle("calls", lambda *_: Call(perform, lambda *_: None))
    run_due(scene.runtime, "whose clock is put back")
    assert made == ["call"]


def test_shards_with_due_work_are_named(scene: Scene) -> None:
    subjects = _schedule(scene, "count", 4)
    with scene.runtime.reading() as session:
        named = due_shards(session, now=scene.now, machine_now=scene.runtime.machine_now())
    assert named == sorted({shard_of(subject) for subject in subjects})
    assert set(named) <= set(range(SHARDS))

    scene.handle("count", lambda *_: None)
    assert run_due(scene.runtime, "worker", shard=named[0]) >= 1
    with scene.runtime.reading() as session:
        assert named[0] not in due_shards(session, now=scene.now, machine_now=scene.runtime.machine_now())


def test_the_embedded_worker_drains_and_stops(scene: Scene) -> None:
    _schedule(scene, "count", 3)
    seen: list[UUID] = []
    scene.handle("count", lambda _runtime, _session, lease, _now: seen.append(lease.subject_id))
    worker = Worker(scene.runtime, pause=timedelta(milliseconds=10))
    worker.start()
    try:
        until(lambda: len(seen) == 3, seconds=10)
    finally:
        worker.stop()
    assert not worker.is_alive()


@pytest.mark.parametrize("count", [1, 120])
def test_a_claim_takes_the_oldest_first_and_no_more_than_asked(scene: Scene, count: int) -> None:
    _schedule(scene, "count", count)
    leases = _claim(scene, "worker", limit=50)
    assert len(leases) == min(count, 50)
    assert [lease.task_id for lease in leases] == [task.id for task in scene.tasks()][:50]
