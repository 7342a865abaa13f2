"""Imports whose process dies, hangs or is watched: nothing is doubled, nothing lost, and orders wait for the end."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from delivery.importing import (
    TASK,
    ImportRows,
    notices_of,
    problems_of,
)
from delivery.runtime import Call, Runtime
from delivery.store.orders import OrderDocument
from delivery.store.tasks import Lease
from delivery.tasks import run_due
from tests.delivery.dockets import csv_file, large_docket, row
from tests.delivery.import_scene import counts, figures, job_now, start
from tests.delivery.scene import Died, Scene
from tests.infrastructure.engines import BOTH

ENGINES = BOTH


class Mortal:
    """The task handler in a process that dies when it takes in a certain batch."""

    def __init__(self, dies_at: int) -> None:
        self._handler = ImportRows()
        self._left = dies_at

    def __call__(self, runtime: Runtime, session: object, lease: Lease, now: object) -> Call | None:
        call = self._handler(runtime, session, lease, now)  # type: ignore[arg-type]
        if call is None:
            return None
        record = call.record

        def dying(session: object, result: object, now: object) -> None:
            record(session, result, now)  # type: ignore[arg-type]
            self._left -= 1
            if self._left == 0:
                raise Died

        return Call(call.perform, dying)


def test_a_kill_doubles_and_loses_nothing(court: Scene) -> None:
    content = csv_file(large_docket(bad_each=2, rows=500)).getvalue()
    job_id = start(court, content)
    court.handle(TASK, Mortal(dies_at=2))
    court.handle("advance_order", lambda *_: None)

    with pytest.raises(Died):
        court.run()

    assert (job_now(court, job_id).status, job_now(court, job_id).next_row) == ("running", 200)
    court.handle(TASK, ImportRows())  # another process, which has no open file
    court.clock.machine = lambda: datetime.now(UTC) + court.runtime.settings.lease + timedelta(seconds=1)
    court.run()

    assert job_now(court, job_id).status == "done"
    assert figures(job_now(court, job_id)) == (500, 480, 0, 20)
    assert counts(court)["service_order"] == 480
    with court.looking() as session:
        problems = problems_of(session, court.court_id, job_id)
    assert len({problem.row for problem in problems}) == len(problems) == 20


def test_what_a_worker_with_a_lost_lease_brings_changes_nothing(court: Scene) -> None:
    job_id = start(court, csv_file([row()]).getvalue())
    handler = ImportRows()
    with court.runtime.transaction() as session:
        call = handler.next_batch(court.runtime, session, court.court_id, job_id)
    assert call is not None
    batch = call.perform()
    for _ in range(2):
        with court.runtime.transaction() as session:
            call.record(session, batch, court.now)

    assert figures(job_now(court, job_id)) == (1, 1, 0, 0)
    with court.runtime.transaction() as session:
        assert handler.next_batch(court.runtime, session, court.court_id, job_id) is None


def test_progress_can_be_watched_and_orders_wait_until_the_docket_is_in(court: Scene) -> None:
    job_id = start(court, csv_file(large_docket(bad_each=1, rows=450)).getvalue())
    assert (job_now(court, job_id).status, job_now(court, job_id).file_name) == ("waiting", "三月.csv")
    seen = []
    while job_now(court, job_id).status != "done":
        run_due(court.runtime, "worker", limit=1)
        seen.append(job_now(court, job_id).next_row)
    assert seen == [200, 400, 450]


def test_an_import_at_a_terminal_that_dies_is_finished_by_the_tasks(court: Scene) -> None:
    content = io.BytesIO(csv_file(large_docket(bad_each=1, rows=250)).getvalue())
    job_id = start(court, content.getvalue())
    with court.runtime.transaction() as session:
        call = ImportRows().next_batch(court.runtime, session, court.court_id, job_id)
    assert call is not None
    batch = call.perform()
    with court.runtime.transaction() as session:
        call.record(session, batch, court.now)

    court.handle("advance_order", lambda *_: None)
    court.step(timedelta(minutes=11))

    assert figures(job_now(court, job_id)) == (250, 240, 0, 10)
    assert notices_of(job_now(court, job_id)) == {}
    with court.looking() as session:
        assert session.scalar(select(func.count()).select_from(OrderDocument)) == 4 * 240
