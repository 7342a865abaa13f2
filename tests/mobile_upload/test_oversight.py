"""The dispatcher's packets and the supervisor's phones, through the browser's door."""

from uuid import UUID

import pytest
from sqlalchemy import insert, inspect, select

from delivery.signing_in import Role
from delivery.store.accounts import Account
from delivery.store.courts import Court
from delivery.store.field import FieldDevice
from delivery.store.orders import Attempt
from delivery.store.schema import METADATA
from tests.delivery.web.conftest import Browser, SignInAs
from tests.delivery.web.court_life import CourtLife
from tests.mobile_upload.phone import Phone


@pytest.fixture
def phone(life: CourtLife, sign_in_as: SignInAs) -> Phone:
    """The enrolled phone of a field server of the court at work."""
    found = Phone(sign_in_as(Role.FIELD_SERVER))
    assert found.enrol().status_code == 201
    assert life.orders
    return found


def scan(phone: Phone, life: CourtLife, kind: str, packet: int) -> None:
    assert phone.send(phone.make(kind, life.runtime.now(), packet=packet)).status_code == 201


def given(life: CourtLife, dispatcher: Browser, phone: Phone, **form: object) -> None:
    """Number everything and give it to the phone's person."""
    assert dispatcher.send("/field/packets/number", page="/field/packets").status_code == 303
    with life.runtime.reading() as session:
        server = session.scalar(select(FieldDevice.account_id))
    listed = [visit["visit"] for visit in phone.day()["visits"]]
    told = {"server": server, "which": "listed", "listed": listed} | form
    assert dispatcher.send("/field/packets/give", told, page="/field/packets").status_code == 303


@pytest.mark.parametrize("language", ["zh", "en"])
def test_packets_are_numbered_given_loaded_and_handed_in(
    life: CourtLife, phone: Phone, sign_in_as: SignInAs, language: str
) -> None:
    dispatcher = sign_in_as(Role.DISPATCHER, language=language)
    given(life, dispatcher, phone)
    day = phone.day()["visits"]
    numbers = sorted(visit["packet"] for visit in day)
    assert numbers == list(range(1, len(day) + 1))
    labels = dispatcher.look("/field/packets/labels").text
    assert labels.count("data:image/svg") == len(day)
    assert day[0]["recipient_name"] in labels
    for number in numbers[:-1]:
        scan(phone, life, "load_scan", number)
    scan(phone, life, "load_scan", numbers[0])
    scan(phone, life, "load_scan", 9999)
    page = dispatcher.look("/field/packets").text
    all_of, done = len(numbers), len(numbers) - 1
    assert (f"{done} / {all_of} 袋" if language == "zh" else f"{done} of {all_of} packets") in page
    assert (f"缺 {numbers[-1]}" if language == "zh" else f"missing {numbers[-1]}") in page
    scan(phone, life, "hand_in", numbers[0])
    page = dispatcher.look("/field/packets").text
    assert (f"1 / {done} 袋" if language == "zh" else f"1 of {done} packets") in page
    assert dispatcher.send("/field/packets/number", page="/field/packets").location.endswith("numbered=0")


def test_the_doors_of_one_server_are_all_there_however_many_others_wait(
    life: CourtLife, phone: Phone, sign_in_as: SignInAs
) -> None:
    dispatcher = sign_in_as(Role.DISPATCHER)
    everything = [visit["visit"] for visit in phone.day()["visits"]]
    with life.runtime.transaction() as session:
        shape = inspect(Attempt).columns
        row = session.execute(select(*shape).where(Attempt.id == UUID(everything[0]))).one()
        told = {column.key: value for column, value in zip(shape, row, strict=True)}
        more = [
            {**told, "id": UUID(int=number), "idempotency_key": str(number), "assigned_to": None}
            for number in range(1, 120)
        ]
        session.execute(insert(METADATA.tables["attempt"]), more)
    given(life, dispatcher, phone, which="ticked", visit=[everything[-1]])
    with life.runtime.reading() as session:
        server = session.scalar(select(FieldDevice.account_id))
    assert everything[-1] not in dispatcher.look("/field/packets").text
    assert everything[-1] in dispatcher.look(f"/field/packets?server={server}").text
    assert dispatcher.look(f"/field/packets/labels?server={server}").text.count("data:image/svg") == 1
    assert everything[-1] not in dispatcher.look("/field/packets?server=nobody").text


