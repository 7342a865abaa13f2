"""How fast callbacks are safely kept, as a share of what the same server does with one plain INSERT per request.

Two server processes, either engine with all its durability. Every callback is a signed status report of a message: the
signature is checked, the request sealed and stored with its task, and only then acknowledged. A part of them is
measured beside a table that holds very many already, and the answers are timed at half of the pace that was reached.
Both sides are measured in turns, so that whatever else the machine does meets both; the middle ratio counts.
"""

import argparse
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

from sqlalchemy import text

from adapters.twilio import SIGNATURE_HEADER, sign
from benchmarks.bench_intake import serving
from benchmarks.caller import form_request, latencies_at, seconds_for
from benchmarks.court import Site, site
from benchmarks.intake_server import BARE, BareModel
from benchmarks.measured import Figure, tell

LEAST_SHARE = 0.4
MOST_SLOWER = 1.25
MOST_MILLISECONDS = 100.0
CALLERS = 16
_BASE = "https://court.example"
_TOKEN = "made-up-for-measuring"  # noqa: S105 -- nobody else has it
_PATH = "/webhooks/twilio/qinghe?key=0195a000-0000-7000-8000-000000000001"
_SETTINGS = {
    "SONGDA_TWILIO_ACCOUNT_SID": "AC" + "a" * 32,
    "SONGDA_TWILIO_AUTH_TOKEN": _TOKEN,
    "SONGDA_TWILIO_FROM": "+14155550100",
    "SONGDA_BASE_URL": _BASE,
}
# What one stored callback looks like, copied a great many times over: long since read, with an id of its own that is
# older than any new one, as ids that begin with their time are.
_COPY = """
INSERT INTO callback (court_id, id, provider, received_at, status, reason, tries, sha256, request_sealed)
SELECT court_id, {fresh}, provider, received_at, 'done', '', 0, sha256, request_sealed
FROM (SELECT * FROM callback LIMIT 1) AS one, {series}
"""
_SERIES = {
    "postgresql": (
        "CAST(lpad(to_hex(i), 12, '0') || '7000' || '8000000000000000' AS uuid)",
        "generate_series(1, :rows) AS n(i)",
    ),
    "sqlite": (
        "printf('%012x', i) || '7000' || '8000000000000000'",
        "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows) SELECT i FROM n) AS n",
    ),
}


def _report(number: int, port: int) -> bytes:
    """One signed status report."""
    sid = f"SM{number:032x}"
    fields = {
        "AccountSid": _SETTINGS["SONGDA_TWILIO_ACCOUNT_SID"],
        "ApiVersion": "2010-04-01",
        "From": _SETTINGS["SONGDA_TWILIO_FROM"],
        "MessageSid": sid,
        "MessageStatus": "delivered",
        "SmsSid": sid,
        "SmsStatus": "delivered",
        "To": "+8613900000001",
    }
    return form_request(_PATH, fields, port, {SIGNATURE_HEADER: sign(_BASE + _PATH, fields, _TOKEN)})


def _share(port: int, numbers: Iterator[int], amount: int, rounds: int) -> tuple[float, float]:
    """The middle share of the bare inserts, and the callbacks a second."""
    bare = [form_request(f"{BARE}/inserts", {"text": "x" * 300}, port, {})] * amount
    shares, speeds = [], []
    for _ in range(rounds):
        calls = [_report(next(numbers), port) for _ in range(amount)]
        before, taken, after = (seconds_for(one, port, CALLERS) for one in (bare, calls, bare))
        shares.append((before + after) / 2 / taken)
        speeds.append(amount / taken)
    return statistics.median(shares), statistics.median(speeds)


def measure_on(engine: str, *, amount: int, rounds: int, stored: int) -> Sequence[Figure]:
    """One engine: empty, then beside so many stored ones."""
    numbers = count(1)
    with site(engine) as made:
        court = replace(made, environ=made.environ | _SETTINGS)
        BareModel.metadata.create_all(court.runtime.database.engine)
        with serving(court) as port:
            _share(port, numbers, 100, 1)
            share, speed = _share(port, numbers, amount, rounds)
            times = sorted(latencies_at([_report(next(numbers), port) for _ in range(amount * 2)], port, 16, speed / 2))
            p99 = times[int(len(times) * 0.99)] * 1000
            _store(court, engine, stored)
            later, _ = _share(port, numbers, amount, rounds)
    remark = f"{speed:.0f} callbacks/s"
    return [
        Figure(f"{engine}: callbacks kept / bare inserts", share, LEAST_SHARE, remark=remark),
        Figure(f"{engine}: p99 at half that load, ms", p99, MOST_MILLISECONDS, is_least=False),
        Figure(f"{engine}: slower beside {stored:,} stored ones", share / later, MOST_SLOWER, is_least=False),
    ]


def _store(court: Site, engine: str, rows: int) -> None:
    fresh, series = _SERIES[engine]
    with court.runtime.transaction() as session:
        session.execute(text(_COPY.format(fresh=fresh, series=series)), {"rows": rows})
    with court.runtime.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


def main() -> int:
    """Run it; 1 when a bound fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="beside a million stored ones")
    stored = 1_000_000 if parser.parse_args().large else 100_000
    return tell(
        lambda: [
            figure
            for engine in ("postgresql", "sqlite")
            for figure in measure_on(engine, amount=600, rounds=5, stored=stored)
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
