"""WeCom's receiver: the sealed check of our address, and the buttons of cards."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy.orm import Session

from adapters.wecom_codes import BUTTONS
from delivery.domain.errors import InvalidSignature, MalformedCallback
from delivery.domain.event import EventKind
from tests.webhooks.wechat_sender import KEYS, SENT_AT, TOKENS, SealedContract, changed, envelope, posted, xml
from webhooks.receiver import Answer, InboundRequest
from webhooks.wechat_envelope import Envelope
from webhooks.wecom import ABOUT_NO_MESSAGE, WeComReceiver

CORP_ID = "ww0123456789abcdef"
VECTORS = Path(__file__).parents[1] / "adapters" / "vectors" / "wechat_crypto.json"
SAMPLE = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"][2]
KEY = "0195a000-0000-7000-8000-000000000001"
SAID = {"ToUserName": CORP_ID, "FromUserName": "lilei", "CreateTime": int(SENT_AT.timestamp())}


def pressed(button: str, task: str = KEY) -> str:
    return xml(
        **SAID,
        MsgType="event",
        Event="template_card_event",
        EventKey=button,
        TaskId=task,
        CardType="button_interaction",
        ResponseCode="response-code-0001",
        AgentID=1000002,
    )


def post(text: str, proof: str = "new") -> InboundRequest:
    return posted("wecom", text, CORP_ID, proof=proof)


class WeComSender:
    """WeCom's side."""

    receiver = WeComReceiver(envelope(CORP_ID))

    def request(self, code: str = "received", *, proof: str = "new") -> InboundRequest:
        return post(pressed(code), proof)

    def signature_headers(self) -> tuple[str, ...]:
        return ()  # the proof stands in the address

    def codes(self) -> Mapping[str, EventKind]:
        return BUTTONS

    def malformed(self) -> list[InboundRequest]:
        without_time = xml(MsgType="event", Event="template_card_event", EventKey="received", TaskId=KEY)
        return [post(text) for text in ["", "[]", "<xml/>", pressed(""), pressed("received", ""), without_time]]


@pytest.fixture
def sender() -> WeComSender:
    return WeComSender()


class TestContract(SealedContract):
    """The suite, for WeCom."""


def test_a_press_is_an_answer_by_our_key_and_by_whoever_holds_the_account(sender: WeComSender) -> None:
    (report,) = sender.receiver.event_reports(sender.request())
    assert (report.kind, report.reference, report.occurred_at) == (EventKind.REPLIED, KEY, SENT_AT)
    assert report.args == {"key": KEY, "role": "account_holder", "choice": "received"}
    assert report.detail == {"from": "wecom:lilei"}


def test_not_me_is_a_fact_of_its_own(sender: WeComSender) -> None:
    (report,) = sender.receiver.event_reports(sender.request("not_me"))
    assert report.kind is EventKind.NOT_ME


def test_no_button_gives_a_consent_or_confirms_an_address() -> None:
    assert set(BUTTONS.values()) == {EventKind.REPLIED, EventKind.NOT_ME}


def test_a_card_that_is_not_ours_has_no_key(sender: WeComSender) -> None:
    (report,) = sender.receiver.event_reports(post(pressed("received", "x" * 128)))
    assert "key" not in report.args


def test_another_corporation_is_refused(sender: WeComSender) -> None:
    with pytest.raises(InvalidSignature):
        sender.receiver.verify(posted("wecom", pressed("received"), "ww-of-somebody-else"))


def test_an_old_recording_is_refused(sender: WeComSender) -> None:
    with pytest.raises(InvalidSignature):
        sender.receiver.verify(posted("wecom", pressed("received"), CORP_ID, age=timedelta(minutes=11)))


def _published(receiver: WeComReceiver) -> InboundRequest:
    del receiver
    query = {key: SAMPLE[key] for key in ("msg_signature", "timestamp", "nonce", "echostr")}
    at = datetime.fromtimestamp(int(SAMPLE["timestamp"]), UTC)
    return InboundRequest("GET", f"/webhooks/wecom/qinghe?{urlencode(query)}", received_at=at)


def test_the_published_check_of_an_address_is_answered_as_published() -> None:
    receiver = WeComReceiver(Envelope((SAMPLE["token"],), (SAMPLE["EncodingAESKey"],), SAMPLE["receiveId"]))
    request = _published(receiver)
    receiver.verify(request)
    assert receiver.reply(Session(), request) == Answer(body=SAMPLE["reply"])
    assert receiver.event_reports(request) == []


def test_a_check_with_anything_changed_is_refused() -> None:
    receiver = WeComReceiver(Envelope((SAMPLE["token"],), (SAMPLE["EncodingAESKey"],), SAMPLE["receiveId"]))
    request = _published(receiver)
    for wrong in (
        changed(request, "echostr=P", "echostr=Q"),
        changed(request, "echostr=", "echo="),
        changed(request, "nonce=2", "nonce=3"),
        replace(request, received_at=request.received_at + timedelta(hours=1)),
    ):
        with pytest.raises(InvalidSignature):
            receiver.verify(wrong)


def test_a_press_is_acknowledged_without_a_word_and_without_a_dialogue(sender: WeComSender) -> None:
    request = sender.request()
    assert sender.receiver.acknowledge(request) == Answer()
    assert sender.receiver.reply(Session(), request) is None


def test_a_member_may_write(sender: WeComSender) -> None:
    (report,) = sender.receiver.event_reports(post(xml(**SAID, MsgType="text", Content="2", MsgId=77)))
    assert (report.kind, report.args["choice"]) == (EventKind.REPLIED, "i_collect")
    assert report.detail["from"] == "wecom:lilei"


def test_members_coming_and_going_say_nothing_of_an_order(sender: WeComSender) -> None:
    for event in ABOUT_NO_MESSAGE:
        assert sender.receiver.event_reports(post(xml(**SAID, MsgType="event", Event=event))) == []
    (report,) = sender.receiver.event_reports(post(xml(**SAID, MsgType="event", Event="new_thing")))
    assert report.kind is EventKind.UNRECOGNISED


def test_a_message_without_number_is_malformed(sender: WeComSender) -> None:
    with pytest.raises(MalformedCallback):
        sender.receiver.event_reports(post(xml(**SAID, MsgType="text", Content="2")))


def test_secrets_are_not_shown(sender: WeComSender) -> None:
    assert not [secret for secret in (*TOKENS.values(), *KEYS.values()) if secret in repr(sender.receiver)]
