"""Twilio's receiver: statuses and replies."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from adapters.twilio import SIGNATURE_HEADER, Algorithm, Settings, sign
from adapters.twilio_codes import ERRORS, STATUSES
from delivery.domain.errors import InvalidSignature
from delivery.domain.event import EventKind, Report
from tests.webhooks.contract import RECEIVED_AT, ReceiverContract
from webhooks.receiver import InboundRequest
from webhooks.twilio import TwilioReceiver

BASE = "https://court.example"
PATH = "/webhooks/twilio?key=0195a000-0000-7000-8000-000000000001"
SECRETS = {"new": "token-new", "old": "token-old", "foreign": "token-foreign"}
SID = "SM" + "0" * 32
STATUS = {
    "AccountSid": "AC" + "a" * 32,
    "ApiVersion": "2010-04-01",
    "From": "+14155550100",
    "MessageSid": SID,
    "SmsSid": SID,
    "To": "+8613900000001",
}


class TwilioSender:
    """Twilio's side."""

    receiver = TwilioReceiver(BASE, ("token-new", "token-old"))

    def request(self, code: str = "delivered", *, proof: str = "new") -> InboundRequest:
        status, _, error = code.partition("/")
        fields = {**STATUS, "MessageStatus": status, "SmsStatus": status} | ({"ErrorCode": error} if error else {})
        return signed(fields, SECRETS[proof])

    def signature_headers(self) -> tuple[str, ...]:
        return (SIGNATURE_HEADER,)

    def codes(self) -> Mapping[str, EventKind]:
        failures = {f"{status}/{code}": EventKind.FAILED for status in ("failed", "undelivered") for code in ERRORS}
        return {**STATUSES, **failures, "partially_delivered": EventKind.UNRECOGNISED}

    def malformed(self) -> list[InboundRequest]:
        return [signed({}), signed({"MessageSid": SID}), signed({"MessageStatus": "sent"}), json_request(b"{}")]


def signed(fields: Mapping[str, str], key: str = "token-new", path: str = PATH) -> InboundRequest:
    return InboundRequest(
        "POST",
        path,
        {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "x-twilio-signature": sign(BASE + path, fields, key),
        },
        urlencode(fields).encode(),
        received_at=RECEIVED_AT,
    )


def json_request(body: bytes, said: bytes | None = None) -> InboundRequest:
    path = f"/webhooks/twilio?bodySHA256={hashlib.sha256(body if said is None else said).hexdigest()}"
    headers = {"Content-Type": "application/json", SIGNATURE_HEADER: sign(BASE + path, {}, "token-new")}
    return InboundRequest("POST", path, headers, body, received_at=RECEIVED_AT)


@pytest.fixture
def sender() -> TwilioSender:
    return TwilioSender()


class TestContract(ReceiverContract):
    """The suite, for Twilio."""


def _read(request: InboundRequest) -> Report:
    TwilioSender.receiver.verify(request)
    (report,) = TwilioSender.receiver.event_reports(request)
    return report


@pytest.mark.parametrize(
    ("code", "reason", "fault"),
    [
        ("undelivered/30003", "handset_unreachable", "passing"),
        ("undelivered/30005", "unknown_number", "address"),
        ("failed/21610", "opted_out", "recipient"),
        ("failed/30002", "account_suspended", "ours"),
        ("undelivered/30007", "filtered", "content"),
        ("undelivered", "undeliverable", "unknown"),
        ("undelivered/12345", "undeliverable", "unknown"),
        ("failed/x" + "9" * 5000, "undeliverable", "unknown"),
        ("canceled", "cancelled", "ours"),
    ],
)
def test_a_failure_says_whose_fault_it_is(code: str, reason: str, fault: str) -> None:
    report = _read(TwilioSender().request(code))
    assert (report.kind, report.reason, report.args["fault"]) == (EventKind.FAILED, reason, fault)


def test_our_key_comes_back_with_the_status() -> None:
    report = _read(TwilioSender().request("sent"))
    assert (report.reference, report.args["key"]) == (SID, "0195a000-0000-7000-8000-000000000001")
    assert report.occurred_at == RECEIVED_AT


def test_the_carriers_own_time_is_kept_and_not_believed() -> None:
    report = _read(signed({**STATUS, "MessageStatus": "delivered", "RawDlrDoneDate": "2603051102"}))
    assert report.args["carrier_time"] == "2603051102"
    assert report.occurred_at == RECEIVED_AT


