"""Our application in a process of its own, for tests that kill it: `python -m tests.mobile_upload.serving PORT`."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from socket import create_connection

from werkzeug.serving import WSGIRequestHandler, make_server

from delivery.clock import SystemClock
from delivery.runtime import Runtime
from delivery.settings import Settings
from delivery.web.app import create_app
from mobile_upload.blueprints import all_of_the_field
from tests.delivery.web.court_life import carriers, handlers
from tests.delivery.web.prepared import Weekends
from tests.infrastructure.network import free_port
from tests.infrastructure.tree import ROOT
from tests.infrastructure.waiting import until

_NAMED = "FIELD_SERVER_SETTINGS"


class KilledServer:
    """Serves the installation of a runtime on one port; `restart` is a kill -9 and a new beginning."""

    def __init__(self, runtime: Runtime) -> None:
        kept = runtime.settings
        told = {"database_url": kept.database_url, "base_url": kept.base_url, "keys": kept.keys, "blobs": kept.blobs}
        self._environ = {**os.environ, _NAMED: json.dumps(told)}
        self.port = free_port()
        self._start()

    def restart(self) -> None:
        """Without any farewell, in the middle of whatever it was doing."""
        self.stop()
        self._start()

    def stop(self) -> None:
        """Kill -9."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(timeout=30)

    def _start(self) -> None:
        command = [sys.executable, "-m", "tests.mobile_upload.serving", str(self.port)]
        self._process = subprocess.Popen(command, cwd=ROOT, env=self._environ)
        until(self._answers, seconds=60)

    def _answers(self) -> bool:
        try:
            create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


class Silent(WSGIRequestHandler):
    """Says nothing: the test says what is wrong."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 -- werkzeug's signature
        """Nothing."""


def main() -> None:
    """Serve until killed."""
    told = json.loads(os.environ[_NAMED])
    settings = Settings(**told, data_directory=Path(os.devnull))
    runtime = Runtime(settings, Weekends(), carriers(), handlers(), SystemClock())
    app = create_app(runtime, all_of_the_field())
    make_server("127.0.0.1", int(sys.argv[1]), app, threaded=True, request_handler=Silent).serve_forever()


if __name__ == "__main__":
    main()
