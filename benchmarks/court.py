"""A court to measure on: a fresh installation with all its durability on either engine, and a key for its API."""

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from delivery.calendars import court_calendar
from delivery.clock import Clock
from delivery.domain.paper import DocumentKind
from delivery.installing import found
from delivery.intake import open_orders
from delivery.intake_entries import AddressEntry, OrderEntry, PaperEntry
from delivery.migrating import upgrade
from delivery.runtime import Calendars, Handler, Runtime
from delivery.settings import Settings
from delivery.store.accounts import ApiKey
from delivery.store.courts import Court
from delivery.store.vault import generate_keys
from tests.infrastructure.postgresql import PostgresServer

KEY = "key-of-the-benchmarks"


@dataclass(frozen=True, slots=True)
class Site:
    """An installation with one court, the folder it lies in, and the settings other processes open it with."""

    runtime: Runtime
    court_id: UUID
    folder: Path
    environ: dict[str, str] = field(repr=False)


@contextmanager
def site(engine: str, handlers: Mapping[str, Handler] | None = None, clock: Clock | None = None) -> Iterator[Site]:
    """A fresh installation on `postgresql` or `sqlite`, gone afterwards; on the system's clock unless given another."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="songda-bench-")))
        if engine == "postgresql":
            server = PostgresServer(durable=True)
            stack.callback(server.stop)
            url = server.url(server.create())
        else:
            url = f"sqlite:///{folder / 'songda.db'}"
        environ = {
            "SONGDA_DATA": str(folder),
            "SONGDA_DATABASE_URL": url,
            "SONGDA_KEYS": generate_keys(),
            "SONGDA_BLOBS": f"file://{folder / 'blobs'}",
        }
        settings = Settings(url, "http://127.0.0.1:8100", environ["SONGDA_KEYS"], environ["SONGDA_BLOBS"])
        runtime = Runtime(settings, Calendars(court_calendar()), handlers=handlers or {}, given_clock=clock)
        stack.callback(runtime.database.dispose)
        upgrade(runtime.database)
        yield Site(runtime, _found(runtime), folder, environ)


def _found(runtime: Runtime) -> UUID:
    """The court and its key."""
    with runtime.transaction() as session:
        found(session, sandbox=True, now=runtime.machine_now())
        court = Court(code="qinghe", name="云州市青河区人民法院", name_en="Qinghe District People's Court, Yunzhou")
        session.add(court)
        session.flush()
        session.add(
            ApiKey(
                court_id=court.id,
                key_hash=hashlib.sha256(KEY.encode()).hexdigest(),
                label="benchmarks",
                scopes="orders:write orders:read desk visits",
                created_at=runtime.now(),
            )
        )
        return court.id


def fill(court: Site, orders: int, *, first: int = 0, start: bool = True) -> None:
    """So many orders with two addresses and a paper each, and fresh statistics: a court that has been at work."""
    runtime = court.runtime
    sha256 = runtime.blobs.put(court.court_id, b"%PDF-1.4\ntrailer<<>>\n%%EOF\n")
    for begin in range(first, first + orders, 200):
        with runtime.transaction() as session:
            entries = [_entry(index, sha256) for index in range(begin, min(begin + 200, first + orders))]
            open_orders(session, session.get_one(Court, court.court_id), entries, now=runtime.now(), start=start)
    with runtime.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


def _entry(index: int, sha256: str) -> OrderEntry:
    return OrderEntry(
        case_number=f"（2025）云0102民初{index + 1}号",
        procedure="ordinary",
        recipient_name=f"李{index}",
        recipient_kind="natural_person",
        role="defendant",
        papers=(PaperEntry(DocumentKind.COMPLAINT_COPY, "起诉状副本", sha256, 26, "application/pdf"),),
        addresses=(
            AddressEntry("mobile", f"+86137{index:08}", "plaintiff_supplied"),
            AddressEntry("postal", f"云州省|云州市|青河区|长安路{index + 1}号|", "plaintiff_supplied"),
        ),
    )
