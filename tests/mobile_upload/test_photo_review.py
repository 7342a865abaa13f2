"""A photo proof from the record to the law: graded in either order, looked at by a person, appealed, counted."""

import hashlib
import io
import uuid
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import select

from delivery.domain.field_ticket import LIFE
from delivery.domain.notice_code import printed_url
from delivery.legal_acts import acts_of_attempt
from delivery.mail_folding import without_reversed
from delivery.noticing import mint
from delivery.photo_proving import handlers
from delivery.signing_in import Role
from delivery.store.desk import DeskItem
from delivery.store.evidence import Evidence
from delivery.store.field import FieldDevice, FieldRecord
from delivery.store.geocodes import PIN, Geocode
from delivery.store.journal import DeliveryEvent, journal_of
from delivery.store.orders import Attempt, ServiceOrder
from delivery.store.photo_grades import PhotoGrade, PhotoPrint, PhotoProof
from delivery.store.tasks import schedule
from delivery.store.uploads import Upload, UploadState
from delivery.web.request_state import COURT_ZONE
from mobile_upload.photo.looking import look_at
from tests.delivery.web.conftest import Browser, SignInAs
from tests.delivery.web.court_life import CourtLife
from tests.mobile_upload import door_pictures as pictures
from tests.mobile_upload.phone import Phone, capture

NORTH, EAST = 30.66, 104.06


@cache
def looked(content: bytes) -> tuple[dict[str, Any], bytes | None]:
    """The real look at a picture, once for each."""
    return look_at(content)


