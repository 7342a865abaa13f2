"""The whole way round by WeChat and WeCom: real adapters, real receivers, tokens in the court's own database."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import cast
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import func, select

from adapters.wechat import WeChatTemplates
from adapters.wechat_crypto import seal, sign
from adapters.wecom import Settings as WeComSettings
from adapters.wecom import WeComCards
from delivery.domain.event import Channel, EventKind
from delivery.intake_entries import AddressEntry
from delivery.shared_tokens import SharedTokens
from delivery.store.access_tokens import AccessToken
from delivery.store.inbox import Callback, Quarantine
from delivery.store.parties import Address
from tests.adapters.fake_wechat import AGENT_ID, APP_ID, CORP_ID, OPENID, SECRET, FakeWeChat, FakeWeCom
from tests.adapters.local_http import LocalHttp, Trouble
from tests.adapters.wechat_harness import KEY, wechat_settings
from tests.delivery.scene import HOME, Carrier, Scene
from tests.webhooks.wechat_sender import xml
from webhooks.inbox import TASK, make_blueprint, reader
from webhooks.receiver import Receiver
from webhooks.wechat import WeChatReceiver
from webhooks.wecom import WeComReceiver

CHAT = AddressEntry("wechat", f"openid:{OPENID}", "confirmed", date(2026, 2, 20), "all")
MEMBER = replace(CHAT, value="wecom:li.wei")
TOKEN = "courttoken"


@dataclass
class Trip:
    """A court with both accounts, and the two houses."""

    scene: Scene
    app: Flask
    wechat: FakeWeChat
    wecom: FakeWeCom

    def call(self, house: str, fields: Mapping[str, object], *, token: str = TOKEN, at: datetime | None = None) -> int:
        """Send an event as the house does, let the court read it, and give the status of the answer."""
        at = at or self.scene.now
        sealed = seal(xml(CreateTime=int(at.timestamp()), **fields), KEY, self.account(house), b"0123456789abcdef")
        stamp = str(int(at.timestamp()))
        query = {"timestamp": stamp, "nonce": "n1", "msg_signature": sign(token, stamp, "n1", sealed)}
        answer = self.app.test_client().post(
            f"/webhooks/{house}/qinghe?{urlencode(query)}", data=f"<xml><Encrypt>{sealed}</Encrypt></xml>"
        )
        self.scene.run()
        return answer.status_code

    @staticmethod
    def account(house: str) -> str:
        return APP_ID if house == "wechat" else CORP_ID

    def finished(self, number: str, status: str, follower: str = OPENID, *, at: datetime | None = None) -> int:
        event = {
            "FromUserName": follower,
            "MsgType": "event",
            "Event": "TEMPLATESENDJOBFINISH",
            "MsgID": number,
            "Status": status,
        }
        return self.call("wechat", event, at=at)

    def pressed(self, button: str, *, token: str = TOKEN) -> int:
        task = self.scene.attempt(Channel.WECHAT).idempotency_key
        event = {"FromUserName": "li.wei", "MsgType": "event", "Event": "template_card_event", "EventKey": button}
        return self.call("wecom", {**event, "TaskId": task}, token=token)

    def count(self, table: type) -> int:
        with self.scene.looking() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def trip(tables_url: str, tmp_path: Path) -> Iterator[Trip]:
    wechat, wecom = FakeWeChat(), FakeWeCom()
    with ExitStack() as stack:
        wechat_server, wecom_server = (stack.enter_context(LocalHttp(one)) for one in (wechat, wecom))
        scene = Scene(tables_url, f"file://{tmp_path / 'blobs'}", ())
        stack.callback(scene.close)
        clock, tokens = scene.clock, SharedTokens(scene.runtime.reading, scene.runtime.transaction)
        of_wechat = wechat_settings(wechat_server.url)
        of_wecom = WeComSettings(CORP_ID, AGENT_ID, SECRET, (TOKEN,), (KEY,), wecom_server.url, 0.4)
        providers = {
            "wechat": WeChatTemplates(of_wechat, tokens, clock.machine_now),
            "wecom": WeComCards(of_wecom, tokens, clock.now, clock.machine_now),
        }
        scene.carriers.update({name: cast("Carrier", provider) for name, provider in providers.items()})
        receivers: dict[str, Receiver] = {
            "wechat": WeChatReceiver.configured(of_wechat),
            "wecom": WeComReceiver.configured(of_wecom),
        }
        scene.handle(TASK, reader(receivers))
        app = Flask(__name__)
        app.register_blueprint(make_blueprint(scene.runtime, receivers))
        yield Trip(scene, app, wechat, wecom)


def test_a_notice_is_followed_to_the_persons_wechat(trip: Trip) -> None:
    trip.scene.open(CHAT, HOME)
    trip.scene.run()
    (sent,) = trip.wechat.sent
    assert sent["touser"] == OPENID
    attempt = trip.scene.attempt(Channel.WECHAT)
    for status in ("success", "success"):
        assert trip.finished(attempt.reference, status) == 200
    assert trip.scene.kinds().count(EventKind.DELIVERED) == 1
    assert trip.scene.attempt(Channel.WECHAT).status == "arrived"
    assert trip.count(AccessToken) == 1


def test_who_blocked_the_account_ends_the_attempt_and_keeps_the_address(trip: Trip) -> None:
    trip.scene.open(CHAT, HOME)
    trip.scene.run()
    trip.finished(trip.scene.attempt(Channel.WECHAT).reference, "failed:user block")
    attempt = trip.scene.attempt(Channel.WECHAT)
    assert (attempt.status, attempt.reason) == ("failed", "blocked")
    with trip.scene.looking() as session:
        assert set(session.scalars(select(Address.standing))) == {"good"}


def test_an_event_that_came_before_the_answer_is_kept_until_there_is_one(trip: Trip) -> None:
    assert trip.finished("200163836", "success") == 200
    trip.scene.open(CHAT, HOME)
    trip.scene.step(timedelta(minutes=5))
    assert trip.scene.attempt(Channel.WECHAT).reference == "200163836"
    assert EventKind.DELIVERED in trip.scene.kinds()


def lost(trip: Trip) -> None:
    """A notice was taken, and nobody heard the answer."""
    trip.wechat.trouble = Trouble.RESET
    trip.scene.open(CHAT, HOME)
    trip.scene.run()
    trip.wechat.recover()
    assert (trip.scene.attempt(Channel.WECHAT).status, trip.scene.desk()) == ("unknown", ["outcome_unknown"])


def test_a_notice_whose_answer_was_lost_is_known_by_the_account_that_got_it(trip: Trip) -> None:
    lost(trip)
    assert trip.finished("200163836", "success") == 200
    attempt = trip.scene.attempt(Channel.WECHAT)
    assert (attempt.status, attempt.reference, trip.scene.desk()) == ("arrived", "200163836", [])
    submitted = [event for event in trip.scene.journal() if event.kind == EventKind.SUBMITTED]
    assert [event.occurred_at for event in submitted] == [attempt.submitted_at]
    assert trip.finished("200163836", "success") == 200
    assert trip.scene.kinds().count(EventKind.DELIVERED) == 1


def test_what_another_account_got_or_this_one_much_later_is_not_the_lost_notice(trip: Trip) -> None:
    lost(trip)
    trip.finished("200163836", "success", "o-somebody-else")
    trip.scene.step(timedelta(minutes=11))
    trip.finished("200163837", "success")
    trip.scene.step(timedelta(hours=4))
    assert trip.scene.attempt(Channel.WECHAT).status == "unknown"
    assert "outcome_unknown" in trip.scene.desk()


def test_of_two_lost_notices_to_one_account_neither_is_guessed(trip: Trip) -> None:
    trip.wechat.trouble = Trouble.RESET
    for number in (1, 2):
        trip.scene.open(CHAT, HOME, case_number=f"（2026）云0102民初{number}号")
        trip.scene.run()
    trip.wechat.recover()
    assert trip.finished("200163836", "success") == 200
    assert trip.scene.attempt(Channel.WECHAT).status == "unknown"
    assert trip.scene.desk() == ["outcome_unknown", "outcome_unknown"]


def test_a_card_whose_answer_was_lost_is_sent_again_and_is_one(trip: Trip) -> None:
    trip.wecom.trouble = Trouble.RESET
    trip.scene.open(MEMBER, HOME)
    trip.scene.run()
    trip.wecom.recover()
    trip.scene.step(timedelta(minutes=5))
    assert trip.scene.attempt(Channel.WECHAT).status == "submitted"
    assert len(trip.wecom.sent) == 1
    assert trip.scene.desk() == []


def test_a_press_finds_its_card_and_is_no_service(trip: Trip) -> None:
    trip.scene.open(replace(MEMBER, basis="plaintiff_supplied", consent_scope=""), HOME)
    trip.scene.run()
    assert [trip.pressed("received"), trip.pressed("received")] == [200, 200]
    (reply,) = [event for event in trip.scene.journal() if event.kind == EventKind.REPLIED]
    assert reply.args["role"] == "account_holder"
    assert "li.wei" not in reply.entry
    assert trip.scene.order().outcome == "NOT_SERVED"
    assert trip.scene.attempt(Channel.WECHAT).status == "answered"


def test_not_me_on_a_card_ends_the_account_for_the_party(trip: Trip) -> None:
    trip.scene.open(MEMBER, HOME)
    trip.scene.run()
    trip.pressed("not_me")
    with trip.scene.looking() as session:
        standings = {row.kind: row.standing for row in session.scalars(select(Address))}
    assert standings == {"wechat": "not_theirs", "postal": "good"}


def test_a_forged_press_and_an_old_one_wait_in_quarantine(trip: Trip) -> None:
    trip.scene.open(MEMBER, HOME)
    trip.scene.run()
    assert trip.pressed("received", token="guessed") == 401
    old = trip.scene.now - timedelta(hours=1)
    event: dict[str, object] = {
        "MsgType": "event",
        "Event": "template_card_event",
        "EventKey": "received",
        "TaskId": "x",
    }
    assert trip.call("wecom", event, at=old) == 401
    assert (trip.count(Callback), trip.count(Quarantine)) == (0, 2)


def test_the_checks_of_our_address_are_answered_after_they_were_kept(trip: Trip) -> None:
    stamp = str(int(trip.scene.now.timestamp()))
    plain = {"timestamp": stamp, "nonce": "n1", "echostr": "5838349837", "signature": sign(TOKEN, stamp, "n1")}
    echo = seal("1616140317555161061", KEY, CORP_ID, b"0123456789abcdef")
    sealed = {"timestamp": stamp, "nonce": "n1", "echostr": echo, "msg_signature": sign(TOKEN, stamp, "n1", echo)}
    client = trip.app.test_client()
    answers = [
        client.get(f"/webhooks/{house}/qinghe?{urlencode(query)}")
        for house, query in (("wechat", plain), ("wecom", sealed))
    ]
    assert [(one.status_code, one.text) for one in answers] == [(200, "5838349837"), (200, "1616140317555161061")]
    assert all((one.content_type or "").startswith("text/plain") for one in answers)
    trip.scene.run()
    assert trip.count(Callback) == 2
    assert client.get("/webhooks/wechat/qinghe?echostr=1&signature=x").status_code == 401
