"""What becomes of the bytes, on both engines: safe before the offset moves, one writer, evidence at the end."""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from delivery.clock import SteppedClock
from delivery.receiving_uploads import INSPECT
from delivery.runtime import Runtime
from delivery.store import uploads as table
from delivery.store.journal import journal_of
from delivery.store.uploads import Upload, UploadPiece
from delivery.upload_keeping import capture_states, tidy_uploads
from delivery.web.app import create_app
from mobile_upload import uploads
from tests.delivery.web.court_life import CourtLife
from tests.infrastructure.engines import BOTH
from tests.mobile_upload.phones import MEGABYTE, Phone, bearer, evidence_of, inspections, lying_pieces, whole

ENGINES: Final = BOTH
SMALL: Final = b"the door of number 301 " * 200


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    """The application of the first machine, where captures are inspected."""
    runtime.handlers = {**runtime.handlers, INSPECT: lambda *_: None}
    return create_app(runtime, [uploads.make_blueprint(at_once=8)])


@pytest.fixture
def phone(app: Flask, life: CourtLife) -> Phone:
    return Phone(app, bearer(life.runtime))


@pytest.fixture
def other_machine(runtime: Runtime, life: CourtLife) -> Iterator[Flask]:
    """A second process on the same database and store, as far as both can tell."""
    twin = Runtime(runtime.settings, runtime.calendar, given_clock=life.clock)
    yield create_app(twin, [uploads.make_blueprint()])
    twin.database.dispose()


def test_the_last_piece_makes_evidence_of_exactly_these_bytes_and_has_it_inspected(phone: Phone) -> None:
    runtime, content = phone.bearer.runtime, random.Random(5).randbytes(6 * MEGABYTE + 17)  # noqa: S311 -- a film
    receipt = whole(phone, content, role="video", filetype="video/mp4", capture_id=str(UUID(int=7)))
    kept = evidence_of(runtime, receipt)
    assert runtime.blobs.get(kept.court_id, kept.sha256) == content
    assert (kept.kind, kept.size, kept.media_type) == ("capture_video", len(content), "video/mp4")
    assert kept.attempt_id == phone.bearer.attempt_id
    assert kept.capture["capture"] == str(UUID(int=7))
    assert inspections(runtime) == [kept.capture["upload"]]
    assert len(lying_pieces(runtime)) == 6  # the last went in without lying about
    tidy_uploads(runtime)
    assert lying_pieces(runtime) == []
    with runtime.reading() as session:
        assert session.scalars(select(UploadPiece)).all() == []
        assert [upload.cleared for upload in session.scalars(select(Upload))] == [True]


def test_identical_bytes_again_are_the_same_receipt_and_another_capture_has_its_own(phone: Phone) -> None:
    runtime, capture = phone.bearer.runtime, str(UUID(int=9))
    first = whole(phone, SMALL, capture_id=capture)
    assert whole(phone, SMALL, capture_id=capture) == first
    assert whole(phone, SMALL, capture_id=str(UUID(int=10))) != first
    changed = whole(phone, SMALL + b"!", capture_id=capture)
    assert changed != first
    assert len(inspections(runtime)) == 3


def test_what_one_person_leaves_unfinished_is_bounded_and_stands_in_nobody_else_s_way(app: Flask, phone: Phone) -> None:
    def announce(by: Phone, megabytes: int) -> TestResponse:
        return by.create(b"", {"Upload-Length": str(megabytes * MEGABYTE)}, filetype="video/mp4")

    films = [announce(phone, 149) for _ in range(4)]
    assert [film.status_code for film in films] == [201] * 4
    refused = announce(phone, 0)
    assert (refused.status_code, refused.get_json()["code"]) == (507, "upload_no_room")
    assert "600 MB" in refused.text
    assert phone.send(films[0].headers["Location"], 0, SMALL).status_code == 204, "what has begun goes on"
    assert announce(Phone(app, bearer(phone.bearer.runtime)), 149).status_code == 201
    assert phone.ask("DELETE", films[0].headers["Location"]).status_code == 204
    assert announce(phone, 149).status_code == 201


