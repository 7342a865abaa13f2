"""Loopback only: a guard that turns any attempt to leave this machine into a failure, and free ports on it."""

import ipaddress
import os
import socket
import sys
from contextlib import suppress
from itertools import count
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


# Ports that are known by number lie below 32768: from there on the system draws the near ends of outgoing connections,
# and one of those (also one that happens to answer itself) would take the port before it is used, or while the process
# that had it is dead. Each process of a run has a stretch of its own.
_FIRST, _STRETCH, _STRETCHES = 10_240, 64, 352
_turns = count()


def free_port(successors: int = 0) -> int:
    """A TCP port on 127.0.0.1 on which nobody listens, nor on so many after it; a later call gives another one."""
    begin = _FIRST + os.getpid() % _STRETCHES * _STRETCH
    for _ in range(_STRETCH):
        first = next(_turns) % (_STRETCH - successors)
        ports = range(begin + first, begin + first + successors + 1)
        if all(_is_free(port) for port in ports):
            return ports[0]
    message = f"none of the {_STRETCH} ports from {begin} is free"
    raise OSError(message)


def _is_free(port: int) -> bool:
    with socket.socket() as probe, suppress(OSError):
        probe.bind(("127.0.0.1", port))
        return True
    return False
