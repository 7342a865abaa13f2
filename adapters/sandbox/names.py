"""Names of invented people, firms and places, read from `names.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from adapters.sandbox.chance import Chance
from adapters.sandbox.people import Place


@dataclass(frozen=True, slots=True)
class Court:
    """The town's court, as an installation registers it. `docket_code` stands in its case numbers."""

    name: str
    name_en: str
    code: str
    docket_code: str
    province: str
    city: str
    county: str


@cache
def _words() -> Mapping[str, Any]:
    return tomllib.loads(resources.files("adapters.sandbox").joinpath("names.toml").read_text("utf-8"))


def court() -> Court:
    """The one court of the town."""
    return Court(**_words()["court"])


def person_name(chance: Chance, key: str) -> tuple[str, str]:
    """A person's name, and its letters for an e-mail address."""
    family, family_letters = chance.one_of(_words()["surnames"], key, "surname")
    given, given_letters = chance.one_of(_words()["given"], key, "given")
    return family + given, f"{family_letters}.{given_letters}"


def company_name(chance: Chance, key: str) -> tuple[str, str]:
    """A company's registered name, and its letters for a mail domain."""
    stem, letters = chance.one_of(_words()["company_stems"], key, "company-stem")
    trade = chance.one_of(_words()["company_trades"], key, "company-trade")
    return f"云州{stem}{trade}有限公司", letters


def institutions() -> tuple[str, ...]:
    """Those who sue again and again."""
    return tuple(_words()["institutions"])


def firm_name(number: int) -> tuple[str, str]:
    """The name of law firm `number`, and the letters of its mail domain. Beyond the list names get a numeral."""
    stems = _words()["firm_stems"]
    stem, letters = stems[number % len(stems)]
    again = number // len(stems)
    return f"云岭{stem}{again + 1 if again else ''}律师事务所", f"{letters}{again + 1 if again else ''}"


def saying(name: str) -> str:
    """What people write when they are asked for a reason."""
    chosen: str = _words()["sayings"][name]
    return chosen


def cause(chance: Chance, group: str, key: str) -> str:
    """A cause of action of the group."""
    chosen: str = chance.one_of(_words()["causes"][group], key, "cause")
    return chosen


def place(chance: Chance, key: str, *, far: bool, business: bool = False, ordinal: int = 0) -> Place:
    """An address; `far` is where the court's people do not go themselves."""
    region = chance.one_of(_words()["far" if far else "nearby"], key, "region", ordinal)
    road = chance.one_of(_words()["streets"], key, "road", ordinal)
    number = chance.whole(1, 388, key, "house", ordinal)
    room = f"{chance.whole(1, 18, key, 'floor', ordinal)}{chance.whole(1, 6, key, 'room', ordinal):02d}室"
    if business:
        building = chance.one_of(_words()["buildings"], key, "building", ordinal)
        return Place(**region, street=f"{road}{number}号{building}{room}")
    compound = chance.one_of(_words()["compounds"], key, "compound", ordinal)
    block = f"{chance.whole(1, 24, key, 'block', ordinal)}幢{chance.whole(1, 4, key, 'unit', ordinal)}单元"
    return Place(**region, street=f"{road}{number}号{compound}{block}{room}")
