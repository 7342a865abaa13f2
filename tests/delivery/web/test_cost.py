"""Pages cost the same however many orders a court has: the same statements, and index ranges rather than scans."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, select, text

from delivery.intake import open_orders
from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.store.courts import Court
from delivery.store.order_list import OrderFilter, list_orders
from tests.delivery.web.conftest import Browser, SignInAs
from tests.delivery.web.court_life import PDF, entry

PAGES = (
    "/orders",
    "/orders?status=late",
    "/orders?q=陆知微",
    "/orders?q=13900100000",
    "/desk",
    "/success",
    "/providers",
)


@contextmanager
def _counted(runtime: Runtime) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:  # noqa: ANN401 -- SQLAlchemy's signature
        statements.append(statement)

    event.listen(runtime.database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(runtime.database.engine, "before_cursor_execute", note)


def _open(runtime: Runtime, first: int, last: int) -> None:
    with runtime.transaction() as session:
        court = session.scalars(select(Court).where(Court.code == "qinghe")).one()
        sha256 = runtime.blobs.put(court.id, PDF)
        open_orders(session, court, [entry(index, sha256=sha256) for index in range(first, last)], now=runtime.now())


def _statements(runtime: Runtime, browser: Browser) -> dict[str, int]:
    found = {}
    for address in PAGES:
        with _counted(runtime) as statements:
            assert browser.look(address).status_code == 200
        found[address] = len(statements)
    return found


def test_ten_times_the_orders_cost_the_same_statements(runtime: Runtime, sign_in_as: SignInAs) -> None:
    browser = sign_in_as(Role.SUPERVISOR)
    _open(runtime, 0, 60)
    few = _statements(runtime, browser)
    _open(runtime, 60, 600)
    assert _statements(runtime, browser) == few
    assert max(few.values()) <= 16, few


def test_pages_follow_each_other_without_gap_or_overlap(runtime: Runtime) -> None:
    _open(runtime, 0, 90)
    with runtime.transaction() as session:
        court_id = session.scalars(select(Court.id).where(Court.code == "qinghe")).one()
        session.execute(
            text("UPDATE service_order SET due_on = NULL WHERE id IN (SELECT id FROM service_order LIMIT 25)")
        )
    seen, cursor = [], None
    with runtime.reading() as session:
        while True:
            page = list_orders(session, court_id, OrderFilter(), after=cursor, limit=7)
            seen += [(row.order.due_on is None, row.order.due_on, row.order.id) for row in page.rows]
            cursor = page.next
            if cursor is None:
                break
    assert len(seen) == len({row[2] for row in seen}) == 90
    assert seen == sorted(seen, key=lambda row: (row[0], str(row[1]), row[2]))
