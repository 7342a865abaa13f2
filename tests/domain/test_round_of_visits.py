"""The order of a day's doors: what is due first, and from there to the nearest."""

from datetime import date, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.domain.geodesy import Position
from delivery.domain.round_of_visits import Stop, in_order

TODAY = date(2026, 3, 2)


def stop(number: int, due: int | None = None, at: float | None = None) -> Stop:
    """A door on one street: `at` in thousandths of a degree, `due` in days from today."""
    position = None if at is None else Position(31.0, 121.0 + at / 1000)
    return Stop(UUID(int=number), None if due is None else TODAY + timedelta(days=due), position)


def order(*stops: Stop) -> list[int]:
    return [leg.id.int for leg in in_order(stops, TODAY)]


def test_from_the_first_due_to_the_nearest() -> None:
    assert order(stop(1, 3, 0), stop(2, 1, 10), stop(3, 2, 1), stop(4, None, 9)) == [2, 4, 3, 1]


def test_what_is_due_comes_before_what_is_near() -> None:
    assert order(stop(1, 0, 0), stop(2, 5, 0.1), stop(3, -2, 50)) == [3, 1, 2]


def test_doors_without_a_place_come_after_those_that_are_due_with_them() -> None:
    assert order(stop(1, 0), stop(2, 0, 5), stop(3, 9, 4), stop(4)) == [2, 1, 3, 4]


def test_distances_are_told_where_they_are_known() -> None:
    legs = in_order([stop(1, 0, 0), stop(2, 0), stop(3, 1, 1)], TODAY)
    assert [leg.distance_m for leg in legs] == [None, None, 95]


stops = st.lists(
    st.builds(stop, st.integers(1, 99), st.none() | st.integers(-3, 3), st.none() | st.floats(0, 50)),
    unique_by=lambda one: one.id,
    max_size=12,
)


@given(stops, st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_every_door_once_and_always_in_the_same_order(found: list[Stop], chance: object) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    legs = in_order(found, TODAY)
    assert legs == in_order(shuffled, TODAY)
    assert {leg.id for leg in legs} == {one.id for one in found}
    due = {one.id: one.due_on is not None and one.due_on <= TODAY for one in found}
    assert [due[leg.id] for leg in legs] == sorted((due[leg.id] for leg in legs), reverse=True)
