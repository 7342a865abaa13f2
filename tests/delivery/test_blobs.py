"""Stored bytes, on a disk of our own and in an object store: written once, sealed, joined from pieces."""

import hashlib
import logging
import random
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.request import Request, urlopen
from uuid import UUID

import pytest

from delivery.domain.errors import IntegrityFault, NotFound
from delivery.settings import WrongSettings, read_settings
from delivery.store.blobs import Blobs, OtherBytes, StorageAway, open_blobs
from delivery.store.vault import generate_keys, parse_keys

COURT: Final = UUID("0195a000-0000-7000-8000-000000000c01")
OTHER: Final = UUID("0195a000-0000-7000-8000-000000000c02")
OWNER: Final = "0195a000-0000-7000-8000-0000000000a1"


@pytest.fixture(scope="module")
def object_store() -> Iterator[str]:
    """The address of a bucket in an object store on this machine."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with urlopen(Request(f"http://{host}:{port}/evidence", method="PUT")) as answer:
        assert answer.status == 200
    yield f"s3://evidence/court?endpoint=http://{host}:{port}&region=us-east-1"
    server.stop()


@pytest.fixture(params=["disk", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Blobs:
    """Both kinds of places."""
    vault = parse_keys(generate_keys())
    if request.param == "disk":
        return open_blobs(f"file://{tmp_path / 'blobs'}", vault)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "made-up")
    address: str = request.getfixturevalue("object_store")
    return open_blobs(address.replace("/court?", f"/{tmp_path.name}?"), vault)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_the_same_bytes_twice_are_one_and_each_court_has_its_own(blobs: Blobs) -> None:
    content = b"a paper"
    assert blobs.put(COURT, content) == blobs.put(COURT, content) == digest(content)
    assert blobs.get(COURT, digest(content)) == content
    assert not blobs.has(OTHER, digest(content))
    with pytest.raises(NotFound):
        blobs.get(OTHER, digest(content))
    assert list(blobs.names()) == [(COURT, digest(content))]


@pytest.mark.parametrize("size", [0, 1, 300_000, 6 * 1024 * 1024])
def test_pieces_are_joined_to_what_they_would_be_at_once(blobs: Blobs, size: int) -> None:
    content = random.Random(size).randbytes(size)  # noqa: S311 -- any bytes
    pieces = [content[begin : begin + 250_000] for begin in range(0, size, 250_000)]
    for number, piece in enumerate(pieces):
        blobs.put_piece(COURT, f"{OWNER}/{number}", piece)
    blobs.put_joined(COURT, digest(content), (blobs.get_piece(COURT, f"{OWNER}/{n}") for n in range(len(pieces))))
    blobs.put_joined(COURT, digest(content), iter(pieces))  # again: success
    assert blobs.get(COURT, digest(content)) == content
    assert list(blobs.names()) == [(COURT, digest(content))]  # pieces are none of the things that are kept
    blobs.drop_pieces(COURT, OWNER)
    blobs.drop_pieces(COURT, OWNER)
    with pytest.raises(NotFound):
        blobs.get_piece(COURT, f"{OWNER}/0")


def test_other_bytes_than_promised_leave_nothing(blobs: Blobs) -> None:
    with pytest.raises(OtherBytes):
        blobs.put_joined(COURT, digest(b"promised"), iter([b"some", b"thing else"]))
    assert not blobs.has(COURT, digest(b"promised"))


def test_a_piece_that_was_altered_does_not_open(tmp_path: Path) -> None:
    blobs = open_blobs(f"file://{tmp_path}", parse_keys(generate_keys()))
    blobs.put_piece(COURT, f"{OWNER}/0", b"bytes of a photograph")
    (path,) = (tmp_path / "pieces").rglob("0")
    sealed = bytearray(path.read_bytes())
    assert b"photograph" not in sealed
    sealed[-1] ^= 1
    path.write_bytes(sealed)
    with pytest.raises(IntegrityFault):
        blobs.get_piece(COURT, f"{OWNER}/0")


@pytest.mark.parametrize(
    "wrong", ["bucket=other", "endpoint=ftp://store", "virtual_hosted=perhaps", "region", "access_key=secret"]
)
def test_an_address_says_only_what_it_may(wrong: str) -> None:
    environ = {"SONGDA_KEYS": generate_keys(), "SONGDA_BLOBS": f"s3://bucket/prefix?{wrong}"}
    settings, problems = read_settings(environ)
    assert settings is None
    assert [problem.variable for problem in problems] == ["SONGDA_BLOBS"]
    assert "endpoint=URL" in str(WrongSettings(problems))


@pytest.mark.parametrize(
    ("address", "abroad"),
    [
        ("s3://b/p?endpoint=https://oss.example.cn&region=cn-north-1", "oss.example.cn"),
        ("s3://b/p?endpoint=http://10.1.2.3:9000", ""),
        ("s3://b/p?region=cn-north-1", ""),
        ("s3://b/p?region=eu-west-1", "eu-west-1"),
    ],
)
def test_an_address_abroad_is_known_as_such(address: str, abroad: str) -> None:
    settings, problems = read_settings({"SONGDA_KEYS": generate_keys(), "SONGDA_BLOBS": address})
    assert problems == []
    assert settings is not None
    assert settings.storage_abroad == abroad
    inside = {"SONGDA_KEYS": generate_keys(), "SONGDA_BLOBS": address, "SONGDA_BLOBS_INSIDE": "oss.example.cn"}
    again, _ = read_settings(inside)
    assert again is not None
    assert again.storage_abroad in {"", "eu-west-1"}


@pytest.mark.parametrize("keep", ["put", "put_piece", "put_joined"])
def test_a_full_disk_keeps_nothing_and_takes_it_when_there_is_room(tmp_path: Path, keep: str) -> None:
    blobs, content = open_blobs(f"file://{tmp_path / 'blobs'}", parse_keys(generate_keys())), bytes(200_000)

    def act() -> None:
        match keep:
            case "put":
                blobs.put(COURT, content)
            case "put_piece":
                blobs.put_piece(COURT, f"{OWNER}/1", content)
            case _:
                blobs.put_joined(COURT, hashlib.sha256(content).hexdigest(), [content])

    room = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, room[1]))
    try:
        with pytest.raises(StorageAway):
            act()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, room)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    act()
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
