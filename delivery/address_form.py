"""The form 送达地址确认书 behind an e-service link as a person fills it in: read whole, with every error at once.

Any destination may be left out, but not all of them; a postal address is all of its parts; consent to e-service is a
question that must be answered, and a yes needs somewhere to send to. The codes of the errors have words that say what
to write instead.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from delivery.domain.address import parse_email, parse_phone
from delivery.domain.errors import BadValue
from delivery.domain.places import CITIES_WITHOUT_COUNTIES
from delivery.domain.postal import PostalParts
from delivery.domain.text import compact, half_width, tidy

# Which text of the warnings was shown; a test holds that the words change with it.
WARNINGS_VERSION = "2026-03"
FIELDS = ("keep", "mobile", "email", "province", "city", "county", "street", "consent")
_ELECTRONIC = ("mobile", "email")
_POSTAL = ("province", "city", "county", "street")
_LONGEST = 120
_LEAST_STREET = 2
_MOBILE = 11
_SHORT_CODE = 5  # 12368 and its like: a number, but nobody's own
_POST_BOX = re.compile(r"信箱\d*号?$")


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A form that can be taken: `keep` means the very address that the message went to."""

    keep: bool
    mobile: str
    email: str
    postal: PostalParts | None
    consent: bool


@dataclass(frozen=True, slots=True)
class WrongField:
    """What is wrong with one field of a form: a code, whose words say how to put it right."""

    field: str
    code: str
    args: Mapping[str, str | int]


def read_confirmation(given: Mapping[str, str], kept_kind: str) -> tuple[Confirmation | None, list[WrongField]]:
    """Read the form; `kept_kind` is the kind of the address that the message went to, or empty. All errors at once."""
    wrong: list[WrongField] = []
    mobile = _taken("mobile", given.get("mobile", ""), _mobile, wrong)
    email = _taken("email", given.get("email", ""), parse_email, wrong)
    postal = _postal(given, wrong)
    keep = bool(kept_kind) and given.get("keep", "") == "yes"
    consent = given.get("consent", "")
    if not (keep or any(given.get(name, "").strip() for name in FIELDS[1:-1])):
        wrong.append(WrongField("mobile", "nothing_given", {}))
    if consent not in {"yes", "no"}:
        wrong.append(WrongField("consent", "consent_open", {}))
    elif consent == "yes" and not wrong and not (mobile or email or (keep and kept_kind in _ELECTRONIC)):
        wrong.append(WrongField("consent", "consent_without_address", {}))
    if wrong:
        return None, wrong
    return Confirmation(keep, mobile, email, postal, consent == "yes"), []


def _mobile(written: str) -> str:
    digits = compact(written).removeprefix("+86").replace("-", "")
    if digits.isdigit() and digits.startswith("1") and len(digits) not in {_SHORT_CODE, _MOBILE}:
        raise BadValue("phone_length", digits=len(digits))
    phone = parse_phone(written)
    if not phone.mobile or phone.extension:
        raise BadValue("not_mobile")
    return phone.number


def _taken(field: str, written: str, parse: Callable[[str], str], wrong: list[WrongField]) -> str:
    if not written.strip():
        return ""
    try:
        return parse(written[:_LONGEST])
    except BadValue as error:
        wrong.append(WrongField(field, error.code, error.arguments))
        return ""


def _postal(given: Mapping[str, str], wrong: list[WrongField]) -> PostalParts | None:
    """The postal address: all of its parts, or none."""
    parts = {name: "".join(half_width(tidy(given.get(name, ""))).split()).replace("|", "") for name in _POSTAL}
    if not any(parts.values()):
        return None
    before = len(wrong)
    for name, value in parts.items():
        if not value and not (name == "county" and parts["city"] in CITIES_WITHOUT_COUNTIES):
            wrong.append(WrongField(name, "postal_missing", {}))
        elif len(value) > _LONGEST:
            wrong.append(WrongField(name, "too_long", {"most": _LONGEST}))
    if parts["street"] and len(parts["street"]) < _LEAST_STREET:
        wrong.append(WrongField("street", "street_short", {}))
    if _POST_BOX.search(parts["street"]):
        wrong.append(WrongField("street", "post_box", {}))
    return PostalParts(**parts) if len(wrong) == before else None
