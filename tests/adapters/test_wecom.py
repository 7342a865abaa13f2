"""WeCom's adapter against a local WeCom that drops what it was sent before."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.faults import Fault
from adapters.wecom import Settings
from adapters.wecom_codes import ERRORS
from delivery.domain.errors import OutcomeUnknown, Permanent
from delivery.settings import Problem
from tests.adapters.contract import ProviderContract, told
from tests.adapters.fake_wechat import AGENT_ID, CORP_ID, USER, FakeWeCom
from tests.adapters.wechat_harness import KEY, OfficeHarness, harness_of

TABLES = json.loads((Path(__file__).parent / "vectors" / "wechat_tables.json").read_text(encoding="utf-8"))


@pytest.fixture
def harness() -> Iterator[OfficeHarness]:
    with harness_of(FakeWeCom()) as found:
        yield found


class TestContract(ProviderContract):
    """The suite, for WeCom."""


def test_the_card_says_who_writes_and_offers_every_answer(harness: OfficeHarness) -> None:
    sent = harness.provider.submit(harness.message())
    (request,) = harness.side.sent
    assert (request["touser"], request["agentid"], request["msgtype"]) == (USER, AGENT_ID, "template_card")
    assert request["template_card"] == {
        "card_type": "button_interaction",
        "source": {"desc": "云州市青河区人民法院"},
        "main_title": {"title": "云州市青河区人民法院送达通知"},
        "sub_title_text": "开庭传票在此: https://court.example/s/abc",
        "horizontal_content_list": [
            {"keyname": "案号", "value": "（2026）云0102民初1号"},
            {"keyname": "核验码", "value": "K7PQ-3M9X"},
            {"keyname": "电话", "value": "12368"},
        ],
        "card_action": {"type": 1, "url": "https://court.example/e/abc"},
        "task_id": "0195a000-0000-7000-8000-000000000001",
        "button_list": [
            {"text": "我已收到", "style": 1, "key": "received"},
            {"text": "请邮寄", "style": 2, "key": "post_it"},
            {"text": "到院领取", "style": 2, "key": "i_collect"},
            {"text": "请回电", "style": 2, "key": "call_me"},
            {"text": "非本人", "style": 2, "key": "not_me"},
        ],
    }
    assert (sent.reference, dict(sent.args)) == ("0195a000-0000-7000-8000-000000000001", {"message_id": "msg-0"})


def test_an_english_card_has_english_buttons(harness: OfficeHarness) -> None:
    harness.provider.submit(harness.message(language="en"))
    assert "Not me" in json.dumps(harness.side.sent[0])


def test_after_the_time_in_which_repetitions_are_known_nothing_is_sent(harness: OfficeHarness) -> None:
    message = harness.message()
    harness.hang_after_reading()
    with pytest.raises(OutcomeUnknown):
        harness.provider.submit(message)
    harness.recover()
    harness.later(timedelta(hours=3, minutes=49))
    harness.provider.submit(message)
    assert harness.made() == 1
    harness.later(timedelta(minutes=2))
    with pytest.raises(OutcomeUnknown) as caught:
        harness.provider.submit(message)
    assert caught.value.reason == "duplicate_window_passed"
    assert len([seen for seen in harness.server.seen if seen.path.endswith("/send")]) == 2


def test_what_is_no_user_of_wecom_is_refused_without_a_request(harness: OfficeHarness) -> None:
    with pytest.raises(Permanent):
        harness.provider.submit(harness.message(to="openid:oA1b2C3d4E5f6G7h8I9j0K1l2M3n"))
    assert harness.server.seen == []


def test_the_codes_of_the_vectors() -> None:
    codes = TABLES["wecom"]
    assert ERRORS[codes["all_invalid_errcode"]].fault is Fault.ROUTE
    assert ERRORS[codes["rate_limit_errcode"]].fault is Fault.PASSING


ENVIRON = {
    "SONGDA_WECOM_CORP_ID": CORP_ID,
    "SONGDA_WECOM_AGENT_ID": str(AGENT_ID),
    "SONGDA_WECOM_SECRET": "secret-0001",
    "SONGDA_WECOM_TOKEN": "courttoken",
    "SONGDA_WECOM_AES_KEY": KEY,
}


def test_settings_are_read_whole() -> None:
    settings = Settings.from_environ(ENVIRON, [])
    assert settings is not None
    assert (settings.agent_id, settings.api_base) == (AGENT_ID, "https://qyapi.weixin.qq.com")
    assert not [word for word in ("secret-0001", "courttoken", KEY) if word in repr(settings)]
    assert Settings.from_environ({}, []) is None


def test_settings_name_every_wrong_variable() -> None:
    problems: list[Problem] = []
    assert Settings.from_environ({"SONGDA_WECOM_AES_KEY": "short"}, problems) is None
    assert sorted(told(problems)) == [
        ("SONGDA_WECOM_AES_KEY", "must hold keys"),
        ("SONGDA_WECOM_AGENT_ID", "must be a whole number"),
        ("SONGDA_WECOM_CORP_ID", "must be set"),
        ("SONGDA_WECOM_SECRET", "must be set"),
        ("SONGDA_WECOM_TOKEN", "must be set"),
    ]
