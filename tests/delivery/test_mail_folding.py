"""Whatever the order and however often the post tells them, the same facts of a mail come to the same end."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.ems_codes import BEIJING, TIME_FORMAT, report_of_trace, table
from delivery.domain.event import Channel, EventKind, Report
from delivery.domain.order import AttemptStatus
from delivery.legal_acts import acts_of_attempt
from delivery.mail_folding import MailState, mail_state, without_reversed
from delivery.mail_moving import of_this_use
from delivery.store.ids import new_id
from delivery.store.journal import DeliveryEvent, canonical
from delivery.store.orders import Attempt
from tests.adapters.fake_ems import trace

SHANGHAI = ZoneInfo("Asia/Shanghai")
POSTED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MAIL = UUID("0195a000-0000-7000-8000-0000000000a1")
CODES = [
    "203",
    "702",
    "704/10",
    "704/20",
    "704/50",
    "705/4",
    "705/7",
    "705/5",
    "711",
    "708",
    "741",
    "742",
    "743",
    "744",
]


def pushed(code: str, hours: int) -> Report:
    """What China Post pushes, so many hours after posting."""
    code, _, beside = code.partition("/")
    field = {"704": "deliverCode", "705": "attemptDeliveryCode"}.get(code, "productName")
    at = (POSTED + timedelta(hours=hours)).astimezone(BEIJING).strftime(TIME_FORMAT)
    return report_of_trace(trace(code, opTime=at, **({field: beside} if beside else {})))


def journalled(reports: Sequence[Report]) -> list[DeliveryEvent]:
    """The journal after these reports came in this order: each once."""
    known: dict[str, DeliveryEvent] = {}
    for report in reports:
        body: dict[str, Any] = {"raw_code": report.raw_code, "reason": report.reason, "args": dict(report.args)}
        known.setdefault(
            report.event_id,
            DeliveryEvent(
                id=new_id(), sequence=len(known) + 1, entry=canonical(body), kind=report.kind, attempt_id=MAIL,
                provider="ems", event_id=report.event_id, occurred_at=report.occurred_at, recorded_at=POSTED,
            ),
        )  # fmt: skip
    return list(known.values())


def law_of(events: list[DeliveryEvent]) -> tuple[MailState, list[dict[str, Any]]]:
    state = mail_state(events)
    attempt = Attempt(id=MAIL, channel=Channel.POST, reason=state.reason, address_id=MAIL)
    return state, acts_of_attempt(attempt, without_reversed(events), SHANGHAI)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(CODES), st.integers(0, 40)), min_size=1, max_size=12).flatmap(
        lambda told: st.tuples(st.just(told), st.permutations(told + told[::2]))
    )
)
def test_any_order_with_repeats_ends_in_the_same_status_and_the_same_law_facts(
    drawn: tuple[list[tuple[str, int]], list[tuple[str, int]]],
) -> None:
    told, shuffled = drawn
    first, second = (journalled([pushed(*one) for one in some]) for some in (told, shuffled))
    assert law_of(first) == law_of(second)


def test_a_delivery_that_was_voided_before_it_was_heard_of_is_none() -> None:
    late = journalled([pushed("743", 5), pushed("203", 0), pushed("704/10", 4)])
    assert mail_state(late).status is AttemptStatus.UNDERWAY
    assert not mail_state(late).contradicted


def test_a_trace_that_two_forms_tell_is_one_and_taken_back_as_one() -> None:
    richer, poorer = pushed("704/10", 4), pushed("704", 4)
    assert richer.event_id != poorer.event_id
    twice = [pushed("203", 0), richer, poorer]
    delivered = [event for event in without_reversed(journalled(twice)) if event.kind == EventKind.POST_DELIVERED]
    assert delivered[-1].args["recipient_class"] == "addressee"
    reversal, again = pushed("743", 5), replace(pushed("743", 5), event_id="in other words")
    assert mail_state(journalled([*twice, reversal])).status is AttemptStatus.UNDERWAY
    voided_twice = [pushed("704/10", 1), pushed("702", 3), *twice, reversal, again]
    assert mail_state(journalled(voided_twice)).status is AttemptStatus.ARRIVED, "one word takes back one trace"


def test_a_failed_try_that_two_forms_tell_has_the_reason_of_the_richer_one() -> None:
    for hour in range(4, 24):
        told = journalled([pushed("203", 0), pushed("705/5", hour), pushed("705", hour)])
        assert mail_state(told).reason == "moved"


def test_a_second_delivery_after_a_voided_one_counts() -> None:
    again = journalled([pushed("704/10", 9), pushed("743", 5), pushed("704/20", 4)])
    (kept,) = [event for event in without_reversed(again) if event.kind == EventKind.POST_DELIVERED]
    assert json.loads(kept.entry)["args"]["recipient_class"] == "addressee"


def test_a_return_that_gives_no_reason_has_that_of_the_last_try_however_late_it_is_heard() -> None:
    state = mail_state(journalled([pushed("711", 60), pushed("705/5", 30), pushed("705/4", 10)]))
    assert (state.status, state.reason) == (AttemptStatus.FAILED, "moved")


def test_three_tries_are_counted_by_their_days() -> None:
    _, (act,) = law_of(
        journalled(
            [pushed("203", 0), pushed("705/4", 72), pushed("705/4", 24), pushed("705/4", 25), pushed("705/4", 48)]
        )
    )
    assert act["attempts_on"] == ["2026-03-03", "2026-03-04", "2026-03-05"]


def test_a_watchers_word_yields_to_the_carriers() -> None:
    seen = replace(pushed("704/10", 4), event_id="seen", raw_code="301", args={"watcher": "kuaidi100"})
    assert mail_state(journalled([pushed("203", 0), seen])).status is AttemptStatus.ARRIVED
    taken_back = [pushed("203", 0), seen, pushed("704/10", 4), pushed("743", 5)]
    assert mail_state(journalled(taken_back)).status is AttemptStatus.UNDERWAY
    assert mail_state(journalled(taken_back[::-1])).status is AttemptStatus.UNDERWAY


def test_what_is_older_than_the_mail_belongs_to_an_earlier_use_of_its_number() -> None:
    attempt = Attempt(id=MAIL, channel=Channel.POST, submitted_at=POSTED)
    old = pushed("704/10", -24 * 400)
    assert of_this_use(attempt, old) == replace(old, kind=EventKind.INFORMATION, reason="former_use")
    for fresh in (pushed("203", -2), pushed("704/10", 30)):
        assert of_this_use(attempt, fresh) is fresh


def test_every_reversal_names_codes_that_exist() -> None:
    codes = table()["op_code"]
    assert {"742", "743", "744"} <= {code for code, row in codes.items() if "reverses" in row}
