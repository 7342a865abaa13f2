"""Uploads to real processes: cut lines, killed servers, silent phones, and the client that everybody uses.

`CUTS`, `DEATHS` and `MEGABYTES` ask for more of each; `tools/soak.py uploads` does.
"""

import http.client
import os
import random
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import pytest
from sqlalchemy import func, select

from delivery.store.evidence import Evidence
from tests.infrastructure.tree import ROOT as TREE
from tests.infrastructure.waiting import until
from tests.journeys.uploading import Line, Receiving, receiving
from tests.mobile_upload.phones import MEGABYTE, ROOT, encoded

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CUTS: Final = int(os.environ.get("CUTS", "3"))
DEATHS: Final = int(os.environ.get("DEATHS", "2"))
SIZE: Final = int(os.environ.get("MEGABYTES", "3")) * MEGABYTE
CLIENT: Final = TREE / "tests" / "fixtures" / "vendor" / "tus-js-client-4.3.1" / "tus.min.js"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiving]:
    with receiving(tmp_path_factory.mktemp("receiving")) as made:
        yield made


@pytest.fixture(scope="module")
def port(site: Receiving) -> int:
    return site.start("receive-uploads")[1]


@pytest.fixture
def line(site: Receiving, port: int) -> Line:
    return Line(port, site.bearer)


def photo(size: int, seed: int = 3) -> bytes:
    return random.Random(seed).randbytes(size)  # noqa: S311 -- the same in every run


def kept(site: Receiving, receipt: str) -> bytes:
    """The bytes that a receipt stands for."""
    with site.runtime.reading() as session:
        found = session.scalars(select(Evidence).where(Evidence.id == UUID(receipt))).one()
        return site.runtime.blobs.get(found.court_id, found.sha256)


