"""`receive-uploads`: a process of its own for files from phones, so that slow ones never hold the console's threads."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from delivery.cli.command_line import Equipment, Parsers, at_least
from delivery.cli.running import PORT, checked
from delivery.operating_log import write_operating_log

_PORT = 8101


def registering(front: Callable[[], Any]) -> Callable[[Parsers, Equipment], None]:
    """What adds the command, given how the composition root builds the ASGI application that receives."""

    def register(parsers: Parsers, _equipment: Equipment) -> None:
        receive = parsers.add(
            "receive-uploads",
            lambda chosen, equipment: _receive(chosen, equipment, front),
            "take files from phones at /field/uploads, beside `songda serve`",
        )
        receive.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
        receive.add_argument("--port", type=PORT, default=_PORT, help=f"port to listen on (default {_PORT})")
        receive.add_argument("--processes", type=at_least(1, 256), default=1, metavar="N", help="processes (default 1)")

    return register


def _receive(chosen: argparse.Namespace, equipment: Equipment, front: Callable[[], Any]) -> int:
    from delivery.serving import await_free, serve_uploads

    write_operating_log()
    runtime = checked(equipment)
    await_free(chosen.host, chosen.port)
    print(f"songda: receiving uploads on {chosen.host}:{chosen.port}", file=sys.stderr)
    # The parent keeps no connection that a receiving process would inherit.
    runtime.database.dispose()
    return serve_uploads(front, host=chosen.host, port=chosen.port, processes=chosen.processes)
