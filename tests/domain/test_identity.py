"""Identity numbers: the check digit, the date inside, and the kinds that are kept without one."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.case import PartyKind
from delivery.domain.errors import BadValue
from delivery.domain.identity import Identity, IdentityKind, parse_identity

PERSON, ORGANISATION = PartyKind.NATURAL_PERSON, PartyKind.ORGANISATION
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def resident(area: str, born_on: date, serial: int) -> str:
    """A number by the weights of the standard itself, so that the library is checked too."""
    body = f"{area}{born_on:%Y%m%d}{serial:03d}"
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11]


def social_credit(body: str) -> str:
    """A unified code by GB 32100: weights are the powers of 3 modulo 31."""
    total = sum(CODE_ALPHABET.index(letter) * pow(3, place, 31) for place, letter in enumerate(body))
    return body + CODE_ALPHABET[-total % 31]


residents = st.builds(
    resident,
    st.sampled_from(["110101", "330106", "532901", "650104", "810000", "830000"]),
    st.dates(date(1900, 1, 1), date(2026, 1, 1)),
    st.integers(0, 999),
)
codes = st.builds(
    lambda head, area, tail: social_credit(head + area + tail),
    st.sampled_from(["91", "92", "93", "12", "N2", "A1"]),
    st.sampled_from(["110000", "330106"]),
    st.text(CODE_ALPHABET, min_size=9, max_size=9),
)


@given(residents)
def test_a_resident_number_tells_its_birth_date(number: str) -> None:
    born_on = date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}")
    assert parse_identity(number, PERSON) == Identity(IdentityKind.RESIDENT_ID, number, checked=True, born_on=born_on)


@given(residents, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_never_passes(number: str, place: int, shift: int) -> None:
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    with pytest.raises(BadValue) as refused:
        parse_identity(wrong, PERSON)
    assert refused.value.code in {"id_checksum", "id_birth_date", "id_area", "id_of_organisation"}


@given(residents, st.integers(0, 15))
def test_two_neighbours_swapped_never_pass(number: str, place: int) -> None:
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped != number:
        with pytest.raises(BadValue):
            parse_identity(swapped, PERSON)


@given(codes)
def test_a_unified_code_passes_and_belongs_to_an_organisation(number: str) -> None:
    assert parse_identity(number, ORGANISATION) == Identity(IdentityKind.SOCIAL_CREDIT_CODE, number, checked=True)


@given(codes, st.integers(8, 17), st.integers(1, 30))
def test_one_wrong_letter_of_a_code_never_passes(number: str, place: int, shift: int) -> None:
    letter = CODE_ALPHABET[(CODE_ALPHABET.index(number[place]) + shift) % 31]
    with pytest.raises(BadValue):
        parse_identity(number[:place] + letter + number[place + 1 :], ORGANISATION)


def test_a_published_number_of_each_kind() -> None:
    assert parse_identity("11010519491231002X", PERSON).born_on == date(1949, 12, 31)  # GB 11643, annex
    assert parse_identity("91350100M000100Y43", ORGANISATION).checked  # GB 32100, example


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("１１０１０５１９４９１２３１００２ｘ", "11010519491231002X"),
        (" 110105 19491231 002x ", "11010519491231002X"),
        ("'11010519491231002X", "11010519491231002X"),
        ("110105-19491231-002\u200bX", "11010519491231002X"),
    ],
)
def test_the_width_and_spacing_of_a_number_do_not_matter(written: str, number: str) -> None:
    assert parse_identity(written, PERSON).number == number


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("110105194912310021", "id_checksum"),
        ("110105194913310021", "id_birth_date"),
        ("110105190002290021", "id_birth_date"),
        ("990105194912310021", "id_checksum"),
        ("170105194912310021", "id_area"),
        ("1101051949123100", "id_length"),
        ("1101051949123100211", "id_length"),
        ("110105491231002", "id_old_format"),
        ("1.10105194912310E+17", "id_rounded"),
        ("91350100M000100Y43", "id_of_organisation"),
        ("张三", "id_characters"),
        ("11010519491231002Y", "id_characters"),
    ],
)
def test_a_bad_number_of_a_person_is_named(written: str, code: str) -> None:
    with pytest.raises(BadValue) as refused:
        parse_identity(written, PERSON)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("91350100M000100Y44", "uscc_checksum"),
        ("91350100M000100I43", "uscc_characters"),
        ("91350100M000100Y4", "uscc_length"),
        ("11010519491231002X", "uscc_of_person"),
        ("9.135010000001E+17", "id_rounded"),
        ("云州公司", "uscc_characters"),
    ],
)
def test_a_bad_number_of_an_organisation_is_named(written: str, code: str) -> None:
    with pytest.raises(BadValue) as refused:
        parse_identity(written, ORGANISATION)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("written", "party", "kind"),
    [
        ("H12345678", PERSON, IdentityKind.PERMIT),
        ("M1234567801", PERSON, IdentityKind.PERMIT),
        ("12345678", PERSON, IdentityKind.PERMIT),
        ("E12345678", PERSON, IdentityKind.PASSPORT),
        ("EA1234567", PERSON, IdentityKind.PASSPORT),
        ("330106000012345", ORGANISATION, IdentityKind.REGISTRATION),
        ("M0001004-X", ORGANISATION, IdentityKind.REGISTRATION),
    ],
)
def test_permits_and_passports_are_kept_unchecked(written: str, party: PartyKind, kind: IdentityKind) -> None:
    identity = parse_identity(written, party)
    assert (identity.kind, identity.checked, identity.born_on) == (kind, False, None)


@given(st.text(max_size=40), st.sampled_from(PartyKind))
def test_any_text_is_read_or_refused(written: str, party: PartyKind) -> None:
    try:
        identity = parse_identity(written, party)
    except BadValue:
        return
    assert parse_identity(identity.number, party) == identity
