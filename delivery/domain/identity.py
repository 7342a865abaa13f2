"""Identity numbers: what makes two parties in two cases one and the same, so a wrong digit must never pass.

Resident identity numbers follow GB 11643 (and, with area codes 81 to 83 or a leading 9, the residence cards of people
from Hong Kong, Macao and Taiwan and of foreigners), unified social credit codes GB 32100. Permits and passports have
no check digit that we may rely on: they are kept, but as *unchecked*, and nothing is reused on their word alone.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from delivery.domain.case import PartyKind
from delivery.domain.errors import BadValue
from delivery.domain.text import compact


class IdentityKind(StrEnum):
    """What kind of number it is."""

    RESIDENT_ID = "resident_id"
    SOCIAL_CREDIT_CODE = "social_credit_code"
    PERMIT = "permit"  # 港澳居民来往内地通行证, 台湾居民来往大陆通行证
    PASSPORT = "passport"
    REGISTRATION = "registration"  # of organisations, from before the unified code


@dataclass(frozen=True, slots=True)
class Identity:
    """One identity number in its compact form.

    `checked` says that its check digit holds. `born_on` only if the number tells.
    """

    kind: IdentityKind
    number: str
    checked: bool
    born_on: date | None = None


# GB/T 2260 areas; 81 to 83 are residence cards. A leading 9 is the foreigner's permanent residence card of 2023.
_AREA = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|9\d")
_CODE_LENGTH = 18
_EIGHTEEN = re.compile(r"\d{17}[\dX]")
_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}")
_ROUNDED = re.compile(r"\d(?:\.\d+)?E\+?\d+")
_PERMIT = re.compile(r"[HM]\d{8}(?:\d{2})?|\d{8}(?:\d{2}[A-Z])?|[A-Z]{3}\d{12}")
_PASSPORT = re.compile(r"[A-Z]{1,3}\d{6,9}|[A-Z]\d{2}[A-Z]{2}\d{4}|\d{9}|[A-Z0-9]{2}\d{7}")
_REGISTRATION = re.compile(r"[1-6]\d{14}|[0-9A-Z]{8}[0-9X]")


def parse_identity(written: str, party: PartyKind) -> Identity:
    """Read the identity number of a party of this kind.

    Raises `BadValue`: `id_rounded` (a spreadsheet turned it into a rounded number), `id_length` (`length`),
    `id_characters`, `id_area`, `id_birth_date`, `id_checksum`, `id_old_format` (15 digits), `id_of_organisation`; for
    organisations `uscc_length` (`length`), `uscc_characters`, `uscc_checksum`, `uscc_of_person`.
    """
    number = compact(written).upper().lstrip("'").replace("-", "").replace("(", "").replace(")", "")
    if _ROUNDED.fullmatch(number):
        raise BadValue("id_rounded")
    match party:
        case PartyKind.NATURAL_PERSON:
            return _person(number)
        case PartyKind.ORGANISATION:
            return _organisation(number)


def _person(number: str) -> Identity:
    if _EIGHTEEN.fullmatch(number):
        return Identity(IdentityKind.RESIDENT_ID, number, checked=True, born_on=_birth_date(number))
    if len(number) == _CODE_LENGTH and _is_code(number):
        raise BadValue("id_of_organisation")
    if re.fullmatch(r"\d{15}", number):
        raise BadValue("id_old_format")
    if _PERMIT.fullmatch(number):
        return Identity(IdentityKind.PERMIT, number, checked=False)
    if _PASSPORT.fullmatch(number):
        return Identity(IdentityKind.PASSPORT, number, checked=False)
    if re.fullmatch(r"\d+X?", number):
        raise BadValue("id_length", length=len(number))
    raise BadValue("id_characters")


def _birth_date(number: str) -> date:
    """The birth date inside a resident number whose area, date and check digit hold. Raises `BadValue`."""
    if not _AREA.match(number):
        raise BadValue("id_area")
    try:
        born_on = ric.get_birth_date(number)
    except ValidationError:
        # Companies' codes begin with 9 as well; their area and serial hardly ever look like a date.
        raise BadValue("id_of_organisation" if number[0] == "9" and _is_code(number) else "id_birth_date") from None
    if ric.calc_check_digit(number) != number[-1]:
        raise BadValue("id_checksum")
    return born_on


def _organisation(number: str) -> Identity:
    if len(number) == _CODE_LENGTH:
        if not _CODE.fullmatch(number):
            raise BadValue("uscc_characters")
        if _is_code(number):
            return Identity(IdentityKind.SOCIAL_CREDIT_CODE, number, checked=True)
        if _EIGHTEEN.fullmatch(number) and ric.calc_check_digit(number) == number[-1]:
            raise BadValue("uscc_of_person")
        raise BadValue("uscc_checksum")
    if _REGISTRATION.fullmatch(number):
        return Identity(IdentityKind.REGISTRATION, number, checked=False)
    if not number.isalnum() or not number.isascii():
        raise BadValue("uscc_characters")
    raise BadValue("uscc_length", length=len(number))


def _is_code(number: str) -> bool:
    """A whole unified code whose check digit holds.

    Codes of rural collectives begin with letters, which stdnum's own check refuses.
    """
    return _CODE.fullmatch(number) is not None and uscc.calc_check_digit(number[:-1]) == number[-1]
