"""One line becomes province, city, county and street, with nothing invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.errors import BadValue
from delivery.domain.postal import PostalParts, parse_postal


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("浙江省杭州市西湖区文三路90号", ("浙江省", "杭州市", "西湖区", "文三路90号")),
        ("杭州市西湖区文三路90号", ("浙江省", "杭州市", "西湖区", "文三路90号")),
        ("住所地：浙江省 杭州市 西湖区 文三路９０号", ("浙江省", "杭州市", "西湖区", "文三路90号")),
        ("江苏省昆山市玉山镇人民路1号", ("江苏省", "苏州市", "昆山市", "玉山镇人民路1号")),
        ("昆山市玉山镇人民路1号", ("江苏省", "苏州市", "昆山市", "玉山镇人民路1号")),
        ("北京朝阳区建国路88号", ("北京市", "北京市", "朝阳区", "建国路88号")),
        ("北京市北京市市辖区东城区东长安街1号", ("北京市", "北京市", "东城区", "东长安街1号")),
        ("上海浦东新区世纪大道100号", ("上海市", "上海市", "浦东新区", "世纪大道100号")),
        ("湖北省仙桃市沔街大道1号", ("湖北省", "仙桃市", "仙桃市", "沔街大道1号")),
        ("广东省东莞市长安镇上沙社区1号", ("广东省", "东莞市", "", "长安镇上沙社区1号")),
        ("山东省青岛市市南区香港中路10号", ("山东省", "青岛市", "市南区", "香港中路10号")),
        ("湖南省常德市津市市车胤大道1号", ("湖南省", "常德市", "津市市", "车胤大道1号")),
        ("湖北省荆州市沙市区北京路1号", ("湖北省", "荆州市", "沙市区", "北京路1号")),
        ("新疆乌鲁木齐市新市区北京南路1号", ("新疆维吾尔自治区", "乌鲁木齐市", "新市区", "北京南路1号")),
        ("内蒙古兴安盟乌兰浩特市罕山街1号", ("内蒙古自治区", "兴安盟", "乌兰浩特市", "罕山街1号")),
        ("浙江省台州市路桥区路桥大道1号", ("浙江省", "台州市", "路桥区", "路桥大道1号")),
        ("重庆市彭水苗族土家族自治县民族路1号", ("重庆市", "重庆市", "彭水苗族土家族自治县", "民族路1号")),
        ("云岭省云州市青河区人民路12号3单元", ("云岭省", "云州市", "青河区", "人民路12号3单元")),
        ("合肥市高新区望江西路1号", ("安徽省", "合肥市", "高新区", "望江西路1号")),
    ],
)
def test_an_address_is_taken_apart(written: str, parts: tuple[str, str, str, str]) -> None:
    assert parse_postal(written) == PostalParts(*parts)


@pytest.mark.parametrize(
    "written",
    [
        "北京市朝阳区建国路88号 100020",
        "北京市朝阳区建国路88号（邮编：100020）",
        "100020北京市朝阳区建国路88号",
        "邮政编码:100020 北京市朝阳区建国路88号",
    ],
)
def test_a_postcode_is_kept_apart(written: str) -> None:
    assert parse_postal(written) == PostalParts("北京市", "北京市", "朝阳区", "建国路88号", "100020")


@pytest.mark.parametrize(
    ("written", "missing"),
    [
        ("人民路1号", "province"),
        ("北京路1号", "province"),
        ("云州市青河区人民路1号", "province"),
        ("朝阳区建国路88号", "province"),
        ("云岭省青河区人民路1号", "city"),
        ("杭州市文三路90号", "county"),
        ("杭州市翠苑小区3幢", "county"),
        ("浙江省杭州市西湖区", "street"),
        ("", "province"),
    ],
)
def test_what_is_missing_is_named(written: str, missing: str) -> None:
    with pytest.raises(BadValue) as refused:
        parse_postal(written)
    assert (refused.value.code, refused.value.arguments) == ("address_incomplete", {"missing": missing})


@pytest.mark.parametrize(
    ("written", "code"),
    [("香港九龙弥敦道1号", "address_outside_mainland"), ("河北省石家庄市正定县12号信箱", "address_post_box")],
)
def test_what_no_mainland_server_can_reach_is_named(written: str, code: str) -> None:
    with pytest.raises(BadValue) as refused:
        parse_postal(written)
    assert refused.value.code == code


@given(
    st.sampled_from(["浙江省", "云岭省", "内蒙古自治区"]),
    st.sampled_from(["云州市", "清川市", "平阳市"]),
    st.sampled_from(["青河区", "白石县", "南岭区"]),
    st.from_regex(r"[人民建设解放中山]{2}路[1-9][0-9]{0,2}号", fullmatch=True),
)
def test_a_full_address_keeps_every_letter(province: str, city: str, county: str, street: str) -> None:
    parts = parse_postal(province + city + county + street)
    assert parts.line == province + city + county + street


@given(st.text(alphabet="省市区县旗州盟路街号镇乡村一二三北京上海浙江杭 0123456789", max_size=30))
def test_any_text_is_an_address_or_is_refused(written: str) -> None:
    try:
        parts = parse_postal(written)
    except BadValue:
        return
    assert parts.province
    assert parts.city
    assert len(parts.street) > 1
