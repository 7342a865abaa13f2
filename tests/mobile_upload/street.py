"""A field server with a real browser: a court with doors that wait, served on loopback behind a line that can break.

The court's clock is the machine's, as the browser's is. Nothing is faked in the browser but the camera's picture and
the place that the phone believes to be at.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import shake_256
from io import BytesIO
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any
from uuid import UUID

from PIL import Image
from sqlalchemy import select
from werkzeug.serving import BaseWSGIServer, make_server

from delivery.clock import SystemClock
from delivery.domain.event import Channel
from delivery.runtime import Runtime
from delivery.signing_in import Role, add_account, add_membership
from delivery.store.orders import Attempt
from delivery.web.app import create_app
from mobile_upload.blueprints import all_of_the_field
from tests.delivery.web.court_life import CourtLife, carriers, handlers
from tests.delivery.web.prepared import Weekends
from tests.infrastructure.chromium import FLAGS
from tests.infrastructure.cutting_line import CuttingLine
from tests.mobile_upload.serving import KilledServer, Silent

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, FilePayload, Page

PASSWORD = "correct horse battery staple"
WIDTH = 360
_CAMERA = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--disable-features=StaticStorageQuota",  # so that a test can say how much room there is
]
_ALLOWED = ["geolocation", "camera", "microphone"]
# Chromium's fake camera looks at this file when it is given one.
_FILMED = "--use-file-for-fake-video-capture={}"


@dataclass
class Street:
    """The court, its server and the line to it. `doors` by kind: the visits and postings that wait."""

    runtime: Runtime
    court_id: UUID
    line: CuttingLine
    profiles: Path
    chromium: "Browser"
    serve: Callable[[], None]
    doors: dict[str, list[UUID]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where the phone reaches the server: through the line."""
        return f"http://127.0.0.1:{self.line.port}"

    @contextmanager
    def phone(
        self,
        name: str = "phone",
        *,
        offline: bool = False,
        camera: Path | None = None,
        allowed: list[str] | None = None,
    ) -> Iterator["BrowserContext"]:
        """A browser that keeps its profile under this name, as a phone keeps its apps' data."""
        flags = [*FLAGS, *_CAMERA, *([_FILMED.format(camera)] if camera else [])]
        if allowed is not None and "camera" not in allowed:
            flags.remove("--use-fake-ui-for-media-stream")
        context = self.chromium.browser_type.launch_persistent_context(
            self.profiles / name,
            executable_path=which("chromium"),
            args=flags,
            viewport={"width": WIDTH, "height": 740},
            locale="zh-CN",
            permissions=_ALLOWED if allowed is None else allowed,
            geolocation={"latitude": 31.2304, "longitude": 121.4737, "accuracy": 12},
            offline=offline,
        )
        try:
            yield context
        finally:
            context.close()

    def sign_in(self, page: "Page", login: str = "zhang", until: str = ".card.visit") -> None:
        """Through the form, until the day is on the phone or whatever else is to be seen."""
        page.goto(f"{self.address}/sign-in?next=/field/")
        page.fill("[name=login]", login)
        page.fill("[name=password]", PASSWORD)
        page.click("button.main-act")
        page.wait_for_selector(until)


@contextmanager
def street(life: CourtLife, chromium: "Browser", folder: Path, *, mortal: bool = False) -> Iterator[Street]:
    """The court's streets, with two visits and two postings given to Zhang and the others to Li.

    A `mortal` server is a process of its own that `serve` kills and starts again.
    """
    runtime = Runtime(life.runtime.settings, Weekends(), carriers(), handlers(), SystemClock())
    server = KilledServer(runtime) if mortal else _Restarting(runtime)
    line = CuttingLine(server.port)
    found = Street(runtime, life.court_id, line, folder / "profiles", chromium, server.restart)
    _people_and_doors(found, life)
    try:
        yield found
    finally:
        line.close()
        server.stop()
        runtime.database.dispose()


