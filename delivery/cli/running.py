"""`serve`, `work`, `relay`: the processes that an installation consists of."""

import argparse
import os
import signal
import sys
import threading
from types import FrameType
from urllib.parse import urlsplit

from delivery.cli.command_line import Equipment, Parsers, at_least
from delivery.data_gates import check_data_stays
from delivery.domain.errors import SongdaError
from delivery.domain.notice_code import too_long_by
from delivery.installing import check_fits, check_keys, found, make_keys
from delivery.migrating import check_current, make_ready
from delivery.operating_log import write_operating_log
from delivery.runtime import Runtime
from delivery.store.courts import installation

PORT = at_least(1, 65_535)


class NoQueue(SongdaError):
    """The command needs Redis, and none is configured."""


def register(parsers: Parsers) -> None:
    """Add the three commands."""
    serve = parsers.add("serve", _serve, "web and worker in one; SQLite in ./var unless told otherwise")
    serve.add_argument("--host", help="address to listen on (default: the host of SONGDA_BASE_URL if it is loopback)")
    serve.add_argument("--port", type=PORT, help="port to listen on (default: that of SONGDA_BASE_URL, or 8100)")
    some = at_least(1, 256)
    serve.add_argument("--processes", type=some, default=1, metavar="N", help="web processes (default 1)")
    serve.add_argument("--threads", type=some, default=default_threads(), metavar="N", help="threads per web process")
    serve.add_argument(
        "--workers", type=at_least(0, 256), default=2, metavar="N", help="worker threads; 0 for web alone (default 2)"
    )
    serve.add_argument("--end-with", type=int, metavar="PID", help="stop when this process, which started it, ends")
    parsers.add("work", _work, "run due tasks: rung by the relay over Redis if there is one, else by looking")
    relay = parsers.add("relay", _relay, "ring the workers for every shard with due tasks")
    relay.add_argument("--sweep", type=_span, default=1.0, metavar="SECONDS", help="time between looks, at most 5")


def _span(text: str) -> float:
    seconds = float(text) if text.replace(".", "", 1).isdecimal() else 0.0
    if not seconds > 0:
        message = "must be a number of seconds above 0"
        raise argparse.ArgumentTypeError(message)
    return seconds


def default_threads() -> int:
    """Enough that slow answers do not hold up the others, no more than the machine's cores can serve."""
    return min(8, 2 * (os.cpu_count() or 1) + 1)


def _serve(chosen: argparse.Namespace, equipment: Equipment) -> int:
    from delivery.serving import await_free, end_with, serve

    write_operating_log()
    if chosen.end_with is not None:
        end_with(chosen.end_with)
    keep_keys()
    runtime = equipment.runtime()
    prepare(runtime, for_work=True)
    host, port = _listening(chosen, runtime)
    await_free(host, port)
    print(f"songda: listening on {host}:{port}, address {runtime.settings.base_url}", file=sys.stderr)
    more = too_long_by(runtime.settings.base_url)
    if more:
        told = f"songda: SONGDA_BASE_URL is {more} character(s) too long for the codes on notices (docs/notices.md)"
        print(told, file=sys.stderr)
    # The parent keeps no connection that a web process would inherit.
    runtime.database.dispose()
    return serve(
        equipment.application,
        runtime,
        host=host,
        port=port,
        processes=chosen.processes,
        threads=chosen.threads,
        workers=chosen.workers,
    )


def keep_keys() -> None:
    """Make the keys of a new embedded installation, and say where they are."""
    kept = make_keys(os.environ)
    if kept is not None:
        print(f"songda: made keys for this installation: {kept}", file=sys.stderr)
        print("songda: keep a copy; without it nothing opens", file=sys.stderr)


def prepare(runtime: Runtime, *, for_work: bool = False) -> None:
    """Make the tables of a new database and say what it is; hold that an old one fits this version and settings.

    `for_work`: it is about to send, so that data which must stay must not be able to leave.
    """
    if make_ready(runtime.database):
        print("songda: the database is ready", file=sys.stderr)
    with runtime.transaction() as session:
        row = installation(session)
        if row is None:
            found(session, sandbox=False, now=runtime.machine_now())
        check_fits(row, runtime.settings)
        check_keys(session)
        if row is not None and for_work:
            check_data_stays(runtime, session)


def _listening(chosen: argparse.Namespace, runtime: Runtime) -> tuple[str, int]:
    parts = urlsplit(runtime.settings.base_url)
    host = chosen.host or ((parts.hostname or "") if runtime.settings.is_loopback else "127.0.0.1")
    port = chosen.port or (parts.port or 8100 if runtime.settings.is_loopback else 8100)
    return ("127.0.0.1" if host == "localhost" else host), port


def checked(equipment: Equipment) -> Runtime:
    """The runtime of an installation whose tables and settings fit, for a process that joins the others."""
    runtime = equipment.runtime()
    check_current(runtime.database)
    with runtime.reading() as session:
        check_fits(installation(session), runtime.settings)
        check_keys(session)
        check_data_stays(runtime, session)
    return runtime


def _work(_chosen: argparse.Namespace, equipment: Equipment) -> int:
    from delivery import relaying
    from delivery.tasks import drain_forever

    write_operating_log()
    runtime = checked(equipment)
    if runtime.settings.redis_url is not None:
        relaying.work(runtime.settings.redis_url)
        return 0
    stopping = stop_on_signals()
    drain_forever(runtime, stopping.is_set, lambda: stopping.wait(0.2))
    return 0


def _relay(chosen: argparse.Namespace, equipment: Equipment) -> int:
    from delivery import relaying
    from delivery.housekeeping import Housekeeping

    write_operating_log()
    runtime = checked(equipment)
    if runtime.settings.redis_url is None:
        message = "relay needs SONGDA_REDIS_URL; without Redis `songda serve` or `songda work` look for themselves"
        raise NoQueue(message)
    keeping = Housekeeping(runtime)
    keeping.start()
    relaying.relay(runtime, stop_on_signals(), sweep=min(chosen.sweep, 5.0))
    keeping.stop()
    return 0


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set, so that what is in hand is finished first."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopping
