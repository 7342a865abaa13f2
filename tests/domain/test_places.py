"""Which addresses lie in a court's area: whole names of divisions, however the court wrote them down."""

import pytest

from delivery.domain.places import is_within


@pytest.mark.parametrize(
    ("area", "parts", "within"),
    [
        ("云州市", ("云东省", "云州市", "青河区"), True),
        ("云州", ("云东省", "云州市", "青河区"), True),
        ("云州市青河区", ("云东省", "云州市", "青河区"), True),
        ("云东省云州市青河区", ("云东省", "云州市", "青河区"), True),
        ("云州市青河区", ("云东省", "云州市", "城关区"), False),
        ("青河区", ("云东省", "林州市", "青河镇"), False),
        ("青河区、城关区", ("云东省", "云州市", "城关区"), True),
        ("青河区, 白县", ("云东省", "云州市", "白县"), True),
        ("云州市", ("云东省", "林州市", "云州路"), False),
        ("北京市海淀区", ("北京市", "北京市", "海淀区"), True),
        ("北京", ("北京市", "北京市", "海淀区"), True),
        ("北京市朝阳区", ("北京市", "北京市", "海淀区"), False),
        ("东莞市", ("广东省", "东莞市", ""), True),
        ("昆山市", ("江苏省", "苏州市", "昆山市"), True),
        ("", ("云东省", "云州市", "青河区"), None),
    ],
)
def test_whether_an_address_lies_in_an_area(area: str, parts: tuple[str, str, str], within: bool | None) -> None:  # noqa: FBT001
    assert is_within(area, *parts) is within
