"""Our tables of Twilio's codes against the project's copy of the facts: every code is known, and means the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.faults import Fault
from adapters.twilio_codes import ERRORS, STATUSES, VERIFICATIONS
from delivery.domain.event import EventKind
from delivery.providers import CodeAnswer

TABLES: dict[str, Any] = json.loads(
    (Path(__file__).parent / "vectors" / "twilio_tables.json").read_text(encoding="utf-8")
)
KINDS = {
    "submitted": EventKind.SUBMITTED,
    "scheduled": EventKind.SUBMITTED,
    "handed_to_carrier": EventKind.SENT,
    "delivered_to_device": EventKind.DELIVERED,
    "read": EventKind.READ,
    "failed": EventKind.FAILED,
    "cancelled": EventKind.FAILED,
}
NOT_OURS = {"receiving", "received"}  # of messages that come in
FAULTS = {
    "config": {Fault.OURS},
    "transient": {Fault.PASSING},
    "permanent_address": {Fault.ADDRESS},
    "permanent_recipient": {Fault.RECIPIENT},
    "permanent_route": {Fault.ROUTE},
    "content": {Fault.CONTENT},
    "caller_bug": {Fault.ADDRESS},  # 21604: the number is missing, and it is the address that has none
}


@pytest.mark.parametrize(("status", "meaning"), TABLES["message_status"]["canonical"].items())
def test_every_status_of_a_message_means_what_the_facts_say(status: str, meaning: str) -> None:
    if status in NOT_OURS or meaning == "needs_review":
        assert status not in STATUSES
    else:
        assert STATUSES[status] is KINDS[meaning]


@pytest.mark.parametrize(("code", "row"), TABLES["error_class"].items())
def test_every_error_is_of_the_class_that_the_facts_give_it(code: str, row: list[str]) -> None:
    assert ERRORS[int(code)].fault in FAULTS[row[0]], row


def test_every_status_of_a_verification_is_an_answer() -> None:
    assert set(VERIFICATIONS) == set(TABLES["verify_status"])
    assert [status for status, answer in VERIFICATIONS.items() if answer is CodeAnswer.RIGHT] == ["approved"]
