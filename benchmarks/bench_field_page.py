"""The first paint of the field page on a cold phone: a real browser with a phone's processor and a weak line.

Lines and processors of phones differ; these are those that the tools of the web call "slow 4G" and a mid-range phone:
1.6 Mbit/s, 150 ms there and back, four times slower than this machine. The bound is 1 second to the first contentful
paint and 200 kB in all before the list is on the screen.
"""

import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from werkzeug.serving import make_server

from benchmarks.measured import Figure, tell
from delivery.clock import SystemClock
from delivery.runtime import Runtime
from delivery.web.app import create_app
from mobile_upload.blueprints import all_of_the_field
from tests.delivery.web.prepared import Weekends, prepare, settings_for
from tests.infrastructure.chromium import running_chromium
from tests.mobile_upload.serving import Silent

_ROUND_TRIP_MS = 150
_BYTES_PER_SECOND = 1_600_000 / 8
_SLOWER = 4
_TRIES = 5
_PAINTED = """() => {
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    return paint ? paint.startTime : null;
}"""


def measure() -> Sequence[Figure]:
    """The median of some cold openings."""
    with tempfile.TemporaryDirectory(prefix="songda-bench-") as folder:
        settings = settings_for(f"sqlite:///{folder}/songda.db", Path(folder))
        runtime = Runtime(settings, Weekends(), given_clock=SystemClock())
        prepare(runtime)
        app = create_app(runtime, all_of_the_field())
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        app.test_client().get("/field/")
        tries = sorted(_cold(f"http://127.0.0.1:{server.port}/field/") for _ in range(_TRIES))
        server.shutdown()
        runtime.database.dispose()
    painted, weight = tries[len(tries) // 2]
    return (
        Figure(
            "first paint of /field/ on a cold phone, ms",
            painted,
            1000,
            is_least=False,
            remark="slow 4G, a quarter of this core",
        ),
        Figure("bytes until the list is on the screen, kB", weight / 1000, 200, is_least=False),
    )


def _cold(address: str) -> tuple[float, int]:
    """Milliseconds to the first contentful paint, and the bytes that came."""
    with running_chromium() as chromium:
        context = chromium.new_context(viewport={"width": 360, "height": 740}, service_workers="block")
        page = context.new_page()
        protocol = context.new_cdp_session(page)
        protocol.send("Network.enable")
        line = {"offline": False, "latency": _ROUND_TRIP_MS, "downloadThroughput": _BYTES_PER_SECOND}
        protocol.send("Network.emulateNetworkConditions", {**line, "uploadThroughput": _BYTES_PER_SECOND})
        protocol.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
        came: list[int] = []
        protocol.on("Network.loadingFinished", lambda event: came.append(int(event["encodedDataLength"])))
        page.goto(address)
        page.wait_for_selector("#safety")
        painted = float(page.evaluate(_PAINTED))
        context.close()
    return painted, sum(came)


if __name__ == "__main__":
    sys.exit(tell(measure))
