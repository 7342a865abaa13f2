"""How a court's case system is told: one POST to an address that somebody else chose, without being led elsewhere.

Not through `requests` like the providers: the connection must go to the very number that was judged, while the
certificate is that of the name, and a receiver that trickles must not hold a worker. So the name is resolved once,
every number that it stands for is judged, and the socket is opened here and handed to `http.client`, which follows no
redirect and knows no proxy. Of the answer only its status and `Retry-After` are read; its body is drained up to a
limit and dropped.
"""

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from ipaddress import ip_address, ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Self

from adapters.environment import Group
from adapters.http import retry_after
from delivery.announcer import Heard, Request
from delivery.domain.destination import INTERNAL, Address, Destination, Network, refusal
from delivery.settings import Problem

LONGEST_ANSWER = 1 << 14
_MOST_ADDRESSES = 3  # tried one after the other, all within the one time-out
_NO_NETWORKS: Mapping[str, tuple[Network, ...]] = MappingProxyType({})

Resolve = Callable[[str, int], Sequence[Address]]
"""(name, port) -> every number that the name stands for. Raises `OSError`."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How endpoints may be reached.

    `networks`: by court code, the ranges in which that court's own machines lie. `ca_file`: certificates that an
    endpoint's own must descend from, instead of the system's. `timeout_seconds` for the whole exchange.
    """

    networks: Mapping[str, tuple[Network, ...]] = field(default_factory=lambda: _NO_NETWORKS)
    ca_file: str = ""
    timeout_seconds: int = 15

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], problems: list[Problem]) -> Self:
        """Read `SONGDA_WEBHOOKS_*`; there are defaults for all of them."""
        group = Group(environ, "SONGDA_WEBHOOKS_", problems)
        networks = _networks(group, group.text("NETWORKS"))
        ca_file = group.text("CA_FILE")
        if ca_file and not Path(ca_file).is_file():
            group.wrong("CA_FILE", "names no file")
        timeout = group.number("TIMEOUT_SECONDS", 15, lowest=1, highest=30)
        return cls(networks, ca_file, timeout) if group.sound() else cls()


def _networks(group: Group, text: str) -> Mapping[str, tuple[Network, ...]]:
    """Read `COURT=NETWORK,NETWORK;COURT=NETWORK`."""
    found: dict[str, tuple[Network, ...]] = {}
    for part in filter(None, (item.strip() for item in text.split(";"))):
        court, _, listed = part.partition("=")
        try:
            networks = tuple(ip_network(item.strip()) for item in listed.split(","))
        except ValueError:
            networks = ()
        if not court.strip() or not networks or not all(map(_is_internal, networks)):
            group.wrong("NETWORKS", "must read COURT=10.20.0.0/16,fd12:3456::/48;COURT=…, each a private range")
            return _NO_NETWORKS
        found[court.strip()] = networks
    return MappingProxyType(found)


def _is_internal(network: Network) -> bool:
    return any(
        network.version == outer.version and network.network_address in outer and network.broadcast_address in outer
        for outer in INTERNAL
    )


class _NoAnswer(Exception):
    """There is no answer, for the reason with this code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def resolve(name: str, port: int) -> Sequence[Address]:
    """Ask the system's resolver."""
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return [ip_address(str(address[0]).partition("%")[0]) for *_, address in found]


