"""What the mainland's text carriers have in common: eleven-digit numbers, and registered templates for words."""

import re
from collections.abc import Mapping

from delivery.domain.errors import Misconfigured, Permanent
from delivery.providers import Message, Template

_MOBILE = re.compile(r"\+86(1[0-9]{10})")


def national_number(to: str) -> str:
    """Give the eleven digits of a mainland mobile number. Raises `Permanent`: these carriers are for those."""
    if not to:
        raise Permanent("address_missing")
    found = _MOBILE.fullmatch(to)
    if found is None:
        raise Permanent("not_routable")
    return found.group(1)


def registered(message: Message, templates: Mapping[str, str]) -> tuple[Template, str]:
    """Give what a message was written by, and the carrier's code for it: the court's own, else that of all courts.

    Raises `Misconfigured` when there is none: no other words may be sent in its place.
    """
    template = message.template
    code = ""
    if template is not None:
        code = templates.get(f"{template.court}/{template.name}") or templates.get(template.name, "")
    if template is None or not code:
        raise Misconfigured("template_missing")
    return template, code
