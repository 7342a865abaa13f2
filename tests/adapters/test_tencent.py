"""Tencent's adapter against a local server of the service's form, and its signature against the service's library."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.faults import NUMBER_LIMITED, Fault, Meaning, refusal
from adapters.hints import Network, read_reference
from adapters.tencent import Settings, TencentSms, authorization, canonical_request, sign, verify
from adapters.tencent_codes import REFUSALS, STATUSES, meaning_of_refusal
from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, SendError, Transient
from delivery.domain.event import Channel, EventKind
from delivery.providers import Answering, Message, Template
from delivery.settings import Problem
from tests.adapters.contract import NOW, ProviderContract, message
from tests.adapters.fake_tencent import APP_ID, SECRET_ID, SECRET_KEY, FakeTencent, answer, error, refused_number
from tests.adapters.harness import LocalHarness, Refused
from tests.adapters.local_http import LocalHttp, Told

VECTORS = Path(__file__).parent / "vectors"
SIGNED = json.loads((VECTORS / "china_sms_signature.json").read_text(encoding="utf-8"))["tencent_tc3"]
TABLES = json.loads((VECTORS / "china_sms_tables.json").read_text(encoding="utf-8"))["tencent"]
CLASSES = {
    "transient": Fault.PASSING,
    "permanent_address": Fault.ADDRESS,
    "permanent_recipient": Fault.RECIPIENT,
    "content": Fault.CONTENT,
    "config": Fault.OURS,
}
SECRETS = ("callback-secret-new", "callback-secret-old")
NETWORKS: tuple[Network, ...] = ()
TEMPLATES = {"e_service.zh": "1110", "qinghe/e_service.en": "1111"}
TEMPLATE = Template("qinghe", "e_service.zh", "示例法院", {"a": "ABCDEF", "b": "GHJKMN", "c": "PQRS", "d": "TUVW"})
KEY = "0195a000-0000-7000-8000-000000000001"
RECEIVED_AT = datetime.fromisoformat("2026-03-02T01:00:30+00:00")


class TencentHarness(LocalHarness[FakeTencent]):
    """The adapter and a local Tencent."""

    def __init__(self, server: LocalHttp, tencent: FakeTencent) -> None:
        every = [(refused_number(code), _expected(code)) for code in REFUSALS]
        super().__init__(server, tencent, [*every, *REFUSED])
        self.settings = Settings(
            SECRET_ID, SECRET_KEY, APP_ID, TEMPLATES, SECRETS, NETWORKS, api_base=server.url, timeout_seconds=0.4
        )
        self.provider = TencentSms(self.settings, self.clock)

    def message(self, key: str = KEY, **changes: object) -> Message:
        return message(key, **{"channel": Channel.SMS, "to": "+8613900000001", "template": TEMPLATE, **changes})

    def made(self) -> int:
        return len(self.side.sent)


def _expected(code: str) -> tuple[type[SendError], str]:
    fault = refusal(REFUSALS[code])
    return type(fault), fault.reason


REFUSED: list[Refused] = [
    (error("AuthFailure.SignatureFailure"), (Misconfigured, "credentials_refused")),
    (error("AuthFailure.SignatureExpire"), (Misconfigured, "credentials_refused")),
    (error("RequestLimitExceeded"), (Transient, "rate_limited")),
    (error("LimitExceeded.PhoneNumberDailyLimit"), (Transient, "number_limited")),
    (error("LimitExceeded.AppDailyLimit"), (Transient, "rate_limited")),
    (error("UnauthorizedOperation.RequestIpNotInWhitelist"), (Misconfigured, "credentials_refused")),
    (error("InternalError.OtherError"), (OutcomeUnknown, "server_error")),  # it does not say what it had done
    (error("NoSuchCode"), (Permanent, "refused")),
    (error("InternalError", 500), (OutcomeUnknown, "server_error")),
    (refused_number("LimitExceeded.PhoneNumberOneHourLimit"), (Transient, "number_limited")),
    (refused_number("LimitExceeded.PhoneNumberThirtySecondLimit"), (Transient, "number_limited")),
    (refused_number("LimitExceeded.PhoneNumberSameContentDailyLimit"), (Transient, "number_limited")),
    (refused_number("LimitExceeded.DeliveryFrequencyLimit"), (Transient, "number_limited")),
    (refused_number("InternalError.UnknownError"), (OutcomeUnknown, "server_error")),
    (refused_number("NoSuchCode"), (Permanent, "refused")),
    (Told(429, b"", {"Retry-After": "30"}), (Transient, "rate_limited")),
    (Told(403, b""), (Misconfigured, "credentials_refused")),
    (Told(502, b"<html>"), (OutcomeUnknown, "server_error")),
    (Told(200, b"<html>"), (OutcomeUnknown, "answer_unreadable")),
    (Told(200, b"[]"), (OutcomeUnknown, "answer_unreadable")),
    (answer(), (OutcomeUnknown, "answer_unreadable")),
    (answer(SendStatusSet=[]), (OutcomeUnknown, "answer_unreadable")),
    (answer(SendStatusSet=[{}]), (OutcomeUnknown, "answer_unreadable")),
    (answer(SendStatusSet=[{"Code": "Ok"}]), (OutcomeUnknown, "answer_unreadable")),
]


@pytest.fixture
def harness() -> Iterator[TencentHarness]:
    tencent = FakeTencent()
    server = LocalHttp(tencent)
    with server:
        yield TencentHarness(server, tencent)


class TestContract(ProviderContract):
    """The suite, for Tencent."""


def test_the_request_is_what_tencent_documents(harness: TencentHarness) -> None:
    sent = harness.provider.submit(harness.message())
    (seen,) = harness.server.seen
    fields = json.loads(seen.body)
    assert read_reference(fields.pop("SessionContext"), SECRETS) == KEY
    assert fields == {
        "PhoneNumberSet": ["+8613900000001"],
        "SmsSdkAppId": APP_ID,
        "TemplateId": "1110",
        "SignName": "示例法院",
        "TemplateParamSet": ["ABCDEF", "GHJKMN", "PQRS", "TUVW"],
    }
    assert seen.headers["X-TC-Timestamp"] == str(int(NOW.timestamp()))
    assert seen.headers["X-TC-Region"] == "ap-guangzhou"
    assert sent.reference == harness.side.sent[0]["SerialNo"]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [({"to": ""}, Permanent), ({"to": "+85291234567"}, Permanent), ({"template": None}, Misconfigured)],
)
def test_what_it_cannot_carry_is_refused_without_a_request(
    harness: TencentHarness, changes: dict[str, object], fault: type[SendError]
) -> None:
    with pytest.raises(fault):
        harness.provider.submit(harness.message(KEY, **changes))
    assert harness.server.seen == []


def test_what_became_of_a_text_is_asked_for(harness: TencentHarness) -> None:
    assert isinstance(harness.provider, Answering)
    reference = harness.provider.submit(harness.message()).reference
    harness.provider.submit(harness.message("0195a000-0000-7000-8000-000000000002"))
    harness.side.report("SUCCESS", "DELIVRD")  # of the other one
    harness.later(timedelta(minutes=1))
    assert harness.provider.reports(harness.message(), reference) == ()
    harness.side.sent.pop()
    harness.side.report("SUCCESS", "DELIVRD")
    (report,) = harness.provider.reports(harness.message(), reference)
    assert (report.kind, report.reference, report.occurred_at) == (EventKind.DELIVERED, reference, RECEIVED_AT)
    assert harness.side.asked[-1] == {
        "BeginTime": int(NOW.timestamp()) - 300,
        "EndTime": int(NOW.timestamp()) + 60,
        "Offset": 0,
        "Limit": 100,
        "PhoneNumber": "+8613900000001",
        "SmsSdkAppId": APP_ID,
    }


def test_failures_say_whose_fault_they_are(harness: TencentHarness) -> None:
    reference = harness.provider.submit(harness.message()).reference
    harness.side.report("FAIL", "MBBLACK")
    harness.side.report("FAIL", "MK:0001")
    harness.side.report("PERHAPS", "")
    first, second, third = harness.provider.reports(harness.message(), reference)
    assert (first.kind, first.reason, first.args["fault"]) == (EventKind.FAILED, "blocked", "recipient")
    assert (second.kind, second.reason, second.args["fault"]) == (EventKind.FAILED, "undeliverable", "unknown")
    assert third.kind is EventKind.UNRECOGNISED


def test_a_text_whose_answer_was_lost_is_known_by_our_reference(harness: TencentHarness) -> None:
    harness.hang_after_reading()
    with pytest.raises(OutcomeUnknown):
        harness.provider.submit(harness.message())
    harness.recover()
    harness.side.report("SUCCESS", "DELIVRD", session=False)  # an account that does not give it back
    assert harness.provider.reports(harness.message(), "") == ()
    harness.side.report("SUCCESS", "DELIVRD")
    (report,) = harness.provider.reports(harness.message(), "")
    assert report.reference == harness.side.sent[0]["SerialNo"]
    assert report.args["key"] == KEY


def test_nothing_is_asked_for_beyond_seven_days(harness: TencentHarness) -> None:
    harness.later(timedelta(days=9))
    harness.provider.reports(harness.message(), "5000:1")
    assert timedelta(seconds=harness.now.timestamp() - harness.side.asked[0]["BeginTime"]) < timedelta(days=7)


def test_what_was_written_back_is_asked_for(harness: TencentHarness) -> None:
    harness.side.reply("+8613900000001", "3")
    harness.side.reply("+8613900000001", "请打电话")
    harness.side.reply("+8613900000009", "1")
    first, second = harness.provider.answers(harness.message())
    assert (first.kind, first.args) == (EventKind.NOT_ME, {"choice": "not_me"})
    assert (second.kind, second.args) == (EventKind.REPLIED, {})
    assert second.detail == {"from": "+8613900000001", "text": "请打电话"}
    assert "13900000001" not in first.event_id


@pytest.mark.parametrize("broken", [{}, {"PullSmsSendStatusSet": [1]}, {"PullSmsSendStatusSet": {}}])
def test_a_list_that_cannot_be_read_proves_nothing(harness: TencentHarness, broken: dict[str, Any]) -> None:
    harness.side.refuse = answer(**broken)
    with pytest.raises(OutcomeUnknown, match="answer_unreadable"):
        harness.provider.reports(harness.message(), "5000:1")


@pytest.mark.parametrize(("code", "kind"), TABLES["send_error_class"].items())
def test_every_documented_refusal_is_of_its_class(code: str, kind: str) -> None:
    meaning = meaning_of_refusal(code)
    assert meaning is not None
    assert meaning.fault is CLASSES[kind.partition(" ")[0]]


def test_the_documented_statuses_are_known() -> None:
    meanings = {"delivered_to_device": EventKind.DELIVERED, "failed": EventKind.FAILED}
    assert {code: meanings[words] for code, words in TABLES["report_status"].items()} == STATUSES


def test_every_code_of_the_services_own_library_has_a_meaning_or_is_not_about_sending() -> None:
    from tencentcloud.sms.v20210111 import errorcodes

    known = {value for value in vars(errorcodes).values() if isinstance(value, str) and "." in value}
    assert {code for code in REFUSALS if "." in code} <= known | {"UnsupportedOperation.UnsupportedRegion"}
    limits = {code for code in known if code.startswith("LimitExceeded.")} - {"LimitExceeded.PhoneNumberCountLimit"}
    of_numbers = {code for code in limits if ".PhoneNumber" in code} | {"LimitExceeded.DeliveryFrequencyLimit"}
    assert {meaning_of_refusal(code) for code in limits - of_numbers} == {REFUSALS["LimitExceeded"]}
    assert {meaning_of_refusal(code) for code in of_numbers} == {Meaning(Fault.PASSING, NUMBER_LIMITED)}


def test_the_signature_is_the_captured_one() -> None:
    body, host, moment = SIGNED["body"].encode(), "127.0.0.1:5066", SIGNED["timestamp"]
    assert canonical_request(body, "application/json", host) == SIGNED["canonical_request"]
    assert sign(body, "application/json", host, moment, SIGNED["secret_key"]) == SIGNED["signature"]


def test_the_services_own_library_signs_the_same(harness: TencentHarness) -> None:
    from tencentcloud.common import credential
    from tencentcloud.common.profile.client_profile import ClientProfile
    from tencentcloud.common.profile.http_profile import HttpProfile
    from tencentcloud.sms.v20210111 import models, sms_client

    harness.provider.submit(harness.message())
    mine = harness.server.seen[0]
    endpoint = harness.server.url.removeprefix("http://")
    profile = ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=endpoint))
    client = sms_client.SmsClient(credential.Credential(SECRET_ID, SECRET_KEY), "ap-guangzhou", profile)
    request = models.SendSmsRequest()
    request.from_json_string(mine.body.decode())
    assert client.SendSms(request).SendStatusSet[0].Code == "Ok"
    theirs = harness.server.seen[1]
    assert json.loads(theirs.body) == json.loads(mine.body)
    headers = {name.lower(): value for name, value in theirs.headers.items()}
    # At their moment, over their bytes, we write the very same proof.
    moment = int(headers["x-tc-timestamp"])
    signature = sign(theirs.body, headers["content-type"], headers["host"], moment, SECRET_KEY)
    assert authorization(SECRET_ID, moment, signature) == headers["authorization"]
    own = {name.lower(): value for name, value in mine.headers.items()}
    for name in ("x-tc-action", "x-tc-version", "x-tc-region", "host"):
        assert own[name] == headers[name]


@given(body=st.binary(max_size=40), change=st.text(min_size=1, max_size=5))
def test_a_changed_request_is_not_proved(body: bytes, change: str) -> None:
    headers = {"content-type": "application/json", "host": "a.example", "x-tc-timestamp": "1795328738"}
    proof = sign(body, "application/json", "a.example", 1795328738, "s")
    headers["authorization"] = authorization("id", 1795328738, proof)
    assert verify("id", "s", headers, body)
    assert not verify("id", "s", headers, body + b"x")
    assert not verify("id", "other", headers, body)
    assert not verify("id", "s", {**headers, "host": "b.example"}, body)
    assert not verify("id", "s", {**headers, "authorization": change}, body)
    assert not verify("id", "s", {**headers, "x-tc-timestamp": change}, body)


def test_settings_name_every_wrong_variable() -> None:
    problems: list[Problem] = []
    environ = {
        "SONGDA_TENCENT_SECRET_ID": "id",
        "SONGDA_TENCENT_TEMPLATES": "e_service.zh",
        "SONGDA_TENCENT_CALLBACK_SECRET": "with/a/slash/in/the/middle",
        "SONGDA_TENCENT_TIMEOUT_SECONDS": "soon",
    }
    assert Settings.from_environ(environ, problems) is None
    assert [one.variable.removeprefix("SONGDA_TENCENT_") for one in problems] == [
        "SECRET_KEY",
        "APP_ID",
        "TEMPLATES",
        "CALLBACK_SECRET",
        "CALLBACK_NETWORKS",
        "TIMEOUT_SECONDS",
    ]


def test_settings_are_read_and_keep_their_secrets() -> None:
    environ = {
        "SONGDA_TENCENT_SECRET_ID": "id",
        "SONGDA_TENCENT_SECRET_KEY": "word-of-the-key",
        "SONGDA_TENCENT_APP_ID": APP_ID,
        "SONGDA_TENCENT_TEMPLATES": "e_service.zh=1,e_service.en=2,confirm_address.zh=3,confirm_address.en=4",
        "SONGDA_TENCENT_CALLBACK_SECRET": "callback-secret-new",
        "SONGDA_TENCENT_CALLBACK_NETWORKS": "203.0.113.7",
    }
    settings = Settings.from_environ(environ, [])
    assert settings is not None
    assert settings.region == "ap-guangzhou"
    assert "word-of-the-key" not in repr(settings)
    assert "callback-secret" not in repr(settings)
    assert Settings.from_environ({}, []) is None
