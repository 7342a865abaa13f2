"""The official account's adapter against a local WeChat."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.faults import Fault
from adapters.wechat import Settings
from adapters.wechat_codes import ERRORS, FAILURES, STATUSES
from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, Transient
from delivery.domain.event import EventKind
from delivery.settings import Problem
from tests.adapters.contract import ProviderContract, told
from tests.adapters.fake_wechat import APP_ID, OPENID, TEMPLATE, FakeWeChat, answer
from tests.adapters.wechat_harness import FIELDS, KEY, OfficeHarness, harness_of

TABLES = json.loads((Path(__file__).parent / "vectors" / "wechat_tables.json").read_text(encoding="utf-8"))


@pytest.fixture
def harness() -> Iterator[OfficeHarness]:
    with harness_of(FakeWeChat()) as found:
        yield found


class TestContract(ProviderContract):
    """The suite, for WeChat."""


def test_the_form_holds_court_case_and_code_and_nothing_of_the_papers(harness: OfficeHarness) -> None:
    sent = harness.provider.submit(harness.message())
    assert harness.side.sent == [
        {
            "touser": OPENID,
            "template_id": TEMPLATE,
            "url": "https://court.example/e/abc",
            "client_msg_id": "0195a000000070008000000000000001",
            "data": {
                "thing1": {"value": "云州市青河区人民法院"},
                "thing2": {"value": "（2026）云0102民初1号"},
                "character_string3": {"value": "K7PQ-3M9X"},
            },
        }
    ]
    assert sent.reference == "200163836"


def test_the_template_is_that_of_the_recipients_language(harness: OfficeHarness) -> None:
    harness.provider.submit(harness.message(language="en"))
    assert harness.side.sent[0]["template_id"] == "tpl-en"


@pytest.mark.parametrize("to", ["wecom:zhangsan", OPENID, "", "+8613900000001"])
def test_what_is_no_openid_is_refused_without_a_request(harness: OfficeHarness, to: str) -> None:
    with pytest.raises(Permanent):
        harness.provider.submit(harness.message(to=to))
    assert harness.side.sent == []


def test_a_value_is_never_cut_to_fit(harness: OfficeHarness) -> None:
    with pytest.raises(Permanent) as caught:
        harness.provider.submit(harness.message(fields={**FIELDS, "case": "（2026）云0102民初1号之二十三再审"}))
    assert caught.value.reason == "field_too_long"
    with pytest.raises(Misconfigured) as lacking:
        harness.provider.submit(harness.message(fields={**FIELDS, "code": ""}))
    assert lacking.value.reason == "field_missing"
    assert harness.side.sent == []


def test_a_quota_that_is_used_up_is_waited_for(harness: OfficeHarness) -> None:
    harness.side.refuse = answer(45009)
    with pytest.raises(Transient) as caught:
        harness.provider.submit(harness.message())
    assert caught.value.retry_after == timedelta(hours=1)


def test_the_statuses_of_the_vectors_mean_what_the_vectors_say() -> None:
    meanings = {
        "delivered_to_channel": (EventKind.DELIVERED, None),
        "permanent_recipient": (EventKind.FAILED, Fault.RECIPIENT),
        "transient": (EventKind.FAILED, Fault.PASSING),
    }
    for status, meaning in TABLES["wechat_template_status"].items():
        code = status.replace(" ", "")
        assert (STATUSES[code], FAILURES[code].fault if code in FAILURES else None) == meanings[meaning]


def test_what_lowers_an_address_is_said_of_the_address_alone() -> None:
    assert [code for code, meaning in ERRORS.items() if meaning.fault is Fault.ADDRESS] == [40003]


def test_asking_is_refused(harness: OfficeHarness) -> None:
    with pytest.raises(OutcomeUnknown):
        harness.provider.ask(harness.message())


ENVIRON = {
    "SONGDA_WECHAT_APP_ID": APP_ID,
    "SONGDA_WECHAT_SECRET": "secret-0001",
    "SONGDA_WECHAT_TOKEN": "newtoken, oldtoken",
    "SONGDA_WECHAT_AES_KEY": KEY,
    "SONGDA_WECHAT_TEMPLATE_ZH": TEMPLATE,
    "SONGDA_WECHAT_TEMPLATE_EN": "tpl-en",
    "SONGDA_WECHAT_FIELDS": "court=thing1, code=character_string3",
}


def test_settings_are_read_whole() -> None:
    settings = Settings.from_environ(ENVIRON, [])
    assert settings is not None
    assert settings.tokens == ("newtoken", "oldtoken")
    assert settings.places == {"court": "thing1", "code": "character_string3"}
    assert settings.longest_seconds == 40
    assert not [word for word in ("secret-0001", "newtoken", KEY) if word in repr(settings)]
    assert Settings.from_environ({}, []) is None


@pytest.mark.parametrize("fields", ["court=thing1", "code=remark", "code", "papers=thing2, code=thing1"])
def test_places_of_a_template_must_be_known_and_hold_the_code(fields: str) -> None:
    problems: list[Problem] = []
    assert Settings.from_environ({**ENVIRON, "SONGDA_WECHAT_FIELDS": fields}, problems) is None
    assert [one.variable for one in problems] == ["SONGDA_WECHAT_FIELDS"]


def test_settings_name_every_wrong_variable() -> None:
    problems: list[Problem] = []
    environ = {
        "SONGDA_WECHAT_APP_ID": APP_ID,
        "SONGDA_WECHAT_AES_KEY": KEY[:-1],
        "SONGDA_WECHAT_FIELDS": "code=thing1",
        "SONGDA_WECHAT_API_BASE": "http://api.example",
        "SONGDA_WECHAT_TEMPLATE": "tpl",
    }
    assert Settings.from_environ(environ, problems) is None
    assert sorted(told(problems)) == [
        ("SONGDA_WECHAT_AES_KEY", "must hold keys"),
        ("SONGDA_WECHAT_API_BASE", "must be an address"),
        ("SONGDA_WECHAT_SECRET", "must be set"),
        ("SONGDA_WECHAT_TEMPLATE", "is not a setting"),
        ("SONGDA_WECHAT_TEMPLATE_EN", "must be set"),
        ("SONGDA_WECHAT_TEMPLATE_ZH", "must be set"),
        ("SONGDA_WECHAT_TOKEN", "must be set"),
    ]
