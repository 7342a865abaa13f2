"""Aliyun's receiver: unsigned reports and answers, of which each is a hint."""

import json
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_network

import pytest

from adapters.aliyun import Settings
from adapters.aliyun_codes import RECEIPTS, report_on
from adapters.hints import sign_reference
from delivery.domain.errors import InvalidSignature
from delivery.domain.event import EventKind
from tests.webhooks.contract import RECEIVED_AT, ReceiverContract
from webhooks.aliyun import AliyunReceiver
from webhooks.receiver import Hinting, InboundRequest

KEY = "0195a000-0000-7000-8000-000000000001"
SECRETS = {"new": "callback-secret-new", "old": "callback-secret-old", "foreign": "callback-secret-foreign"}
ACTIVE = (SECRETS["new"], SECRETS["old"])
NETWORKS = (ip_network("203.0.113.0/24"), ip_network("2001:db8::/32"))
REPORT = {
    "phone_number": "13900000001",
    "send_time": "2026-03-05 11:00:00",
    "report_time": "2026-03-05 11:00:09",
    "err_msg": "用户接收成功",
    "sms_size": "1",
    "biz_id": "000000000000000001^0",
    "out_id": sign_reference(KEY, SECRETS["new"]),
}
ANSWER = {
    "phone_number": "13900000001",
    "content": " 3。",
    "send_time": "2026-03-05 11:00:00",
    "dest_code": "1234",
    "sequence_id": "1234567890",
}


class AliyunSender:
    """Aliyun's side."""

    receiver = AliyunReceiver(ACTIVE, NETWORKS)

    def request(self, code: str = "true/DELIVERED", *, proof: str = "new") -> InboundRequest:
        success, _, error = code.partition("/")
        outcome = {"true": True, "false": False}.get(success, success)
        return pushed([{**REPORT, "success": outcome, "err_code": error}], SECRETS[proof])

    def signature_headers(self) -> tuple[str, ...]:
        return ()

    def codes(self) -> Mapping[str, EventKind]:
        failures = {f"false/{code}": EventKind.FAILED for code in RECEIPTS}
        odd = {"true/UNDELIV": EventKind.UNRECOGNISED, "false/DELIVRD": EventKind.UNRECOGNISED}
        return {"true/DELIVERED": EventKind.DELIVERED, "false/MK:0001": EventKind.FAILED, **failures, **odd}

    def malformed(self) -> list[InboundRequest]:
        contents: list[object] = [[], [1], "x", {}, [{"phone_number": "13900000001"}], [{"content": "1"}]]
        return [*(pushed(one) for one in contents), replace(pushed([]), body=b"[{"), replace(pushed([]), body=b"\xff")]


def pushed(content: object, secret: str = SECRETS["new"], remote: str = "203.0.113.9") -> InboundRequest:
    return InboundRequest(
        "POST",
        f"/webhooks/aliyun/qinghe/{secret}",
        {"Content-Type": "application/json"},
        json.dumps(content, ensure_ascii=False).encode(),
        received_at=RECEIVED_AT,
        remote=remote,
    )


@pytest.fixture
def sender() -> AliyunSender:
    return AliyunSender()


class TestContract(ReceiverContract):
    """The suite, for Aliyun."""


def test_it_gives_hints_only() -> None:
    settings = Settings("id", "secret", {}, ACTIVE, NETWORKS)
    receiver = AliyunReceiver.configured(settings)
    assert receiver == AliyunSender.receiver
    assert isinstance(receiver, Hinting)
    assert "callback-secret" not in repr(receiver)


@pytest.mark.parametrize(
    ("remote", "taken"),
    [
        ("203.0.113.1", True),
        ("::ffff:203.0.113.1", True),
        ("2001:db8::1", True),
        ("203.0.114.1", False),
        ("127.0.0.1", False),
        ("", False),
        ("203.0.113.1, 10.0.0.1", False),
    ],
)
def test_it_takes_calls_from_its_networks_only(remote: str, *, taken: bool) -> None:
    request = replace(AliyunSender().request(), remote=remote)
    if taken:
        AliyunSender.receiver.verify(request)
    else:
        with pytest.raises(InvalidSignature):
            AliyunSender.receiver.verify(request)


def test_a_push_is_a_post() -> None:
    with pytest.raises(InvalidSignature):
        AliyunSender.receiver.verify(replace(AliyunSender().request(), method="GET"))


@pytest.mark.parametrize(
    "reference", ["", KEY, f"{KEY}.aaaaaaaaaaaaaaaa", sign_reference(KEY, SECRETS["foreign"]), "67890", None, 7]
)
def test_a_report_without_our_reference_is_not_about_our_message(reference: object) -> None:
    ours, other = {**REPORT, "success": True, "err_code": "DELIVERED"}, {"success": True, "err_code": "DELIVERED"}
    request = pushed([{**REPORT, **other, "out_id": reference}, ours])
    (report,) = AliyunSender.receiver.event_reports(request)
    assert (report.reference, report.args["key"]) == (REPORT["out_id"], KEY)


def test_a_reference_of_the_previous_secret_is_ours() -> None:
    old = sign_reference(KEY, SECRETS["old"])
    (report,) = AliyunSender.receiver.event_reports(pushed([{**REPORT, "out_id": old, "success": True}]))
    assert report.args["key"] == KEY


def test_a_pushed_report_is_the_fact_that_the_service_tells_when_asked() -> None:
    for kind, code in ((EventKind.DELIVERED, "DELIVERED"), (EventKind.FAILED, "MOBILE_IN_BLACK")):
        asked = report_on(KEY, REPORT["out_id"], kind, code, RECEIVED_AT)
        success = "true" if kind is EventKind.DELIVERED else "false"
        (report,) = AliyunSender.receiver.event_reports(AliyunSender().request(f"{success}/{code}"))
        assert (report.event_id, report.reason) == (asked.event_id, asked.reason)
        assert report.occurred_at.isoformat() == "2026-03-05T03:00:09+00:00"


def test_an_answer_is_a_choice_only_as_a_whole() -> None:
    (report,) = AliyunSender.receiver.event_reports(pushed([ANSWER]))
    assert (report.kind, report.args) == (EventKind.NOT_ME, {"choice": "not_me"})
    assert report.detail == {"from": "+8613900000001", "text": "3。"}
    assert "13900000001" not in report.event_id
    (again,) = AliyunSender.receiver.event_reports(pushed([ANSWER]))
    assert again.event_id == report.event_id
    (free,) = AliyunSender.receiver.event_reports(pushed([{**ANSWER, "content": "3楼没有人"}]))
    assert (free.kind, free.args) == (EventKind.REPLIED, {})


def test_a_cut_emoji_and_a_day_that_is_none_are_no_obstacle() -> None:
    items = [{**ANSWER, "content": "收到\ud83d"}, {**REPORT, "success": True, "report_time": "0001-01-01 00:00:00"}]
    request = replace(pushed(items[1:]), body=json.dumps(items).encode())
    answer, report = AliyunSender.receiver.event_reports(request)
    assert answer.detail["text"] == "收到?"
    assert report.occurred_at == RECEIVED_AT


def test_the_answer_is_the_documented_one() -> None:
    answer = AliyunSender.receiver.acknowledge(AliyunSender().request())
    assert json.loads(answer.body) == {"code": 0, "msg": "接收成功"}
