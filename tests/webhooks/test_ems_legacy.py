"""China Post's pushes in the oldest form: unsigned items in JSON or XML, each of which is a hint."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from adapters.ems_codes import BEIJING, table
from delivery.domain.errors import InvalidSignature, MalformedCallback
from delivery.domain.event import Channel, EventKind
from delivery.hint_checking import check_hint, note_hint
from delivery.outcomes import CHECK_TASK
from tests.adapters.fake_ems import trace
from tests.delivery.scene import HOME
from tests.webhooks.contract import RECEIVED_AT, ReceiverContract
from tests.webhooks.round_trip import round_trip
from webhooks.ems import LegacyReceiver
from webhooks.receiver import Hinting, InboundRequest, Telling

SECRETS = {"new": "callback-secret-new", "old": "callback-secret-old", "foreign": "callback-secret-foreign"}
NETWORKS = (ip_network("203.0.113.0/24"),)
ITEM = {
    "serialnumber": "00000001",
    "mailnum": "1000000000001",
    "procdate": "20260305",
    "proctime": "100102",
    "orgfullname": "示例揽投部",
    "action": "10",
    "description": "妥投,投递员:王五",
    "effect": "1",
    "properdelivery": "10",
    "notproperdelivery": "",
}


class LegacySender:
    """The post's side."""

    receiver = LegacyReceiver((SECRETS["new"], SECRETS["old"]), NETWORKS)

    def request(self, code: str = "10", *, proof: str = "new") -> InboundRequest:
        action, _, effect = code.partition("/")
        return pushed([{**ITEM, "action": action, "effect": effect or "1"}], SECRETS[proof])

    def signature_headers(self) -> tuple[str, ...]:
        return ()

    def codes(self) -> Mapping[str, EventKind]:
        actions = {action: EventKind(row["kind"]) for action, row in table()["action"].items()}
        void = {f"{action}/0": EventKind.POST_REVERSED for action in actions}
        return {**actions, **void, "99": EventKind.UNRECOGNISED}

    def malformed(self) -> list[InboundRequest]:
        bodies = [
            b"not json", b"{}", b'{"listexpressmail": []}', b'{"listexpressmail": [1]}', b"[" * 9000, b"<a>", b"<a/>",
            b'<!DOCTYPE a [<!ENTITY b "c">]><a><i><mailnum>1</mailnum></i></a>',
            '<!DOCTYPE a [<!ENTITY b "c">]><a><i><mailnum>&b;</mailnum></i></a>'.encode("utf-16-le"),
            json.dumps({"listexpressmail": [{**ITEM, "procdate": "gestern"}]}).encode(),
        ]  # fmt: skip
        return [replace(pushed([]), body=body) for body in bodies]


def pushed(items: list[dict[str, str]], secret: str = SECRETS["new"], remote: str = "203.0.113.9") -> InboundRequest:
    return InboundRequest(
        "POST",
        f"/webhooks/ems_legacy/qinghe/{secret}",
        {"Content-Type": "application/json"},
        json.dumps({"listexpressmail": items}, ensure_ascii=False).encode(),
        received_at=RECEIVED_AT,
        remote=remote,
    )


def test_a_hint_makes_the_post_be_asked_and_only_its_answer_counts(engine_url: str, tmp_path: Path) -> None:
    with round_trip(engine_url, f"file://{tmp_path / 'blobs'}", "ems") as trip:
        trip.scene.handle(CHECK_TASK, check_hint)
        trip.scene.open(HOME)
        trip.scene.step(timedelta(days=10))
        mail = trip.scene.attempt(Channel.POST)
        at = (trip.scene.now - timedelta(hours=1)).astimezone(BEIJING)
        trip.post.traces = [
            trace("704", waybillNo=mail.reference, deliverCode="50", opTime=at.strftime("%Y-%m-%d %H:%M:%S"))
        ]
        item = {**ITEM, "mailnum": mail.reference, "procdate": f"{at:%Y%m%d}", "proctime": f"{at:%H%M%S}"}
        (hint,) = LegacySender.receiver.event_reports(pushed([item]))
        for _ in range(3):
            with trip.scene.runtime.transaction() as session:
                note_hint(session, trip.scene.court_id, LegacySender.receiver.carrier, hint, trip.scene.now)
        assert EventKind.POST_DELIVERED not in trip.scene.kinds()
        trip.scene.run()
        # The hint said delivered; the post itself says: into a locker.
        assert EventKind.POST_DELIVERED not in trip.scene.kinds()
        assert trip.scene.kinds().count(EventKind.POST_AWAITING_COLLECTION) == 1


@pytest.fixture
def sender() -> LegacySender:
    return LegacySender()


class TestContract(ReceiverContract):
    """The suite, for the oldest form."""


def test_it_gives_hints_about_the_mail_of_the_one_carrier(sender: LegacySender) -> None:
    assert isinstance(sender.receiver, Hinting)
    assert isinstance(sender.receiver, Telling)
    assert sender.receiver.carrier == "ems"
    assert "callback-secret" not in repr(sender.receiver)


def test_callers_from_elsewhere_are_refused(sender: LegacySender) -> None:
    with pytest.raises(InvalidSignature):
        sender.receiver.verify(pushed([ITEM], remote="198.51.100.7"))


def test_codes_that_nobody_explains_conclude_nothing(sender: LegacySender) -> None:
    (report,) = sender.receiver.event_reports(pushed([ITEM]))
    assert (report.args["recipient_class"], report.args["beside"]) == ("unknown", "10")


def test_a_voided_item_takes_back_what_was_said_with_its_number_moment_and_action(sender: LegacySender) -> None:
    said, void = sender.receiver.event_reports(pushed([ITEM, {**ITEM, "effect": "0"}]))
    assert void.args["reverses"] == said.raw_code == "action:10"
    assert void.event_id != said.event_id


def test_the_same_mail_moment_and_action_is_the_same_report(sender: LegacySender) -> None:
    again = {**ITEM, "serialnumber": "00000002", "description": "other words"}
    first, second = sender.receiver.event_reports(pushed([ITEM, again]))
    assert first.event_id == second.event_id


def test_xml_says_the_same(sender: LegacySender) -> None:
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in ITEM.items())
    body = f"<root><listexpressmail><item>{inner}</item></listexpressmail></root>".encode()
    request = replace(pushed([]), body=body)
    assert sender.receiver.event_reports(request) == sender.receiver.event_reports(pushed([ITEM]))
    answer = sender.receiver.acknowledge(request)
    assert answer.body == "<response><success>1</success><failmailnums></failmailnums><remark></remark></response>"


def test_unreadable_items_are_asked_for_again(sender: LegacySender) -> None:
    broken = {**ITEM, "mailnum": "1000000000002", "proctime": "x"}
    request = pushed([ITEM, broken])
    assert len(sender.receiver.event_reports(request)) == 1
    assert json.loads(sender.receiver.acknowledge(request).body) == {
        "success": "0",
        "failmailnums": "1000000000002",
        "remark": "unreadable",
    }
    whole = sender.receiver.acknowledge(pushed([ITEM]))
    assert json.loads(whole.body) == {"success": "1", "failmailnums": "", "remark": ""}
    with pytest.raises(MalformedCallback):
        sender.receiver.event_reports(pushed([broken]))
