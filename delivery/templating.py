"""Texts by registered template: fixed words with the domain in them, and variables too short to say anything else.

The mainland's carriers send nothing but what they have approved, take no address in a variable and, for newer accounts,
six characters in each. So the address of the papers is the domain, which stands in the words, and a code in two halves.
The text that is kept is the template filled in, signature and all: what the recipient reads.
"""

import json
from collections.abc import Mapping, Sequence

from delivery.court_sender import words_on_sender
from delivery.domain.plan import Purpose
from delivery.linking import NewLink
from delivery.providers import Template
from delivery.store.courts import Court
from delivery.wording import say

SIGNATURE_SETTING = "sms_signature"
VARIABLES = ("a", "b", "c", "d")
"""In the order of the template: the link's code in two halves, then the check code in two."""


def signature_of(court: Court) -> str:
    """The name that the carriers have registered for a court; its own, unless its settings say otherwise."""
    return str(court.settings.get(SIGNATURE_SETTING) or court.name)


def fill(
    court: Court, purpose: Purpose, language: str, link: NewLink, base_url: str, numbers: Sequence[str] = ()
) -> tuple[Template, str]:
    """A text by template: what the carrier is given, and the very words that will be read. `link` is a short one.

    `numbers` are those from which the court's texts come: they stand in the registered words.
    """
    first, _, second = link.token.partition("-")
    values = dict(zip(VARIABLES, (first, second, link.code[:4], link.code[4:]), strict=True))
    template = Template(court.code, f"{purpose}.{language}", signature_of(court), values)
    return template, f"【{template.signature}】{_words(court, template.name, values, base_url, numbers)}"


def registered_words(
    court: Court, name: str, base_url: str, marks: Mapping[str, str], numbers: Sequence[str] = ()
) -> str:
    """What is to be registered under a name such as `e_service.zh`, with the carrier's marks for the variables.

    Carriers put the signature before it by themselves.
    """
    return _words(court, name, marks, base_url, numbers)


def _words(court: Court, name: str, values: Mapping[str, str], base_url: str, numbers: Sequence[str]) -> str:
    purpose, _, language = name.partition(".")
    sender = words_on_sender(language, numbers)
    return say(language, f"message.template.{purpose}", domain=base_url, phone=court.phone, sender=sender, **values)


def kept(template: Template) -> str:
    """A template as it is kept with its attempt."""
    return json.dumps(
        {
            "court": template.court,
            "name": template.name,
            "signature": template.signature,
            "variables": dict(template.variables),
        },
        ensure_ascii=False,
    )


def kept_template(text: str | None) -> Template | None:
    """The template that was kept with an attempt; None for a text that was written freely."""
    if not text:
        return None
    data = json.loads(text)
    return Template(data["court"], data["name"], data["signature"], data["variables"])
