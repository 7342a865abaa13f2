"""The way to a court's case system, over real connections on loopback: judged numbers, one exchange, bounded time."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Self

import pytest

from adapters.announcer import HttpAnnouncer, Settings
from delivery.announcer import Heard, Request
from delivery.domain.destination import Address, parse_destination
from delivery.settings import Problem
from tests.adapters.certificates import self_signed
from tests.adapters.local_http import LocalHttp, Seen, Told, Trouble
from tests.infrastructure.network import free_port

NAME = "case.court.example"
QUICK = Settings(timeout_seconds=1)


def _request(url: str, *, sandbox: bool = True) -> Request:
    return Request(parse_destination(url, sandbox=True), "qinghe", sandbox, b'{"type":"x"}', {"webhook-id": "msg_1"})


def _answering(status: int = 204, **headers: str) -> LocalHttp:
    return LocalHttp(lambda _: Told(status, b"", {name.replace("_", "-"): value for name, value in headers.items()}))


def _heard(made: Heard) -> tuple[int, str]:
    return made.status, made.fault


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return self_signed(tmp_path, "127.0.0.1", NAME)


@pytest.fixture
def secure(certificate: Path) -> Iterator[LocalHttp]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with LocalHttp(lambda _: Told(200), context) as server:
        yield server


def test_body_and_headers_arrive_as_they_were_given() -> None:
    with _answering() as server:
        made = HttpAnnouncer(QUICK).post(_request(f"{server.url}/hook?court=1"))
    (seen,) = server.seen
    assert _heard(made) == (204, "")
    assert made.took > timedelta(0)
    assert (seen.method, seen.target, seen.body) == ("POST", "/hook?court=1", b'{"type":"x"}')
    assert seen.headers["webhook-id"] == "msg_1"
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.headers["Host"] == server.url.removeprefix("http://")


@pytest.mark.parametrize("status", [200, 299, 400, 410, 500, 503])
def test_the_status_is_heard(status: int) -> None:
    with _answering(status) as server:
        assert _heard(HttpAnnouncer(QUICK).post(_request(server.url))) == (status, "")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_heard_and_not_followed(status: int) -> None:
    with _answering() as inner, _answering(status, Location=f"{inner.url}/secret") as server:
        assert _heard(HttpAnnouncer(QUICK).post(_request(server.url))) == (status, "")
        assert inner.seen == []


def test_retry_after_is_heard() -> None:
    with _answering(429, Retry_After="120") as server:
        assert HttpAnnouncer(QUICK).post(_request(server.url)).retry_after == timedelta(minutes=2)


def test_nothing_is_connected_to_outside_a_sandbox() -> None:
    with _answering() as server:
        made = HttpAnnouncer(QUICK).post(_request(server.url, sandbox=False))
    assert _heard(made) == (0, "refused_loopback")
    assert server.seen == []


class Names:
    """A resolver that gives the next answer of a list each time it is asked, as a rebinding attacker's does."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, name: str, _port: int) -> list[Address]:
        self.asked.append(name)
        return [ip_address(text) for text in self.answers.pop(0)]


@pytest.mark.parametrize(
    "numbers",
    [
        ("10.0.0.1",),
        ("192.168.1.1",),
        ("169.254.169.254",),
        ("::ffff:127.0.0.1",),
        ("fd00::1",),
        ("8.8.8.8", "10.0.0.1"),
        ("127.0.0.1", "224.0.0.1"),
    ],
)
def test_a_name_that_stands_for_one_forbidden_number_is_refused_whole(numbers: tuple[str, ...]) -> None:
    """The guard of the tests would fail this one if anything were connected to."""
    made = HttpAnnouncer(QUICK, Names(numbers)).post(_request(f"https://{NAME}/"))
    assert made.status == 0
    assert made.fault.startswith("refused_")


def test_what_was_judged_is_what_is_connected_to() -> None:
    """The second answer would lead elsewhere; it is never asked for."""
    with _answering() as server:
        port = server.url.rpartition(":")[2]
        names = Names(("127.0.0.1",), ("10.0.0.1",))
        request = _request(f"http://localhost:{port}/")
        assert _heard(HttpAnnouncer(QUICK, names).post(request)) == (204, "")
    assert names.asked == ["localhost"]
    assert server.seen[0].headers["Host"] == f"localhost:{port}"


def test_a_court_s_own_network_is_opened_for_that_court_alone() -> None:
    settings = replace(QUICK, networks={"baishan": (ip_network("10.0.0.0/8"),)})
    made = HttpAnnouncer(settings, Names(("10.0.0.1",))).post(_request(f"https://{NAME}/"))
    assert _heard(made) == (0, "refused_private")


def test_the_certificate_is_checked_against_the_name(secure: LocalHttp, certificate: Path) -> None:
    port = secure.url.rpartition(":")[2]
    trusting = replace(QUICK, ca_file=str(certificate))
    here = (("127.0.0.1",),)
    known = HttpAnnouncer(trusting, Names(*here)).post(_request(f"https://{NAME}:{port}/"))
    other = HttpAnnouncer(trusting, Names(*here)).post(_request(f"https://other.example:{port}/"))
    stranger = HttpAnnouncer(QUICK, Names(*here)).post(_request(f"https://{NAME}:{port}/"))
    by_number = HttpAnnouncer(trusting).post(_request(secure.url))
    assert [_heard(made) for made in (known, other, stranger, by_number)] == [
        (200, ""),
        (0, "certificate_not_trusted"),
        (0, "certificate_not_trusted"),
        (200, ""),
    ]
    assert len(secure.seen) == 2


