"""From where a court posts and texts, as it named it; else the installation's address and the carriers' numbers."""

import re
from collections.abc import Mapping, Sequence

from delivery.domain.errors import RequestError
from delivery.domain.event import Channel
from delivery.provider_choice import ways_of_court
from delivery.providers import NumberShowing, PostalAddress, Provider, Sender
from delivery.store.courts import Court
from delivery.wording import say

SETTING = "mail_sender"
NUMBERS = "text_numbers"
_NUMBER = re.compile(r"\+?[0-9]{3,20}")
_NEEDED = ("name", "phone", "province", "city", "county", "street")


def sender_of(court: Court) -> Sender | None:
    """The court's own sender; None when it named none."""
    kept = court.settings.get(SETTING)
    if not isinstance(kept, dict) or any(not kept.get(part) for part in _NEEDED):
        return None
    name, phone, province, city, county, street = (str(kept[part]) for part in _NEEDED)
    return Sender(name, phone, PostalAddress(province, city, county, street, str(kept.get("postcode", ""))))


def text_numbers(providers: Mapping[str, Provider], court: Court) -> tuple[str, ...]:
    """The numbers from which the court's texts come: as it named them, else as those who carry them know them.

    All of them, because which carrier takes a text may still change when its words are written.
    """
    named = court.settings.get(NUMBERS)
    if isinstance(named, list) and named:
        return tuple(str(number) for number in named)
    ways = [providers[name] for name in ways_of_court(providers, court, Channel.SMS)]
    known = [way.shown_number for way in ways if isinstance(way, NumberShowing)]
    return tuple(dict.fromkeys(number for number in known if number))


def name_numbers(court: Court, numbers: Sequence[str]) -> None:
    """Say from which numbers the court's texts come; none: as the carriers know. Raises `RequestError`."""
    if not all(_NUMBER.fullmatch(number) for number in numbers):
        code = "text_number_malformed"
        raise RequestError(code)
    court.settings = {**court.settings, NUMBERS: list(numbers)}


def words_on_sender(language: str, numbers: Sequence[str]) -> str:
    """What a text says of where it comes from; empty where nobody knows."""
    return (
        say(language, "message.sender", numbers=("、" if language == "zh" else ", ").join(numbers)) if numbers else ""
    )


def set_sender(court: Court, parts: Mapping[str, str]) -> None:
    """Let a court post from this address; empty parts throughout take it back to the installation's.

    Raises `RequestError` (sender_incomplete) when something of it is missing.
    """
    kept = {name: text.strip() for name, text in parts.items() if text.strip()}
    others = {name: value for name, value in court.settings.items() if name != SETTING}
    missing = [part for part in _NEEDED if part not in kept]
    if kept and missing:
        code = "sender_incomplete"
        raise RequestError(code, missing=", ".join(missing))
    court.settings = others | ({SETTING: kept} if kept else {})
