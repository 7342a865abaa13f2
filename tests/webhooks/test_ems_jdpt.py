"""China Post's pushes in the JDPT form: a list of traces under a digest, acknowledged one by one."""

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.ems_codec import digest_body
from adapters.ems_codes import report_of_trace, table
from delivery.domain.errors import InvalidSignature
from delivery.domain.event import EventKind
from tests.adapters.fake_ems import trace
from tests.webhooks.contract import RECEIVED_AT, ReceiverContract
from webhooks.ems import JdptReceiver
from webhooks.receiver import InboundRequest, Telling

VECTOR = json.loads(
    (Path(__file__).parents[1] / "adapters" / "vectors" / "chinapost_jdpt.json").read_text(encoding="utf-8")
)
KEYS = {"new": VECTOR["case"]["key"], "old": "EXAMPLEKEYOLD", "foreign": "EXAMPLEKEYFOREIGN"}


class JdptSender:
    """The post's side."""

    receiver = JdptReceiver((KEYS["new"], KEYS["old"]))

    def request(self, code: str = "702", *, proof: str = "new") -> InboundRequest:
        code, _, beside = code.partition("/")
        field = {"704": "deliverCode", "705": "attemptDeliveryCode"}.get(code, "productName")
        return pushed([told(code, **({field: beside} if beside else {}))], KEYS[proof])

    def signature_headers(self) -> tuple[str, ...]:
        return ()

    def codes(self) -> Mapping[str, EventKind]:
        codes = table()
        plain = {code: EventKind(row["kind"]) for code, row in codes["op_code"].items()}
        handed = {f"704/{code}": EventKind(row["kind"]) for code, row in codes["deliver_code"].items()}
        return {**plain, **handed, "306": EventKind.UNRECOGNISED}

    def malformed(self) -> list[InboundRequest]:
        contents = [
            "not json",
            "[]",
            '{"traces": []}',
            '{"traces": [1]}',
            '{"traces": [{"opCode": "704"}]}',
            "[" * 9000,
        ]
        return [*(signed(text) for text in contents), signed(VECTOR["case"]["msgBody"], dataType="2")]


def told(code: str, **changes: str) -> dict[str, object]:
    """One trace as JDPT writes it: another name for the number, and often nothing beside the code."""
    one = trace(code, **changes)
    number = one.pop("waybillNo")
    return {"traceNo": number, **{name: value for name, value in one.items() if value}}


def pushed(traces: list[dict[str, object]], key: str = KEYS["new"]) -> InboundRequest:
    return signed(json.dumps({"traces": traces}, ensure_ascii=False), key)


def signed(body: str, key: str = KEYS["new"], **changes: str) -> InboundRequest:
    fields = {
        "sendID": "JDPT",
        "proviceNo": "99",
        "msgKind": "JDPT_COURT_TRACE",
        "serialNo": "1",
        "sendDate": "20260305100105",
        "receiveID": "COURT",
        "batchNo": "1",
        "dataType": "1",
        "dataDigest": digest_body(body, key),
        "msgBody": body,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    content = urlencode({**fields, **changes}).encode()
    return InboundRequest("POST", "/webhooks/ems_jdpt/qinghe", headers, content, received_at=RECEIVED_AT)


@pytest.fixture
def sender() -> JdptSender:
    return JdptSender()


class TestContract(ReceiverContract):
    """The suite, for the JDPT form."""


@settings(max_examples=50, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(digest=st.text(max_size=60))
def test_junk_for_a_digest_is_refused(sender: JdptSender, digest: str) -> None:
    with pytest.raises(InvalidSignature):
        sender.receiver.verify(signed(VECTOR["case"]["msgBody"], dataDigest=digest))


def test_a_changed_body_under_the_same_digest_is_refused(sender: JdptSender) -> None:
    body = VECTOR["case"]["msgBody"]
    with pytest.raises(InvalidSignature):
        sender.receiver.verify(signed(body, msgBody=body.replace("7", "8")))


def test_the_published_digest_holds(sender: JdptSender) -> None:
    case = VECTOR["case"]
    assert digest_body(case["msgBody"], case["key"]) == case["dataDigest"]
    request = signed(case["msgBody"])
    sender.receiver.verify(request)
    (report,) = sender.receiver.event_reports(request)
    # The carrier's free text says "in person", but it is text: to whom is not said by any code.
    assert (report.kind, report.args["recipient_class"]) == (EventKind.POST_DELIVERED, "unknown")


def test_every_trace_is_acknowledged_by_itself(sender: JdptSender) -> None:
    broken = {**told("705"), "traceNo": "1000000000002", "opTime": "gestern"}
    request = pushed([told("702"), broken])
    assert [report.kind for report in sender.receiver.event_reports(request)] == [
        EventKind.POST_OUT,
        EventKind.UNRECOGNISED,
    ]
    answer = json.loads(sender.receiver.acknowledge(request).body)
    assert answer == {
        "receiveId": "COURT",
        "responseState": False,
        "errorDesc": "",
        "responseItems": [
            {"traceNo": "1000000000001", "success": True, "reason": ""},
            {"traceNo": "1000000000002", "success": False, "reason": "trace_time_unreadable"},
        ],
    }


def test_a_cut_emoji_and_a_nul_are_no_obstacle(sender: JdptSender) -> None:
    body = json.dumps({"traces": [{**told("704", opDesc="本人\ud83d"), "opOrgCode": "100\0"}]})
    (report,) = sender.receiver.event_reports(signed(body))
    assert (report.detail["text"], report.args["office_code"]) == ("本人?", "100\ufffd")
    assert json.loads(sender.receiver.acknowledge(signed(body)).body)["responseState"] is True


def test_the_acknowledgement_is_the_published_one(sender: JdptSender) -> None:
    answer = json.loads(sender.receiver.acknowledge(signed(VECTOR["case"]["msgBody"])).body)
    assert answer == {**VECTOR["ack"], "receiveId": "COURT"}


def test_what_another_form_tells_too_is_the_same_fact(sender: JdptSender) -> None:
    assert isinstance(sender.receiver, Telling)
    assert sender.receiver.carrier == "ems"
    (report,) = sender.receiver.event_reports(pushed([told("702")]))
    assert report.event_id == report_of_trace(trace("702")).event_id


def test_keys_are_not_shown(sender: JdptSender) -> None:
    assert not [key for key in KEYS.values() if key in repr(sender.receiver)]
