"""The whole way round for carriers that do not sign: a push is a hint, and what they say when asked is the fact."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import cast

import pytest
from flask import Flask
from sqlalchemy import func, select

from adapters.aliyun import AliyunSms
from adapters.aliyun import Settings as AliyunSettings
from adapters.tencent import Settings as TencentSettings
from adapters.tencent import TencentSms
from delivery.desk_work import resolve_item
from delivery.domain.event import Channel, EventKind
from delivery.domain.order import AttemptStatus
from delivery.hint_checking import check_hint
from delivery.outcomes import CHECK_TASK
from delivery.store.courts import Court
from delivery.store.desk import DeskItem
from delivery.store.inbox import Quarantine
from delivery.store.journal import EventDetail
from delivery.store.parties import Address
from tests.adapters.fake_aliyun import KEY_ID, KEY_SECRET, FakeAliyun, said
from tests.adapters.fake_tencent import APP_ID, SECRET_ID, SECRET_KEY, FakeTencent, error
from tests.adapters.local_http import LocalHttp, Trouble
from tests.delivery.scene import MOBILE, MORNING, Carrier, Scene
from webhooks.aliyun import AliyunReceiver
from webhooks.inbox import TASK, make_blueprint, reader
from webhooks.receiver import Receiver
from webhooks.tencent import TencentReceiver

SECRETS = ("callback-secret-new", "callback-secret-old")
NETWORKS = (ip_network("203.0.113.0/24"),)
TEMPLATES = {"e_service.zh": "1110", "confirm_address.zh": "1111"}


@dataclass
class Trip:
    """The court, and both carriers' side of the line."""

    scene: Scene
    aliyun: FakeAliyun
    tencent: FakeTencent
    app: Flask

    def start(self, provider: str) -> None:
        """Send a text by this one."""
        with self.scene.runtime.transaction() as session:
            session.get_one(Court, self.scene.court_id).settings = {"providers": {"sms": [provider]}}
        self.scene.open(MOBILE)
        self.scene.run()

    def push(self, provider: str, content: object, secret: str = SECRETS[0], remote: str = "203.0.113.9") -> int:
        answer = self.app.test_client().post(
            f"/webhooks/{provider}/qinghe/{secret}",
            data=json.dumps(content, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json"},
            environ_base={"REMOTE_ADDR": remote},
        )
        self.scene.run()
        return answer.status_code

    def hint(self, *, success: bool = True, code: str = "DELIVERED", **more: str) -> int:
        """Push what Aliyun says of the newest text."""
        out_id = str(self.aliyun.sent[-1]["OutId"])
        item = {
            "phone_number": "13800138000",
            "report_time": "2026-03-02 09:00:30",
            "success": success,
            "out_id": out_id,
        }
        return self.push("aliyun", [{**item, "err_code": code, **more}])

    def kinds(self) -> list[str]:
        return self.scene.kinds()

    def status(self) -> str:
        return self.scene.attempt(Channel.SMS).status


@pytest.fixture
def trip(tables_url: str, tmp_path: Path) -> Iterator[Trip]:
    with ExitStack() as stack:
        aliyun, tencent = FakeAliyun(), FakeTencent()
        aliyun.sent_at = MORNING
        urls = [stack.enter_context(LocalHttp(one)).url for one in (aliyun, tencent)]
        scene = Scene(tables_url, f"file://{tmp_path / 'blobs'}", ())
        stack.callback(scene.close)
        of_aliyun = AliyunSettings(KEY_ID, KEY_SECRET, TEMPLATES, SECRETS, NETWORKS, urls[0], timeout_seconds=0.5)
        of_tencent = TencentSettings(
            SECRET_ID, SECRET_KEY, APP_ID, TEMPLATES, SECRETS, NETWORKS, api_base=urls[1], timeout_seconds=0.5
        )
        now = scene.clock.now
        scene.carriers["aliyun"] = cast("Carrier", AliyunSms(of_aliyun, now))
        scene.carriers["tencent"] = cast("Carrier", TencentSms(of_tencent, now))
        receivers: dict[str, Receiver] = {
            "aliyun": AliyunReceiver.configured(of_aliyun),
            "tencent": TencentReceiver.configured(of_tencent),
        }
        scene.handle(TASK, reader(receivers))
        scene.handle(CHECK_TASK, check_hint)
        app = Flask(__name__)
        app.register_blueprint(make_blueprint(scene.runtime, receivers))
        yield Trip(scene, aliyun, tencent, app)


def report(trip: Trip, status: str = "SUCCESS", code: str = "DELIVRD") -> list[dict[str, str]]:
    """What Tencent pushes about the newest text."""
    serial = str(trip.tencent.sent[-1]["SerialNo"])
    row = {"user_receive_time": "2026-03-02 09:00:30", "nationcode": "86", "mobile": "13800138000"}
    return [{**row, "report_status": status, "errmsg": code, "description": "x", "sid": serial}]


def test_a_hint_counts_once_the_carrier_confirms_it(trip: Trip) -> None:
    trip.start("aliyun")
    trip.aliyun.report(3, "DELIVERED")
    for _ in range(3):
        assert trip.hint() == 200
    assert trip.kinds().count(EventKind.DELIVERED) == 1
    assert trip.status() == AttemptStatus.ARRIVED


def test_a_forged_hint_changes_nothing_and_comes_before_a_person(trip: Trip) -> None:
    trip.start("aliyun")
    trip.hint()  # the carrier itself says nothing of the kind
    assert EventKind.DELIVERED not in trip.kinds()
    assert trip.status() == AttemptStatus.SUBMITTED
    trip.scene.step(timedelta(hours=3))
    assert EventKind.DELIVERED not in trip.kinds()
    assert "hint_unconfirmed" in trip.scene.desk()


def test_what_the_carrier_says_counts_and_not_what_was_hinted(trip: Trip) -> None:
    trip.start("aliyun")
    trip.aliyun.report(2, "INVALID_NUMBER")
    trip.hint()
    attempt = trip.scene.attempt(Channel.SMS)
    assert (attempt.status, attempt.reason) == (AttemptStatus.FAILED, "address_invalid")
    assert EventKind.DELIVERED not in trip.kinds()
    with trip.scene.looking() as session:
        assert session.scalars(select(Address.standing)).all() == ["dead"]


def test_a_list_that_lags_is_asked_again(trip: Trip) -> None:
    trip.start("aliyun")
    trip.hint()
    trip.aliyun.report(3, "DELIVERED")
    trip.scene.step(timedelta(minutes=1))
    assert trip.status() == AttemptStatus.ARRIVED
    assert trip.scene.desk() == []


def test_a_question_that_fails_says_nothing_of_the_text(trip: Trip) -> None:
    trip.start("aliyun")
    trip.aliyun.refuse = said("isp.RAM_PERMISSION_DENY")
    trip.hint()
    assert trip.status() == AttemptStatus.SUBMITTED
    assert trip.scene.desk() == ["provider_paused"]


def test_strangers_are_turned_away(trip: Trip) -> None:
    trip.start("aliyun")
    trip.aliyun.report(3, "DELIVERED")
    out_id = str(trip.aliyun.sent[-1]["OutId"])
    item = {"phone_number": "13800138000", "success": True, "err_code": "DELIVERED", "out_id": out_id}
    assert trip.push("aliyun", [item], secret="callback-secret-foreign") == 401
    assert trip.push("aliyun", [item], remote="198.51.100.1") == 401
    assert EventKind.DELIVERED not in trip.kinds()
    with trip.scene.looking() as session:
        assert session.scalar(select(func.count()).select_from(Quarantine)) == 2
    assert trip.push("aliyun", [{**item, "out_id": "another-system"}]) == 200
    assert (trip.scene.desk(), trip.status()) == ([], AttemptStatus.SUBMITTED)


def test_without_any_push_the_carrier_is_asked_in_time(trip: Trip) -> None:
    trip.start("aliyun")
    trip.aliyun.report(3, "DELIVERED")
    trip.scene.step(timedelta(hours=1))
    assert trip.status() == AttemptStatus.ARRIVED


def test_a_lost_answer_is_asked_for_and_nothing_is_sent_twice(trip: Trip) -> None:
    trip.aliyun.trouble = Trouble.RESET
    trip.start("aliyun")
    assert trip.status() == AttemptStatus.UNKNOWN
    assert trip.scene.desk() == ["outcome_unknown"]
    trip.aliyun.trouble = None
    trip.scene.step(timedelta(hours=1))
    assert trip.status() == AttemptStatus.SUBMITTED
    assert (len(trip.aliyun.sent), trip.scene.desk()) == (1, [])


def test_a_serial_number_that_was_lost_comes_with_a_report(trip: Trip) -> None:
    trip.tencent.trouble = Trouble.RESET
    trip.start("tencent")
    assert trip.status() == AttemptStatus.UNKNOWN
    trip.tencent.trouble = None
    trip.tencent.report("SUCCESS", "DELIVRD")
    assert trip.push("tencent", report(trip)) == 200
    attempt = trip.scene.attempt(Channel.SMS)
    assert (attempt.status, attempt.reference) == (AttemptStatus.ARRIVED, trip.tencent.sent[0]["SerialNo"])
    assert (len(trip.tencent.sent), trip.scene.desk()) == (1, [])


def test_tencent_is_asked_too(trip: Trip) -> None:
    trip.start("tencent")
    trip.tencent.report("FAIL", "MBBLACK")
    assert trip.push("tencent", report(trip, "FAIL", "MBBLACK")) == 200
    attempt = trip.scene.attempt(Channel.SMS)
    assert (attempt.status, attempt.reason) == (AttemptStatus.FAILED, "blocked")


def test_a_serial_number_of_nobody_goes_to_the_desk(trip: Trip) -> None:
    trip.start("tencent")
    stranger = [{**report(trip)[0], "sid": "5000:9", "mobile": "13900000009"}]
    assert trip.push("tencent", stranger) == 200
    trip.scene.step(timedelta(hours=5))
    assert "callback_unmatched" in trip.scene.desk()


def test_an_answer_counts_once_the_carrier_confirms_it(trip: Trip) -> None:
    trip.start("tencent")
    trip.tencent.reply("+8613800138000", "3", 1772413290)
    row = {"extend": "", "mobile": "13800138000", "nationcode": "86", "sign": "x", "text": "3", "time": 1772413290}
    assert trip.push("tencent", row) == 200
    assert trip.push("tencent", row) == 200
    assert trip.kinds().count(EventKind.NOT_ME) == 1
    assert trip.kinds().count(EventKind.INFORMATION) == 2, "the answer itself, and that the links to this number ended"


def test_a_forged_answer_stops_nobody(trip: Trip) -> None:
    trip.start("tencent")
    trip.tencent.reply("+8613800138000", "1", 1772413299)
    row = {"extend": "", "mobile": "13800138000", "nationcode": "86", "sign": "x", "text": "3", "time": 1772413290}
    trip.push("tencent", row)
    trip.scene.step(timedelta(hours=3))
    assert EventKind.NOT_ME not in trip.kinds()
    with trip.scene.looking() as session:
        assert session.scalars(select(Address.standing)).all() == ["good"]


def test_an_answer_that_nobody_can_confirm_is_kept_and_shown(trip: Trip) -> None:
    trip.start("aliyun")
    row = {"phone_number": "13800138000", "content": "请打电话", "send_time": "2026-03-02 09:30:00", "sequence_id": "7"}
    assert trip.push("aliyun", [{**row, "dest_code": "1"}]) == 200
    assert trip.scene.desk() == ["answer_unconfirmed"]
    assert EventKind.REPLIED not in trip.kinds()
    assert EventKind.INFORMATION in trip.kinds()
    with trip.scene.runtime.reading() as session:
        (detail,) = session.scalars(select(EventDetail)).all()
        assert "请打电话" in (detail.content or "")


@pytest.mark.parametrize(
    ("digit", "desk"), [("1", []), ("2", ["collects_at_court"]), ("3", ["number_not_theirs"]), ("4", ["call_wanted"])]
)
def test_an_answer_that_a_person_checked_counts_like_a_confirmed_one(trip: Trip, digit: str, desk: list[str]) -> None:
    trip.start("aliyun")
    row = {"phone_number": "13800138000", "content": digit, "send_time": "2026-03-02 09:30:00", "sequence_id": "7"}
    pushed = [{**row, "dest_code": "1"}, {**row, "dest_code": "1", "content": "谢谢", "sequence_id": "8"}]
    assert trip.push("aliyun", pushed) == 200
    assert trip.scene.desk() == ["answer_unconfirmed"] * 2, "two answers in one push are two questions"
    with trip.scene.runtime.transaction() as session:
        items = session.scalars(select(DeskItem).where(DeskItem.closed_at.is_(None)))
        (mine,) = (one for one in items if one.args["choice"])
        court_id, now = trip.scene.court_id, trip.scene.now
        resolve_item(
            trip.scene.runtime, session, court_id, mine.id,
            action="take_answer", reason="", by=None, roles=frozenset(), now=now,
        )  # fmt: skip
    assert trip.push("aliyun", pushed[:1]) == 200, "pushed again, it is known"
    trip.scene.run()
    assert [one for one in trip.scene.desk() if one != "answer_unconfirmed"] == desk
    (told,) = (one for one in trip.scene.journal() if one.kind in {EventKind.REPLIED, EventKind.NOT_ME})
    assert told.args["choice"] == {"1": "post_it", "2": "i_collect", "3": "not_me", "4": "call_me"}[digit]


def test_a_carrier_that_refuses_the_key_pauses(trip: Trip) -> None:
    trip.tencent.refuse = error("AuthFailure.SecretIdNotFound")
    trip.start("tencent")
    assert trip.scene.desk() == ["provider_paused"]
    assert trip.scene.attempt(Channel.SMS).tries == 0
