"""What identifies a case and who takes part in it: case number, procedure, instance, and the places of parties.

A case number (案号) is "(year) court type number 号" since the Supreme Court's rules on case numbers of 2015; before
2016 it had the form "(year) court type 字第 number 号". Both are read, in any brackets and any width, and written in
one form, because the number is what a second docket is matched by.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from delivery.domain.errors import BadValue
from delivery.domain.law.vocabulary import Instance, Procedure
from delivery.domain.law.vocabulary import Kind as PartyKind
from delivery.domain.text import compact

__all__ = [
    "CAME_TO_COURT",
    "CaseNumber",
    "Instance",
    "PartyKind",
    "PartyRole",
    "Procedure",
    "parse_case_number",
]


class PartyRole(StrEnum):
    """The place of a party in a case (诉讼地位)."""

    PLAINTIFF = "plaintiff"
    DEFENDANT = "defendant"
    THIRD_PARTY = "third_party"
    APPELLANT = "appellant"
    APPELLEE = "appellee"
    APPLICANT = "applicant"
    RESPONDENT = "respondent"
    CREDITOR = "creditor"
    DEBTOR = "debtor"
    ENFORCEMENT_APPLICANT = "enforcement_applicant"
    ENFORCEMENT_DEBTOR = "enforcement_debtor"


# They came to the court themselves, so that their papers carry an address of their own choice.
CAME_TO_COURT = frozenset(
    {
        PartyRole.PLAINTIFF,
        PartyRole.APPELLANT,
        PartyRole.APPLICANT,
        PartyRole.CREDITOR,
        PartyRole.ENFORCEMENT_APPLICANT,
    }
)

_NUMBER = re.compile(
    r"[(\[〔【]?(?P<year>(?:19|20)\d\d)[)\]〕】]年?"
    r"(?P<court>[\u3400-\u9fff]{1,6}?\d{0,4})(?P<type>[\u3400-\u9fff]{1,8}?)(?:字第)?(?P<serial>\d{1,8}(?:-\d{1,4})?)号"
    r"(?P<branch>之[一二三四五六七八九十]{1,3})?"
)


@dataclass(frozen=True, slots=True)
class CaseNumber:
    """One case number. `text` is its one written form, with full-width brackets, as courts print it."""

    text: str
    year: int
    instance: Instance


def parse_case_number(written: str) -> CaseNumber:
    """Read a 案号. Raises `BadValue("case_number_malformed")`."""
    found = _NUMBER.fullmatch(compact(written))
    if found is None:
        raise BadValue("case_number_malformed")
    tail = found[0][found.start("court") - found.start() :]
    return CaseNumber(f"（{found['year']}）{tail}", int(found["year"]), _instance(found["court"] + found["type"]))


def _instance(code: str) -> Instance:
    """The instance that the type code of a number tells (民初, 民终, 民再, 执 ...); else the first."""
    letters = "".join(c for c in code if not c.isdigit())
    if "执" in letters:
        return Instance.ENFORCEMENT
    if letters.endswith("终"):
        return Instance.SECOND
    if letters.endswith(("再", "申", "监")):
        return Instance.RETRIAL
    return Instance.FIRST