def test_who_does_not_speak_tls_is_no_endpoint() -> None:
    with _answering() as server:
        made = HttpAnnouncer(QUICK).post(_request(server.url.replace("http:", "https:")))
    assert _heard(made) == (0, "tls_failed")


def test_nobody_there() -> None:
    made = HttpAnnouncer(QUICK).post(_request(f"http://127.0.0.1:{free_port()}/"))
    assert _heard(made) == (0, "connection_refused")


def test_a_name_that_nobody_knows() -> None:
    def unknown(_name: str, _port: int) -> list[Address]:
        raise socket.gaierror

    assert _heard(HttpAnnouncer(QUICK, unknown).post(_request(f"https://{NAME}/"))) == (0, "name_not_resolved")


@pytest.mark.parametrize(("trouble", "code"), [(Trouble.HANG, "timed_out"), (Trouble.RESET, "connection_lost")])
def test_silence_and_reset_are_heard_as_such(trouble: Trouble, code: str) -> None:
    with LocalHttp(lambda _: trouble) as server:
        assert _heard(HttpAnnouncer(QUICK).post(_request(server.url))) == (0, code)


class RawAnswer:
    """A server that sends a beginning, and then one piece again and again until nobody listens."""

    def __init__(self, beginning: bytes, piece: bytes = b"") -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._text = beginning, piece
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def _serve(self) -> None:
        line, _ = self._listener.accept()
        with line, contextlib.suppress(OSError):
            line.recv(4096)
            line.sendall(self._text[0])
            while self._text[1] and not self._stopping.wait(0.02):
                line.sendall(self._text[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._listener.close()


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_a_trickle_does_not_hold_a_worker(beginning: bytes) -> None:
    piece = beginning if b"100" in beginning else b"x"
    with RawAnswer(beginning, piece) as server:
        assert _heard(HttpAnnouncer(QUICK).post(_request(server.url))) == (0, "timed_out")


def test_an_endless_body_changes_nothing_of_the_status() -> None:
    with RawAnswer(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 4096) as server:
        assert _heard(HttpAnnouncer(QUICK).post(_request(server.url))) == (200, "")


def test_a_body_that_never_comes_changes_nothing_of_the_status() -> None:
    with RawAnswer(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", b"x") as server:
        assert _heard(HttpAnnouncer(QUICK).post(_request(server.url))) == (200, "")


@pytest.mark.parametrize(
    "text", [b"SSH-2.0-x\r\n", b"", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 300]
)
def test_what_is_not_http_is_no_answer(text: bytes) -> None:
    with RawAnswer(text) as server:
        made = HttpAnnouncer(QUICK).post(_request(server.url))
    assert made.status == 0
    assert made.fault in {"answer_unreadable", "connection_lost"}


def test_the_settings_are_read(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("x")
    problems: list[Problem] = []
    read = Settings.from_environ(
        {
            "SONGDA_WEBHOOKS_NETWORKS": "qinghe=10.20.0.0/16,fd12:3456::/48; baishan=192.168.7.0/24",
            "SONGDA_WEBHOOKS_CA_FILE": str(authority),
            "SONGDA_WEBHOOKS_TIMEOUT_SECONDS": "20",
        },
        problems,
    )
    assert problems == []
    assert read.networks["qinghe"] == (ip_network("10.20.0.0/16"), ip_network("fd12:3456::/48"))
    assert read.networks["baishan"] == (ip_network("192.168.7.0/24"),)
    assert (read.ca_file, read.timeout_seconds) == (str(authority), 20)
    assert Settings.from_environ({}, problems) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NETWORKS", "10.0.0.0/8"),
        ("NETWORKS", "qinghe=8.8.8.0/24"),
        ("NETWORKS", "qinghe=127.0.0.0/8"),
        ("NETWORKS", "qinghe=169.254.0.0/16"),
        ("NETWORKS", "qinghe=0.0.0.0/0"),
        ("NETWORKS", "qinghe=10.0.0.1/8"),
        ("NETWORKS", "qinghe="),
        ("CA_FILE", "/nowhere/ca.pem"),
        ("TIMEOUT_SECONDS", "31"),
        ("NETWORK", "qinghe=10.0.0.0/8"),
    ],
)
def test_what_is_wrong_with_the_settings_is_named(name: str, value: str) -> None:
    problems: list[Problem] = []
    Settings.from_environ({f"SONGDA_WEBHOOKS_{name}": value}, problems)
    assert [problem.variable for problem in problems] == [f"SONGDA_WEBHOOKS_{name}"]


def test_what_the_receiver_says_is_not_kept() -> None:
    def talkative(_seen: Seen) -> Told:
        return Told(500, "李伟 13800138000".encode())

    with LocalHttp(talkative) as server:
        made = HttpAnnouncer(QUICK).post(_request(server.url))
    assert "李伟" not in repr(made)