def test_whatever_arrived_before_a_cut_is_there_to_the_last_byte(site: Receiving, line: Line) -> None:
    chance, content = random.Random(7), photo(MEGABYTE)  # noqa: S311 -- see `photo`
    address, offset = line.begin(content), 0
    for left in range(CUTS, 0, -1):
        came = chance.randrange(1, (len(content) - offset) // (left + 1))
        line.begin_to_send(address, offset, len(content) - offset, content[offset : offset + came]).close()
        offset += came
        until(lambda: line.offset(address) == offset, seconds=60)  # noqa: B023 -- asked at once
    status, headers = line.send(address, offset, content[offset:])
    assert status == 204
    assert kept(site, headers["songda-receipt"]) == content


def test_after_every_death_the_phone_goes_on_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    """Killed in the middle of a body, and at moments of a whole upload that nobody chose."""
    chance, content = random.Random(13), photo(2 * MEGABYTE + 99)  # noqa: S311 -- see `photo`
    with receiving(tmp_path) as site:
        process, port = site.start("receive-uploads")
        line = Line(port, site.bearer)
        address = line.begin(content)
        assert line.send(address, 0, content[:MEGABYTE])[0] == 204
        for _ in range(DEATHS):
            reached = line.offset(address)
            hanging = line.begin_to_send(address, reached, MEGABYTE, content[reached : reached + 300_000])
            storm = threading.Thread(target=_send_and_lose, args=(line, address, content))
            storm.start()
            storm.join(chance.random() / 4)
            process.kill()
            storm.join()
            hanging.close()
            site.wait_until_deserted(port)
            process.start()
            site.wait_for(process, port)
            assert line.offset(address) >= reached
        receipt = _bring_home(line, address, content)
        assert kept(site, receipt) == content
        with site.runtime.reading() as session:
            assert session.scalar(select(func.count()).select_from(Evidence)) == 1


def _send_and_lose(line: Line, address: str, content: bytes) -> None:
    """Pieces of 100 kB until the server is gone or all is sent but the last one."""
    try:
        while (offset := line.offset(address)) < len(content) - MEGABYTE // 2:
            line.send(address, offset, content[offset : offset + 100_000])
    except (OSError, http.client.HTTPException):
        return


def _bring_home(line: Line, address: str, content: bytes) -> str:
    """The rest, waiting for the turn of whoever died."""
    receipts: list[str] = []

    def done() -> bool:
        status, headers = line.ask("HEAD", address)
        assert status == 200
        if "songda-receipt" in headers:
            receipts.append(headers["songda-receipt"])
            return True
        offset = int(headers["upload-offset"])
        assert line.send(address, offset, content[offset : offset + MEGABYTE])[0] in {204, 423}
        return False

    until(done, seconds=60)
    return receipts[0]


def test_silent_phones_hold_nobody_up(site: Receiving, line: Line) -> None:
    """Twenty phones stop in the middle; others are served meanwhile, here and in a second process on the same store."""
    content = photo(200_000)
    addresses = [line.begin(content) for _ in range(20)]
    silent = [line.begin_to_send(address, 0, len(content), content[:1000]) for address in addresses]
    _, other_port = site.start("receive-uploads", "--processes", "1")
    for one in (line, Line(other_port, site.bearer)):
        status, headers = one.send(one.begin(content), 0, content)
        assert (status, "songda-receipt" in headers) == (204, True)
    for connection in silent:
        connection.close()
    until(lambda: {line.offset(address) for address in addresses} == {1000}, seconds=60)


def test_phones_that_fell_silent_at_the_console_are_answered_and_freeze_nothing(site: Receiving) -> None:
    """Two are waited for, others come back later; what came is kept, and all are served while the lines are open."""
    _, port = site.start(command=(sys.executable, "-m", "tests.journeys.hasty_web"))
    line = Line(port, site.bearer)
    content = photo(200_000)
    addresses = [line.begin(content) for _ in range(4)]
    silent = [line.begin_to_send(address, 0, len(content), content[:8192]) for address in addresses]
    answers = [connection.recv(4096) for connection in silent]
    offsets = [line.offset(address) for address in addresses]
    assert [answer[:12] for answer in answers] == [b"HTTP/1.1 503"] * 4
    assert all(b"connection: close" in answer.lower() for answer, come in zip(answers, offsets, strict=True) if come)
    assert sorted(offsets) == [0, 0, 8192, 8192]
    for connection in silent:
        connection.close()
    for address, offset in zip(addresses, offsets, strict=True):
        until(lambda: line.send(address, offset, content[offset:])[0] == 204, seconds=60)  # noqa: B023 -- asked at once


def test_strangers_are_refused_before_their_bytes_are_read(line: Line) -> None:
    line.head["Cookie"] = "songda_session=guessed"
    assert line.send(f"{ROOT}/{UUID(int=1)}", 0, b"x" * 1000)[0] == 401
    assert line.ask("GET", "/orders")[0] == 404
    assert line.ask("OPTIONS", ROOT)[1]["tus-version"] == "1.0.0"


# ---------------------------------------------------------------- tus-js-client

_SEND = """
([told, size, options]) => new Promise((resolve) => {
  const bytes = new Uint8Array(size).map((_, index) => (index * 31 + (index >> 11)) & 255);
  const seen = { chunks: [], statuses: [], receipt: "", aborted: 0 };
  const upload = new tus.Upload(new Blob([bytes]), {
    endpoint: "/field/uploads", metadata: told, retryDelays: [0, 100, 300, 1000, 1000, 1000], ...options,
    onAfterResponse: (_, answer) => {
      seen.statuses.push(answer.getStatus());
      seen.receipt = answer.getHeader("Songda-Receipt") || seen.receipt;
    },
    onError: (error) => resolve({ ...seen, error: String(error) }),
    onSuccess: () => resolve({ ...seen, url: upload.url }),
    onChunkComplete: (_, done) => {
      seen.chunks.push(done);
      if (options.abortAt && !seen.aborted && done >= options.abortAt) {
        seen.aborted = done;
        upload.abort().then(() => upload.start());
      }
    },
  });
  upload.start();
})
"""


def _bytes(size: int) -> bytes:
    return bytes((index * 31 + (index >> 11)) & 255 for index in range(size))


@pytest.fixture
def page(line: Line, chromium: "Browser") -> "Iterator[Page]":
    """A page of the receiving process, signed in, with the client on it."""
    context = chromium.new_context()
    name, _, token = line.head["Cookie"].partition("=")
    context.add_cookies([{"name": name, "value": token, "url": f"http://127.0.0.1:{line.port}"}])
    found = context.new_page()
    found.goto(f"http://127.0.0.1:{line.port}/healthz")
    found.evaluate(CLIENT.read_text(encoding="utf-8"))
    yield found
    context.close()


def _uploaded(page: "Page", line: Line, size: int, **options: Any) -> dict[str, Any]:  # noqa: ANN401 -- of the client
    told = line.bearer.told(_bytes(size), filetype="video/mp4", filename="门贴 一号楼.mp4")
    assert encoded(told)
    found: dict[str, Any] = page.evaluate(_SEND, [told, size, options])
    assert "error" not in found, found
    return found


def test_the_usual_client_uploads_aborts_resumes_and_sends_in_chunks(site: Receiving, line: Line, page: "Page") -> None:
    sent = _uploaded(page, line, SIZE, chunkSize=MEGABYTE, abortAt=MEGABYTE)
    assert sent["aborted"] == MEGABYTE
    assert sent["chunks"][-1] == SIZE
    assert kept(site, sent["receipt"]) == _bytes(SIZE)


def test_the_usual_client_may_send_everything_at_once_with_the_creation(
    site: Receiving, line: Line, page: "Page"
) -> None:
    """It is told after each megabyte where to go on."""
    size = 2 * MEGABYTE + 5
    sent = _uploaded(page, line, size, uploadDataDuringCreation=True)
    assert kept(site, sent["receipt"]) == _bytes(size)
