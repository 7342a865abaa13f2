"""Aliyun's adapter against a local server of the service's form, and its signature against the service's library."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.aliyun import AliyunSms, Settings, authorization, canonical_request, sign, verify
from adapters.aliyun_codes import ARRIVED, RECEIPTS, REFUSALS, STATUSES
from adapters.faults import Fault, refusal
from adapters.hints import Network, read_reference
from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, SendError, Transient
from delivery.domain.event import Channel, EventKind
from delivery.providers import Answering, Message, Template
from delivery.settings import Problem
from tests.adapters.contract import NOW, ProviderContract, message, told
from tests.adapters.fake_aliyun import KEY_ID, KEY_SECRET, FakeAliyun, said
from tests.adapters.harness import LocalHarness, Refused
from tests.adapters.local_http import LocalHttp, Told

VECTORS = Path(__file__).parent / "vectors"
SIGNED = json.loads((VECTORS / "china_sms_signature.json").read_text(encoding="utf-8"))["aliyun_acs3"]
TABLES = json.loads((VECTORS / "china_sms_tables.json").read_text(encoding="utf-8"))["aliyun"]
CLASSES = {
    "transient": {Fault.PASSING},
    "permanent_address": {Fault.ADDRESS},
    "permanent_recipient": {Fault.RECIPIENT},
    "content": {Fault.CONTENT},
    "config": {Fault.OURS},
    "caller_bug": {Fault.OURS},
}
SECRETS = ("callback-secret-new", "callback-secret-old")
NETWORKS: tuple[Network, ...] = ()
TEMPLATES = {"e_service.zh": "SMS_154950909", "qinghe/e_service.en": "SMS_154950910"}
TEMPLATE = Template("qinghe", "e_service.zh", "示例法院", {"a": "ABCDEF", "b": "GHJKMN", "c": "PQRS", "d": "TUVW"})
KEY = "0195a000-0000-7000-8000-000000000001"


class AliyunHarness(LocalHarness[FakeAliyun]):
    """The adapter and a local Aliyun."""

    def __init__(self, server: LocalHttp, aliyun: FakeAliyun) -> None:
        every = [(said(code), _expected(code)) for code in REFUSALS]
        super().__init__(server, aliyun, [*every, *REFUSED])
        self.settings = Settings(KEY_ID, KEY_SECRET, TEMPLATES, SECRETS, NETWORKS, server.url, timeout_seconds=0.4)
        self.provider = AliyunSms(self.settings, self.clock)

    def message(self, key: str = KEY, **changes: object) -> Message:
        return message(key, **{"channel": Channel.SMS, "to": "+8613900000001", "template": TEMPLATE, **changes})

    def made(self) -> int:
        return len(self.side.sent)


def _expected(code: str) -> tuple[type[SendError], str]:
    error = refusal(REFUSALS[code])
    return type(error), error.reason


REFUSED: list[Refused] = [
    (said("SignatureDoesNotMatch", status=400), (Misconfigured, "credentials_refused")),
    (said("InvalidAccessKeyId.NotFound", status=404), (Misconfigured, "credentials_refused")),
    (said("Throttling.User", status=503), (Transient, "rate_limited")),  # the one code that a 5xx documents
    (said("Throttling.Unheard", status=400), (Transient, "rate_limited")),
    (said("isv.NO_SUCH_CODE"), (Permanent, "refused")),  # not in any table: refused, and the address is not blamed
    (said("NoSuchCode", status=400), (Permanent, "refused")),
    (said("NoSuchCode", status=403), (Misconfigured, "credentials_refused")),
    (said("OK", status=500), (OutcomeUnknown, "server_error")),
    (said("isv.OUT_OF_SERVICE", status=500), (OutcomeUnknown, "server_error")),
    (Told(429, b"", {"Retry-After": "30"}), (Transient, "rate_limited")),
    (Told(502, b"<html>Bad gateway</html>"), (OutcomeUnknown, "server_error")),
    (Told(200, b"<html>"), (OutcomeUnknown, "answer_unreadable")),
    (Told(200, b"[]"), (OutcomeUnknown, "answer_unreadable")),
    (Told(200, b"{}"), (OutcomeUnknown, "answer_unreadable")),
]


@pytest.fixture
def harness() -> Iterator[AliyunHarness]:
    aliyun = FakeAliyun()
    server = LocalHttp(aliyun)
    with server:
        yield AliyunHarness(server, aliyun)


class TestContract(ProviderContract):
    """The suite, for Aliyun."""


def test_the_request_is_what_aliyun_documents(harness: AliyunHarness) -> None:
    reference = harness.provider.submit(harness.message()).reference
    (seen,) = harness.server.seen
    assert seen.path == "/"
    assert seen.body == b""
    assert seen.query == {
        "PhoneNumbers": "13900000001",
        "SignName": "示例法院",
        "TemplateCode": "SMS_154950909",
        "TemplateParam": '{"a": "ABCDEF", "b": "GHJKMN", "c": "PQRS", "d": "TUVW"}',
        "OutId": reference,
    }
    assert seen.headers["x-acs-date"] == "2026-03-02T01:00:00Z"
    assert read_reference(reference, SECRETS) == KEY


def test_a_court_may_have_templates_of_its_own(harness: AliyunHarness) -> None:
    english = replace(TEMPLATE, name="e_service.en")
    harness.provider.submit(harness.message(template=english))
    assert harness.server.seen[0].query["TemplateCode"] == "SMS_154950910"
    with pytest.raises(Misconfigured, match="template_missing"):
        harness.provider.submit(harness.message(template=replace(english, court="other")))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"to": ""}, Permanent),
        ({"to": "+85291234567"}, Permanent),
        ({"to": "+861012345678"}, Permanent),
        ({"template": None}, Misconfigured),
    ],
)
def test_what_it_cannot_carry_is_refused_without_a_request(
    harness: AliyunHarness, changes: dict[str, object], error: type[SendError]
) -> None:
    with pytest.raises(error):
        harness.provider.submit(harness.message(KEY, **changes))
    assert harness.server.seen == []


def test_asking_too_early_proves_nothing(harness: AliyunHarness) -> None:
    with pytest.raises(Transient) as caught:
        harness.provider.ask(harness.message())
    assert caught.value.retry_after == timedelta(minutes=5)
    with pytest.raises(OutcomeUnknown):
        harness.provider.ask(harness.message(written_at=None))


def test_another_message_to_the_number_is_not_ours(harness: AliyunHarness) -> None:
    harness.provider.submit(harness.message("0195a000-0000-7000-8000-000000000002"))
    harness.side.sent.append({**harness.side.sent[0], "OutId": "0195a000-0000-7000-8000-000000000001.forgedforgedforg"})
    harness.later(timedelta(minutes=5))
    assert harness.provider.ask(harness.message()) is None


def test_a_text_sent_at_midnight_is_looked_for_on_both_days(harness: AliyunHarness) -> None:
    midnight = datetime.fromisoformat("2026-03-02T23:58:00+08:00")
    harness.now, harness.side.sent_at = midnight, midnight + timedelta(minutes=3)
    sent = harness.provider.submit(harness.message(written_at=midnight))
    harness.later(timedelta(minutes=10))
    found = harness.provider.ask(harness.message(written_at=midnight))
    assert found is not None
    assert found.reference == sent.reference


def test_a_list_that_is_too_long_proves_nothing(harness: AliyunHarness) -> None:
    for number in range(201):
        harness.side.sent.append({"PhoneNum": "13900000001", "SendDate": "2026-03-02 09:00:00", "OutId": str(number)})
    harness.later(timedelta(minutes=5))
    with pytest.raises(OutcomeUnknown, match="list_too_long"):
        harness.provider.ask(harness.message())


def test_what_became_of_a_text_is_asked_for(harness: AliyunHarness) -> None:
    assert isinstance(harness.provider, Answering)
    reference = harness.provider.submit(harness.message()).reference
    assert harness.provider.reports(harness.message(), reference) == ()  # the carrier has not said
    harness.side.report(3, "DELIVERED")
    (report,) = harness.provider.reports(harness.message(), reference)
    assert (report.kind, report.reference) == (EventKind.DELIVERED, reference)
    assert report.occurred_at == NOW + timedelta(seconds=30)
    harness.side.report(2, "MOBILE_NOT_ON_SERVICE")
    (report,) = harness.provider.reports(harness.message(), reference)
    assert (report.kind, report.reason, report.args["fault"]) == (EventKind.FAILED, "handset_unreachable", "passing")
    harness.side.report(9, "")
    assert harness.provider.reports(harness.message(), reference)[0].kind is EventKind.UNRECOGNISED
    with pytest.raises(OutcomeUnknown):
        harness.provider.answers(harness.message())


@pytest.mark.parametrize("broken", [{}, {"SmsSendDetailDTOs": {}}, {"SmsSendDetailDTOs": {"SmsSendDetailDTO": [1]}}])
def test_a_list_that_cannot_be_read_proves_nothing(harness: AliyunHarness, broken: dict[str, Any]) -> None:
    harness.side.refuse = said("OK", **broken)
    with pytest.raises(OutcomeUnknown, match="answer_unreadable"):
        harness.provider.reports(harness.message(), "")


@pytest.mark.parametrize(("code", "kind"), TABLES["send_error_class"].items())
def test_every_documented_refusal_is_of_its_class(code: str, kind: str) -> None:
    assert REFUSALS[code].fault in CLASSES[kind]


def test_the_documented_statuses_are_known() -> None:
    meanings = {"waiting": None, "failed": EventKind.FAILED, "delivered": EventKind.DELIVERED}
    assert {code: meanings[words] for code, words in TABLES["send_status"].items()} == STATUSES
    assert set(TABLES["success_err_code"]) == ARRIVED
    assert not ARRIVED & RECEIPTS.keys()


def _of_vector() -> tuple[dict[str, str], dict[str, str]]:
    lines = SIGNED["canonical_request"].split("\n")
    return dict(parse_qsl(lines[2])), dict(line.split(":", 1) for line in lines[3 : lines.index("", 3)])


def test_the_signature_is_the_captured_one() -> None:
    query, headers = _of_vector()
    assert canonical_request(query, headers) == SIGNED["canonical_request"]
    assert sign(query, headers, SIGNED["access_key_secret"]) == SIGNED["signature"]


def test_the_services_own_library_signs_the_same(harness: AliyunHarness) -> None:
    from alibabacloud_dysmsapi20170525.client import Client
    from alibabacloud_dysmsapi20170525.models import SendSmsRequest
    from alibabacloud_tea_openapi.utils_models import Config

    endpoint = harness.server.url.removeprefix("http://")
    client = Client(
        Config(access_key_id=KEY_ID, access_key_secret=KEY_SECRET, endpoint=endpoint, protocol="HTTP", no_proxy="*")
    )
    ours = harness.provider.submit(harness.message())
    mine = harness.server.seen[0]
    answered = client.send_sms(
        SendSmsRequest(
            phone_numbers=mine.query["PhoneNumbers"],
            sign_name=mine.query["SignName"],
            template_code=mine.query["TemplateCode"],
            template_param=mine.query["TemplateParam"],
            out_id=ours.reference,
        )
    )
    assert answered.body.code == "OK"
    theirs = harness.server.seen[1]
    assert theirs.query == mine.query
    headers = {name.lower(): value for name, value in theirs.headers.items()}
    assert verify(KEY_ID, KEY_SECRET, theirs.query, headers)
    # At their moment, with their nonce and the headers that they sign, we write the very same proof.
    names = headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    signed = {name: headers[name] for name in names}
    assert authorization(KEY_ID, KEY_SECRET, mine.query, signed) == headers["authorization"]
    own = {name.lower(): value for name, value in mine.headers.items()}
    assert {name for name in own if name.startswith("x-acs-")} <= {name for name in names if name.startswith("x-acs-")}


@given(name=st.text(max_size=20), value=st.text(max_size=20), change=st.text(min_size=1, max_size=5))
def test_a_changed_request_is_not_proved(name: str, value: str, change: str) -> None:
    query = {"PhoneNumbers": "13900000001", f"_{name}": value}
    headers = {"host": "a.example", "x-acs-content-sha256": "e3b0"}
    headers["authorization"] = authorization("id", "secret", query, headers)
    assert verify("id", "secret", query, headers)
    assert not verify("id", "secret", {**query, f"_{name}": value + change}, headers)
    assert not verify("id", "other", query, headers)
    assert not verify("id", "secret", query, {**headers, "host": "b.example"})
    assert not verify("id", "secret", query, {**headers, "authorization": change})


def test_settings_name_every_wrong_variable() -> None:
    problems: list[Problem] = []
    environ = {
        "SONGDA_ALIYUN_ACCESS_KEY_ID": "id",
        "SONGDA_ALIYUN_TEMPLATES": "e_service.zh=SMS_1",
        "SONGDA_ALIYUN_CALLBACK_SECRET": "short",
        "SONGDA_ALIYUN_CALLBACK_NETWORKS": "somewhere",
        "SONGDA_ALIYUN_API_BASE": "http://dysmsapi.example",
        "SONGDA_ALIYUN_SIGN": "misspelt",
    }
    assert Settings.from_environ(environ, problems) is None
    assert [one.variable.removeprefix("SONGDA_ALIYUN_") for one in problems] == [
        "ACCESS_KEY_SECRET",
        "TEMPLATES",
        "CALLBACK_SECRET",
        "CALLBACK_NETWORKS",
        "API_BASE",
        "SIGN",
    ]
    assert told(problems)[0] == ("SONGDA_ALIYUN_ACCESS_KEY_SECRET", "must be set")


def test_settings_are_read_and_keep_their_secrets() -> None:
    environ = {
        "SONGDA_ALIYUN_ACCESS_KEY_ID": "id",
        "SONGDA_ALIYUN_ACCESS_KEY_SECRET": "word-of-the-key",
        "SONGDA_ALIYUN_TEMPLATES": (
            "e_service.zh=SMS_1, e_service.en=SMS_2, confirm_address.zh=SMS_3, confirm_address.en=SMS_4, "
            "qinghe/e_service.zh=SMS_5"
        ),
        "SONGDA_ALIYUN_CALLBACK_SECRET": "callback-secret-new, callback-secret-old",
        "SONGDA_ALIYUN_CALLBACK_NETWORKS": "203.0.113.0/24, 2001:db8::/32",
    }
    settings = Settings.from_environ(environ, [])
    assert settings is not None
    assert settings.templates["qinghe/e_service.zh"] == "SMS_5"
    assert [str(one) for one in settings.networks] == ["203.0.113.0/24", "2001:db8::/32"]
    assert "word-of-the-key" not in repr(settings)
    assert "callback-secret" not in repr(settings)
    assert Settings.from_environ({}, []) is None


@pytest.mark.parametrize(
    ("templates", "sound"),
    [
        ("e_service.zh=1,e_service.en=2,confirm_address.zh=3,confirm_address.en=4", True),
        ("a/e_service.zh=1,a/e_service.en=2,a/confirm_address.zh=3,a/confirm_address.en=4", True),
        ("a/e_service.zh=1,a/e_service.en=2,a/confirm_address.zh=3,b/confirm_address.en=4", False),
        ("e_service.zh=1,e_service.en=2,confirm_address.zh=3", False),
        ("e_service.fr=1", False),
        ("e_service.zh", False),
    ],
)
def test_every_text_in_both_languages_has_a_template(templates: str, *, sound: bool) -> None:
    environ = {
        "SONGDA_ALIYUN_ACCESS_KEY_ID": "id",
        "SONGDA_ALIYUN_ACCESS_KEY_SECRET": "secret",
        "SONGDA_ALIYUN_TEMPLATES": templates,
        "SONGDA_ALIYUN_CALLBACK_SECRET": "callback-secret-new",
        "SONGDA_ALIYUN_CALLBACK_NETWORKS": "0.0.0.0/0",
    }
    problems: list[Problem] = []
    assert (Settings.from_environ(environ, problems) is not None) is sound
    assert {one.variable for one in problems} == (set() if sound else {"SONGDA_ALIYUN_TEMPLATES"})