def test_a_server_sees_what_is_given_to_it_or_to_nobody(life: CourtLife, phone: Phone, sign_in_as: SignInAs) -> None:
    dispatcher = sign_in_as(Role.DISPATCHER)
    everything = phone.day()["visits"]
    given(life, dispatcher, phone, which="ticked", visit=[everything[0]["visit"]])
    other = Phone(sign_in_as(Role.FIELD_SERVER, language="en"))
    other.enrol()
    assert {visit["visit"] for visit in everything} - {visit["visit"] for visit in other.day()["visits"]} == {
        everything[0]["visit"]
    }
    assert phone.day()["visits"][0]["visit"]
    foreign = other.make("unsafe", life.runtime.now(), visit=everything[0]["visit"])
    assert "visit_foreign" in other.send(foreign).get_json()["doubts"]


def test_giving_asks_for_visits_of_the_court_and_one_of_its_servers(
    life: CourtLife, phone: Phone, sign_in_as: SignInAs
) -> None:
    dispatcher = sign_in_as(Role.DISPATCHER)
    with life.runtime.reading() as session:
        server = session.scalar(select(FieldDevice.account_id))
        nobody = session.scalar(select(Account.id).where(Account.login == "dispatcher.qinghe.zh"))
    visit = phone.day()["visits"][0]["visit"]
    for form, status in (
        ({"server": server, "which": "ticked"}, 422),
        ({"server": nobody, "which": "ticked", "visit": visit}, 422),
        ({"server": "", "which": "ticked", "visit": visit}, 422),
        ({"server": server, "which": "ticked", "visit": life.orders[0]}, 404),
    ):
        assert dispatcher.send("/field/packets/give", form, page="/field/packets").status_code == status
    theirs = sign_in_as(Role.DISPATCHER, court="baishan")
    sign_in_as(Role.FIELD_SERVER, court="baishan")
    with life.runtime.reading() as session:
        their_server = session.scalar(select(Account.id).where(Account.login == "field_server.baishan.zh"))
    foreign = {"server": their_server, "which": "ticked", "visit": visit}
    assert theirs.send("/field/packets/give", foreign, page="/field/packets").status_code == 404


def test_a_lost_phone_is_revoked_and_what_it_brings_is_marked(
    life: CourtLife, phone: Phone, sign_in_as: SignInAs
) -> None:
    supervisor = sign_in_as(Role.SUPERVISOR)
    cached = phone.make("unsafe", life.runtime.now(), visit=phone.door()["visit"], ticket=phone.door()["ticket"])
    assert "张三的手机" in supervisor.look("/field/devices").text
    answer = supervisor.send(f"/field/devices/{phone.device_id}/revoke", page="/field/devices")
    assert answer.status_code == 303
    assert "已停用" in supervisor.look(answer.location).text
    assert phone.browser.look("/field/api/session").status_code == 401
    form = {"login": "field_server.qinghe.zh", "password": "correct horse battery staple"}
    assert phone.browser.send("/sign-in", form, page="/sign-in").status_code == 303
    refused = phone.browser.look(f"/field/api/day?device={phone.device_id}")
    assert (refused.status_code, refused.get_json()["code"]) == (403, "device_revoked")
    assert phone.post("devices", {"name": "x", "public_key": phone.key.jwk}).get_json()["code"] == "device_revoked"
    brought = phone.send(cached)
    assert (brought.status_code, brought.get_json()["doubts"]) == (201, ["device_revoked"])


