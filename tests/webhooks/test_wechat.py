"""The official account's receiver: sealed events, the check of our address, and what followers write."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy.orm import Session

from adapters.wechat_codes import STATUSES
from adapters.wechat_crypto import sign
from delivery.domain.errors import InvalidSignature, MalformedCallback
from delivery.domain.event import EventKind
from tests.webhooks.contract import RECEIVED_AT
from tests.webhooks.wechat_sender import NONCE, SENT_AT, TOKENS, SealedContract, envelope, posted, xml
from webhooks.receiver import Answer, InboundRequest
from webhooks.wechat import ABOUT_NO_MESSAGE, WeChatReceiver
from webhooks.wechat_envelope import Envelope

APP_ID = "wx0123456789abcdef"
VECTORS = Path(__file__).parents[1] / "adapters" / "vectors" / "wechat_crypto.json"
PLAIN, EVENT, _ = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]
SAID = {"ToUserName": "gh_0001", "FromUserName": "oLiLei_0001", "CreateTime": int(SENT_AT.timestamp())}


def finished(status: str) -> str:
    return xml(**SAID, MsgType="event", Event="TEMPLATESENDJOBFINISH", MsgID=200163836, Status=status)


def written(text: str, kind: str = "text") -> InboundRequest:
    return post(xml(**SAID, MsgType=kind, Content=text, MsgId=1234567890123456))


def post(text: str, proof: str = "new") -> InboundRequest:
    return posted("wechat", text, APP_ID, proof=proof)


class WeChatSender:
    """WeChat's side."""

    receiver = WeChatReceiver(envelope(APP_ID))

    def request(self, code: str = "success", *, proof: str = "new") -> InboundRequest:
        return post(finished(code), proof)

    def signature_headers(self) -> tuple[str, ...]:
        return ()  # the proof stands in the address

    def codes(self) -> Mapping[str, EventKind]:
        as_written = {"failed:userblock": "failed:user block", "failed:systemfailed": "failed: system failed"}
        return {as_written.get(code, code): kind for code, kind in STATUSES.items()}

    def malformed(self) -> list[InboundRequest]:
        without_time = xml(MsgType="event", Event="TEMPLATESENDJOBFINISH", MsgID=1, Status="success")
        without_number = xml(**SAID, MsgType="text", Content="1")
        contents = ["", "no xml", "<xml/>", xml(**SAID), '<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>', finished("")]
        return [post(text) for text in [*contents, without_time, without_number, "<xml>\x00</xml>"]]


@pytest.fixture
def sender() -> WeChatSender:
    return WeChatSender()


class TestContract(SealedContract):
    """The suite, for WeChat."""


def test_the_published_event_is_read() -> None:
    at = datetime.fromtimestamp(int(EVENT["timestamp"]), UTC)
    receiver = WeChatReceiver(Envelope((EVENT["token"],), (EVENT["EncodingAESKey"],), EVENT["receiveId"]))
    query = {key: EVENT[key] for key in ("timestamp", "nonce", "msg_signature")}
    body = f"<xml><Encrypt>{EVENT['Encrypt']}</Encrypt></xml>".encode()
    request = InboundRequest("POST", f"/webhooks/wechat/qinghe?{urlencode(query)}", {}, body, received_at=at)
    receiver.verify(request)
    (report,) = receiver.event_reports(request)
    assert (report.kind, report.reason, report.reference) == (EventKind.FAILED, "blocked", "200163836")
    assert (report.raw_code, report.args, report.occurred_at) == ("failed:user block", {"fault": "recipient"}, at)


def test_another_sealed_text_under_the_same_signature_is_refused(sender: WeChatSender) -> None:
    other = sender.request("failed:user block")
    with pytest.raises(InvalidSignature):
        sender.receiver.verify(replace(sender.request(), body=other.body))


def test_the_account_must_be_ours(sender: WeChatSender) -> None:
    with pytest.raises(InvalidSignature):
        sender.receiver.verify(posted("wechat", finished("success"), "wx-of-somebody-else"))


def test_a_message_in_plain_is_not_taken(sender: WeChatSender) -> None:
    request = sender.request()
    with pytest.raises(InvalidSignature):
        sender.receiver.verify(replace(request, body=finished("success").encode()))


