"""An installation that receives uploads in a process of its own, and a phone on real connections to it."""

import errno
import http.client
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from delivery.calendars import court_calendar
from delivery.domain.event import Channel
from delivery.installing import found
from delivery.intake import open_orders
from delivery.migrating import upgrade
from delivery.runtime import Calendars, Runtime
from delivery.settings import Settings
from delivery.store.courts import Court
from delivery.store.orders import Attempt
from delivery.store.vault import generate_keys
from delivery.web.callers import SESSION_COOKIE
from mobile_upload.tus import CONTENT_TYPE
from tests.delivery.web.court_life import entry
from tests.infrastructure.network import free_port
from tests.infrastructure.waiting import until
from tests.journeys.processes import COMMAND, Process
from tests.mobile_upload.phones import ROOT, Bearer, bearer, encoded


class Receiving:
    """The installation in a folder: its runtime here, its processes beside."""

    def __init__(self, folder: Path, database_url: str = "", blobs: str = "") -> None:
        self.folder = folder
        url, place = database_url or f"sqlite:///{folder / 'songda.db'}", blobs or f"file://{folder / 'blobs'}"
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SONGDA_")},
            "SONGDA_DATA": str(folder),
            "SONGDA_DATABASE_URL": url,
            "SONGDA_KEYS": generate_keys(),
            "SONGDA_BLOBS": place,
        }
        settings = Settings(url, "http://127.0.0.1:8100", self.environ["SONGDA_KEYS"], place)
        self.runtime = Runtime(settings, Calendars(court_calendar()))
        upgrade(self.runtime.database)
        self._open_a_door()
        self.bearer: Bearer = bearer(self.runtime)
        self.processes: list[Process] = []

    def _open_a_door(self) -> None:
        with self.runtime.transaction() as session:
            found(session, sandbox=True, now=self.runtime.machine_now())
            court = Court(code="qinghe", name="云州市青河区人民法院", name_en="Qinghe District People's Court")
            session.add(court)
            session.flush()
            order = open_orders(session, court, [entry(0, sha256=None)], now=self.runtime.now())[0].orders[0]
            session.add(
                Attempt(
                    court_id=court.id, order_id=order.id, tier="visit", channel=Channel.IN_PERSON, purpose="hand_over",
                    idempotency_key=str(uuid4()), status="planned", planned_at=self.runtime.now(),
                )
            )  # fmt: skip

    def start(self, *arguments: str, command: tuple[str, ...] = COMMAND) -> tuple[Process, int]:
        """One more process, when it answers; its port."""
        port = free_port()
        log = self.folder / f"{len(self.processes)}.log"
        process = Process((*arguments, "--port", str(port)), self.environ, log, command)
        self.processes.append(process)
        self.wait_for(process, port)
        return process, port

    def wait_for(self, process: Process, port: int) -> None:
        """Until it answers."""

        def answers() -> bool:
            assert process.runs, process.said()
            with suppress(OSError, http.client.HTTPException):
                return Line(port, self.bearer).ask("GET", "/healthz")[0] == 200
            return False

        until(answers, seconds=60)

    def wait_until_deserted(self, port: int) -> None:
        """Until nobody answers: the children of a killed process finish what they have in hand, then follow it."""

        def refuses() -> bool:
            with socket.socket() as caller:
                return caller.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED

        until(refuses, seconds=60)

    def close(self) -> None:
        for process in self.processes:
            if process.runs:
                process.kill()
        self.runtime.database.dispose()


@contextmanager
def receiving(folder: Path, database_url: str = "", blobs: str = "") -> Iterator[Receiving]:
    """The installation, gone afterwards."""
    made = Receiving(folder, database_url, blobs)
    try:
        yield made
    finally:
        made.close()


class Line:
    """A phone's connections to one port, one for each request."""

    def __init__(self, port: int, bearer: Bearer) -> None:
        self.port = port
        self.bearer = bearer
        self.head = {"Tus-Resumable": "1.0.0", "Cookie": f"{SESSION_COOKIE}={bearer.token}"}

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, Mapping[str, str]]:
        """One request: status and headers. Raises `OSError` or `HTTPException` when the line breaks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body or None, {**self.head, **(headers or {})})
            answer = connection.getresponse()
            answer.read()
            return answer.status, dict(answer.getheaders())
        finally:
            connection.close()

    def begin(self, content: bytes, **told: str) -> str:
        """The address of a new upload."""
        metadata = encoded(self.bearer.told(content, **told))
        status, headers = self.ask(
            "POST", ROOT, {"Upload-Length": str(len(content)), "Upload-Metadata": metadata, "Content-Length": "0"}
        )
        assert status == 201
        return headers["location"]

    def offset(self, address: str) -> int:
        """How far the server has it."""
        return int(self.ask("HEAD", address)[1]["upload-offset"])

    def send(self, address: str, offset: int, body: bytes) -> tuple[int, Mapping[str, str]]:
        """Bytes at an offset."""
        return self.ask("PATCH", address, {"Upload-Offset": str(offset), "Content-Type": CONTENT_TYPE}, body)

    def begin_to_send(self, address: str, offset: int, said: int, body: bytes) -> socket.socket:
        """The head of a piece and a part of its bytes, on a connection that stays open."""
        head = {
            "Host": "phone", **self.head, "Upload-Offset": str(offset), "Content-Type": CONTENT_TYPE,
            "Content-Length": str(said),
        }  # fmt: skip
        lines = "\r\n".join(
            [f"PATCH {address} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
        )
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.sendall(lines.encode() + body)
        return connection
