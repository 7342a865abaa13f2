"""From where a court posts: its own name, number and address, if it named them; else the installation's are used."""

from collections.abc import Mapping

from delivery.domain.errors import RequestError
from delivery.providers import PostalAddress, Sender
from delivery.store.courts import Court

SETTING = "mail_sender"
_NEEDED = ("name", "phone", "province", "city", "county", "street")


def sender_of(court: Court) -> Sender | None:
    """The court's own sender; None when it named none."""
    kept = court.settings.get(SETTING)
    if not isinstance(kept, dict) or any(not kept.get(part) for part in _NEEDED):
        return None
    name, phone, province, city, county, street = (str(kept[part]) for part in _NEEDED)
    return Sender(name, phone, PostalAddress(province, city, county, street, str(kept.get("postcode", ""))))


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
