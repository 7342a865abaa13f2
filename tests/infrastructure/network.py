"""Loopback only: a guard that turns any attempt to leave this machine into a failure, and free ports on it."""

import ipaddress
import socket
import sys
from typing import Any

_LOCAL_NAMES = {"", "localhost", socket.gethostname()}


class LeftTheMachine(BaseException):
    """A test tried to reach another host. Not an Exception, so that no retry and no error mapping can swallow it."""


def _is_local(host: object) -> bool:
    if host is None or not isinstance(host, str | bytes):
        return True
    name = host.decode() if isinstance(host, bytes) else host
    if name in _LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = args[0]
    elif event in {"socket.connect", "socket.sendto"} and isinstance(args[1], tuple):
        host = args[1][0]
    else:
        return
    if not _is_local(host):
        message = f"{event} to {host!r}: tests stay on this machine"
        raise LeftTheMachine(message)


def forbid_other_hosts() -> None:
    """From now on, and for the whole life of this process, no look-up and no connection beyond loopback."""
    sys.addaudithook(_watch)


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
