"""What ten times the open orders cost: statements, rows examined and time, of a relay round, pages and API listings.

Rows examined are what PostgreSQL's own EXPLAIN ANALYZE counts at the leaves of each plan, kept or filtered away. The
orders were opened some minutes ago, as most open orders of a court were, and housekeeping has been round since.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event, select

from benchmarks.bench_tasks import nothing
from benchmarks.court import KEY, Site, fill, site
from benchmarks.measured import Figure, tell
from delivery.clock import SystemClock
from delivery.cohort_summing import sum_cohorts
from delivery.runtime import Runtime
from delivery.signing_in import Role, add_account, add_membership, begin_sign_in
from delivery.store.desk import DeskItem
from delivery.store.ids import new_id
from delivery.store.orders import ServiceOrder
from delivery.store.tasks import schedule
from delivery.tasks import run_due
from delivery.web.app import create_app
from delivery.web.callers import SESSION_COOKIE

TIMES = 10
SMALL = 1100  # above the thousand at which counts on pages stop
MOST_ROWS = 1.3  # a plan may change its shape a little; what grows with the orders grows tenfold
MOST_TIME = 2.0
_API = {"Authorization": f"Bearer {KEY}"}


@dataclass
class Cost:
    """What one thing cost; `seconds` are the middle of several runs."""

    statements: int = 0
    rows: int = 0
    seconds: float = 0.0
    texts: list[str] = field(default_factory=list)


@contextmanager
def examined(runtime: Runtime, cost: Cost) -> Iterator[None]:
    """Count statements, and the rows that each SELECT's plan touches."""

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:  # noqa: ANN401
        cost.statements += 1
        cost.texts.append(statement)
        if statement.startswith("SELECT"):
            cursor = connection.connection.cursor()
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statement, parameters)
            plans = cursor.fetchone()[0]
            cost.rows += _leaves((json.loads(plans) if isinstance(plans, str) else plans)[0]["Plan"])

    event.listen(runtime.database.engine, "before_cursor_execute", explain)
    try:
        yield
    finally:
        event.remove(runtime.database.engine, "before_cursor_execute", explain)


class MinutesLater(SystemClock):
    """The system's clock, some minutes on."""

    def machine_now(self) -> datetime:
        """Machine time."""
        return super().machine_now() + timedelta(minutes=10)


def _leaves(plan: Mapping[str, Any]) -> int:
    own = 0
    if "Relation Name" in plan:
        removed = sum(plan.get(name, 0) for name in ("Rows Removed by Filter", "Rows Removed by Index Recheck"))
        own = round((plan["Actual Rows"] + removed) * plan["Actual Loops"])
    return own + sum(_leaves(child) for child in plan.get("Plans", ()))


def _measured(runtime: Runtime, act: Callable[[], object], times: int = 9) -> Cost:
    act()
    cost = Cost()
    with examined(runtime, cost):
        act()
    spans = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        spans.append(time.perf_counter() - began)
    cost.seconds = statistics.median(spans)
    return cost


def _visitor(court: Site) -> FlaskClient:
    """A supervisor's browser."""
    runtime = court.runtime
    with runtime.transaction() as session:
        account = add_account(
            session, login="bench", name="周明", password=new_id().hex, language="zh", at=runtime.now()
        )
        role = add_membership(session, account.id, court.court_id, Role.SUPERVISOR)
        session.flush()
        token = begin_sign_in(session, account.id, [role], language="zh", machine_now=runtime.machine_now())
    client = create_app(runtime).test_client()
    client.set_cookie(SESSION_COOKIE, token)
    return client


def _items(court: Site) -> None:
    """Every order waits for a person."""
    runtime = court.runtime
    with runtime.transaction() as session:
        known = select(DeskItem.order_id).where(DeskItem.court_id == court.court_id)
        orders = select(ServiceOrder.id).where(ServiceOrder.court_id == court.court_id, ServiceOrder.id.not_in(known))
        session.add_all(
            DeskItem(
                court_id=court.court_id,
                kind="papers_missing",
                order_id=order_id,
                subject=f"bench:{order_id}",
                opened_at=runtime.now(),
            )
            for order_id in session.scalars(orders).all()
        )


def _round(court: Site) -> Callable[[], object]:
    """A relay round with a full batch of due tasks, beside one future task for every open order."""

    def run() -> int:
        runtime = court.runtime
        with runtime.transaction() as session:
            for _ in range(50):
                schedule(session, court.court_id, "nothing", new_id(), due_at=runtime.now(), created_at=runtime.now())
        return run_due(runtime, "bench")

    return run


def _later(court: Site, first: int, last: int) -> None:
    runtime = court.runtime
    with runtime.transaction() as session:
        for number in range(first, last):
            due_at = runtime.now() + timedelta(days=1, minutes=number)
            schedule(session, court.court_id, "nothing", new_id(), due_at=due_at, created_at=runtime.now())


def _costs(court: Site, client: FlaskClient) -> dict[str, Cost]:
    with court.runtime.reading() as session:
        order = session.scalars(select(ServiceOrder.id).where(ServiceOrder.court_id == court.court_id)).first()
    pages = ("/orders", "/orders?status=late", "/orders?q=13700000007", f"/orders/{order}", "/success", "/desk")
    listings = ("/api/v1/orders", "/api/v1/desk", "/api/v1/visits")

    def look(address: str) -> Callable[[], object]:
        headers = _API if address in listings else {}

        def act() -> None:
            answer = client.get(address, headers=headers, buffered=True)
            assert answer.status_code == 200, (address, answer.text)

        return act

    found = {address.replace(str(order), "ID"): _measured(court.runtime, look(address)) for address in pages + listings}
    return {"relay round of 50": _measured(court.runtime, _round(court)), **found}


def measure(orders: int) -> Sequence[Figure]:
    """Everything at so many open orders, and at ten times as many."""
    # Minutes pass for the machine's clock, so that what was just written is not what is happening now.
    with site("postgresql", {"nothing": nothing}, MinutesLater()) as court:
        client = _visitor(court)
        costs = []
        for first, last in ((0, orders), (orders, orders * TIMES)):
            _later(court, first, last)
            fill(court, last - first, first=first, start=False)
            _items(court)
            fill(court, 0)
            sum_cohorts(court.runtime)
            costs.append(_costs(court, client))
    few, many = costs
    figures = []
    for name, before in few.items():
        after = many[name]
        figures.append(
            Figure(f"{name}: statements x10 / x1", after.statements / before.statements, 1.0, is_least=False)
        )
        share = after.rows / max(before.rows, 1)
        remark = f"{before.rows} and {after.rows} rows"
        figures.append(Figure(f"{name}: rows examined x10 / x1", share, MOST_ROWS, is_least=False, remark=remark))
        remark = f"{before.seconds * 1000:.1f} and {after.seconds * 1000:.1f} ms"
        share = after.seconds / before.seconds
        figures.append(Figure(f"{name}: time x10 / x1", share, MOST_TIME, is_least=False, remark=remark))
    return figures


def main() -> int:
    """Run it; 1 when something grows with the orders."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="up to 20,000 open orders")
    return tell(lambda: measure(2000) if parser.parse_args().large else measure(SMALL))


if __name__ == "__main__":
    sys.exit(main())
