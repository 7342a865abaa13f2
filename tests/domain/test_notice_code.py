"""Codes of sheets: what is written is read again, and nothing else is ever taken for one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.domain.notice_code import LETTERS, NoticeCode, grouped, parse, printed_url, too_long_by, verify, write

KEY = bytes(range(32))
CODES = st.builds(NoticeCode, st.binary(min_size=10, max_size=10), st.booleans())
SHEET = NoticeCode(bytes(range(10)), blank=False)


@settings(max_examples=50)
@given(CODES)
def test_a_code_is_read_as_it_was_written(code: NoticeCode) -> None:
    letters = write(code, KEY)

    assert len(letters) == 21
    assert set(letters) <= set(LETTERS)
    assert verify(letters, KEY) == verify(printed_url("https://songda.example", letters), KEY) == code


def test_the_printed_address_is_short_enough_for_a_large_pattern() -> None:
    assert len(printed_url("https://songda.qinghe.cn", write(SHEET, KEY))) <= 50


@settings(max_examples=50)
@given(CODES, st.integers(0, 20), st.sampled_from(LETTERS))
def test_one_wrong_letter_is_no_code(code: NoticeCode, place: int, letter: str) -> None:
    letters = write(code, KEY)
    other = letters[:place] + letter + letters[place + 1 :]

    assert verify(other, KEY) == (code if other == letters else None)


def test_two_letters_changed_places_are_no_code() -> None:
    letters = write(SHEET, KEY)
    swapped = [
        letters[:place] + letters[place + 1] + letters[place] + letters[place + 2 :]
        for place in range(20)
        if letters[place] != letters[place + 1]
    ]

    assert len(swapped) > 10
    assert {verify(one, KEY) for one in swapped} == {None}


def test_another_installations_code_is_none_of_ours() -> None:
    assert verify(write(SHEET, bytes(32)), KEY) is None


def test_a_pad_does_not_pass_for_a_sheet_of_the_same_number() -> None:
    pad = write(NoticeCode(SHEET.number, blank=True), KEY)

    assert pad[1:-5] == write(SHEET, KEY)[1:-5]
    assert verify(write(SHEET, KEY)[0] + pad[1:], KEY) is None


@pytest.mark.parametrize("typed", ["grouped", "lower", "confused", "spaced"])
def test_people_may_type_it_in_their_way(typed: str) -> None:
    code = NoticeCode(b"\x00\x42\x10" * 3 + b"\x01", blank=False)
    letters = write(code, KEY)
    ways = {
        "grouped": grouped(letters),
        "lower": letters.lower(),
        "confused": letters.replace("0", "O").replace("1", "l"),
        "spaced": f"  {letters[:7]} {letters[7:14]}\n{letters[14:]} ",
    }

    assert verify(ways[typed], KEY) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0" * 20,
        "0" * 22,
        "U" * 21,
        "０" * 21,
        "https://songda.example/e/" + write(SHEET, KEY),
        "https://songda.example/n/" + write(SHEET, KEY) + "?x=1",
        "https://songda.example/n/" + write(SHEET, KEY) + " " + write(SHEET, KEY),
        "javascript:" + write(SHEET, KEY),
        "A" * 10_000,
    ],
)
def test_what_is_not_a_code_is_none(text: str) -> None:
    assert parse(text) is None
    assert verify(text, KEY) is None


def test_a_number_has_ten_bytes() -> None:
    with pytest.raises(ValueError, match="10 bytes"):
        write(NoticeCode(b"short", blank=False), KEY)


def test_an_address_that_makes_codes_too_large_is_told_by_how_much() -> None:
    assert [too_long_by("https://" + "x" * letters) for letters in (5, 18, 19, 40)] == [0, 0, 1, 22]
