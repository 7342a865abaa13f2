"""Datums, the mainland's border, and distances: published figures, known places, and the way there and back."""

from math import pi

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.geodesy import Datum, Position, from_wgs84, in_mainland, metres_between, to_wgs84

BEIJING = Position(39.9075, 116.397)
MILLIMETRE = 0.001

MAINLAND = {
    "Luohu": (22.5335, 114.118), "Futian port": (22.52, 114.068), "Shekou": (22.485, 113.915),
    "Yantian": (22.562, 114.24), "Zhuhai": (22.271, 113.577), "Gongbei": (22.22, 113.549), "Hengqin": (22.14, 113.53),
    "Xiamen": (24.48, 118.09), "Dadeng": (24.563, 118.33), "Pingtan": (25.5, 119.79), "Zhoushan": (30.0, 122.1),
    "Dandong": (40.13, 124.385), "Hunchun": (42.86, 130.37), "Heihe": (50.245, 127.525), "Mohe": (53.48, 122.37),
    "Fuyuan": (48.36, 134.3), "Manzhouli": (49.59, 117.44), "Erenhot": (43.65, 111.98), "Khorgos": (44.21, 80.42),
    "Kashgar": (39.47, 75.99), "Lhasa": (29.65, 91.1), "Ruili": (24.01, 97.85), "Hekou": (22.515, 103.96),
    "Pingxiang": (22.1, 106.76), "Dongxing": (21.548, 107.972), "Haikou": (20.04, 110.32), "Sanya": (18.25, 109.51),
}  # fmt: skip
ELSEWHERE = {
    "Hong Kong": (22.281, 114.158), "Sheung Shui": (22.502, 114.128), "Lok Ma Chau": (22.512, 114.066),
    "Lo Wu": (22.527, 114.113), "Sha Tau Kok": (22.543, 114.215), "Tin Shui Wai": (22.46, 114.0),
    "Macau": (22.195, 113.545), "Taipa": (22.156, 113.56), "Taipei": (25.033, 121.565), "Kinmen": (24.44, 118.33),
    "Matsu": (26.15, 119.93), "Seoul": (37.5665, 126.978), "Sinuiju": (40.095, 124.4), "Fukuoka": (33.59, 130.4),
    "Hanoi": (21.028, 105.854), "Lao Cai": (22.483, 103.97), "Mong Cai": (21.525, 107.966),
    "Vladivostok": (43.12, 131.9), "Blagoveshchensk": (50.29, 127.527), "Zabaikalsk": (49.65, 117.33),
    "Ulaanbaatar": (47.9, 106.9), "Almaty": (43.25, 76.9), "Kathmandu": (27.7, 85.3), "Naha": (26.2, 127.7),
}  # fmt: skip


@pytest.mark.parametrize("name", MAINLAND)
def test_the_mainland_is_drawn_shifted(name: str) -> None:
    place = Position(*MAINLAND[name])
    assert in_mainland(place)
    assert 20 < metres_between(place, from_wgs84(place, Datum.GCJ02)) < 800


# Their numbers could also be the shifted ones of a place across the river, and those are what a court there means.
AT_THE_BORDER = frozenset({"Lok Ma Chau", "Lo Wu", "Sha Tau Kok", "Macau", "Lao Cai", "Mong Cai"})


@pytest.mark.parametrize("name", ELSEWHERE)
@pytest.mark.parametrize("datum", Datum)
def test_nothing_else_is(name: str, datum: Datum) -> None:
    place = Position(*ELSEWHERE[name])
    assert from_wgs84(place, datum) == place
    assert name in AT_THE_BORDER or to_wgs84(place, datum) == place


@pytest.mark.parametrize(
    ("place", "metres"),
    [(BEIJING, 555), (Position(31.2304, 121.4737), 481), (Position(23.1291, 113.2644), 621)],
)
def test_the_shift_is_the_published_one(place: Position, metres: float) -> None:
    assert metres_between(place, from_wgs84(place, Datum.GCJ02)) == pytest.approx(metres, abs=1)


def test_the_published_vectors_of_beijing() -> None:
    place = Position(39.915, 116.404)
    shifted = from_wgs84(place, Datum.GCJ02)
    assert (shifted.lat, shifted.lon) == pytest.approx((39.91640428150164, 116.41024449916938), abs=1e-9)
    baidu = from_wgs84(to_wgs84(place, Datum.GCJ02), Datum.BD09)
    assert (baidu.lat, baidu.lon) == pytest.approx((39.92133699351021, 116.41036949371029), abs=1e-9)


# Inside the mainland, farther than the shift from any border.
INLAND = st.builds(Position, st.floats(24.5, 40.5), st.floats(103.0, 116.5))


@given(INLAND, st.sampled_from(list(Datum)))
def test_there_and_back_is_less_than_a_millimetre(place: Position, datum: Datum) -> None:
    assert metres_between(place, to_wgs84(from_wgs84(place, datum), datum)) < MILLIMETRE


PLACES = st.builds(Position, st.floats(-90, 90), st.floats(-180, 180))


@given(PLACES, PLACES)
def test_a_distance_is_the_same_both_ways_and_at_most_half_the_earth(one: Position, other: Position) -> None:
    there = metres_between(one, other)
    assert there == pytest.approx(metres_between(other, one), abs=MILLIMETRE)
    assert 0 <= there <= pi * 6_371_009


def test_known_distances() -> None:
    assert metres_between(Position(0, 0), Position(0, 1)) == pytest.approx(111_195, abs=1)
    assert metres_between(Position(0, 179.5), Position(0, -179.5)) == pytest.approx(111_195, abs=1)
    assert metres_between(BEIJING, Position(31.2304, 121.4737)) == pytest.approx(1_067_000, rel=0.005)
    assert metres_between(BEIJING, BEIJING) == 0
