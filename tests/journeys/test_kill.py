"""Processes die at any moment; no fact is lost, nothing goes out twice, and every order gets on or waits for a person.

`KILLS=20` in the environment makes it twenty deaths instead of two, on both engines.
"""

import os
import random
import select
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import func
from sqlalchemy import select as query

from delivery.auditing import audit
from delivery.domain.order import AttemptStatus, OrderStatus
from delivery.runtime import Runtime
from delivery.store.desk import DeskItem
from delivery.store.inbox import Callback
from delivery.store.orders import Attempt, ServiceOrder, TierRun
from tests.infrastructure.waiting import until
from tests.journeys.separate_processes import House, house

KILLS: Final = int(os.environ.get("KILLS", "2"))
ENGINES: Final = ["sqlite"] if KILLS <= 2 else ["sqlite", "postgresql"]
ORDERS: Final = 12 + 4 * KILLS
SEED: Final = 11


def _wait(seconds: float) -> None:
    select.select([], [], [], seconds)


def _kill_somebody(built: House, chance: random.Random, role: str) -> None:
    """Kill a process at a random moment of its work, hold that no fact went with it, and start it anew."""
    before = built.sent()
    if role == "worker":
        # Somewhere after the next send has begun; each takes up to half a second at this town's slow providers.
        # At night nothing is sent; then it dies at rest.
        with suppress(TimeoutError):
            until(lambda: built.sent() > before, seconds=10)
    _wait(chance.uniform(0, 0.6))
    known = built.facts()
    built.kill(role)
    after = built.facts()
    assert known.items() <= after.items()
    built.start(role)


@pytest.mark.timeout(120 + 60 * KILLS)
@pytest.mark.parametrize("engine", ENGINES)
def test_whoever_is_killed_nothing_is_lost_and_nothing_doubled(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url: str = request.getfixturevalue("sqlite_url" if engine == "sqlite" else "postgres_url")
    chance = random.Random(SEED)  # noqa: S311 -- the same moments in every run, as far as a machine allows
    roles = ["worker", "web", *(chance.choice(["worker", "worker", "web"]) for _ in range(KILLS - 2))]
    with house(tmp_path, url, orders=ORDERS, seed=SEED) as built:
        for role in roles:
            _kill_somebody(built, chance, role)
        known = built.facts()
        runtime = built.play_out(days=80)
        assert known.items() <= built.facts().items()
        counts = built.stage.counts()
        assert counts["doubled"] == []
        assert counts["given_up"] == 0
        _unknown_ones_are_on_the_desk(runtime, most=roles.count("worker"))
        _every_order_got_on(runtime)
        with runtime.reading() as session:
            # What was stored but not acknowledged when the web died came once more, and is kept as often as it came.
            assert (session.scalar(query(func.count()).select_from(Callback)) or 0) >= counts["callbacks_sent"]
        assert [str(finding) for finding in audit(runtime)] == []
        runtime.database.dispose()


def _unknown_ones_are_on_the_desk(runtime: Runtime, *, most: int) -> None:
    """What may or may not have gone out is at most one attempt a death, and a person is asked about it."""
    with runtime.reading() as session:
        unknown = list(session.scalars(query(Attempt).where(Attempt.status == AttemptStatus.UNKNOWN)))
        asked = set(session.scalars(query(DeskItem.subject).where(DeskItem.kind == "outcome_unknown")))
        assert len(unknown) <= most
        for attempt in unknown:
            assert any(str(attempt.id) in subject for subject in asked)
            order = session.get_one(ServiceOrder, (attempt.court_id, attempt.order_id))
            later = query(func.count()).where(TierRun.order_id == order.id, TierRun.started_at > attempt.planned_at)
            assert order.status != OrderStatus.OPEN or (session.scalar(later) or 0) > 0


def _every_order_got_on(runtime: Runtime) -> None:
    """Each order is over, or waits on the desk."""
    with runtime.reading() as session:
        waiting = set(session.scalars(query(DeskItem.order_id).where(DeskItem.closed_at.is_(None))))
        orders = list(session.scalars(query(ServiceOrder)))
        assert len(orders) == ORDERS
        assert [order.id for order in orders if order.status == OrderStatus.OPEN and order.id not in waiting] == []
        assert {order.status for order in orders} <= {OrderStatus.OPEN, OrderStatus.CONCLUDED, OrderStatus.CANCELLED}
