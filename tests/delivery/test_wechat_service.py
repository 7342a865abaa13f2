"""Service by WeChat: to the account of counsel's firm, to the party's own, and what a press of a button is worth."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from delivery.domain.errors import OutcomeUnknown, Transient, UnknownReference
from delivery.domain.event import Channel, EventKind
from delivery.intake_entries import AddressEntry
from delivery.message_checking import check_code
from delivery.providers import Capabilities
from tests.delivery.conftest import SetScene
from tests.delivery.scene import EMAIL, HOME, MOBILE, Carrier, Fault, Scene, mail_relay, post_office, text_carrier

FIRM = {"firm": "云州明理律师事务所", "lawyer": "周律师", "firm_wechat": "wecom:zhou"}
CHAT = AddressEntry("wechat", "openid:oA1b2C3d4E5f6G7h8I9j0K1l2M3n", "confirmed", date(2026, 2, 20), "all")


def followers() -> Carrier:
    capabilities = Capabilities(Channel.WECHAT, idempotent=False, askable=False, prefix="openid:")
    return Carrier("wechat", capabilities)


def members() -> Carrier:
    return Carrier("wecom", Capabilities(Channel.WECHAT, idempotent=True, askable=False, prefix="wecom:"))


@pytest.fixture
def scene(set_scene: SetScene) -> Scene:
    return set_scene(text_carrier(), mail_relay(), post_office(), followers(), members())


def test_a_firm_is_served_at_its_wechat_account_and_its_mailbox(scene: Scene) -> None:
    scene.open(MOBILE, HOME, **FIRM, firm_email="service@firm.example")
    scene.run()
    assert {attempt.channel for attempt in scene.attempts()} == {"email", "wechat"}
    (message,) = scene.carriers["wecom"].sent
    assert (message.to, message.recipient_name) == ("wecom:zhou", "云州明理律师事务所")
    assert scene.carriers["wechat"].sent == []
    (mail,) = scene.carriers["mails"].sent
    assert mail.to == "service@firm.example"


def test_what_counsel_types_back_belongs_to_the_message_that_went_to_the_firm(scene: Scene) -> None:
    scene.open(MOBILE, HOME, **FIRM)
    scene.run()
    typed = {"from": "wecom:zhou", "text": "4"}
    scene.report(
        scene.carriers["wecom"], EventKind.REPLIED, reference="of-the-answer", args={"choice": "call_me"}, detail=typed
    )
    assert scene.desk() == ["call_wanted"]
    with pytest.raises(UnknownReference):
        scene.report(scene.carriers["wecom"], EventKind.REPLIED, reference="2", detail={"from": "wecom:nobody"})


def test_a_firm_with_nothing_but_wechat_is_represented(scene: Scene) -> None:
    scene.open(MOBILE, HOME, **FIRM)
    scene.run()
    assert [attempt.channel for attempt in scene.attempts()] == ["wechat"]
    assert [tier.tier for tier in scene.tiers() if not tier.skipped_reason] == ["counsel"]


def test_the_message_names_court_case_and_code_and_no_papers(scene: Scene) -> None:
    scene.open(CHAT, HOME)
    scene.run()
    (message,) = scene.carriers["wechat"].sent
    fields = message.fields
    assert set(fields) == {"court", "case", "code", "check", "phone", "link"}
    assert (fields["court"], fields["case"]) == ("云州市青河区人民法院", "（2026）云0102民初1号")
    assert fields["link"].startswith("http://127.0.0.1:8100/e/")
    said = f"{message.subject}{message.text}{dict(fields)}"
    assert "起诉状" not in said
    assert "法院不会索要钱款、银行卡或完整身份证号" in message.text
    assert fields["code"] in message.text
    with scene.looking() as session:
        genuine = check_code(session, fields["code"])
    assert genuine is not None
    assert (genuine.channel, genuine.to) == (Channel.WECHAT, "openid:o****n")


def test_each_account_is_written_to_by_the_provider_that_can(scene: Scene) -> None:
    scene.open(replace(CHAT, value="wecom:li.wei"), HOME)
    scene.run()
    assert scene.carriers["wechat"].sent == []
    assert scene.carriers["wecom"].sent[0].to == "wecom:li.wei"


def test_an_account_that_no_provider_reaches_is_passed_over_with_the_reason(set_scene: SetScene) -> None:
    scene = set_scene(text_carrier(), mail_relay(), post_office(), members())
    scene.open(CHAT, MOBILE, HOME)
    scene.run()
    assert [attempt.channel for attempt in scene.attempts()] == ["sms"]
    passed = [event for event in scene.journal() if event.kind == EventKind.ADDRESS_PASSED_OVER]
    assert [(event.args["channel"], event.body["reason"]) for event in passed] == [("wechat", "channel_not_configured")]


def test_without_any_provider_of_wechat_the_rest_goes_on(set_scene: SetScene) -> None:
    scene = set_scene(text_carrier(), mail_relay(), post_office())
    scene.open(CHAT, EMAIL, HOME, **FIRM)
    scene.run()
    assert [attempt.channel for attempt in scene.attempts()] == ["email"]


def test_a_press_is_an_answer_and_neither_service_nor_consent(scene: Scene) -> None:
    scene.open(replace(CHAT, basis="plaintiff_supplied", consent_scope=""), HOME)
    scene.run()
    scene.report(
        scene.carriers["wechat"],
        EventKind.REPLIED,
        args={"role": "account_holder", "choice": "received"},
    )
    scene.run()
    assert scene.attempt(Channel.WECHAT).status == "answered"
    order = scene.order()
    assert (order.outcome, order.status) == ("NOT_SERVED", "open")
    assert order.reached_at is not None


def test_not_me_ends_the_account_for_this_party(scene: Scene) -> None:
    scene.open(CHAT, HOME)
    scene.run()
    scene.report(scene.carriers["wechat"], EventKind.NOT_ME, args={"role": "account_holder", "choice": "not_me"})
    scene.run()
    assert scene.attempt(Channel.WECHAT).status == "failed"
    scene.open(replace(CHAT), HOME, case_number="（2026）云0102民初2号")
    scene.run()
    assert scene.attempts(Channel.WECHAT) == []


def test_what_nobody_answered_is_sent_again_as_of_the_first_time(scene: Scene) -> None:
    wecom = scene.carriers["wecom"]
    wecom.faults.extend([Fault(OutcomeUnknown("read_timeout"), taken=True), Fault(Transient("provider_busy"))])
    scene.open(MOBILE, HOME, **FIRM)
    scene.run()
    began = scene.now
    assert scene.attempt(Channel.WECHAT).reason == "unanswered"
    seen = []
    wecom.meanwhile = lambda: seen.append(scene.attempt(Channel.WECHAT).submitted_at)
    scene.step(timedelta(minutes=3))
    scene.step(timedelta(minutes=10))
    attempt = scene.attempt(Channel.WECHAT)
    assert (attempt.status, attempt.reason, attempt.submitted_at) == ("submitted", "", began)
    assert seen == [began]
    assert (wecom.calls, len(wecom.sent)) == (3, 1)


def test_a_lost_answer_of_one_that_cannot_be_asked_goes_to_a_person(scene: Scene) -> None:
    scene.carriers["wechat"].faults.append(Fault(OutcomeUnknown("connection_lost"), taken=True))
    scene.open(CHAT, HOME)
    scene.run()
    assert scene.attempt(Channel.WECHAT).status == "unknown"
    assert "outcome_unknown" in scene.desk()
    scene.step(timedelta(hours=1))
    assert len(scene.carriers["wechat"].sent) == 1
