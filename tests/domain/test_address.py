"""Telephone numbers and e-mail addresses as dockets write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.address import (
    AddressKind,
    Phone,
    mask_email,
    mask_phone,
    mask_wechat,
    parse_email,
    parse_phone,
    parse_wechat,
)
from delivery.domain.errors import BadValue
from delivery.domain.law.vocabulary import AddressKind as ServedAt

mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@given(mobiles, st.sampled_from(["{}", "+86{}", "0086 {}", "86{}", " {} ", "'{}", "tel:{}"]), st.booleans())
def test_a_mainland_mobile_comes_out_the_same_however_it_is_written(number: str, form: str, spaced: bool) -> None:  # noqa: FBT001
    written = form.format(f"{number[:3]} {number[3:7]}-{number[7:]}" if spaced else number)
    assert parse_phone(written) == Phone(f"+86{number}", mobile=True)


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("010-62345678", Phone("+861062345678", mobile=False)),
        ("(0571)85123456转803", Phone("+8657185123456", mobile=False, extension="803")),
        ("０５７１－８５１２３４５６　转　８０３", Phone("+8657185123456", mobile=False, extension="803")),
        ("+852 9123 4567", Phone("+85291234567", mobile=True)),
        ("0081 90-1234-5678", Phone("+819012345678", mobile=True)),
    ],
)
def test_landlines_extensions_and_numbers_abroad(written: str, phone: Phone) -> None:
    assert parse_phone(written) == phone


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("1380013800", "phone_impossible"),
        ("138001380001", "phone_impossible"),
        ("12345678901", "phone_impossible"),
        ("62345678", "phone_area_code_missing"),
        ("95588", "phone_short_code"),
        ("12368", "phone_short_code"),
        ("110", "phone_short_code"),
        ("400-800-8888", "phone_shared"),
        ("12", "phone_length"),
        ("123456789012345678", "phone_length"),
        ("见附件", "phone_letters"),
        ("1.38E+10", "phone_rounded"),
        ("+999 1234567", "phone_impossible"),
    ],
)
def test_a_number_that_cannot_be_called_is_named(written: str, code: str) -> None:
    with pytest.raises(BadValue) as refused:
        parse_phone(written)
    assert refused.value.code == code


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_is_refused(written: str) -> None:
    try:
        phone = parse_phone(written)
    except BadValue:
        return
    assert phone.number.startswith("+")
    assert phone.number[1:].isdigit()
    assert parse_phone(phone.number).number == phone.number


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("Zhang.San@Example.COM", "Zhang.San@example.com"),
        ("ｚｓ＠ｅｘａｍｐｌｅ．ｃｏｍ", "zs@example.com"),
        ("zs@example。com", "zs@example.com"),
        ("mailto:zs@example.com", "zs@example.com"),
        ("<zs@example.com>", "zs@example.com"),
        ("zs@例子.中国", "zs@xn--fsqu00a.xn--fiqs8s"),
        ("a+b_c@mail-1.example.com.cn", "a+b_c@mail-1.example.com.cn"),
    ],
)
def test_an_email_address_is_brought_into_one_form(written: str, address: str) -> None:
    assert parse_email(written) == address


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("zs.example.com", "email_at_missing"),
        ("", "email_at_missing"),
        ("a@b@example.com", "email_several"),
        ("@example.com", "email_local_part"),
        (".zs@example.com", "email_local_part"),
        ("z..s@example.com", "email_local_part"),
        ("张三@example.com", "email_local_part"),
        ("zs@localhost", "email_domain"),
        ("zs@-example.com", "email_domain"),
        ("zs@example..com", "email_domain"),
        ("zs@192.168.0.1", "email_domain"),
        (f"zs@{'a' * 64}.com", "email_domain"),
        (f"{'z' * 65}@example.com", "email_too_long"),
    ],
)
def test_a_malformed_email_address_is_named(written: str, code: str) -> None:
    with pytest.raises(BadValue) as refused:
        parse_email(written)
    assert refused.value.code == code


@given(st.text(max_size=60))
def test_any_text_is_an_email_address_or_is_refused(written: str) -> None:
    try:
        address = parse_email(written)
    except BadValue:
        return
    assert address.isascii()
    assert parse_email(address) == address


@pytest.mark.parametrize(
    ("written", "account"),
    [
        ("openid:oA1b2C3d4E5f6G7h8I9j0K1l2M3n", "openid:oA1b2C3d4E5f6G7h8I9j0K1l2M3n"),
        (" OpenID： oA1b2C3d4E5f6G7h8I9j0K1l2M_- ", "openid:oA1b2C3d4E5f6G7h8I9j0K1l2M_-"),
        ("wecom:Zhang.San@firm", "wecom:Zhang.San@firm"),
        ("企业微信：zhangsan", "wecom:zhangsan"),
    ],
)
def test_accounts_that_can_be_written_to_are_read(written: str, account: str) -> None:
    assert parse_wechat(written) == account
    assert parse_wechat(account) == account


@pytest.mark.parametrize("written", ["zhangsan_2020", "openid:zhang", "wecom:", "wecom:a|b", "wxid_abc", "13800001234"])
def test_a_personal_wechat_id_cannot_be_written_to(written: str) -> None:
    with pytest.raises(BadValue) as caught:
        parse_wechat(written)
    assert caught.value.code == "wechat_form"


def test_masks_show_enough_to_recognise_and_no_more() -> None:
    assert mask_phone("+8613800001234") == "138****1234"
    assert mask_phone("+861062345678") == "106****5678"
    assert mask_phone("+85291234567").endswith("4567")
    assert mask_phone("123") == "****"
    assert mask_email("zhangsan@example.com") == "z***@example.com"
    assert mask_wechat("wecom:zhangsan") == "wecom:z****n"


def test_the_kinds_are_the_laws_and_a_landline_at_which_nothing_is_served() -> None:
    assert {kind.name: kind.value for kind in AddressKind if kind is not AddressKind.LANDLINE} == {
        kind.name: kind.value for kind in ServedAt
    }
