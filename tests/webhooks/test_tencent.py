"""Tencent's receiver: unsigned reports and answers, of which each is a hint."""

import json
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_network

import pytest

from adapters.tencent import Settings
from adapters.tencent_codes import RECEIPTS, answer_from, report_on
from delivery.domain.errors import InvalidSignature
from delivery.domain.event import EventKind
from tests.webhooks.contract import RECEIVED_AT, ReceiverContract
from webhooks.receiver import Hinting, InboundRequest
from webhooks.tencent import TencentReceiver

SECRETS = {"new": "callback-secret-new", "old": "callback-secret-old", "foreign": "callback-secret-foreign"}
ACTIVE = (SECRETS["new"], SECRETS["old"])
NETWORKS = (ip_network("203.0.113.0/24"),)
REPORT = {
    "user_receive_time": "2026-03-05 11:00:09",
    "nationcode": "86",
    "mobile": "13900000001",
    "description": "用户短信送达成功",
    "sid": "5000:1045710669157053657849499619",
}
ANSWER = {
    "extend": "",
    "mobile": "13900000001",
    "nationcode": "86",
    "sign": "示例法院",
    "text": "1",
    "time": 1772679609,
}


class TencentSender:
    """Tencent's side."""

    receiver = TencentReceiver(ACTIVE, NETWORKS)

    def request(self, code: str = "SUCCESS/DELIVRD", *, proof: str = "new") -> InboundRequest:
        status, _, error = code.partition("/")
        # One text fails once: that another code is another report follows from its being another text.
        serial = f"{REPORT['sid']}-{error}"
        return pushed([{**REPORT, "sid": serial, "report_status": status, "errmsg": error}], SECRETS[proof])

    def signature_headers(self) -> tuple[str, ...]:
        return ()

    def codes(self) -> Mapping[str, EventKind]:
        failures = {f"FAIL/{code}": EventKind.FAILED for code in [*RECEIPTS, "MK:0001", ""]}
        return {"SUCCESS/DELIVRD": EventKind.DELIVERED, **failures}

    def malformed(self) -> list[InboundRequest]:
        contents: list[object] = [[], [1], "x", {}, [{**REPORT, "sid": ""}], [{**REPORT, "mobile": None}], REPORT]
        contents += [{**ANSWER, "time": value} for value in ("yesterday", True, -1, 1 << 40, None)]
        return [*(pushed(one) for one in contents), replace(pushed([]), body=b"[{")]


def pushed(content: object, secret: str = SECRETS["new"], remote: str = "203.0.113.9") -> InboundRequest:
    return InboundRequest(
        "POST",
        f"/webhooks/tencent/qinghe/{secret}",
        {"Content-Type": "application/json"},
        json.dumps(content, ensure_ascii=False).encode(),
        received_at=RECEIVED_AT,
        remote=remote,
    )


@pytest.fixture
def sender() -> TencentSender:
    return TencentSender()


class TestContract(ReceiverContract):
    """The suite, for Tencent."""


def test_it_gives_hints_only() -> None:
    receiver = TencentReceiver.configured(Settings("id", "secret", "1400006666", {}, ACTIVE, NETWORKS))
    assert receiver == TencentSender.receiver
    assert isinstance(receiver, Hinting)
    assert "callback-secret" not in repr(receiver)


def test_it_takes_calls_from_its_networks_only() -> None:
    with pytest.raises(InvalidSignature):
        TencentSender.receiver.verify(replace(TencentSender().request(), remote="198.51.100.1"))


def test_a_pushed_report_is_the_fact_that_the_service_tells_when_asked() -> None:
    (report,) = TencentSender.receiver.event_reports(TencentSender().request("FAIL/MBBLACK"))
    asked = report_on(
        serial=report.reference, status="FAIL", code="MBBLACK", received=1772679609, now=RECEIVED_AT, key="k"
    )
    assert (report.event_id, report.reason, report.occurred_at) == (asked.event_id, asked.reason, asked.occurred_at)
    assert report.detail == {"to": "+8613900000001"}


def test_a_time_that_cannot_be_read_is_ours() -> None:
    odd = {**REPORT, "user_receive_time": "0000-00-00 00:00:00", "report_status": "FAIL", "errmsg": "终端关机"}
    (report,) = TencentSender.receiver.event_reports(pushed([odd]))
    assert report.occurred_at == RECEIVED_AT
    assert "code" not in report.args  # a sentence is no code


def test_an_answer_is_the_fact_that_the_service_tells_when_asked() -> None:
    (report,) = TencentSender.receiver.event_reports(pushed(ANSWER))
    assert report == answer_from("+8613900000001", "1", 1772679609)
    assert (report.kind, report.args) == (EventKind.REPLIED, {"choice": "post_it"})


def test_the_answer_is_the_documented_one() -> None:
    answer = TencentSender.receiver.acknowledge(TencentSender().request())
    assert json.loads(answer.body) == {"result": 0, "errmsg": "OK"}
