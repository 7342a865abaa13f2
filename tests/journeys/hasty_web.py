"""The console with little patience for silent phones, as a process: `python -m tests.journeys.hasty_web --port N`."""

import os
import sys
from datetime import timedelta

import wsgi
from delivery.serving import serve
from delivery.web.app import create_app
from mobile_upload import uploads
from mobile_upload.arriving import Patience


def main() -> int:
    """Serve as `songda serve` does, until killed."""
    runtime = wsgi.install(os.environ).runtime
    patience = Patience(silence=timedelta(seconds=0.5))
    return serve(
        lambda: create_app(runtime, [uploads.make_blueprint(patience=patience)]), runtime,
        host="127.0.0.1", port=int(sys.argv[-1]), processes=1, threads=5, workers=0,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