class HttpAnnouncer:
    """The `Announcer` of an installation."""

    def __init__(self, settings: Settings, resolve: Resolve = resolve) -> None:
        self._settings = settings
        self._resolve = resolve

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._settings.ca_file or None)

    def post(self, request: Request) -> Heard:
        """See `Announcer.post`."""
        started = time.monotonic()
        deadline = started + self._settings.timeout_seconds
        status, fault, later = 0, "", None
        try:
            status, later = self._exchange(request, deadline)
        except _NoAnswer as error:
            fault = error.code
        return Heard(status, fault, timedelta(seconds=time.monotonic() - started), later)

    def _exchange(self, request: Request, deadline: float) -> tuple[int, timedelta | None]:
        connection = _connect(self._judged(request), request.destination.port, deadline)
        if request.destination.scheme == "https":
            connection = self._tls.wrap_socket(
                connection, server_hostname=request.destination.host, do_handshake_on_connect=False
            )
        # A time-out of sockets begins anew with every byte; this one does not.
        cut = _Cut(connection)
        timer = threading.Timer(max(deadline - time.monotonic(), 0.0), cut)
        timer.daemon = True
        timer.start()
        try:
            return _speak(connection, request, cut)
        except (OSError, http.client.HTTPException) as error:
            raise _NoAnswer("timed_out" if cut.done else _code_of(error)) from None
        finally:
            timer.cancel()
            connection.close()

    def _judged(self, request: Request) -> Sequence[Address]:
        """The numbers that the host stands for, if every one of them may be connected to."""
        host = request.destination
        try:
            found = [host.address] if host.address is not None else self._resolve(host.host, host.port)
        except (OSError, UnicodeError):
            raise _NoAnswer("name_not_resolved") from None
        allowed = self._settings.networks.get(request.court, ())
        for address in found:
            refused = refusal(address, allowed=allowed, sandbox=request.sandbox)
            if refused is not None:
                raise _NoAnswer(f"refused_{refused}")
        return found[:_MOST_ADDRESSES]


def _connect(addresses: Sequence[Address], port: int, deadline: float) -> socket.socket:
    code = "name_not_resolved"
    for address in addresses:
        left = deadline - time.monotonic()
        if left <= 0:
            raise _NoAnswer("timed_out")
        try:
            return socket.create_connection((str(address), port), timeout=left)
        except OSError as error:
            code = "timed_out" if isinstance(error, TimeoutError) else "connection_refused"
    raise _NoAnswer(code)


@dataclass
class _Cut:
    """Ends a conversation from outside, whatever it is waiting for."""

    connection: socket.socket
    done: bool = False

    def __call__(self) -> None:
        """Shut the line itself, below TLS: whoever reads on it wakes up."""
        self.done = True
        with contextlib.suppress(OSError):  # it may just have ended by itself
            socket.socket.shutdown(self.connection, socket.SHUT_RDWR)


def _speak(connection: socket.socket, request: Request, cut: _Cut) -> tuple[int, timedelta | None]:
    """Shake hands, send, and read the head of the answer."""
    if isinstance(connection, ssl.SSLSocket):
        connection.do_handshake()
    http_connection = http.client.HTTPConnection("judged")  # the name is only for connecting, which is done
    http_connection.sock = connection
    http_connection.putrequest("POST", request.destination.target, skip_host=True, skip_accept_encoding=True)
    for name, value in _head_of(request.destination, request).items():
        http_connection.putheader(name, value)
    http_connection.endheaders(request.body)
    with http_connection.getresponse() as answer:
        if cut.done:  # a head that ended because the line was cut looks like a whole one
            raise TimeoutError
        later = retry_after({name: answer.headers.get(name, "") for name in ("Retry-After", "Date")})
        with contextlib.suppress(OSError, http.client.HTTPException):  # what the status says stands
            answer.read(LONGEST_ANSWER)
        return answer.status, later


def _head_of(destination: Destination, request: Request) -> dict[str, str]:
    return {
        "Host": destination.authority,
        "User-Agent": "Songda",
        "Content-Type": "application/json",
        "Content-Length": str(len(request.body)),
        "Connection": "close",
        **request.headers,
    }


def _code_of(error: OSError | http.client.HTTPException) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return "certificate_not_trusted"
        case TimeoutError():
            return "timed_out"
        case ssl.SSLError():
            return "tls_failed"
        case http.client.HTTPException() if not isinstance(error, OSError):
            return "answer_unreadable"
        case _:
            return "connection_lost"