class Door:
    """The posting that waits, its notice, and a phone before it."""

    def __init__(self, life: CourtLife, phone: Phone) -> None:
        self.life, self.phone = life, phone
        self.visit = phone.door()
        found = life.runtime.handlers
        assert isinstance(found, dict)
        found.update(handlers(looked))
        with life.runtime.transaction() as session:
            self.attempt = UUID(self.visit["visit"])
            attempt = session.get_one(Attempt, (life.court_id, self.attempt))
            self.order, address = attempt.order_id, attempt.address_id
            self.letters = mint(session, life.court_id, self.attempt, by=None, now=life.runtime.now()).code or ""
            geocode = Geocode(
                court_id=life.court_id, address_id=address, source=PIN, state="found", datum="wgs84", tier="rooftop",
                level="", uncertainty_m=10, made_at=life.runtime.now(),
            )  # fmt: skip
            session.add(geocode)
            geocode.position = f'{{"wgs84_latitude": {NORTH}, "wgs84_longitude": {EAST}}}'
            self.account = session.scalars(select(FieldDevice.account_id)).one()
        code = printed_url("https://sd.qinghe.example", self.letters)
        self.near = pictures.written(pictures.near(31, code))
        self.wide = pictures.written(pictures.wide(31, code))
        self.captures: dict[str, UUID] = {}

    def told(self, role: str, photo: bytes, **more: object) -> dict[str, Any]:
        """One capture as the phone tells of it."""
        at = self.life.runtime.now()
        samples = [
            {
                "lat": NORTH + n * 7e-6,
                "lon": EAST + n * 4e-6,
                "accuracy_m": 9.0 + n,
                "at": at.isoformat(),
                "speed_mps": 0.2,
            }
            for n in range(4)
        ]
        known = self.captures.setdefault(role, uuid.uuid4())
        return capture(role, photo, capture_id=str(known), shutter_at=at.isoformat(), samples=samples, codes=[], **more)

    def report(self, near: bytes | None = None, **more: object) -> UUID:
        """The phone's record; returns its receipt."""
        at = self.life.runtime.now()
        raw = self.phone.make(
            "report", at, visit=self.visit["visit"], ticket=self.visit["ticket"], situation="refused",
            clocks={
                "device_at": at.isoformat(), "monotonic_ms": 1.0, "server_offset_ms": 0,
                "offset_learnt_at": at.isoformat(),
            },
            captures=[self.told("near", near or self.near, **more), self.told("wide", self.wide, **more)],
            report={
                "result": "refused", "at": at.isoformat(), "place": "residence",
                "refused_by": {"role": "recipient", "id_checked": True, "adult": True},
            },
        )  # fmt: skip
        answer = self.phone.send(raw)
        assert answer.status_code == 201, answer.text
        return UUID(answer.get_json()["receipt"])

    def upload(self, role: str, photo: bytes) -> None:
        """The bytes of a capture arrive, as the upload server leaves them."""
        life, now = self.life, self.life.runtime.now()
        kept = life.runtime.blobs.put(life.court_id, photo)
        with life.runtime.transaction() as session:
            evidence = Evidence(
                court_id=life.court_id, order_id=self.order, attempt_id=self.attempt, kind=f"capture_{role}",
                sha256=kept, size=len(photo), media_type="image/jpeg", created_at=now,
            )  # fmt: skip
            session.add(evidence)
            session.flush()
            row = Upload(
                court_id=life.court_id, account_id=self.account, order_id=self.order, attempt_id=self.attempt,
                device_id=UUID(self.phone.device_id), capture_id=self.captures[role], ticket_nonce="",
                ticket_expires_at=now + LIFE, role=role, sha256=kept, size=len(photo), media_type="image/jpeg",
                state=UploadState.COMPLETE, received=len(photo), created_at=now, expires_at=now + LIFE, ended_at=now,
                receipt=evidence.id,
            )  # fmt: skip
            session.add(row)
            session.flush()
            schedule(
                session, life.court_id, "inspect_capture", self.order, due_at=now, created_at=now, upload=str(row.id)
            )

    def work(self) -> None:
        self.life.work_until(self.life.runtime.now())

    def rows(self, table: Any) -> list[Any]:  # noqa: ANN401 -- any table
        with self.life.runtime.reading() as session:
            found = list(session.scalars(select(table).where(table.court_id == self.life.court_id).order_by(table.id)))
            session.expunge_all()
            return found

    def proof(self) -> PhotoProof:
        (found,) = self.rows(PhotoProof)
        assert isinstance(found, PhotoProof)
        return found

    def act(self) -> Mapping[str, Any]:
        """The posting in the law engine's words, as things stand."""
        with self.life.runtime.reading() as session:
            attempt = session.get_one(Attempt, (self.life.court_id, self.attempt))
            events = journal_of(session, self.life.court_id, self.order)
            mine = [event for event in without_reversed(events) if event.attempt_id == self.attempt]
            (act,) = acts_of_attempt(attempt, mine, COURT_ZONE)
            return act

    def waits(self) -> list[str]:
        return [item.kind for item in self.rows(DeskItem) if item.closed_at is None and item.kind == "photo_review"]

    def facts(self) -> list[DeliveryEvent]:
        return [event for event in self.rows(DeliveryEvent) if event.kind in {"photos_graded", "photos_ruled"}]


@pytest.fixture
def door(life: CourtLife, sign_in_as: SignInAs) -> Door:
    phone = Phone(sign_in_as(Role.FIELD_SERVER))
    assert phone.enrol().status_code == 201
    return Door(life, phone)


@pytest.fixture
def doubtful(door: Door) -> Door:
    """The near picture shows another visit's code: D."""
    other = pictures.written(pictures.near(31, printed_url("https://sd.qinghe.example", "0" * 21)))
    door.wide = pictures.written(pictures.wide(31, ""))
    door.report(other)
    door.upload("near", other)
    door.upload("wide", door.wide)
    door.work()
    return door


def test_an_honest_posting_counts_once_its_pictures_are_there_and_not_before(door: Door) -> None:
    receipt = door.report()
    door.work()
    assert door.act()["proof_doubted"] is True
    assert door.rows(PhotoProof) == []
    door.upload("near", door.near)
    door.work()
    assert door.rows(PhotoProof) == []
    door.upload("wide", door.wide)
    door.work()
    proof = door.proof()
    assert (proof.id, proof.letter, proof.standing, proof.cure) == (receipt, "A", "counts", "")
    assert "proof_doubted" not in door.act()
    assert door.act()["process_media"] == "photos"
    assert [(event.args["letter"], event.args["standing"]) for event in door.facts()] == [("A", "counts")]
    assert door.waits() == []
    (near, _) = door.rows(PhotoPrint)
    assert b"wgs84" not in near.inspection_sealed
    assert near.derived_sha256


