"""The phone's JSON over HTTP: enrolling, the day, records in every order, receipts; two persons, two courts."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from delivery.domain.field_bytes import canonical
from delivery.signing_in import Role
from delivery.store.desk import DeskItem
from delivery.store.field import FieldCapture, FieldRecord
from delivery.store.journal import DeliveryEvent
from delivery.store.orders import Attempt
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


def posting_record(phone: Phone, life: CourtLife, **more: object) -> bytes:
    """A whole report of the posting that waits."""
    visit = phone.door()
    at = life.runtime.now()
    told: dict[str, object] = {
        "visit": visit["visit"],
        "ticket": visit["ticket"],
        "situation": "posting",
        "captures": [capture("near", b"near"), capture("wide", b"wide")],
        "report": {"result": "posted", "meaning": visit["meaning"], "at": at.isoformat(), "place": "residence"},
    }
    return phone.make("report", at, **(told | more))


def rows(life: CourtLife, kind: Any) -> list[Any]:  # noqa: ANN401 -- any table
    with life.runtime.reading() as session:
        found = list(session.scalars(select(kind).where(kind.court_id == life.court_id).order_by(kind.id)))
        session.expunge_all()
        return found


def test_the_day_holds_the_least_and_a_ticket_for_each_door(life: CourtLife, phone: Phone) -> None:
    day = phone.day()
    assert day["device_id"] == phone.device_id
    assert [visit["order"] for visit in day["visits"]] == list(range(1, len(day["visits"]) + 1))
    assert all(visit["address"] and visit["ticket"].startswith("t1.") for visit in day["visits"])
    assert {card["code"] for card in day["doors"]["posting-natural_person"]} > {"posting", "refused"}
    assert "民初" not in json.dumps(day, ensure_ascii=False)
    assert "纠纷" not in json.dumps(day, ensure_ascii=False)
    assert day["policy"] == {"tile_url": "", "screen_signature_enough": False, "second_server": False}
    assert life.runtime.now().isoformat() == day["server_now"]


def test_a_report_comes_in_once_and_moves_the_order(life: CourtLife, phone: Phone) -> None:
    raw = posting_record(phone, life)
    first = phone.send(raw)
    again = phone.send(raw)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json() == again.get_json()
    assert (first.get_json()["state"], first.get_json()["doubts"]) == ("taken", [])
    posted = [event for event in rows(life, DeliveryEvent) if event.args.get("record") == first.get_json()["receipt"]]
    assert [event.args["process_media"] for event in posted] == ["photos"]
    assert posted[0].args["captures"] == 2
    assert [row.role for row in rows(life, FieldCapture)] == ["near", "wide"]
    with life.runtime.reading() as session:
        attempt = session.get_one(Attempt, (life.court_id, posted[0].attempt_id))
        assert attempt.status == "answered"
    (kept,) = rows(life, FieldRecord)
    assert b"31.2" not in kept.raw_sealed
    asked = phone.browser.look(f"/field/api/receipts?ids={first.get_json()['record_id']}").get_json()
    assert asked["records"][first.get_json()["record_id"]] == first.get_json()


def test_what_cannot_be_told_from_noise_is_refused_and_nothing_else(life: CourtLife, phone: Phone) -> None:
    assert phone.send(b"{}").get_json()["code"] == "record_malformed"
    assert phone.send(b"not json").status_code == 422
    assert phone.send(b'{"record_id":"x' + b"x" * 262144 + b'"}').status_code == 413
    assert rows(life, FieldRecord) == []
    odd = phone.send(b'{"record_id": "0198c0de-0000-7000-8000-000000000001", "seq": "one"}')
    assert odd.status_code == 201
    assert {"not_canonical", "part_malformed", "device_unknown"} <= set(odd.get_json()["doubts"])


def test_other_bytes_under_one_id_are_kept_and_answered_with_a_conflict(life: CourtLife, phone: Phone) -> None:
    raw = posting_record(phone, life)
    assert phone.send(raw).status_code == 201
    other = raw.replace(b'"place":"residence"', b'"place":"workplace"')
    answer = phone.send(other)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "record_differs")
    assert answer.mimetype == "application/problem+json"
    assert [row.raw_sealed is not None for row in rows(life, FieldRecord)] == [True, True]
    assert [row.applied_at is not None for row in rows(life, FieldRecord)] == [True, False]
    assert phone.send(raw).status_code == 200


def test_records_out_of_order_heal_their_gap(life: CourtLife, phone: Phone) -> None:
    now = life.runtime.now()
    one, two, three = (phone.make("load_scan", now, packet=number) for number in (1, 2, 3))
    assert "gap" in phone.send(three).get_json()["doubts"]
    assert "gap" not in phone.send(one).get_json()["doubts"]
    assert "gap" not in phone.send(two).get_json()["doubts"]
    assert all("gap" not in row.doubts for row in rows(life, FieldRecord))
    broken = three.replace(b'"seq":3', b'"seq":4')
    changed = json.loads(broken) | {"record_id": "0198c0de-0000-7000-8000-000000000009"}
    assert "chain_broken" in phone.send(canonical(changed)).get_json()["doubts"]


def test_a_forged_signature_goes_to_the_desk_and_not_to_the_journal(life: CourtLife, phone: Phone) -> None:
    raw = posting_record(phone, life)
    answer = phone.send(raw, Phone(phone.browser).key.sign(raw))
    assert answer.status_code == 201
    assert "bad_signature" in answer.get_json()["doubts"]
    assert [item.kind for item in rows(life, DeskItem) if item.kind == "field_report_held"] == ["field_report_held"]
    assert not [event for event in rows(life, DeliveryEvent) if event.args.get("record")]
