"""`demo`: a believable court in an empty installation, served together with the sandbox town on a quick clock."""

import argparse
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from delivery.cli.command_line import Equipment, Parsers
from delivery.clock import FASTEST

if TYPE_CHECKING:
    from delivery.rehearsing import Premises

_HOUR = 3600


def registering(premises: Callable[[], "Premises"]) -> Callable[[Parsers, Equipment], None]:
    """What adds the command, given how the composition root builds town and platform."""

    def register(parsers: Parsers, _equipment: Equipment) -> None:
        demo = parsers.add(
            "demo",
            lambda chosen, _: _demo(chosen, premises()),
            "fill an empty installation with a believable court and its town, and serve it on a quick clock",
        )
        demo.add_argument(
            "--speed", type=_pace, default=900.0, metavar="N", help="court seconds per second (default 900)"
        )

    return register


def _pace(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0
    if not 0 < speed <= FASTEST:
        message = f"must be a number above 0 and at most {FASTEST}"
        raise argparse.ArgumentTypeError(message)
    return speed


def _demo(chosen: argparse.Namespace, premises: "Premises") -> int:
    from delivery.cli.running import stop_on_signals
    from delivery.installing import make_keys, with_kept_keys
    from delivery.rehearsal_demo import Dockets, make_demo

    make_keys(os.environ)
    print("songda: preparing the demo court", file=sys.stderr)
    demo = make_demo(premises, with_kept_keys(os.environ), chosen.speed)
    stopping = stop_on_signals()
    server = subprocess.Popen(  # noqa: S603 -- our own command
        [*premises.command, "serve", "--end-with", str(os.getpid())], env=dict(demo.environ)
    )
    dockets = Dockets(demo)
    try:
        if _answers(f"{demo.base_url}/healthz", server, stopping):
            dockets.start()
            _tell(demo.base_url, demo.town_url, chosen.speed)
        while server.poll() is None and not stopping.wait(0.5):
            pass
    finally:
        if dockets.is_alive():
            dockets.stop()
        server.terminate()
        status = server.wait()
        demo.town.stop()
        demo.runtime.database.dispose()
    return 0 if stopping.is_set() else status


def _answers(url: str, server: subprocess.Popen[bytes], stopping: threading.Event) -> bool:
    """Wait for the pages to answer; False when the server ended or was to stop before."""
    opener = build_opener(ProxyHandler({}))  # loopback never goes by a proxy
    while server.poll() is None and not stopping.wait(0.1):
        try:
            with opener.open(url, timeout=5):
                return True
        except (URLError, TimeoutError, ConnectionError):
            continue
    return False


def _tell(base_url: str, town_url: str, speed: float) -> None:
    from delivery.rehearsal_court import PASSWORD, sign_ins

    logins = "\n".join(f"    {login:<12}{role}" for login, role in sign_ins())
    print(
        f"\n  Songda 送达, the demo court\n\n"
        f"    {base_url}    the platform\n"
        f"    {town_url}    the town: its telephones, mailboxes and post\n\n"
        f"  Sign in with the password {PASSWORD} as\n\n{logins}\n\n"
        f"  One hour at court takes {_HOUR / speed:.3g} s. Ctrl-C stops; the next start goes on from there.\n",
        flush=True,
    )