def test_a_copied_phone_that_came_first_does_not_keep_its_grade(door: Door) -> None:
    """Two phones with one key count their records alike: whichever comes second shows that both are in doubt."""
    before = door.phone.seq, door.phone.head
    door.report()
    door.upload("near", door.near)
    door.upload("wide", door.wide)
    door.work()
    assert door.proof().letter == "A"
    door.phone.seq, door.phone.head = before
    told = {"device_at": door.life.runtime.now().isoformat(), "monotonic_ms": 7.0}
    raw = door.phone.make("unsafe", door.life.runtime.now(), visit=door.visit["visit"], clocks=told)
    assert door.phone.send(raw).status_code == 201
    door.work()
    assert door.proof().letter == "D"
    assert door.waits() == ["photo_review"]


def test_pictures_that_come_before_their_record_wait_for_it(door: Door) -> None:
    door.captures = {"near": uuid.uuid4(), "wide": uuid.uuid4()}
    door.upload("near", door.near)
    door.upload("wide", door.wide)
    door.work()
    assert (len(door.rows(PhotoPrint)), door.rows(PhotoProof)) == (2, [])
    door.report()
    door.work()
    assert door.proof().letter == "A"


def test_pictures_that_never_come_are_not_waited_for_longer_than_a_day(door: Door) -> None:
    door.report()
    door.upload("near", door.near)
    door.work()
    assert door.rows(PhotoProof) == []
    door.life.work_until(door.life.runtime.now() + timedelta(hours=25))
    assert door.proof().letter == "B"
    door.upload("wide", door.wide)
    door.work()
    assert [(one.number, one.letter) for one in door.rows(PhotoGrade)] == [(1, "B"), (2, "A")]
    assert [event.args["grade_number"] for event in door.facts()] == [1, 2]


def test_a_picture_that_was_brought_for_another_visit_is_found_whatever_its_age(door: Door) -> None:
    with door.life.runtime.transaction() as session:
        elsewhere = session.scalars(select(Attempt).where(Attempt.court_id == door.life.court_id)).first()
        assert elsewhere is not None
        evidence = Evidence(
            court_id=door.life.court_id, order_id=elsewhere.order_id, kind="capture_near", size=1,
            sha256=hashlib.sha256(door.wide).hexdigest(), media_type="image/jpeg", created_at=door.life.runtime.now(),
        )  # fmt: skip
        session.add(evidence)
        session.flush()
        old = PhotoPrint(
            court_id=door.life.court_id, order_id=elsewhere.order_id, attempt_id=elsewhere.id,
            account_id=door.account, capture_id=uuid.uuid4(), evidence_id=evidence.id, role="near",
            sha256=evidence.sha256, inspected_at=door.life.runtime.now() - timedelta(days=900),
        )  # fmt: skip
        session.add(old)
        old.inspection = "{}"
    door.report()
    door.upload("near", door.near)
    door.upload("wide", door.wide)
    door.work()
    (graded,) = door.rows(PhotoGrade)
    assert (graded.letter, "same_bytes" in {reason["code"] for reason in graded.reasons}) == ("D", True)


def test_a_doubtful_proof_waits_for_a_person_and_proves_nothing_meanwhile(doubtful: Door) -> None:
    proof = doubtful.proof()
    assert (proof.letter, proof.standing, proof.cure) == ("D", "waiting", "post_right_notice")
    assert doubtful.act()["proof_doubted"] is True
    assert doubtful.waits() == ["photo_review"]


def decided(door: Door, browser: Browser, **form: str) -> int:
    answer = browser.send(f"/photos/{door.proof().id}", form, page="/photos")
    door.work()
    return answer.status_code