class _Restarting:
    """Our application on one port, again and again."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.port = 0
        self._server: BaseWSGIServer | None = None
        self.restart()

    def restart(self) -> None:
        self.stop()
        self._server = make_server(
            "127.0.0.1",
            self.port,
            create_app(self._runtime, all_of_the_field()),
            threaded=True,
            request_handler=Silent,
        )
        self.port = self._server.port
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()


def _people_and_doors(found: Street, life: CourtLife) -> None:
    with found.runtime.transaction() as session:
        people = {}
        for login, name in (("zhang", "张伟"), ("li", "李娜")):
            account = add_account(
                session, login=login, name=name, password=PASSWORD, language="zh", at=found.runtime.now()
            )
            add_membership(session, account.id, found.court_id, Role.FIELD_SERVER)
            people[login] = account.id
        waiting = session.scalars(
            select(Attempt).where(
                Attempt.court_id == found.court_id, Attempt.channel.in_([Channel.IN_PERSON, Channel.POSTING])
            )
        ).all()
        model = waiting[0]
        for attempt in waiting:
            attempt.assigned_to = people["li"]
        kinds = (Channel.IN_PERSON, Channel.IN_PERSON, Channel.POSTING, Channel.POSTING)
        for number, (channel, order) in enumerate(zip(kinds, (9, 1, 3, 5), strict=True)):
            door = Attempt(
                court_id=found.court_id,
                order_id=life.orders[order],
                tier="visit",
                channel=channel,
                purpose="hand_over",
                address_id=model.address_id,
                provider="",
                idempotency_key=f"7b0c6f1e-0000-7000-8000-00000000000{number}",
                status="planned",
                planned_at=found.runtime.now(),
                due_on=found.runtime.now().date(),
                assigned_to=people["zhang"],
            )
            session.add(door)
            session.flush()
            found.doors.setdefault(str(channel), []).append(door.id)


def picture(seed: int, size: tuple[int, int] = (1200, 900)) -> bytes:
    """A JPEG that nothing can make smaller: about two megabytes at the usual size."""
    noise = Image.frombytes("RGB", size, _noise(seed, size[0] * size[1] * 3))
    out = BytesIO()
    noise.save(out, "JPEG", quality=92)
    return out.getvalue()


def _noise(seed: int, length: int) -> bytes:
    return shake_256(f"picture {seed}".encode()).digest(length)


_CAMERA_SHOWS = "() => document.querySelector('.overlay video').videoWidth > 0"
_STORED = """(store) => new Promise((resolve, reject) => {
    const open = indexedDB.open("songda-field");
    open.onerror = () => reject(open.error);
    open.onsuccess = () => {
        const all = open.result.transaction(store).objectStore(store).getAll();
        all.onsuccess = () => { open.result.close(); resolve(all.result); };
    };
})"""


def from_files(page: "Page", content: bytes) -> None:
    """Give the camera screen a picture from files instead."""
    chosen: FilePayload = {"name": "回证.jpg", "mimeType": "image/jpeg", "buffer": content}
    page.set_input_files("#capture-file", files=[chosen])


def stored(page: "Page", store: str) -> list[dict[str, Any]]:
    """What lies in one store of the phone's database."""
    found: list[dict[str, Any]] = page.evaluate(_STORED, store)
    return found


# The worker has the page and, last of all, the reader of codes.
_PREFETCHED = """async () => {
    const [name] = await caches.keys();
    const kept = name ? await (await caches.open(name)).keys() : [];
    return navigator.serviceWorker.controller !== null && kept.some((one) => one.url.endsWith(".wasm"));
}"""


def prefetched(page: "Page") -> None:
    """Wait until the page would open without signal; a browser that waits for a promise does not wait for its value."""
    while not page.evaluate(_PREFETCHED):
        page.wait_for_timeout(50)


def all_safe(page: "Page", count: int, timeout: float = 40_000) -> None:
    """Wait until so many items are safe and none waits, as the page's first screen says."""
    page.wait_for_selector(f"#safety[data-tone=good]:has-text('{count}')", timeout=timeout)


def shoot(page: "Page", role: str) -> None:
    """Press the shutter once the camera shows something."""
    page.wait_for_selector(f".overlay[data-ready][data-role={role}]")
    page.wait_for_function(_CAMERA_SHOWS)
    page.click("#shutter:not([disabled])")


def film(page: "Page") -> None:
    """A short video: one press to begin, one to end."""
    page.wait_for_selector(".overlay[data-ready][data-role=video]")
    page.wait_for_function(_CAMERA_SHOWS)
    page.click("#shutter")
    page.wait_for_selector("#shutter.running")
    page.wait_for_timeout(1200)
    page.click("#shutter")
    page.wait_for_selector(".overlay", state="detached")
