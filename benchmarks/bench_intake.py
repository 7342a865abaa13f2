"""How fast orders come in through the API, as a share of what the same server does with one bare row per request.

Two server processes, PostgreSQL with all its durability. Each order is a new case with a new recipient (with identity
number), a mobile number and a small paper of its own; when it is answered, rows and bytes are on disk. The court has
two thousand orders before, so that PostgreSQL plans for tables that are in use. Both sides are
measured in turns, so that whatever else the machine does meets both; the middle ratio counts.
"""

import argparse
import base64
import os
import signal
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from sqlalchemy import func, select

from benchmarks.caller import request, seconds_for
from benchmarks.court import KEY, Site, fill, site
from benchmarks.intake_server import BARE, BareModel
from benchmarks.measured import Figure, tell
from delivery.store.orders import ServiceOrder
from delivery.store.tasks import Task
from tests.infrastructure.network import free_port
from tests.infrastructure.waiting import until

LEAST_SHARE = 0.15
CALLERS = 32
FIRST_ORDERS = 2000
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
_CHECK_DIGITS = "10X98765432"


def identity_number(index: int) -> str:
    """A resident identity number that proves itself, another for every index below 365,000 (GB 11643)."""
    body = f"110101{1950 + index // 1000 // 28 % 50}{1 + index // 1000 // 28 % 12:02}{1 + index // 1000 % 28:02}"
    body += f"{index % 1000:03}"
    return body + _CHECK_DIGITS[sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11]


def order(index: int) -> dict[str, object]:
    """The body of one order."""
    page = b"1 0 obj<</Length 2048>>stream\n" + os.urandom(2048) + b"\nendstream endobj"
    paper = b"%PDF-1.4\n" + page + b"\ntrailer<<>>\n%%EOF\n"
    return {
        "case": {"number": f"（2026）云0102民初{index + 1}号", "procedure": "ordinary", "accepted_on": "2026-03-01"},
        "recipient": {"name": f"张{index}", "kind": "natural_person", "identity_number": identity_number(index)},
        "addresses": [{"kind": "mobile", "value": f"138{index:08}"}],
        "documents": [{"title": "起诉状副本", "content": base64.b64encode(paper).decode()}],
    }


@contextmanager
def serving(court: Site) -> Iterator[int]:
    """The server on a free port, until the end."""
    port = free_port()
    program = Path(__file__).with_name("intake_server.py")
    with (court.folder / "server.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, program, str(port)], env=os.environ | court.environ, stderr=log)
    try:
        until(lambda: _answers(port), seconds=60)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _answers(port: int) -> bool:
    with suppress(URLError, OSError), urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
        return bool(answer.status == 200)
    return False


def measure(orders: int, rounds: int) -> Sequence[Figure]:
    """So many orders in each of so many rounds, each beside bare rows for about as long."""
    shares, speeds, numbers = [], [], count()
    with site("postgresql") as court:
        BareModel.metadata.create_all(court.runtime.database.engine)
        fill(court, FIRST_ORDERS)
        with serving(court) as port:
            bare = request(f"{BARE}/rows", {"text": "x" * 200}, port)

            def taken(amount: int) -> float:
                calls = [request("/api/v1/orders", order(next(numbers)), port, KEY) for _ in range(amount)]
                return amount / seconds_for(calls, port, CALLERS)

            def bare_rows(amount: int) -> float:
                return amount / seconds_for([bare] * amount, port, CALLERS)

            taken(60)
            bare_rows(200)
            for _ in range(rounds):
                before, speed, after = bare_rows(orders * 2), taken(orders), bare_rows(orders * 2)
                speeds.append(speed)
                shares.append(speed * 2 / (before + after))
        with court.runtime.reading() as session:
            kept = session.scalar(select(func.count()).select_from(ServiceOrder))
            tasks = session.scalar(select(func.count()).select_from(Task))
    assert kept == tasks == next(numbers) + FIRST_ORDERS
    remark = f"{statistics.median(speeds):.0f} orders/s; rounds {min(shares):.3f} to {max(shares):.3f}"
    return [
        Figure("intake over the API / bare row, same server", statistics.median(shares), LEAST_SHARE, remark=remark)
    ]


def main() -> int:
    """Run it; 1 when the share is too small."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="more orders, more rounds")
    chosen = parser.parse_args()
    return tell(lambda: measure(1000, 9) if chosen.large else measure(250, 5))


if __name__ == "__main__":
    sys.exit(main())