@pytest.mark.parametrize("age", [timedelta(minutes=11), timedelta(minutes=-11)])
def test_an_old_recording_is_refused_and_may_still_be_read(sender: WeChatSender, age: timedelta) -> None:
    request = posted("wechat", finished("success"), APP_ID, age=age)
    with pytest.raises(InvalidSignature) as caught:
        sender.receiver.verify(request)
    assert caught.value.args == ("time_stamp",)
    assert sender.receiver.event_reports(request)  # what was verified in its time is read whenever there is time


def test_within_the_window_a_repetition_is_the_same_fact(sender: WeChatSender) -> None:
    again = posted("wechat", finished("success"), APP_ID, age=timedelta(minutes=-9))
    sender.receiver.verify(again)
    assert sender.receiver.event_reports(again) == sender.receiver.event_reports(sender.request())


def check(echo: str, proof: str = "new", at: datetime = SENT_AT) -> InboundRequest:
    stamp = str(int(at.timestamp()))
    query = {"signature": sign(TOKENS[proof], stamp, NONCE), "timestamp": stamp, "nonce": NONCE, "echostr": echo}
    return InboundRequest("GET", f"/webhooks/wechat/qinghe?{urlencode(query)}", received_at=RECEIVED_AT)


def test_the_check_of_our_address_is_answered_as_it_came(sender: WeChatSender) -> None:
    request = check("5838349837")
    sender.receiver.verify(request)
    assert sender.receiver.event_reports(request) == []
    assert sender.receiver.reply(Session(), request) == Answer(body="5838349837")
    assert sender.receiver.reply(Session(), sender.request()) is None
    assert sender.receiver.acknowledge(sender.request()).body == "success"


def test_the_published_check_holds() -> None:
    at = datetime.fromtimestamp(int(PLAIN["timestamp"]), UTC)
    query = {key: PLAIN[key] for key in ("signature", "timestamp", "nonce")}
    url = f"/webhooks/wechat/qinghe?{urlencode({**query, 'echostr': '1'})}"
    WeChatReceiver(Envelope((PLAIN["token"],), (), "")).verify(InboundRequest("GET", url, received_at=at))


@pytest.mark.parametrize(
    "request_",
    [
        check("1", "foreign"),
        check("1", at=RECEIVED_AT - timedelta(hours=1)),
        check("<script>"),
        check(""),
        check("1" * 65),
    ],
)
def test_a_check_by_anybody_else_is_refused(sender: WeChatSender, request_: InboundRequest) -> None:
    with pytest.raises(InvalidSignature):
        sender.receiver.verify(request_)


@pytest.mark.parametrize(
    ("text", "kind", "choice"),
    [
        ("１", EventKind.REPLIED, "post_it"),
        ("3", EventKind.NOT_ME, "not_me"),
        ("退订", EventKind.OPTED_OUT, ""),
        ("我明天来", EventKind.REPLIED, ""),
    ],
)
def test_what_a_follower_writes_is_an_answer_of_whoever_holds_the_account(
    sender: WeChatSender, text: str, kind: EventKind, choice: str
) -> None:
    (report,) = sender.receiver.event_reports(written(text))
    assert (report.kind, report.args.get("choice", "")) == (kind, choice)
    assert report.args["role"] == "account_holder"
    assert report.detail == {"from": "openid:oLiLei_0001", "text": text}
    assert "LiLei" not in f"{report.event_id}{report.reference}{dict(report.args)}"


def test_a_voice_message_is_an_answer_too(sender: WeChatSender) -> None:
    (report,) = sender.receiver.event_reports(written("", "voice"))
    assert (report.kind, report.raw_code) == (EventKind.REPLIED, "voice")


def test_followers_coming_and_going_say_nothing_of_an_order(sender: WeChatSender) -> None:
    for event in ABOUT_NO_MESSAGE:
        assert sender.receiver.event_reports(post(xml(**SAID, MsgType="event", Event=event))) == []


def test_an_event_that_nobody_knows_is_shown_and_names_nobody(sender: WeChatSender) -> None:
    (report,) = sender.receiver.event_reports(post(xml(**SAID, MsgType="event", Event="NEW_THING")))
    assert (report.kind, report.raw_code) == (EventKind.UNRECOGNISED, "NEW_THING")
    assert "LiLei" not in report.event_id


def test_an_event_about_a_message_needs_its_number(sender: WeChatSender) -> None:
    with pytest.raises(MalformedCallback):
        sender.receiver.event_reports(post(xml(**SAID, MsgType="event", Event="TEMPLATESENDJOBFINISH", Status="x")))


def test_secrets_are_not_shown(sender: WeChatSender) -> None:
    assert not [secret for secret in TOKENS.values() if secret in repr(sender.receiver)]
