"""Twilio's Lookup: what kind of line a number is, asked before the first text to one whose kind nobody knows.

A numbering plan that keeps mobiles apart, as the mainland's does, answers by itself, so that no number is passed on for
nothing. Where the plan says nothing, a text to a landline would be paid for, lost, and taken for an attempt.
"""

from typing import Any

import phonenumbers

from adapters.twilio import ask_sdk
from adapters.twilio_codes import LINE_TYPES
from delivery.domain.errors import Permanent, SendError

_MOST_REMEMBERED = 10_000
_FIELDS = "line_type_intelligence"


class LineCheck:
    """Refuses numbers that take no texts. What was asked once is not asked again while the process lives."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - the SDK has no types
        self._client = client
        self._kinds: dict[str, str] = {}

    def check(self, number: str) -> None:
        """Raise `Permanent("landline")` or `Permanent("number_void")`; a question that fails says nothing."""
        kind = kind_by_plan(number) or self._kinds.get(number) or self._asked(number)
        if kind in {"landline", "number_void"}:
            raise Permanent(kind)

    def _asked(self, number: str) -> str:
        try:
            found = ask_sdk(lambda: self._client.lookups.v2.phone_numbers(number).fetch(fields=_FIELDS))
        except SendError:
            return ""
        if found.valid is False:
            kind = "number_void"
        else:
            told = found.line_type_intelligence or {}
            kind = LINE_TYPES.get(str(told.get("type")), "unknown")
        if len(self._kinds) < _MOST_REMEMBERED:
            self._kinds[number] = kind
        return kind


def kind_by_plan(number: str) -> str:
    """What the numbering plan says of an E.164 number: mobile, landline, or empty where it does not say."""
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return ""
    known = {
        phonenumbers.PhoneNumberType.MOBILE: "mobile",
        phonenumbers.PhoneNumberType.FIXED_LINE: "landline",
    }
    return known.get(kind, "")