def test_a_phone_that_was_found_again_is_enrolled_as_another_and_the_old_one_stays_revoked(
    life: CourtLife, phone: Phone, sign_in_as: SignInAs
) -> None:
    old, old_key = phone.device_id, phone.key
    cached = phone.make("unsafe", life.runtime.now(), visit=phone.door()["visit"], ticket=phone.door()["ticket"])
    sign_in_as(Role.SUPERVISOR).send(f"/field/devices/{old}/revoke", page="/field/devices")
    form = {"login": "field_server.qinghe.zh", "password": "correct horse battery staple"}
    assert phone.browser.send("/sign-in", form, page="/sign-in").status_code == 303
    found = Phone(phone.browser)
    assert found.enrol().status_code == 201
    assert found.device_id != old
    door = found.door()
    brought = found.send(cached, old_key.sign(cached))
    assert (brought.status_code, brought.get_json()["doubts"]) == (201, ["device_revoked"])
    fresh = found.make("unsafe", life.runtime.now(), visit=door["visit"], ticket=door["ticket"])
    assert (found.send(fresh).get_json()["doubts"], found.seq) == ([], 1)
    forged = found.make("unsafe", life.runtime.now(), visit=door["visit"], ticket=door["ticket"], device_id=old)
    assert set(found.send(forged).get_json()["doubts"]) >= {"bad_signature", "device_revoked"}
    assert found.post("devices", {"name": "x", "public_key": old_key.jwk}).get_json()["code"] == "device_revoked"


def test_a_person_names_the_own_phone_and_the_supervisor_sees_it(phone: Phone, sign_in_as: SignInAs) -> None:
    again = phone.post("devices", {"name": " 张三的  备用机 ", "public_key": phone.key.jwk})
    assert (again.status_code, again.get_json()["device_id"]) == (200, phone.device_id)
    shown = sign_in_as(Role.SUPERVISOR).look("/field/devices").text
    assert "张三的 备用机" in shown
    assert "张三的手机" not in shown
    assert (
        phone.post("devices", {"name": "  ", "public_key": phone.key.jwk}).get_json()["code"] == "device_name_missing"
    )


def test_the_court_chooses_for_its_doors(life: CourtLife, phone: Phone, sign_in_as: SignInAs) -> None:
    supervisor = sign_in_as(Role.SUPERVISOR)
    tiles = "https://tiles.court.example/{z}/{x}/{y}.png"
    form = {"screen_signature_enough": "1", "tile_url": tiles}
    assert supervisor.send("/field/choices", form, page="/field/devices").status_code == 303
    assert phone.day()["policy"] == {"tile_url": tiles, "screen_signature_enough": True, "second_server": False}
    card = phone.day()["doors"][phone.door()["door"]][0]
    assert card["captures"][0]["points"] == {"receipt": 1, "signature": 1}
    for wrong in ("http://tiles.court.example/{z}/{x}/{y}", "https://tiles.court.example/", "javascript:{z}{x}{y}"):
        assert supervisor.send("/field/choices", {"tile_url": wrong}, page="/field/devices").status_code == 422
    with life.runtime.reading() as session:
        other = session.scalars(select(Court).where(Court.code == "baishan")).one()
        assert "field" not in other.settings


def test_another_courts_phones_and_visits_are_not_there(life: CourtLife, phone: Phone, sign_in_as: SignInAs) -> None:
    their_supervisor = sign_in_as(Role.SUPERVISOR, court="baishan")
    revoke = f"/field/devices/{phone.device_id}/revoke"
    assert their_supervisor.send(revoke, page="/field/devices").status_code == 404
    assert "张三" not in their_supervisor.look("/field/devices").text
    theirs = Phone(sign_in_as(Role.FIELD_SERVER, court="baishan"))
    assert theirs.browser.look(f"/field/api/day?device={phone.device_id}").status_code == 404
    theirs.enrol()
    visit = phone.door()
    raw = theirs.make(
        "report", life.runtime.now(), visit=visit["visit"], ticket=visit["ticket"], report={"result": "x"}
    )
    doubts = theirs.send(raw).get_json()["doubts"]
    assert {"visit_unknown", "ticket_foreign"} <= set(doubts)
    own = phone.make("unsafe", life.runtime.now(), visit=visit["visit"], ticket=visit["ticket"])
    record_id = phone.send(own).get_json()["record_id"]
    asked = theirs.browser.look(f"/field/api/receipts?ids={record_id}").get_json()
    assert asked == {"captures": {record_id: asked["captures"][record_id]}, "records": {}}
    assert asked["captures"][record_id]["state"] == "unknown"
