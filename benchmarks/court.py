"""A court to measure on: a fresh installation with all its durability on either engine, and a key for its API."""

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from delivery.calendars import court_calendar
from delivery.installing import found
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
def site(engine: str, handlers: Mapping[str, Handler] | None = None) -> Iterator[Site]:
    """A fresh installation on `postgresql` or `sqlite`, gone afterwards."""
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
        runtime = Runtime(settings, Calendars(court_calendar()), handlers=handlers or {})
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
                scopes="orders:write orders:read",
                created_at=runtime.now(),
            )
        )
        return court.id
