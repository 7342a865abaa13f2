"""The table of China Post's codes, and traces read by it."""

from datetime import UTC, datetime

import pytest

from adapters.ems_codes import report_of_trace, table
from delivery.domain.errors import MalformedCallback
from delivery.domain.event import EventKind
from tests.adapters.fake_ems import trace


def test_the_table_is_whole_and_in_our_words() -> None:
    codes = table()
    assert {name: len(rows) for name, rows in codes.items()} == {
        "op_code": 197,
        "deliver_code": 24,
        "attempt_delivery_code": 16,
        "action": 9,
    }
    for rows in codes.values():
        for code, row in rows.items():
            assert EventKind(row["kind"]), code
            assert row["name"], code
            assert set(row.get("reverses", ())) <= set(codes["op_code"]), code


def test_only_a_hand_makes_a_delivery() -> None:
    """Lockers, stations and a settled claim are "delivered" to the carrier, and to nobody else."""
    not_delivered = {
        code for code, row in table()["deliver_code"].items() if row["kind"] != EventKind.POST_DELIVERED.value
    }
    assert not_delivered == {"30", "50", "80", "120", "180"}


@pytest.mark.parametrize(
    ("code", "beside", "kind", "reason", "args"),
    [
        ("203", {}, EventKind.POSTED, "", {}),
        ("702", {}, EventKind.POST_OUT, "", {}),
        ("704", {"deliverCode": "10"}, EventKind.POST_DELIVERED, "", {"recipient_class": "addressee"}),
        ("704", {"deliverCode": "20"}, EventKind.POST_DELIVERED, "", {"recipient_class": "neighbour_or_other"}),
        ("704", {"deliverCode": "50"}, EventKind.POST_AWAITING_COLLECTION, "", {"recipient_class": "locker"}),
        ("704", {"deliverCode": "180"}, EventKind.POST_LOST, "", {"recipient_class": "unknown"}),
        ("704", {}, EventKind.POST_DELIVERED, "", {"recipient_class": "unknown"}),
        ("704", {"deliverCode": "999"}, EventKind.UNRECOGNISED, "", {"deliver_code": "999"}),
        (
            "705",
            {"attemptDeliveryCode": "4"},
            EventKind.POST_ATTEMPT_FAILED,
            "absent",
            {"also": "unreachable_by_phone"},
        ),
        ("705", {"attemptDeliveryCode": "7"}, EventKind.POST_REFUSED, "refused", {}),
        ("705", {"attemptDeliveryCode": "99"}, EventKind.UNRECOGNISED, "", {}),
        ("705", {}, EventKind.POST_ATTEMPT_FAILED, "other", {}),
        ("711", {}, EventKind.POST_RETURNED, "", {}),
        ("741", {}, EventKind.POST_RETURNING, "", {"contradicts": "704"}),
        ("742", {}, EventKind.POST_REVERSED, "", {"reverses": "702"}),
        ("743", {}, EventKind.POST_REVERSED, "", {"reverses": "704"}),
        ("744", {}, EventKind.POST_REVERSED, "", {"reverses": "705"}),
        ("304", {}, EventKind.POST_REVERSED, "", {"reverses": "303 336 345"}),
        ("750", {}, EventKind.POST_ATTEMPT_FAILED, "unclaimed", {}),
        ("756", {}, EventKind.POST_ADDRESS_CHANGED, "readdressed_by_addressee", {}),
        ("306", {}, EventKind.UNRECOGNISED, "", {}),  # seen in real traces, in no dictionary
    ],
)
def test_a_trace_in_our_words(
    code: str, beside: dict[str, str], kind: EventKind, reason: str, args: dict[str, str]
) -> None:
    report = report_of_trace(trace(code, **beside))
    assert (report.kind, report.reason, report.raw_code) == (kind, reason, code)
    assert args.items() <= report.args.items()


def test_a_trace_keeps_people_out_of_its_codes() -> None:
    report = report_of_trace(trace("704", deliverCode="10"))
    assert report.reference == "1000000000001"
    assert report.occurred_at == datetime(2026, 3, 5, 2, 1, 2, tzinfo=UTC)
    assert report.detail["operator"] == "王五"
    assert report.args == {"recipient_class": "addressee", "deliver_code": "10", "office_code": "10000001"}


def test_the_event_id_tells_traces_apart() -> None:
    same = {report_of_trace(trace("704", deliverCode="10")).event_id for _ in range(2)}
    assert len(same) == 1
    others = [
        trace("704", deliverCode="20"),
        trace("704", deliverCode="10", opTime="2026-03-05 10:01:03"),
        trace("704", deliverCode="10", opOrgCode="10000002"),
        trace("704", deliverCode="10", waybillNo="1000000000002"),
        trace("704", deliverCode="10", opDesc="本人"),
    ]
    assert len(same | {report_of_trace(one).event_id for one in others}) == 1 + len(others)


@pytest.mark.parametrize(
    "broken",
    [
        {"waybillNo": ""},
        {"opCode": ""},
        {"opTime": ""},
        {"opTime": "2026-03-05T10:01:02"},
        {"opTime": "昨天"},
        {"opTime": "0001-01-01 00:00:00"},
    ],
)
def test_an_incomplete_trace_is_malformed(broken: dict[str, str]) -> None:
    with pytest.raises(MalformedCallback):
        report_of_trace({**trace("704"), **broken})