@pytest.mark.parametrize(
    ("text", "kind", "choice"),
    [
        ("1", EventKind.REPLIED, "post_it"),
        (" 2。", EventKind.REPLIED, "i_collect"),
        ("3", EventKind.NOT_ME, "not_me"),
        ("4", EventKind.REPLIED, "call_me"),
        ("４", EventKind.REPLIED, "call_me"),
        ("1楼没有这个人", EventKind.REPLIED, None),
        ("已收到法律文书", EventKind.REPLIED, None),
        ("", EventKind.REPLIED, None),
        ("STOP", EventKind.OPTED_OUT, None),
        ("td", EventKind.OPTED_OUT, None),
        ("退订", EventKind.OPTED_OUT, None),
    ],
)
def test_a_reply_is_a_choice_only_as_a_whole(text: str, kind: EventKind, choice: str | None) -> None:
    fields = {"MessageSid": SID, "From": "+8613900000001", "To": "+14155550100", "Body": text, "NumMedia": "0"}
    report = _read(signed({**fields, "SmsStatus": "received"}, path="/webhooks/twilio"))
    assert (report.kind, report.args.get("choice")) == (kind, choice)
    assert report.detail == {"from": "+8613900000001", "to": "+14155550100", "text": text.strip()}
    assert report.reference == SID


def test_a_json_body_is_signed_by_its_hash() -> None:
    TwilioSender.receiver.verify(json_request(b'{"specversion":"1.0"}'))
    with pytest.raises(InvalidSignature):
        TwilioSender.receiver.verify(json_request(b'{"specversion":"1.0"}', said=b"another"))


def test_a_header_cannot_choose_the_algorithm() -> None:
    modern = TwilioReceiver(BASE, ("shared",), Algorithm.HMAC_SHA256)
    fields = {**STATUS, "MessageStatus": "sent"}
    weak = signed(fields, "shared")
    for settings in ("algorithm=HMAC_SHA1", "key=webhooks_sharedkey_0001,algorithm=HMAC_SHA1", "algorithm=none"):
        request = replace(weak, headers={**weak.headers, "X-Twilio-Webhooks-Signature-Settings": settings})
        with pytest.raises(InvalidSignature):
            modern.verify(request)
    strong = sign(BASE + PATH, fields, "shared", Algorithm.HMAC_SHA256)
    modern.verify(replace(weak, headers={**weak.headers, "x-twilio-signature": strong}))


def test_the_address_is_ours_and_not_the_requests() -> None:
    request = TwilioSender().request()
    TwilioSender.receiver.verify(replace(request, url=f"http://127.0.0.1:8000{PATH}"))
    behind = TwilioReceiver("https://court.example/songda/", ("token-new",))
    path = "/songda/webhooks/twilio"
    fields = {**STATUS, "MessageStatus": "sent"}
    for seen in (path, "/webhooks/twilio"):  # with and without a proxy that cuts the prefix
        behind.verify(replace(signed(fields, path=path), url=seen))


def test_it_is_built_from_the_accounts_settings() -> None:
    settings = Settings("AC" + "a" * 32, ("token-new", "token-old"), "+14155550100")
    assert TwilioReceiver.configured(settings, BASE) == TwilioSender.receiver
    assert "token" not in repr(TwilioSender.receiver)


def test_the_answer_is_empty_twiml() -> None:
    answer = TwilioSender.receiver.acknowledge(TwilioSender().request())
    assert (answer.body, answer.content_type) == ("<Response/>", "text/xml; charset=utf-8")


def test_the_published_callback_is_read() -> None:
    """The form callback of the signature vectors, with its Chinese twin."""
    receiver = TwilioReceiver(BASE, ("12345",))
    fields = {
        "AccountSid": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "ApiVersion": "2010-04-01",
        "From": "+14155552344",
        "MessageSid": SID,
        "MessageStatus": "undelivered",
        "ErrorCode": "30003",
        "SmsSid": SID,
        "SmsStatus": "undelivered",
        "To": "+14155552345",
        "Body": "已收到法律文书",
    }
    path = "/webhooks/twilio/messages?svc=svc-0001"
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        SIGNATURE_HEADER: "/go6QrnjKIW6uwmZvt035m/dsQY=",
    }
    request = InboundRequest("POST", path, headers, urlencode(fields).encode(), received_at=RECEIVED_AT)
    receiver.verify(request)
    assert receiver.event_reports(request)[0].kind is EventKind.FAILED
    assert json.loads(json.dumps(dict(receiver.event_reports(request)[0].args)))["code"] == "30003"
