"""China Post's receiver: sealed traces, one a call."""

import json
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.ems_codec import seal_body
from adapters.ems_codes import report_of_trace, table
from delivery.domain.errors import InvalidSignature
from delivery.domain.event import EventKind
from tests.adapters.fake_ems import SENDER_NO, SIGN_KEY, push, trace
from tests.webhooks.contract import RECEIVED_AT, ReceiverContract
from webhooks.ems import EmsReceiver
from webhooks.receiver import InboundRequest

KEYS = {"new": SIGN_KEY, "old": "Dw4NDAsKCQgHBgUEAwIBAA==", "foreign": "TvaBgrhE46sft3nZlfe7xw=="}


class EmsSender:
    """China Post's side."""

    receiver = EmsReceiver((KEYS["new"], KEYS["old"]), SENDER_NO)

    def request(self, code: str = "702", *, proof: str = "new") -> InboundRequest:
        code, _, beside = code.partition("/")
        field = {"704": "deliverCode", "705": "attemptDeliveryCode"}.get(code, "productName")
        return pushed(push(trace(code, **({field: beside} if beside else {})), KEYS[proof]))

    def signature_headers(self) -> tuple[str, ...]:
        return ()

    def codes(self) -> Mapping[str, EventKind]:
        codes = table()
        plain = {code: EventKind(row["kind"]) for code, row in codes["op_code"].items()}
        handed = {f"704/{code}": EventKind(row["kind"]) for code, row in codes["deliver_code"].items()}
        failed = {f"705/{code}": EventKind(row["kind"]) for code, row in codes["attempt_delivery_code"].items()}
        return {**plain, **handed, **failed, "306": EventKind.UNRECOGNISED}

    def malformed(self) -> list[InboundRequest]:
        contents = ["{}", "[]", "1", "not json", '["a"]', "[" * 20_000]
        broken = [seal_body(text, SIGN_KEY) for text in contents]
        return [pushed(text) for text in [*broken, push({**trace("704"), "opTime": "gestern"})]]


def pushed(sealed: str) -> InboundRequest:
    fields = {
        "apiCode": "040002",
        "senderNo": SENDER_NO,
        "timeStamp": "2026-03-05 10:01:05",
        "version": "V1.0.0",
        "logitcsInterface": sealed,
    }
    return InboundRequest(
        "POST",
        "/webhooks/ems",
        {"Content-Type": "application/x-www-form-urlencoded"},
        urlencode(fields).encode(),
        received_at=RECEIVED_AT,
    )


@pytest.fixture
def sender() -> EmsSender:
    return EmsSender()


class TestContract(ReceiverContract):
    """The suite, for China Post."""


@settings(max_examples=50, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(junk=st.one_of(st.text(max_size=60), st.binary(max_size=96).map(lambda raw: f"|$4|{b64encode(raw).decode()}")))
def test_junk_for_a_sealed_body_is_refused(sender: EmsSender, junk: str) -> None:
    with pytest.raises(InvalidSignature):
        sender.receiver.verify(pushed(junk))


def test_a_push_may_be_json_too(sender: EmsSender) -> None:
    sealed = push(trace("704", deliverCode="10"))
    body = {"logitcsInterface": sealed, "method": "040002", "msgType": "0", "senderNo": "", "serialNo": "C3E7E1A2"}
    request = InboundRequest("POST", "/webhooks/ems", {}, json.dumps(body).encode(), received_at=RECEIVED_AT)
    sender.receiver.verify(request)
    assert sender.receiver.event_reports(request) == [report_of_trace(trace("704", deliverCode="10"))]


def test_a_plus_that_became_a_blank_is_mended(sender: EmsSender) -> None:
    for second in range(60):
        sealed = push(trace("702", opTime=f"2026-03-05 10:01:{second:02}"))
        body = f"logitcsInterface={sealed}".encode()  # sent without any encoding
        request = InboundRequest("POST", "/webhooks/ems", {}, body, received_at=RECEIVED_AT)
        sender.receiver.verify(request)


def test_the_published_push_is_read(sender: EmsSender) -> None:
    """The trace of the platform's vectors."""
    content = {
        "waybillNo": "1000000000001",
        "opTime": "2026-11-23 10:01:02",
        "opCode": "705",
        "opName": "投递结果反馈-未妥投",
        "opDesc": "收件人不在地址且无法联系",
        "attemptDeliveryCode": "4",
    }
    request = pushed(push(content))
    (report,) = sender.receiver.event_reports(request)
    assert (report.kind, report.reason) == (EventKind.POST_ATTEMPT_FAILED, "absent")


def test_several_traces_in_one_push_are_all_read(sender: EmsSender) -> None:
    request = pushed(push([trace("702"), trace("704", deliverCode="10")]))
    assert [report.raw_code for report in sender.receiver.event_reports(request)] == ["702", "704"]


def test_the_acknowledgement_is_the_platforms(sender: EmsSender) -> None:
    answer = sender.receiver.acknowledge(sender.request())
    content = json.loads(answer.body)
    assert content | {"serialNo": ""} == {"serialNo": "", "code": "00000", "codeMessage": "成功", "senderNo": SENDER_NO}
    assert str(UUID(content["serialNo"])) == content["serialNo"]
    assert sender.receiver.acknowledge(sender.request()) == answer


def test_keys_are_not_shown(sender: EmsSender) -> None:
    assert not [key for key in KEYS.values() if key in repr(sender.receiver)]
