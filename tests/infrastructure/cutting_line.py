"""A telephone line that breaks: a TCP relay on loopback that cuts connections after chosen numbers of bytes.

It relays bytes between a browser and our server and understands none of them. At each number (counted over all that
the browser sent since the cuts were set) it passes on exactly so many and resets both sides, as a lost signal does.
"""

import socket
import struct
import threading
from collections.abc import Iterable

_PIECE = 16 * 1024
_RESET = struct.pack("ii", 1, 0)


class CuttingLine:
    """Listens on a port of its own; while it is `dead`, it turns callers away and passes nothing on."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.dead = False
        self.passed = 0
        self.cuts_made = 0
        self._cuts: list[int] = []
        self._dies = False
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_after(self, offsets: Iterable[int], *, then_dead: bool = False) -> None:
        """Cut at these numbers of bytes from now on, each once; the line may be dead from the last cut on."""
        with self._lock:
            self.passed = 0
            self._cuts = sorted(offsets)
            self._dies = then_dead

    def cut_now(self) -> None:
        """Reset whatever is open."""
        with self._lock:
            for one in list(self._open):
                _reset(one)
            self._open.clear()

    def close(self) -> None:
        """Stop listening and reset whatever is open."""
        self._listener.close()
        self.cut_now()

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            if self.dead:
                _reset(caller)
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                _reset(caller)
                continue
            with self._lock:
                self._open |= {caller, server}
            threading.Thread(target=self._relay, args=(caller, server, True), daemon=True).start()
            threading.Thread(target=self._relay, args=(server, caller, False), daemon=True).start()

    def _relay(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:  # noqa: FBT001 -- a direction
        try:
            while piece := source.recv(_PIECE):
                allowed, cut = self._allowed(len(piece)) if counted else (len(piece), False)
                sink.sendall(piece[:allowed])
                if cut:
                    break
            else:
                sink.shutdown(socket.SHUT_WR)
                return
        except OSError:
            pass
        self._forget(source, sink)

    def _allowed(self, size: int) -> tuple[int, bool]:
        with self._lock:
            if self.dead:
                return 0, True
            if self._cuts and self.passed + size >= self._cuts[0]:
                allowed = self._cuts.pop(0) - self.passed
                self.passed += allowed
                self.cuts_made += 1
                self.dead = self._dies and not self._cuts
                return allowed, True
            self.passed += size
            return size, False

    def _forget(self, *both: socket.socket) -> None:
        with self._lock:
            for one in both:
                _reset(one)
                self._open.discard(one)


def _reset(one: socket.socket) -> None:
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        one.close()
    except OSError:
        pass
