"""Typical situations as facts files, to start from: a clerk picks one, moves its day, and changes what was different.

They are files of the facts format beside the code (`delivery/examples`), each about one set of papers on one recipient.
"""

import re
from datetime import date, timedelta
from importlib.resources import files

# In the order in which a court meets them.
EXAMPLES = (
    "party_signs",
    "family_signs",
    "company_desk",
    "refused_at_home",
    "refused_elsewhere",
    "nobody_home",
    "by_text_with_consent",
    "by_text_without_consent",
    "mail_signed",
    "mail_in_locker",
    "mail_back_from_confirmed",
    "mail_back_from_plaintiffs",
    "public_notice",
    "payment_order",
)
ACTED_ON = date(2026, 3, 12)
"""The day of the act that each example is about; its other days lie around it."""

_DAY = re.compile(r"\b20\d\d-\d\d-\d\d")


def example_text(name: str, on: date = ACTED_ON) -> str:
    """The example as JSON text, with all its days moved so that the act was done on `on`. `KeyError` for no example.

    Birthdays before 2000 stay: nobody grows up by being served later. A day that would leave the calendar stays too.
    """
    if name not in EXAMPLES:
        raise KeyError(name)
    text = files("delivery").joinpath("examples", f"{name}.json").read_text(encoding="utf-8")
    moved_by = on - ACTED_ON
    return _DAY.sub(lambda found: _moved(found[0], moved_by), text)


def _moved(day: str, by: timedelta) -> str:
    try:
        return (date.fromisoformat(day) + by).isoformat()
    except OverflowError:
        return day
