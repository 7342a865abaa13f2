"""A mail relay on loopback that keeps to the protocol (RFC 5321, 3461, 4954, 6531) and breaks off where it is told."""

import contextlib
import socket
import socketserver
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

HANG = "hang"
RESET = "reset"


@dataclass
class Mail:
    """One message that the relay took, or at least saw to its end."""

    mail: str
    rcpt: str
    content: bytes
    connection: int


@dataclass
class Script:
    """What to answer in place of the usual: by verb; `CONTENT` stands for the final dot, `GREETING` for the start."""

    replies: dict[str, str] = field(default_factory=dict)
    extensions: tuple[str, ...] = ("SIZE 10000000", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN", "SMTPUTF8")
    password: str = ""
    messages_before_closing: int = 1_000_000


class FakeRelay:
    """Listen until the end of the `with` block."""

    def __init__(self) -> None:
        self.script = Script()
        self.taken: list[Mail] = []
        self.connections = 0
        self.open = 0
        self.most_open = 0
        self.verbs: list[str] = []
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        outer = self

        class Session(socketserver.StreamRequestHandler):
            disable_nagle_algorithm = True
            timeout = 10

            def handle(self) -> None:
                with contextlib.suppress(ConnectionError, TimeoutError):
                    outer.serve(self)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Session)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def port(self) -> int:
        port: int = self._server.server_address[1]
        return port

    def serve(self, session: socketserver.StreamRequestHandler) -> None:
        """Run one session, and count how many there are at once."""
        with self._lock:
            self.connections += 1
            number = self.connections
            self.open += 1
            self.most_open = max(self.most_open, self.open)
        try:
            Session(self, session, number).run()
        finally:
            with self._lock:
                self.open -= 1

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Session:
    """One connection."""

    def __init__(self, relay: FakeRelay, wire: socketserver.StreamRequestHandler, number: int) -> None:
        self.relay = relay
        self.wire = wire
        self.number = number
        self.mail = self.rcpt = ""
        self.taken = 0
        self.going = True

    def run(self) -> None:
        self.say("GREETING", "220 relay.test ESMTP")
        handlers: dict[str, Callable[[str], object]] = {
            "EHLO": self.ehlo,
            "AUTH": self.auth,
            "MAIL": self.start,
            "RCPT": self.address,
            "DATA": self.data,
            "RSET": self.reset,
            "QUIT": self.leave,
        }
        while self.going and (line := self.wire.rfile.readline()):
            text = line.decode("utf-8").rstrip("\r\n")
            verb = text[:4].upper()
            self.relay.verbs.append(verb)
            handlers.get(verb, self.unknown)(text)

    def say(self, step: str, usual: str) -> bool:
        """Answer, or do what the script wants instead; True when the usual was said."""
        told = self.relay.script.replies.get(step, usual)
        if told == HANG:
            self.relay.stopping.wait(10)
            self.going = False
        elif told == RESET:
            self.wire.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.going = False
        else:
            self.wire.wfile.write(told.encode() + b"\r\n")
            self.going = self.going and not told.startswith("421")
        return told == usual

    def ehlo(self, _: str) -> None:
        script = self.relay.script
        lines = ["relay.test", *script.extensions, *(("AUTH PLAIN",) if script.password else ())]
        self.say("EHLO", "\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"]))

    def auth(self, _: str) -> None:
        self.say("AUTH", "235 2.7.0 Authentication successful")

    def reset(self, _: str) -> None:
        self.say("RSET", "250 2.0.0 Ok")

    def unknown(self, _: str) -> None:
        self.say("OTHER", "502 5.5.2 Command not recognised")

    def start(self, text: str) -> None:
        self.mail = text
        self.say("MAIL", "250 2.1.0 Ok")

    def address(self, text: str) -> None:
        self.rcpt = text
        self.say("RCPT", "250 2.1.5 Ok")

    def data(self, _: str) -> None:
        if not self.say("DATA", "354 End data with <CR><LF>.<CR><LF>"):
            return
        lines = []
        while (line := self.wire.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        told = self.relay.script.replies.get("CONTENT", "250")
        if told in {HANG, RESET} or told.startswith("250"):
            self.relay.taken.append(Mail(self.mail, self.rcpt, b"".join(lines), self.number))
            self.taken += 1
        self.say("CONTENT", "250 2.0.0 Ok: queued as 389A3264682")
        if self.taken >= self.relay.script.messages_before_closing:
            self.going = False

    def leave(self, _: str) -> None:
        self.say("QUIT", "221 2.0.0 Bye")
        self.going = False
