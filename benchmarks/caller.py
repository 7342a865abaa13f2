"""Programs that call a server, as fast as it answers or at a given pace: prepared requests, connections that stay open.

The bytes of every request are made before the clock starts, and answers are read only as far as needed, because the
caller shares the machine's cores with the server that it measures.
"""

import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from urllib.parse import urlencode

_CONTENT_LENGTH = b"content-length:"


class Refused(Exception):
    """The server answered with something else than success: what follows would measure the wrong thing."""


def request(path: str, body: Mapping[str, object], port: int, key: str = "") -> bytes:
    """The bytes of one POST with a JSON body."""
    content = json.dumps(body).encode()
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Content-Type: application/json"]
    lines += [f"Authorization: Bearer {key}"] if key else []
    lines += [f"Content-Length: {len(content)}", "", ""]
    return "\r\n".join(lines).encode() + content


def form_request(path: str, fields: Mapping[str, str], port: int, headers: Mapping[str, str]) -> bytes:
    """The bytes of one POST with a form body."""
    content = urlencode(fields).encode()
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Content-Type: application/x-www-form-urlencoded"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(content)}", "", ""]
    return "\r\n".join(lines).encode() + content


def latencies_at(requests: list[bytes], port: int, callers: int, a_second: float) -> list[float]:
    """Seconds from the moment at which each request was due to its answer, so that a request in a queue counts too."""
    began = time.perf_counter() + 0.1
    due = [(began + index / a_second, content) for index, content in enumerate(requests)]
    waiting, taking = iter(due), threading.Lock()
    found: list[float] = []
    failures: list[Exception] = []

    def call() -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while not failures:
                with taking:
                    at, content = next(waiting, (0.0, b""))
                if not content:
                    return
                time.sleep(max(0.0, at - time.perf_counter()))
                try:
                    connection.sendall(content)
                    _read(connection)
                except (Refused, OSError) as error:
                    failures.append(error)
                found.append(time.perf_counter() - at)

    threads = [threading.Thread(target=call) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return found


def seconds_for(requests: list[bytes], port: int, callers: int) -> float:
    """How long all requests take, sent by so many callers at once. Raises `Refused`."""
    waiting = iter(requests)
    taking = threading.Lock()
    failures: list[Exception] = []
    threads = [threading.Thread(target=_call, args=(waiting, taking, port, failures)) for _ in range(callers)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return time.perf_counter() - began


def _call(waiting: Iterator[bytes], taking: threading.Lock, port: int, failures: list[Exception]) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while not failures:
            with taking:
                sent = next(waiting, None)
            if sent is None:
                return
            connection.sendall(sent)
            try:
                _read(connection)
            except (Refused, OSError) as error:
                failures.append(error)


def _read(connection: socket.socket) -> None:
    """One answer, to its end."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(_CONTENT_LENGTH)]
    length = int(lengths[0].removeprefix(_CONTENT_LENGTH)) if lengths else 0
    while len(body) < length:
        body += _more(connection)
    if status not in {HTTPStatus.OK, HTTPStatus.CREATED}:
        message = f"{status}: {body[:300].decode(errors='replace')}"
        raise Refused(message)


def _more(connection: socket.socket) -> bytes:
    received = connection.recv(65536)
    if not received:
        message = "the server closed the connection"
        raise Refused(message)
    return received
