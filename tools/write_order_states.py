"""Writes `docs/order-states.md` from the two tables in `delivery/domain/order.py`: run it after they changed."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from delivery.domain.event import NOTHING, EventKind
from delivery.domain.order import (
    ENDED,
    AttemptStatus,
    OrderStatus,
    attempt_target,
    next_attempt_status,
    next_status,
    shows_reached,
)

PAGE = Path(__file__).parent.parent / "docs" / "order-states.md"

HEAD = """\
# How orders and attempts move

Written by `tools/write_order_states.py` from `delivery/domain/order.py`; a test holds that it is up to date.

Every fact is recorded, whatever the status. Both tables are total: a dot means that the fact moves nothing.
Whether an order waits for a person is not a status: the desk says so.

## Orders

A row is a kind of fact, a column the status before it; kinds that move no order are left out.
"""

ATTEMPTS = """
## Attempts

An attempt's status is the furthest that any of its facts takes it, in this order:

{order}

So the order in which facts arrive does not matter, and bad news outweighs an earlier "delivered". A carrier's reversal
takes a fact away, and the rest are folded again. *Ended* attempts are not waited for: {ended}.

The second column says how far a fact takes an attempt; the others show it for every status before.
*Reached* marks facts that show that a person who may be the recipient was reached; a carrier's "delivered" does not.
"""

# Kinds whose meaning depends on what came with them, each with one line per meaning.
DEPENDS: Mapping[EventKind, tuple[Mapping[str, Any], ...]] = {
    EventKind.VISITED: ({"result": "signed"}, {"result": "refused"}, {"result": "nobody_home"}),
    EventKind.SLIP_RECORDED: ({"result": "signed"}, {"result": "returned"}),
    EventKind.CALLED: ({"reached": True}, {"reached": False}),
}


def page() -> str:
    """The whole document."""
    order = " < ".join(f"`{status}`" for status in AttemptStatus)
    ended = ", ".join(f"`{status}`" for status in AttemptStatus if status in ENDED)
    return "\n".join(
        [HEAD, *_orders(), ATTEMPTS.format(order=order, ended=ended), *_attempts(), ""],
    )


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _orders() -> Iterator[str]:
    yield _row("fact", *(f"`{status}`" for status in OrderStatus))
    yield _row(*["---"] * (len(OrderStatus) + 1))
    for kind in EventKind:
        after = [next_status(status, kind) for status in OrderStatus]
        if any(one is not status for one, status in zip(after, OrderStatus, strict=True)):
            cells = ["·" if one is status else f"`{one}`" for one, status in zip(after, OrderStatus, strict=True)]
            yield _row(f"`{kind}`", *cells)


def _attempts() -> Iterator[str]:
    yield _row("fact", "takes it to", "reached", *(f"`{status}`" for status in AttemptStatus))
    yield _row(*["---"] * (len(AttemptStatus) + 3))
    for kind in EventKind:
        for args in DEPENDS.get(kind, (NOTHING,)):
            target = attempt_target(kind, args)
            if target is None and not shows_reached(kind, args):
                continue
            told = "".join(f" {name}={value}" for name, value in args.items())
            after = [next_attempt_status(status, kind, args) for status in AttemptStatus]
            cells = ["·" if one is status else f"`{one}`" for one, status in zip(after, AttemptStatus, strict=True)]
            yield _row(
                f"`{kind}`{told}", f"`{target}`" if target else "·", "yes" if shows_reached(kind, args) else "", *cells
            )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
