"""Kuaidi100's receiver: the whole history each time, signed with a salt."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.kuaidi100 import sign
from adapters.kuaidi100_codes import STATES
from delivery.domain.errors import InvalidSignature
from delivery.domain.event import EventKind
from tests.webhooks.contract import RECEIVED_AT, ReceiverContract
from webhooks.kuaidi100 import Kuaidi100Receiver
from webhooks.receiver import InboundRequest, Telling, form

PUSH = json.loads(
    (Path(__file__).parents[1] / "adapters" / "vectors" / "kuaidi100_signature.json").read_text(encoding="utf-8")
)["push"]
SALTS = {"new": PUSH["salt"], "old": "svc-salt-00", "foreign": "svc-salt-99"}
LINE = {"time": "2026-03-05 10:01:02", "ftime": "2026-03-05 10:01:02", "context": "快递员王五,电话13900000001"}


class Kuaidi100Sender:
    """Kuaidi100's side."""

    receiver = Kuaidi100Receiver((SALTS["new"], SALTS["old"]))

    def request(self, code: str = "301", *, proof: str = "new") -> InboundRequest:
        return pushed([{**LINE, "statusCode": code}], SALTS[proof])

    def signature_headers(self) -> tuple[str, ...]:
        return ()

    def codes(self) -> Mapping[str, EventKind]:
        return {code: kind for code, (kind, _, _) in STATES.items()}

    def malformed(self) -> list[InboundRequest]:
        texts = ["not json", "[]", "{}", '{"lastResult": {"nu": "1", "data": [1]}}', "[" * 999]
        return [*(signed(text) for text in texts), pushed([{**LINE, "time": "gestern", "statusCode": "3"}])]


def pushed(lines: list[dict[str, str]], salt: str = SALTS["new"], com: str = "ems", state: str = "3") -> InboundRequest:
    last = {"message": "ok", "nu": "1000000000001", "ischeck": "0", "com": com, "status": "200", "state": state}
    param = {"status": "polling", "billstatus": "", "message": "", "lastResult": {**last, "data": lines}}
    return signed(json.dumps(param, ensure_ascii=False), salt)


def signed(param: str, salt: str = SALTS["new"]) -> InboundRequest:
    body = urlencode({"param": param, "sign": sign(param, salt)}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return InboundRequest("POST", "/webhooks/kuaidi100/qinghe", headers, body, received_at=RECEIVED_AT)


@pytest.fixture
def sender() -> Kuaidi100Sender:
    return Kuaidi100Sender()


class TestContract(ReceiverContract):
    """The suite, for Kuaidi100."""


@settings(max_examples=50, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_sign=st.text(max_size=40))
def test_junk_for_a_signature_is_refused(sender: Kuaidi100Sender, given_sign: str) -> None:
    param = dict(form(sender.request()))["param"]
    body = urlencode({"param": param, "sign": given_sign.encode("utf-8", "replace")}).encode()
    with pytest.raises(InvalidSignature):
        sender.receiver.verify(replace(sender.request(), body=body))


def test_a_changed_history_under_the_same_signature_is_refused(sender: Kuaidi100Sender) -> None:
    fields = dict(form(sender.request()))
    body = urlencode({**fields, "param": fields["param"].replace("301", "302")}).encode()
    with pytest.raises(InvalidSignature):
        sender.receiver.verify(replace(sender.request(), body=body))


def test_the_published_push_is_read(sender: Kuaidi100Sender) -> None:
    request = signed(PUSH["param"])
    sender.receiver.verify(request)
    (report,) = sender.receiver.event_reports(request)
    assert (report.kind, report.reason) == (EventKind.POST_ATTEMPT_FAILED, "unreachable_by_phone")
    assert json.loads(sender.receiver.acknowledge(request).body) == PUSH["ack"]


def test_the_history_comes_whole_each_time_and_each_line_is_one_report(sender: Kuaidi100Sender) -> None:
    first = {**LINE, "statusCode": "103"}
    second = {**LINE, "time": "2026-03-06 10:00:00", "statusCode": "301"}
    early = sender.receiver.event_reports(pushed([first], state="1"))
    whole = sender.receiver.event_reports(pushed([second, first]))
    assert [report.kind for report in whole] == [EventKind.POSTED, EventKind.POST_DELIVERED]
    assert early[0] == whole[0]


def test_a_line_without_a_code_has_the_state_only_if_it_is_the_newest(sender: Kuaidi100Sender) -> None:
    later = {**LINE, "time": "2026-03-06 10:00:00"}
    kinds = [report.kind for report in sender.receiver.event_reports(pushed([later, LINE]))]
    assert kinds == [EventKind.INFORMATION, EventKind.POST_DELIVERED]


@pytest.mark.parametrize("time", ["", "昨天", "0001-01-01 00:00:00"])
def test_a_line_that_cannot_be_read_is_shown_and_hides_none_of_the_others(sender: Kuaidi100Sender, time: str) -> None:
    found = sender.receiver.event_reports(
        pushed([{**LINE, "statusCode": "301"}, {**LINE, "time": time, "ftime": time}])
    )
    assert [report.kind for report in found] == [EventKind.UNRECOGNISED, EventKind.POST_DELIVERED]


def test_what_another_carrier_is_said_to_carry_is_shown_and_counts_for_nothing(sender: Kuaidi100Sender) -> None:
    (report,) = sender.receiver.event_reports(pushed([{**LINE, "statusCode": "301"}], com="shunfeng"))
    assert (report.kind, report.reason) == (EventKind.UNRECOGNISED, "carrier_not_allowed")


def test_the_end_of_a_watch_tells_nothing(sender: Kuaidi100Sender) -> None:
    assert sender.receiver.event_reports(pushed([])) == []


def test_its_words_are_a_watchers_about_the_mail_of_ems(sender: Kuaidi100Sender) -> None:
    assert isinstance(sender.receiver, Telling)
    assert sender.receiver.carrier == "ems"
    (report,) = sender.receiver.event_reports(sender.request())
    assert report.args["watcher"] == "kuaidi100"
    assert report.raw_code == "kuaidi100:301"
    assert "svc-salt" not in repr(sender.receiver)
