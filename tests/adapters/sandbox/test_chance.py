"""Draws depend on what they are about, and on nothing else."""

from collections import Counter
from datetime import timedelta
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from adapters.sandbox.chance import Chance, draw

KEYS = st.text(max_size=20)


@given(st.integers(), KEYS, KEYS, st.integers(0, 1000))
def test_a_draw_is_a_share_and_always_the_same(seed: int, key: str, act: str, ordinal: int) -> None:
    first = draw(seed, key, act, ordinal)
    assert 0 <= first < 1
    assert draw(seed, key, act, ordinal) == first


def test_draws_of_different_things_have_nothing_to_do_with_each_other() -> None:
    assert len({draw(7, key, act, n) for key in "abc" for act in ("x", "y") for n in range(50)}) == 300
    assert draw(7, "ab", "c") != draw(7, "a", "bc")


def test_choices_come_in_proportion_to_their_weights() -> None:
    chance = Chance(7)
    seen = Counter(chance.pick({"a": 3.0, "b": 1.0}, str(number), "pick") for number in range(4000))
    assert abs(seen["a"] / 4000 - 0.75) < 0.03
    assert all(1 <= chance.whole(1, 6, str(number), "die") <= 6 for number in range(200))
    assert {chance.whole(1, 6, str(number), "die") for number in range(200)} == {1, 2, 3, 4, 5, 6}


def test_skewed_draws_have_the_median_and_the_percentile_asked_for() -> None:
    days = sorted(Chance(7).skewed(3, 6, str(number), "days") for number in range(4000))
    assert abs(median(days) - 3) < 0.15
    assert abs(days[3600] - 6) < 0.4


@given(KEYS, st.integers(0, 10_000), st.integers(0, 10_000))
def test_spans_stay_between_their_ends(key: str, first: int, second: int) -> None:
    low, high = sorted((timedelta(seconds=first), timedelta(seconds=second)))
    assert low <= Chance(1).span(low, high, key, "span") <= high
