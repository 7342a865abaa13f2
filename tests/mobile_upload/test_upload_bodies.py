"""What comes over the line: cut, too long, silent, other than promised, with somebody else's ticket."""

import hashlib
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from typing import Final
from uuid import UUID

import pytest
from flask import Flask

from delivery.receiving_uploads import INSPECT
from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.web.app import create_app
from mobile_upload import uploads
from mobile_upload.arriving import Patience
from tests.delivery.web.court_life import CourtLife
from tests.infrastructure.waiting import until
from tests.mobile_upload.phones import MEGABYTE, ROOT, Phone, bearer, evidence_of, inspections, lying_pieces

ENGINES: Final = ("sqlite",)
SMALL: Final = b"the door of number 301 " * 200


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    """The application of the first machine, where captures are inspected."""
    runtime.handlers = {**runtime.handlers, INSPECT: lambda *_: None}
    return create_app(runtime, [uploads.make_blueprint(at_once=8)])


@pytest.fixture
def phone(app: Flask, life: CourtLife) -> Phone:
    return Phone(app, bearer(life.runtime))


def test_other_bytes_than_promised_are_thrown_away_and_the_phone_begins_anew(phone: Phone) -> None:
    address = phone.begin(SMALL)
    assert phone.send(address, 0, SMALL[:50]).status_code == 204
    answer = phone.send(address, 50, SMALL[51:] + b"x")
    assert (answer.status_code, answer.get_json()["code"]) == (460, "upload_bytes_differ")
    assert phone.ask("HEAD", address).status_code == 410
    assert inspections(phone.bearer.runtime) == []


def test_nobody_elses_upload_is_there(app: Flask, phone: Phone, life: CourtLife) -> None:
    address = phone.begin(SMALL)
    strangers = [bearer(life.runtime), bearer(life.runtime, court="baishan")]
    for stranger in (Phone(app, one) for one in strangers):
        assert stranger.ask("HEAD", address).status_code == 404
        assert stranger.send(address, 0, SMALL).status_code == 404
        assert stranger.ask("DELETE", address).status_code == 404
    for role in (Role.CLERK, Role.SUPERVISOR, Role.LAW_FIRM):
        assert Phone(app, bearer(life.runtime, role=role)).ask("HEAD", address).status_code == 403
    nobody = app.test_client().patch(address, headers={"Tus-Resumable": "1.0.0"})
    assert (nobody.status_code, nobody.get_json()["code"]) == (401, "sign_in_needed")
    assert phone.offset(address) == 0


@pytest.mark.parametrize(
    ("days", "status", "marked"), [(0, 201, False), (2, 201, True), (7.9, 201, True), (8.1, 403, None)]
)
def test_a_ticket_that_ran_out_is_taken_for_a_week_and_marked(
    phone: Phone,
    days: float,
    status: int,
    marked: bool | None,  # noqa: FBT001 -- a column of the table
) -> None:
    answer = phone.create(SMALL, body=SMALL, ticket=phone.bearer.ticket(age=timedelta(days=days)))
    assert answer.status_code == status
    if marked is None:
        assert answer.get_json()["code"] == "ticket_expired"
    else:
        kept = evidence_of(phone.bearer.runtime, answer.headers["Songda-Receipt"])
        assert kept.capture["ticket_expired"] is marked


def test_a_ticket_must_be_ours_and_this_persons(phone: Phone, life: CourtLife) -> None:
    own = phone.bearer.ticket()
    other = bearer(life.runtime)
    for ticket, code in (
        ("t1.nonsense", "ticket_malformed"),
        (own[:-4] + "AAAA", "ticket_forged"),
        (other.ticket(), "ticket_of_other"),
        (phone.bearer.ticket(court=UUID(int=3)), "ticket_of_other"),
        (phone.bearer.ticket(task=UUID(int=3)), "ticket_of_other"),
    ):
        answer = phone.create(SMALL, ticket=ticket)
        assert (answer.status_code, answer.get_json()["code"]) == (403, code)


