"""How many e-mails a second the mail adapter hands over, against one connection per message.

A thousand messages to a local server: one whose replies come after 20 ms, as over a real network, and one that answers
at once; both by STARTTLS, as the adapter demands unless told otherwise. The adapter is called by as many threads as it
keeps connections, as its workers call it. The comparison is the same adapter with the same messages, one after the
other, each over a connection of its own.
"""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from adapters.smtp import Settings, Smtp
from adapters.smtp_pool import Relay
from benchmarks.measured import Figure, tell
from delivery.domain.event import Channel
from delivery.providers import Message
from tests.adapters.certificates import self_signed
from tests.infrastructure.network import free_port
from tests.infrastructure.waiting import until

MESSAGES = 1000
LEAST = {0.02: 10.0, 0.0: 3.0}
"""Seconds of delay -> how many times as fast."""


@contextmanager
def serving(delay: float) -> Iterator[Relay]:
    """The server on a free port, until the end."""
    port = free_port()
    program = Path(__file__).with_name("mail_server.py")
    with TemporaryDirectory() as folder:
        papers = str(self_signed(Path(folder), "127.0.0.1"))
        process = subprocess.Popen([sys.executable, program, str(port), str(delay), papers, papers])
        try:
            until(lambda: _listens(port), seconds=20)
            yield Relay("127.0.0.1", port, hello="court.example", ca_file=papers)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _message(number: int) -> Message:
    return Message(
        court_id=UUID(int=0),
        attempt_id=UUID(int=number),
        idempotency_key=str(UUID(int=number)),
        language="zh",
        recipient_name="",
        channel=Channel.EMAIL,
        to=f"person{number}@mail.example",
        subject="云州市青河区人民法院：有文书待您查收",
        text="请通过法院网站查收文书。" * 20,
        html="<p>请通过法院网站查收文书。</p>" * 20,
    )


def measure_with(delay: float) -> Figure:
    """Both ways against one server."""
    with serving(delay) as relay:
        ours = _a_second(relay, MESSAGES)
        # With a delay every message takes the same time again; a part of them says how long.
        theirs = _a_second(replace(relay, connections=1, messages_per_connection=1), MESSAGES // (5 if delay else 1))
    name = f"mail, replies after {delay * 1000:.0f} ms / one connection each"
    return Figure(name, ours / theirs, LEAST[delay], remark=f"{ours:.0f} and {theirs:.0f} messages/s")


def _a_second(relay: Relay, amount: int) -> float:
    settings = Settings(relay, "songda@court.example", bounce_domain="court.example", secrets=("made up",))
    messages = [_message(number) for number in range(amount)]
    made = Smtp(settings, lambda: datetime.now(UTC))
    with closing(made) as adapter, ThreadPoolExecutor(relay.connections) as callers:
        began = time.perf_counter()
        list(callers.map(adapter.submit, messages))
        return amount / (time.perf_counter() - began)


def main() -> int:
    """Run it; 1 when a bound fails."""
    return tell(lambda: [measure_with(delay) for delay in LEAST])


if __name__ == "__main__":
    sys.exit(main())