def test_a_supervisor_accepts_in_two_clicks(doubtful: Door, sign_in_as: SignInAs) -> None:
    supervisor = sign_in_as(Role.SUPERVISOR)
    assert f"/photos/{doubtful.proof().id}" in supervisor.look("/photos").text
    assert decided(doubtful, supervisor, decision="accept") == 303
    assert doubtful.proof().standing == "accepted"
    assert "proof_doubted" not in doubtful.act()
    assert doubtful.waits() == []
    assert decided(doubtful, supervisor, decision="refuse", reason="x") == 409
    figures = supervisor.look("/photos").text
    assert "通知单二维码" in figures
    assert "100%" in figures


def test_what_is_not_accepted_can_be_appealed_once_and_is_decided_anew(doubtful: Door, sign_in_as: SignInAs) -> None:
    supervisor, server = sign_in_as(Role.SUPERVISOR), doubtful.phone.browser
    assert decided(doubtful, supervisor, decision="refuse") == 422
    assert decided(doubtful, supervisor, decision="refuse", reason="另案的通知单") == 303
    act = doubtful.act()
    assert (act["proof_doubted"], "process_media" in act) == (True, False)
    proof_id = doubtful.proof().id
    assert "申诉" in server.look("/photos/mine").text
    mine = f"/photos/mine/{proof_id}"
    assert server.send(mine, {"text": " "}, page="/photos/mine").status_code == 422
    assert server.send(mine, {"text": "门上有两张"}, page="/photos/mine").status_code == 303
    assert server.send(mine, {"text": "再来一次"}, page="/memberships").status_code == 409
    assert (doubtful.proof().standing, doubtful.waits()) == ("appealed", ["photo_review"])
    shown = supervisor.look(f"/photos/{proof_id}").text
    assert "门上有两张" in shown
    assert decided(doubtful, supervisor, decision="accept") == 303
    assert doubtful.proof().standing == "accepted"
    assert [event.args["standing"] for event in doubtful.facts()] == ["waiting", "refused", "appealed", "accepted"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_shows_pictures_map_and_reasons(doubtful: Door, sign_in_as: SignInAs, language: str) -> None:
    supervisor = sign_in_as(Role.SUPERVISOR, language=language)
    proof = doubtful.proof()
    shown = supervisor.look(f"/photos/{proof.id}").text
    assert 'class="phone-circle"' in shown
    assert 'class="bar"' in shown
    assert shown.count("<img") == 2
    assert {"zh": "不是本院的二维码", "en": "no code of this court"}[language] in shown
    near = next(one for one in doubtful.rows(PhotoPrint) if one.role == "near")
    picture = supervisor.look(f"/photos/{proof.id}/pictures/{near.id}")
    assert picture.mimetype == "image/jpeg"
    assert Image.open(io.BytesIO(picture.data)).getexif() == {}
    assert doubtful.phone.browser.look(f"/photos/{proof.id}").status_code == 403


def test_a_doubtful_refusal_is_no_service_and_the_supervisor_is_asked_before_the_officer(
    doubtful: Door, sign_in_as: SignInAs
) -> None:
    def outcome() -> str:
        with doubtful.life.runtime.reading() as session:
            return session.get_one(ServiceOrder, (doubtful.life.court_id, doubtful.order)).outcome

    def asked() -> set[str]:
        items = [item for item in doubtful.rows(DeskItem) if item.order_id == doubtful.order and item.closed_at is None]
        return {item.kind for item in items} & {"court_review", "photo_review"}

    assert (outcome(), asked()) == ("COURT_REVIEW", {"photo_review"})
    supervisor = sign_in_as(Role.SUPERVISOR)
    assert f"/photos/{doubtful.proof().id}" in supervisor.look("/desk?kind=photo_review").text
    assert decided(doubtful, supervisor, decision="refuse", reason="另案的通知单") == 303
    # Without pictures that count nothing records the process of leaving the papers (CPL 89).
    assert (outcome(), asked()) == ("NOT_SERVED", set())


def test_nothing_of_a_person_stands_in_the_journal(doubtful: Door) -> None:
    told = "".join(event.entry for event in doubtful.facts())
    assert str(NORTH) not in told
    assert b"lat" not in (doubtful.proof().place_sealed or b"")
    (record,) = doubtful.rows(FieldRecord)
    assert str(record.id) in told