def test_a_body_that_is_cut_anywhere_is_kept_to_the_last_byte(phone: Phone) -> None:
    chance = random.Random(11)  # noqa: S311 -- the same places in every run
    content = chance.randbytes(300_000)
    address, offset = phone.begin(content), 0
    for _ in range(int(os.environ.get("CUTS", "3"))):
        came = chance.randrange(1, (len(content) - offset) // 2)
        phone.send(address, offset, content[offset : offset + came], said=len(content) - offset)
        offset += came
        assert phone.offset(address) == offset
    receipt = phone.send(address, offset, content[offset:]).headers["Songda-Receipt"]
    assert evidence_of(phone.bearer.runtime, receipt).sha256 == hashlib.sha256(content).hexdigest()


def test_of_a_long_body_a_megabyte_is_taken_and_the_answer_says_where_to_go_on(phone: Phone) -> None:
    content = bytes(MEGABYTE + 1000)
    address = phone.begin(content)
    answer = phone.send(address, 0, content)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(MEGABYTE))
    checked = phone.send(address, MEGABYTE, content, {"Upload-Checksum": "sha1 AAAA"})
    assert (checked.status_code, checked.get_json()["code"]) == (413, "upload_piece_too_large")
    past = phone.send(address, MEGABYTE, content[:1001])
    assert (past.status_code, past.get_json()["code"]) == (413, "upload_past_its_end")
    assert phone.send(address, MEGABYTE, content[:1000]).headers["Songda-Receipt"]


class Silence(BytesIO):
    """A phone that sent something and then went into a lift, until the test lets it go."""

    def __init__(self, first: bytes) -> None:
        super().__init__(first)
        self.leaves = threading.Event()
        self.reached = threading.Event()

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        if not found:
            self.reached.set()
            self.leaves.wait(30)
        return found


def test_a_silent_phone_is_waited_for_in_vain_only_so_long_and_never_by_all(life: CourtLife) -> None:
    patience = Patience(silence=timedelta(seconds=0.3))
    app = create_app(life.runtime, [uploads.make_blueprint(at_once=1, patience=patience)])
    phone = Phone(app, bearer(life.runtime))
    address, stream = phone.begin(SMALL), Silence(SMALL[:700])
    head = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream", "Tus-Resumable": "1.0.0"}

    def stall() -> tuple[int, str]:
        answer = Phone(app, phone.bearer).client.patch(
            address,
            headers=head,
            input_stream=stream,
            environ_overrides={"CONTENT_LENGTH": str(len(SMALL))},
            buffered=True,
        )
        return answer.status_code, answer.get_json()["code"]

    with ThreadPoolExecutor(1) as pool:
        stalled = pool.submit(stall)
        assert stream.reached.wait(10)
        until(lambda: phone.offset(address) == 700, seconds=10)  # kept before the line is
        crowded, announced = phone.send(address, 700, SMALL[700:]), phone.create(SMALL)
        assert not stalled.done()  # no server could end it while its body is read
        stream.leaves.set()
        assert stalled.result(10) == (503, "upload_stalled")
    assert (crowded.status_code, crowded.get_json()["code"]) == (503, "upload_crowded")
    assert crowded.headers["Retry-After"] == "1"
    assert announced.status_code == 201  # what brings no bytes takes no place
    assert phone.send(address, 700, SMALL[700:]).status_code == 204


def test_pieces_that_are_gone_send_the_phone_back_to_the_beginning(phone: Phone) -> None:
    """As after a backup was put back: unfinished uploads are not in it, and the phone still has its file."""
    address = phone.begin(SMALL)
    phone.send(address, 0, SMALL[:100])
    for path in lying_pieces(phone.bearer.runtime):
        path.unlink()
    assert phone.send(address, 100, SMALL[100:]).status_code == 410
    assert phone.ask("HEAD", address).status_code == 410


def test_pieces_are_sealed_where_they_lie(phone: Phone) -> None:
    address = phone.begin(SMALL)
    phone.send(address, 0, SMALL[:200])
    (lying,) = lying_pieces(phone.bearer.runtime)
    assert SMALL[:20] not in lying.read_bytes()
    assert ROOT not in str(lying)
    assert list(phone.bearer.runtime.blobs.names())  # what is whole is listed, and pieces are not among it
