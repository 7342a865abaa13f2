"""What becomes of records: sheets bound twice, lost phones, used and old tickets, reports that wait for a person."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from delivery.noticing import mint_pads
from delivery.signing_in import Role
from delivery.store.desk import DeskItem
from delivery.store.field import FieldCapture, FieldRecord
from delivery.store.journal import DeliveryEvent
from delivery.store.notices import Notice, NoticeBinding
from tests.delivery.web.conftest import SignInAs
from tests.delivery.web.court_life import CourtLife
from tests.mobile_upload.phone import Phone, capture


@pytest.fixture
def phone(life: CourtLife, sign_in_as: SignInAs) -> Phone:
    """The enrolled phone of a field server of the court at work."""
    found = Phone(sign_in_as(Role.FIELD_SERVER))
    assert found.enrol().status_code == 201
    assert life.orders
    return found


def rows(life: CourtLife, kind: Any) -> list[Any]:  # noqa: ANN401 -- any table
    with life.runtime.reading() as session:
        found = list(session.scalars(select(kind).where(kind.court_id == life.court_id).order_by(kind.id)))
        session.expunge_all()
        return found


def on_desk(life: CourtLife, kind: str) -> list[DeskItem]:
    return [item for item in rows(life, DeskItem) if item.kind == kind and item.closed_at is None]


def report(phone: Phone, life: CourtLife, visit: dict[str, Any], **more: object) -> bytes:
    at = life.runtime.now()
    told: dict[str, object] = {
        "visit": visit["visit"],
        "ticket": visit["ticket"],
        "situation": "nobody_home" if visit["kind"] == "visit" else "moved",
        "captures": [capture("wide")],
        "report": {"result": "moved", "at": at.isoformat()},
    }
    return phone.make("report", at, **(told | more))


def doubts(phone: Phone, raw: bytes) -> list[str]:
    answer = phone.send(raw)
    assert answer.status_code == 201
    found: list[str] = answer.get_json()["doubts"]
    return found


def test_a_sheet_bound_twice_is_refused_at_sync_and_both_pictures_are_kept(
    life: CourtLife, phone: Phone, sign_in_as: SignInAs
) -> None:
    with life.runtime.transaction() as session:
        mint_pads(session, life.court_id, 1, by=None, now=life.runtime.now())
    with life.runtime.reading() as session:
        sheet = session.scalars(select(Notice).where(Notice.number == 1)).one().code
    one, two = phone.day()["visits"][:2]
    other = Phone(sign_in_as(Role.FIELD_SERVER, language="en"))
    other.enrol()
    theirs = {visit["visit"]: visit for visit in other.day()["visits"]}[two["visit"]]
    now = life.runtime.now()
    first = phone.make("sheet_bound", now, visit=one["visit"], ticket=one["ticket"], sheet=sheet, captures=[capture()])
    second = other.make(
        "sheet_bound", now, visit=two["visit"], ticket=theirs["ticket"], sheet=sheet, captures=[capture()]
    )
    assert doubts(phone, first) == []
    assert doubts(other, second) == ["sheet_refused"]
    assert phone.send(first).get_json()["doubts"] == []
    assert [row.result for row in rows(life, NoticeBinding)] == ["this_notice", "bound_elsewhere"]
    assert [str(row.attempt_id) for row in rows(life, FieldCapture)] == [one["visit"], two["visit"]]
    shown = {visit["visit"]: visit["notice_code"] for visit in phone.day()["visits"]}
    assert (shown[one["visit"]], shown[two["visit"]]) == (sheet, None)
    unknown = phone.make("sheet_bound", now, visit=one["visit"], ticket=one["ticket"], sheet="0" * 21)
    assert doubts(phone, unknown) == ["sheet_refused"]


def test_two_phones_of_one_person_have_chains_of_their_own(life: CourtLife, phone: Phone) -> None:
    other = Phone(phone.browser)
    other.enrol()
    assert other.device_id != phone.device_id
    for one in (phone, other):
        for number in (1, 2):
            assert doubts(one, one.make("load_scan", life.runtime.now(), packet=number)) == ["packet_unknown"]
    copied = Phone(phone.browser)
    copied.key, copied.device_id = phone.key, phone.device_id
    assert "number_twice" in doubts(copied, copied.make("load_scan", life.runtime.now(), packet=3))
    kept = [row for row in rows(life, FieldRecord) if str(row.device_id) == phone.device_id and row.seq == 1]
    assert all("number_twice" in row.doubts for row in kept)
    assert len(kept) == 2


def test_tickets_that_are_used_old_foreign_or_forged(life: CourtLife, phone: Phone) -> None:
    one, two = phone.day()["visits"][:2]
    assert doubts(phone, report(phone, life, one)) == []
    assert "ticket_replayed" in doubts(phone, report(phone, life, one))
    assert "ticket_foreign" in doubts(phone, report(phone, life, two, ticket=one["ticket"]))
    assert "ticket_forged" in doubts(phone, report(phone, life, two, ticket=two["ticket"][:-4] + "AAAA"))
    assert "ticket_missing" in doubts(phone, report(phone, life, two, ticket=None))
    made_in_time = report(phone, life, two)
    life.clock.step_to(life.clock.now() + timedelta(hours=30))
    phone.browser.send("/sign-in", {"login": "field_server.qinghe.zh", "password": "correct horse battery staple"})
    assert doubts(phone, made_in_time) == []
    assert "ticket_expired" in doubts(phone, report(phone, life, two))
    assert len(on_desk(life, "field_report_held")) == 3


def test_a_report_that_was_held_back_is_taken_by_a_person(life: CourtLife, phone: Phone, sign_in_as: SignInAs) -> None:
    visit = phone.day()["visits"][0]
    raw = report(phone, life, visit, ticket=None)
    assert doubts(phone, raw) == ["ticket_missing"]
    (item,) = on_desk(life, "field_report_held")
    clerk = sign_in_as(Role.CLERK)
    assert "外勤报告待核实" in clerk.look("/desk").text
    assert clerk.send(f"/desk/{item.id}", {"action": "take_report"}, page="/desk").status_code == 303
    told = [event for event in rows(life, DeliveryEvent) if event.args.get("record")]
    (kept,) = rows(life, FieldRecord)
    assert [(event.args["record"], event.args["result"]) for event in told] == [(str(kept.id), "moved")]
    assert kept.applied_at is not None
    assert not on_desk(life, "field_report_held")
    visit |= {"visit": "0198c0de-0000-7000-8000-000000000001"}
    assert "visit_unknown" in doubts(phone, report(phone, life, visit))
    assert len(on_desk(life, "field_report_stray")) == 1


def test_somebody_who_went_twice_reports_twice_and_a_person_takes_the_second(
    life: CourtLife, phone: Phone, sign_in_as: SignInAs
) -> None:
    visit = next(one for one in phone.day()["visits"] if one["kind"] == "posting")
    assert doubts(phone, report(phone, life, visit)) == []
    life.clock.step_to(life.clock.now() + timedelta(hours=3))
    at = life.runtime.now().isoformat()
    signer = {"role": "recipient", "id_checked": True}
    signed = {"result": "signed", "at": at, "signed_on": "2026-03-21", "signer": signer}
    again = report(phone, life, visit, situation="handed_over", captures=[capture("receipt")], report=signed)
    assert doubts(phone, again) == ["reported_otherwise", "ticket_replayed"]
    (item,) = on_desk(life, "field_report_held")
    clerk = sign_in_as(Role.CLERK)
    assert clerk.send(f"/desk/{item.id}", {"action": "take_report"}, page="/desk").status_code == 303
    told = [event.args["result"] for event in rows(life, DeliveryEvent) if event.args.get("record")]
    assert told == ["moved", "signed"]


def test_leaving_an_unsafe_door_is_told_at_once_and_finished_later(life: CourtLife, phone: Phone) -> None:
    visit = phone.day()["visits"][0]
    at = life.runtime.now()
    assert doubts(phone, phone.make("unsafe", at, visit=visit["visit"], ticket=visit["ticket"])) == []
    (item,) = on_desk(life, "door_unsafe")
    left = {one["visit"]: one["left_at"] for one in phone.day()["visits"]}
    assert left[visit["visit"]] == at.isoformat()
    later = report(
        phone, life, visit, situation="dangerous", captures=[], report={"result": "unsafe", "at": at.isoformat()}
    )
    assert doubts(phone, later) == []
    assert item.id not in {one.id for one in on_desk(life, "door_unsafe")}
    told = [event for event in rows(life, DeliveryEvent) if event.attempt_id == UUID(visit["visit"])]
    assert told[-1].args["result"] == "unsafe"


def test_the_server_judges_by_the_same_table(life: CourtLife, phone: Phone) -> None:
    now = life.runtime.now().isoformat()
    visit = phone.day()["visits"][0]
    refused = {"result": "refused", "at": now, "place": "residence", "refused_by": {"role": "recipient"}}
    claimed = report(
        phone, life, visit, situation="refused", captures=[capture("wide")], report=refused | {"process_media": "video"}
    )
    assert doubts(phone, claimed) == ["media_claimed", "proof_incomplete"]
    event = next(event for event in rows(life, DeliveryEvent) if event.args.get("record"))
    assert event.args["process_media"] == "single_photo"
    excused = report(
        phone, life, phone.day()["visits"][0], situation="refused", captures=[], excuse="filming_forbidden",
        report=refused,
    )  # fmt: skip
    assert doubts(phone, excused) == []
    for wrong in ({"result": "perhaps", "at": now}, {"result": "moved"}, None, {"result": "moved", "at": now, "x": 1}):
        assert "report_malformed" in doubts(phone, report(phone, life, phone.day()["visits"][0], report=wrong))


def test_a_capture_belongs_to_the_first_record_that_names_it(life: CourtLife, phone: Phone) -> None:
    one, two = phone.day()["visits"][:2]
    picture = capture("wide")
    assert doubts(phone, report(phone, life, one, captures=[picture])) == []
    assert doubts(phone, report(phone, life, two, captures=[picture])) == ["capture_reused"]
    assert [str(row.attempt_id) for row in rows(life, FieldCapture)] == [one["visit"]]


def test_nothing_changes_without_the_sessions_token(phone: Phone) -> None:
    for address in ("records", "devices"):
        answer = phone.browser.post(f"/field/api/{address}", json={}, buffered=True)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "csrf")
        assert answer.mimetype == "application/problem+json"
