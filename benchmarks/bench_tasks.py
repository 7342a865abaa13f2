"""How many tasks a second the relay claims and finishes, beside a bare loop that claims and finishes rows.

The relay claims in batches with a lease, gives every handler a SAVEPOINT, and keeps what fails. The bare loop does only
what no task table can leave out: take due rows, mark them leased, commit, mark them done, commit. Either a speed or a
share of the bare loop's has to be reached, on both engines.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from benchmarks.court import Site, site
from benchmarks.measured import Figure, tell
from delivery.runtime import Runtime
from delivery.store.ids import new_id
from delivery.store.tasks import Lease, Task, schedule
from delivery.tasks import BATCH, run_due

LEAST_SPEED = 1500.0
LEAST_SHARE = 0.5


def nothing(_runtime: Runtime, _session: Session, _lease: Lease, _now: datetime) -> None:
    """The handler that does nothing."""


def _due(court: Site, amount: int) -> None:
    runtime = court.runtime
    with runtime.transaction() as session:
        for _ in range(amount):
            schedule(session, court.court_id, "nothing", new_id(), due_at=runtime.now(), created_at=runtime.now())


def _relay(court: Site) -> int:
    return run_due(court.runtime, "bench")


def _bare(court: Site) -> int:
    runtime = court.runtime
    with runtime.transaction() as session:
        due = select(Task.id).where(Task.status == "ready", Task.due_at <= runtime.now())
        ids: list[UUID] = list(
            session.scalars(due.order_by(Task.due_at).limit(BATCH).with_for_update(skip_locked=True))
        )
        _mark(session, ids, "leased")
    with runtime.transaction() as session:
        _mark(session, ids, "done")
    return len(ids)


def _mark(session: Session, ids: Sequence[UUID], status: str) -> None:
    marking = update(Task).where(Task.id.in_(ids)).values(status=status)
    session.execute(marking.execution_options(synchronize_session=False))


def _speed(court: Site, amount: int, take: Callable[[Site], int]) -> float:
    _due(court, amount)
    began, done = time.perf_counter(), 0
    while taken := take(court):
        done += taken
    seconds = time.perf_counter() - began
    assert done == amount
    return amount / seconds


def measure(engine: str, amount: int, rounds: int) -> Figure:
    """The relay beside the bare loop, in turns."""
    with site(engine, {"nothing": nothing}) as court:
        _speed(court, BATCH * 2, _relay)
        pairs = [(_speed(court, amount, _relay), _speed(court, amount, _bare)) for _ in range(rounds)]
        with court.runtime.reading() as session:
            left = session.scalar(select(func.count()).select_from(Task).where(Task.status != "done"))
        assert left == 0
    speed = statistics.median(relay for relay, _ in pairs)
    share = statistics.median(relay / bare for relay, bare in pairs)
    remark = f"{speed:.0f}/s; share of the bare loop {share:.2f}"
    if speed >= LEAST_SPEED:
        return Figure(f"tasks claimed and finished a second, {engine}", speed, LEAST_SPEED, remark=remark)
    return Figure(f"tasks claimed and finished / bare loop, {engine}", share, LEAST_SHARE, remark=remark)


def main() -> int:
    """Run it on both engines; 1 when one is too slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="more tasks, more rounds")
    amount, rounds = (5000, 7) if parser.parse_args().large else (1000, 3)
    return tell(lambda: [measure(engine, amount, rounds) for engine in ("postgresql", "sqlite")])


if __name__ == "__main__":
    sys.exit(main())
