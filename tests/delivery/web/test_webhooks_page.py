"""What people are told about webhooks is complete: every code in words, every type, fault and pause in the manual."""

from datetime import timedelta

import pytest

from delivery.announcement_sending import INTERRUPTED
from delivery.domain.announcement import CHOICES, SCHEDULE, DeliveryStatus, Disabled, EndpointState, EventType
from delivery.domain.destination import Refusal
from delivery.wording import knows
from tests.infrastructure.tree import ROOT

MANUAL = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
FAULTS = (
    *(f"refused_{refusal}" for refusal in Refusal),
    "name_not_resolved", "connection_refused", "connection_lost", "timed_out", "certificate_not_trusted", "tls_failed",
    "answer_unreadable", INTERRUPTED,
)  # fmt: skip


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        ("webhook_type", EventType),
        ("webhook_status", DeliveryStatus),
        ("webhook_state", EndpointState),
        ("webhook_reason", Disabled),
        ("webhook_fault", FAULTS),
    ],
)
def test_no_code_is_left_without_words(table: str, codes: tuple[str, ...]) -> None:
    assert [code for code in codes if not knows(f"{table}.{code}")] == []


def test_what_the_desk_says_of_a_disabled_endpoint_has_words() -> None:
    assert knows("desk.webhook_disabled")
    assert [why for why in Disabled if why is not Disabled.BY_PERSON and not knows(f"reason.webhook_{why}")] == []


def test_the_manual_names_every_type_and_every_fault() -> None:
    assert [code for code in (*CHOICES, EventType.TEST, *FAULTS) if f"`{code}`" not in MANUAL] == []


def test_the_manual_gives_the_schedule() -> None:
    pauses = [_said(pause) for pause in SCHEDULE]
    assert f"{', '.join(pauses[:-1])} and {pauses[-1]}" in MANUAL
    assert f"{sum(SCHEDULE, timedelta()).total_seconds() / 3600:.1f} hours" in MANUAL


def _said(pause: timedelta) -> str:
    seconds = int(pause.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 3600 else f"{seconds // 3600} h"