def test_of_four_writers_at_once_one_writes(app: Flask, phone: Phone) -> None:
    address = phone.begin(SMALL)
    start = threading.Barrier(4)

    def send(_number: int) -> int:
        one = Phone(app, phone.bearer)
        start.wait()
        return one.send(address, 0, SMALL[:1000]).status_code

    for _ in range(2):
        with ThreadPoolExecutor(4) as pool:
            answers = sorted(pool.map(send, range(4)))
        assert set(answers[1:]) <= {409, 423}
        assert answers[0] in {204, 409}
    assert phone.offset(address) == 1000
    assert phone.send(address, 1000, SMALL[1000:]).status_code == 204


def test_the_turn_of_a_writer_that_died_passes_after_seconds(phone: Phone, life: CourtLife) -> None:
    address = phone.begin(SMALL)
    with life.runtime.transaction() as session:
        upload = session.scalars(select(Upload)).one()
        left = table.take_turn(session, upload, machine_now=life.runtime.machine_now())
    busy = phone.send(address, 0, SMALL[:10])
    assert (busy.status_code, busy.headers["Retry-After"]) == (423, "1")
    assert phone.ask("DELETE", address).status_code == 423
    clock = life.clock
    clock.machine = lambda: datetime.now(UTC) + timedelta(seconds=11)
    assert phone.send(address, 0, SMALL[:10]).status_code == 204
    assert left is not None
    with life.runtime.transaction() as session:
        late = UploadPiece(court_id=left.court_id, upload_id=left.upload_id, begins=10, size=5, name="late")
        assert not table.move_on(session, left, late, expires_at=life.runtime.now())
    assert phone.offset(address) == 10


def test_another_machine_goes_on_where_the_first_one_stopped(phone: Phone, other_machine: Flask) -> None:
    address = phone.begin(SMALL)
    second = Phone(other_machine, phone.bearer)
    assert phone.send(address, 0, SMALL[:1500]).status_code == 204
    assert second.offset(address) == 1500
    assert second.send(address, 1500, SMALL[1500:2000]).status_code == 204
    receipt = phone.send(address, 2000, SMALL[2000:]).headers["Songda-Receipt"]
    kept = evidence_of(phone.bearer.runtime, receipt)
    assert phone.bearer.runtime.blobs.get(kept.court_id, kept.sha256) == SMALL
    assert second.ask("HEAD", address).headers["Songda-Receipt"] == receipt


def test_an_unfinished_upload_expires_with_a_note_in_the_journal(phone: Phone, life: CourtLife) -> None:
    runtime, clock = life.runtime, life.clock
    assert isinstance(clock, SteppedClock)
    address = phone.begin(SMALL, capture_id=str(UUID(int=5)))
    safe = whole(phone, SMALL + b"!", capture_id=str(UUID(int=6)))
    phone.send(address, 0, SMALL[:100])
    clock.step(timedelta(days=6))
    phone.send(address, 100, SMALL[100:150])
    clock.step(timedelta(days=6))
    tidy_uploads(runtime)
    assert phone.offset(address) == 150
    clock.step(timedelta(days=1, seconds=1))
    tidy_uploads(runtime)
    assert lying_pieces(runtime) == []
    with runtime.reading() as session:
        upload = session.scalars(select(Upload).where(Upload.capture_id == UUID(int=5))).one()
        events = list(journal_of(session, upload.court_id, upload.order_id))
        states = capture_states(session, upload.court_id, upload.account_id, [UUID(int=5), UUID(int=6), UUID(int=8)])
        assert (upload.state, upload.cleared) == ("expired", True)
        noted = [event.args for event in events if event.reason == "upload_expired"]
        assert noted == [{"upload": str(upload.id), "capture": str(UUID(int=5)), "received": 150, "size": len(SMALL)}]
    assert {capture: (state.state, str(state.receipt)) for capture, state in states.items()} == {
        UUID(int=6): ("safe", safe)
    }
