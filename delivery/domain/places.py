"""Names of provinces, cities and counties, as far as they complete an address that leaves the obvious out.

People write 杭州市西湖区 without the province and 江苏省昆山市 without the city. The division table that python-stdnum
carries for identity numbers (GB/T 2260, with the years of each name) answers both; names that it does not know are
left as they are written.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from stdnum import numdb

MUNICIPALITIES = ("北京市", "天津市", "上海市", "重庆市")
REGIONS = ("内蒙古自治区", "广西壮族自治区", "西藏自治区", "宁夏回族自治区", "新疆维吾尔自治区")
SPECIAL = ("香港特别行政区", "澳门特别行政区")
# The parts of a table's name: "[1983-]石家庄市" has been so called since 1983 and still is.
_NAME = re.compile(r"(?:\[(?P<since>\d*)-(?P<until>\d*)\])?(?P<name>[^,\[\]]+)")
_PLACEHOLDERS = re.compile(r"市辖区|县|市|林区|(?:省|自治区)直辖.*")
# Cities without counties: the street follows the city at once (GB/T 2260, notes).
CITIES_WITHOUT_COUNTIES = frozenset({"东莞市", "中山市", "儋州市", "嘉峪关市", "三沙市"})


def _standing(entry: str) -> Iterator[str]:
    """The names of a table entry that are still in use."""
    for found in _NAME.finditer(entry):
        if not found["until"] and not _PLACEHOLDERS.fullmatch(found["name"]):
            yield found["name"]


def _entries() -> Iterator[tuple[str, str, str]]:
    """(six-digit code, province, names) of every division, in the order of the codes."""
    for _, area, _, province, divisions in numdb.get("cn/loc").prefixes:
        for _, rest, _, division, _ in divisions:
            if rest != "0000" and "county" in division:
                yield area + rest, province.get("province", ""), division["county"]


@cache
def _provinces() -> dict[str, str]:
    """City -> province, for cities of one name."""
    return {name: province for code, province, names in _entries() if code[4:] == "00" for name in _standing(names)}


@cache
def _counties() -> dict[str, frozenset[tuple[str, str]]]:
    """County -> (province, city) of every county of that name.

    Counties under the province itself have themselves as city.
    """
    cities: dict[str, str] = {}
    counties: dict[str, set[tuple[str, str]]] = {}
    for code, province, names in _entries():
        for name in _standing(names):
            if code[4:] == "00":
                cities[code[:4]] = name
            elif code[2:4] == "90":
                counties.setdefault(name, set()).add((province, name))
            elif province in MUNICIPALITIES:
                counties.setdefault(name, set()).add((province, province))
            elif code[:4] in cities:
                counties.setdefault(name, set()).add((province, cities[code[:4]]))
    return {name: frozenset(places) for name, places in counties.items()}


def province_of(city: str) -> str:
    """The province of a city, or an empty string when the table does not know it."""
    return _provinces().get(city, "")


def is_county(name: str) -> bool:
    """Whether the table knows a county, district or banner of this name."""
    return name in _counties()


def places_of_county(county: str, province: str) -> tuple[str, str] | None:
    """(province, city) of a county, if one county alone bears that name in the province (if empty: in the country)."""
    places = {place for place in _counties().get(county, ()) if province in ("", place[0])}
    return places.pop() if len(places) == 1 else None


_SEPARATORS = re.compile(r"[、,，;；\s]+")
_DIVISION = re.compile(r"(?:特别行政区|自治区|自治州|自治县|地区|新区|[省市区县旗盟州])?")


@lru_cache(maxsize=4096)
def is_within(area: str, province: str, city: str, county: str) -> bool | None:
    """Whether an address of these parts lies in a court's area; None when the court has named none.

    `area` lists provinces, cities or counties, each alone (云州市, also 云州) or after what it belongs to
    (云州市青河区). Whole parts are compared: a street of another county that is named after the area is outside.
    """
    named = [name for name in _SEPARATORS.split(area) if name]
    if not named:
        return None
    parts = list(dict.fromkeys(part for part in (province, city, county) if part))
    runs = ["".join(parts[start:end]) for start in range(len(parts)) for end in range(start + 1, len(parts) + 1)]
    return any(_DIVISION.fullmatch(run.removeprefix(name)) for name in named for run in runs if run.startswith(name))
