"""The process that takes uploads reads bodies by itself: whole, cut, silent, too long; not those of strangers."""

import asyncio
import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, Final

import pytest

from mobile_upload.arriving import ARRIVED, Ending, Patience
from mobile_upload.front import Front, Message

MOST: Final = 1000
PIECE: Final[Message] = {"type": "http.request", "body": b"x" * 400, "more_body": True}
LAST: Final[Message] = {"type": "http.request", "body": b"y" * 100, "more_body": False}
GONE: Final[Message] = {"type": "http.disconnect"}
Sent = list[Message]


def _telling(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """What it was given, as an answer."""
    arrived = environ[ARRIVED]
    start("200 OK", [("Told", f"{arrived.ending} {len(environ['wsgi.input'].read())} {environ['PATH_INFO']}")])
    return [environ.get("HTTP_COOKIE", "").encode()]


def front(**more: Any) -> Front:  # noqa: ANN401 -- of the front
    return Front(_telling, lambda cookies: "ours" in cookies, most=MOST, threads=1, **more)


def scope(path: str = "/field/uploads/1", method: str = "PATCH", cookie: bytes = b"ours") -> Message:
    return {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
        "http_version": "1.1", "headers": [(b"cookie", b"a=1"), (b"cookie", cookie)],
    }  # fmt: skip


async def _ask(asked: Front, what: Message, *messages: Message, later: "asyncio.Queue[Message] | None" = None) -> Sent:
    """One request whose body comes as these messages, then as what comes `later`, or nothing more."""
    coming, sent, rest = list(messages), Sent(), later or asyncio.Queue[Message]()

    async def receive() -> Message:
        return coming.pop(0) if coming else await rest.get()

    async def send(message: Message) -> None:
        sent.append(message)

    await asked(what, receive, send)
    return sent


def _told(sent: Sent) -> str:
    headers: dict[bytes, bytes] = dict(sent[0]["headers"])
    return headers[b"told"].decode()


@pytest.mark.parametrize(
    ("messages", "ending", "size"),
    [
        ((PIECE, LAST), Ending.WHOLE, 500),
        ((PIECE, PIECE, GONE), Ending.CUT, 800),
        ((PIECE, PIECE), Ending.SILENT, 800),
        ((), Ending.SILENT, 0),
        ((PIECE, PIECE, PIECE, GONE), Ending.MORE, MOST),
        ((PIECE, PIECE, PIECE, LAST), Ending.MORE, MOST),
    ],
)
def test_a_body_is_taken_as_far_as_it_comes(messages: tuple[Message, ...], ending: Ending, size: int) -> None:
    asked = front(patience=Patience(silence=timedelta(seconds=0.05)))
    sent = asyncio.run(_ask(asked, scope(), *messages))
    assert _told(sent) == f"{ending} {size} /field/uploads/1"
    assert sent[1]["body"] == b"a=1; ours"


def test_a_body_that_drips_is_waited_for_no_longer_than_all_of_it_may_take() -> None:
    asked = front(patience=Patience(longest=timedelta(0)))
    assert _told(asyncio.run(_ask(asked, scope(), PIECE, LAST))).startswith(Ending.SILENT)


def test_a_strangers_body_is_not_read() -> None:
    assert _told(asyncio.run(_ask(front(), scope(cookie=b"theirs")))) == f"{Ending.WHOLE} 0 /field/uploads/1"


def test_there_is_nothing_else_here() -> None:
    elsewhere = asyncio.run(_ask(front(), scope("/orders", "GET")))
    assert (elsewhere[0]["status"], json.loads(elsewhere[1]["body"])["code"]) == (404, "not_found")
    assert asyncio.run(_ask(front(), scope("/healthz", "GET")))[0]["status"] == 200


def test_so_many_bodies_come_at_once_and_no_more() -> None:
    async def both() -> tuple[Sent, Sent]:
        asked, rest = front(at_once=1), asyncio.Queue[Message]()
        first = asyncio.create_task(_ask(asked, scope(), PIECE, later=rest))
        while not asked.crowded:
            await asyncio.wait([first], timeout=0.01)
        refused = await _ask(asked, scope(), LAST)
        rest.put_nowait(LAST)
        return refused, await first

    refused, taken = asyncio.run(both())
    told = json.loads(refused[1]["body"])
    assert (refused[0]["status"], told["status"], told["code"]) == (503, 503, "upload_crowded")
    assert {(b"retry-after", b"1"), (b"content-type", b"application/problem+json")} <= set(refused[0]["headers"])
    assert _told(taken).startswith(Ending.WHOLE)
