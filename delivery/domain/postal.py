"""A postal address in one line, taken apart into the province, city, county and street that the post asks for.

The divisions are recognised by how their names end (省, 自治区, 市, 州, 盟, 区, 县, 旗 ...), in that order from the
left; a name that the division table knows wins over a guess, so that 石家庄市新市区 or 周村区 are not cut in the
middle. What is left out because everybody knows it (the province of a city, the city of a county-level city) is filled
in from the table, and nothing else is.
"""

import re
from dataclasses import dataclass

from delivery.domain.errors import BadValue
from delivery.domain.places import (
    CITIES_WITHOUT_COUNTIES,
    MUNICIPALITIES,
    REGIONS,
    SPECIAL,
    is_county,
    places_of_county,
    province_of,
)
from delivery.domain.text import half_width, tidy


@dataclass(frozen=True, slots=True)
class PostalParts:
    """The parts of one mainland address.

    `county` is empty in the few cities that have none. `street` is the whole rest.
    """

    province: str
    city: str
    county: str
    street: str
    postcode: str = ""

    @property
    def line(self) -> str:
        """The address in one line; a municipality is named once."""
        city = "" if self.city in (self.province, self.county) else self.city
        return f"{self.province}{city}{self.county}{self.street}"


_POSTCODE = re.compile(
    r"(?:^|[\s,，;(])(?:邮编|邮政编码)?:?\s?(\d{6})\)?$|(?:邮编|邮政编码):?\s?(\d{6})|^(\d{6})(?!\d)"
)
_LABEL = re.compile(r"^(?:住所地|住址|住|地址|户籍地|送达地址|现住)[:，,]?")
_PROVINCE = re.compile(r"[\u3400-\u9fff]{2,4}?省")
_CITY = re.compile(r"[\u3400-\u9fff]{1,10}?(?:市|自治州|地区|盟)")
_COUNTY = re.compile(r"[\u3400-\u9fff]{1,14}?(?:自治县|自治旗|林区|特区|新区|市|区|县|旗)(?:(?<=市)[区市])?")
_SUFFIXES = "市区县旗"
# A "county" that has one of these inside is a street, a village or an estate, unless the table knows it (路桥区,
# 周村区).
_STREET_SIGNS = re.compile(r"[路街镇乡村道巷弄号里]|(?:社|园|小|校|厂|景|营|库|片|街|院|住宅|工业|宿舍)区$")
_SHORT_PROVINCES = {
    **{name.removesuffix("市"): name for name in MUNICIPALITIES},
    "内蒙古": REGIONS[0],
    "广西": REGIONS[1],
    "西藏": REGIONS[2],
    "宁夏": REGIONS[3],
    "新疆": REGIONS[4],
}
_LEAST_STREET = 2


def parse_postal(written: str) -> PostalParts:
    """Take one address apart.

    Raises `BadValue`: `address_incomplete` (`missing` is province, city, county or street), `address_outside_mainland`
    (Hong Kong, Macao, Taiwan) or `address_post_box` (nobody can be visited in a post box).
    """
    text, postcode = _without_postcode(half_width(tidy(written)))
    text = _LABEL.sub("", "".join(text.split()))
    if text.startswith(("香港", "澳门", "台湾", *SPECIAL)):
        raise BadValue("address_outside_mainland")
    province, rest = _province(text)
    city, rest = _city(province, rest)
    county, rest = _county(city, rest)
    province, city, county = _completed(province, city, county)
    street = rest.strip(",，.;")
    for part, value in (("province", province), ("city", city), ("county", county or _needs_none(city))):
        if not value:
            raise BadValue("address_incomplete", missing=part)
    if len(street) < _LEAST_STREET:
        raise BadValue("address_incomplete", missing="street")
    if re.search(r"(?:邮政)?信箱\d*号?$", street):
        raise BadValue("address_post_box")
    return PostalParts(province, city, county, street, postcode)


def _without_postcode(text: str) -> tuple[str, str]:
    found = _POSTCODE.search(text)
    if found is None:
        return text, ""
    return (text[: found.start()] + text[found.end() :]).strip(" ,，;()"), found[1] or found[2] or found[3]


def _province(text: str) -> tuple[str, str]:
    """The province, autonomous region or municipality at the head of the text, or nothing."""
    for name in (*REGIONS, *MUNICIPALITIES):
        if text.startswith(name):
            return name, text.removeprefix(name)
    for short, name in _SHORT_PROVINCES.items():
        rest = text.removeprefix(short)
        # 北京 is the municipality, 北京路 at the head of a line is a street.
        if rest != text and not rest.startswith(("路", "街", "东路", "西路", "南路", "北路", "中路", "大道")):
            return name, rest.removeprefix("自治区")
    if (found := _PROVINCE.match(text)) is not None:
        return found[0], text[found.end() :]
    return "", text


def _city(province: str, text: str) -> tuple[str, str]:
    if province in MUNICIPALITIES:
        for repeated in (province, "市辖区", "市"):
            text = text.removeprefix(repeated)
        return province, text
    found = _CITY.match(text)
    if found is None or (_STREET_SIGNS.search(found[0]) and not province_of(found[0])):
        return "", text
    name = found[0]
    if not province_of(name) and (place := places_of_county(name, province)) is not None:
        return place[1], text  # a county-level city whose own city is left out: read again as the county
    return name, text[found.end() :].removeprefix("市辖区")


def _county(city: str, text: str) -> tuple[str, str]:
    if city in CITIES_WITHOUT_COUNTIES:
        return "", text
    for found in (_COUNTY.match(text[:end]) for end in range(2, min(len(text), 16) + 1)):
        if (
            found is not None
            and is_county(found[0])
            and not text[found.end() : found.end() + 1].startswith(tuple(_SUFFIXES))
        ):
            return found[0], text[found.end() :]
    found = _COUNTY.match(text)
    if found is None or _STREET_SIGNS.search(found[0]):
        return "", text
    return found[0], text[found.end() :]


def _completed(province: str, city: str, county: str) -> tuple[str, str, str]:
    """Fill in what the table tells beyond doubt."""
    if not city and county and (place := places_of_county(county, province)) is not None:
        return place[0], place[1], county
    if city and not province:
        province = province_of(city)
    if city and not province and (place := places_of_county(city, "")) is not None:
        province = place[0]
    return province, city, county


def _needs_none(city: str) -> str:
    """The city itself where no county is to be expected."""
    return city if city in CITIES_WITHOUT_COUNTIES else ""
