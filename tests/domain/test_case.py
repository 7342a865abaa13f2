"""Case numbers are brought into one form, because a second docket is matched by them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.case import Instance, parse_case_number
from delivery.domain.errors import BadValue


@pytest.mark.parametrize(
    "written",
    [
        "（2026）云0188民初1234号",
        "(2026)云0188民初1234号",
        "（2026) 云0188民初1234 号",
        "〔2026〕云0188民初1234号",
        "［２０２６］云０１８８民初１２３４号",
        "【2026】云0188民初1234号",
        "(2026)年云0188民初1234号",
    ],
)
def test_brackets_width_and_blanks_do_not_matter(written: str) -> None:
    assert parse_case_number(written).text == "（2026）云0188民初1234号"


@pytest.mark.parametrize(
    ("written", "instance"),
    [
        ("（2026）云0188民初1234号", Instance.FIRST),
        ("（2026）云0188民督12号", Instance.FIRST),
        ("（2026）云01民终99号", Instance.SECOND),
        ("（2026）云民再3号", Instance.RETRIAL),
        ("（2026）最高法民申7号", Instance.RETRIAL),
        ("（2026）云0188执恢55号之一", Instance.ENFORCEMENT),
        ("（2014）海民初字第01234号", Instance.FIRST),
        ("（2026）云0188民诉前调56号", Instance.FIRST),
    ],
)
def test_the_type_tells_the_instance(written: str, instance: Instance) -> None:
    number = parse_case_number(written)
    assert (number.text, number.instance) == (written, instance)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "1234",
        "2026云0188民初1234号",
        "（2026）云0188民初号",
        "（26）云0188民初1号",
        "（2026）0188民初1号",
        "（2026）云0188民初1234",
    ],
)
def test_a_malformed_number_is_refused(written: str) -> None:
    with pytest.raises(BadValue, match="case_number_malformed"):
        parse_case_number(written)


@given(st.text(alphabet="（）()2026云民初执终再号字第0123456789 ", max_size=30))
def test_reading_twice_is_reading_once(written: str) -> None:
    try:
        number = parse_case_number(written)
    except BadValue:
        return
    assert parse_case_number(number.text) == number
