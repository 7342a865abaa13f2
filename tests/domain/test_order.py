"""How orders and attempts move: total, monotone, and the same in any order."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.event import EventKind
from delivery.domain.order import (
    AttemptStatus,
    OrderStatus,
    attempt_target,
    folded_status,
    next_attempt_status,
    next_status,
)
from tools.write_order_states import PAGE, page

KINDS = st.sampled_from(list(EventKind))
FACTS = st.lists(st.tuples(KINDS, st.sampled_from([{}, {"result": "signed"}, {"result": "nobody_home"}])), max_size=8)
RANK = {status: rank for rank, status in enumerate(AttemptStatus)}


def test_every_status_and_fact_has_an_answer() -> None:
    for status, kind in itertools.product(OrderStatus, EventKind):
        assert next_status(status, kind) in OrderStatus
    for attempt, kind in itertools.product(AttemptStatus, EventKind):
        assert next_attempt_status(attempt, kind) in AttemptStatus


def test_a_cancelled_order_stays_cancelled() -> None:
    assert {next_status(OrderStatus.CANCELLED, kind) for kind in EventKind} == {OrderStatus.CANCELLED}


@given(FACTS)
def test_an_attempt_never_goes_back(facts: list[tuple[EventKind, dict[str, str]]]) -> None:
    status = AttemptStatus.PLANNED
    for kind, args in facts:
        after = next_attempt_status(status, kind, args)
        assert RANK[after] >= RANK[status]
        status = after


@given(FACTS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(facts: list[tuple[EventKind, dict[str, str]]], random: object) -> None:
    shuffled = list(facts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # Hypothesis' random.Random
    assert folded_status(facts) == folded_status(shuffled)


def test_delivered_is_not_an_end() -> None:
    assert attempt_target(EventKind.DELIVERED) is AttemptStatus.ARRIVED
    assert next_attempt_status(AttemptStatus.ARRIVED, EventKind.FAILED) is AttemptStatus.FAILED


def test_the_document_shows_the_tables_as_they_are() -> None:

    assert PAGE.read_text(encoding="utf-8") == page()
