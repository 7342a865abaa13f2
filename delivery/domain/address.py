"""Destinations as people write them, brought into the form that a provider can use, or refused with a code.

Nothing here says whether an address is alive or whose it is; that is learned by using it. Masks are what screens show
to people who must recognise an address without being told it.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType, ValidationResult

from delivery.domain.errors import BadValue
from delivery.domain.law.vocabulary import Basis
from delivery.domain.text import compact

__all__ = [
    "AddressKind",
    "Basis",
    "Phone",
    "mask_email",
    "mask_phone",
    "mask_wechat",
    "parse_email",
    "parse_phone",
    "parse_wechat",
]


class AddressKind(StrEnum):
    """What a destination is: the law's kinds, and the landline, which the law does not know.

    One mobile number serves voice and SMS; one postal address serves visit, post and posting. A landline is for people
    to call; nothing is served there.
    """

    POSTAL = "postal"
    MOBILE = "mobile"
    LANDLINE = "landline"
    EMAIL = "email"
    FAX = "fax"
    WECHAT = "wechat"
    PLATFORM_ACCOUNT = "platform_account"


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone number in E.164.

    Only a mobile takes SMS; `extension` (digits) is dialled after the call is answered.
    """

    number: str
    mobile: bool
    extension: str = ""


_MAINLAND_MOBILE = re.compile(r"(?:\+|00)?(?:86)?(1[3-9]\d{9})")
_EXTENSION = re.compile(r"(?:转|分机号?|ext\.?|x)[:]?(\d{1,6})$", re.IGNORECASE)
_SHORT_CODE = re.compile(r"1(?:00|1\d|2\d|6\d)\d{0,3}|9[56]\d{3,4}")
_WITHOUT_AREA = re.compile(r"[2-8]\d{6,7}")
_PLAIN = re.compile(r"\+?[\d()\-./]+")
_SHARED = (PhoneNumberType.TOLL_FREE, PhoneNumberType.SHARED_COST, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.UAN)
_MOBILES = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def parse_phone(written: str, *, region: str = "CN") -> Phone:
    """Read one telephone number as written in `region` (ISO 3166); `+` or `00` lead abroad.

    Mainland mobiles are judged by the numbering plan (11 digits, 13 to 19), not by assigned blocks, because new blocks
    come faster than tables. Raises `BadValue`: `phone_rounded`, `phone_letters`, `phone_short_code` (a service number
    like 95588), `phone_shared` (400 and 800), `phone_area_code_missing`, `phone_length` (`digits`),
    `phone_impossible`.
    """
    text = compact(written).lstrip("'").removeprefix("tel:")
    if re.fullmatch(r"\d(?:\.\d+)?[Ee]\+?\d+", text):
        raise BadValue("phone_rounded")
    if mainland := _MAINLAND_MOBILE.fullmatch(re.sub(r"[-()]", "", text)):
        return Phone(f"+86{mainland[1]}", mobile=True)
    extension = _EXTENSION.search(text)
    number = text[: extension.start()] if extension else text
    if not _PLAIN.fullmatch(number):
        raise BadValue("phone_letters")
    digits = re.sub(r"\D", "", number)
    if region == "CN" and _SHORT_CODE.fullmatch(digits):
        raise BadValue("phone_short_code")
    if region == "CN" and _WITHOUT_AREA.fullmatch(digits):
        raise BadValue("phone_area_code_missing")
    if number.startswith("00"):
        number = "+" + number[2:]
    parsed = _parsed(number, region, digits)
    return Phone(
        phonenumbers.format_number(parsed, PhoneNumberFormat.E164),
        mobile=phonenumbers.number_type(parsed) in _MOBILES,
        extension=extension[1] if extension else "",
    )


def _parsed(number: str, region: str, digits: str) -> phonenumbers.PhoneNumber:
    """The number as the library reads it, if it can exist."""
    try:
        parsed = phonenumbers.parse(number, region)
    except NumberParseException:
        raise BadValue("phone_impossible") from None
    if phonenumbers.number_type(parsed) in _SHARED:
        raise BadValue("phone_shared")
    match phonenumbers.is_possible_number_with_reason(parsed):
        case ValidationResult.IS_POSSIBLE:
            pass
        case ValidationResult.TOO_SHORT | ValidationResult.TOO_LONG | ValidationResult.INVALID_LENGTH:
            raise BadValue("phone_length", digits=len(digits))
        case _:
            raise BadValue("phone_impossible")
    if not phonenumbers.is_valid_number(parsed):
        raise BadValue("phone_impossible")
    return parsed


def mask_phone(number: str) -> str:
    """For screens: `+8613800001234` is `138****1234`; numbers abroad and landlines keep as little."""
    national = number.removeprefix("+86")
    kept = 3 if len(national) > 8 else 1  # noqa: PLR2004 -- shorter numbers would be shown nearly whole
    return f"{national[:kept]}****{national[-kept - 1 :]}" if len(national) > 2 * kept + 1 else "****"


_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_LOCAL_LENGTH = 64
_DOMAIN_LENGTH = 253


def parse_email(written: str) -> str:
    """Read one e-mail address (RFC 5321, dot-atom form); the domain comes out in lower case, as A-labels.

    Raises `BadValue`: `email_at_missing`, `email_several`, `email_local_part` (before the @), `email_domain`,
    `email_too_long`.
    """
    text = compact(written).removeprefix("mailto:").strip("<>,;").replace("。", ".")
    local, at, domain = text.rpartition("@")
    if not at:
        raise BadValue("email_at_missing")
    if "@" in local:
        raise BadValue("email_several")
    if not _LOCAL.fullmatch(local):
        raise BadValue("email_local_part")
    domain = _domain(domain)
    if len(local) > _LOCAL_LENGTH or len(domain) > _DOMAIN_LENGTH:
        raise BadValue("email_too_long")
    return f"{local}@{domain}"


def _domain(written: str) -> str:
    """A host name with at least two labels, in A-labels."""
    try:
        domain = written.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise BadValue("email_domain") from None
    labels = domain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():  # noqa: PLR2004
        raise BadValue("email_domain")
    return domain


_OPENID = re.compile(r"openid:(o[A-Za-z0-9_-]{19,39})", re.IGNORECASE)
_WECOM = re.compile(r"(?:wecom|企业微信):([A-Za-z0-9][A-Za-z0-9_.@-]{0,63})", re.IGNORECASE)


def parse_wechat(written: str) -> str:
    """Read an account that can be written to: `openid:o...` (follower of an official account), `wecom:USERID` (member).

    Both are exact in their letters. Raises `BadValue` (wechat_form), also for the WeChat ID that people know of each
    other: no provider can send to it.
    """
    text = compact(written).replace("：", ":")
    if match := _OPENID.fullmatch(text):
        return f"openid:{match[1]}"
    if match := _WECOM.fullmatch(text):
        return f"wecom:{match[1]}"
    raise BadValue("wechat_form")


def mask_wechat(address: str) -> str:
    """For screens: the kind of account, its first and its last letter."""
    prefix, _, account = address.partition(":")
    return f"{prefix}:{account[:1]}****{account[-1:]}"


def mask_email(address: str) -> str:
    """For screens: the first letter and the domain."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"
