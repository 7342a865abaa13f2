"""The law of service: from facts to legal effect, with the article, the day, what is missing and what would undo it.

Pure and of the standard library only. `parse_facts` reads, `assess` answers; calendars come in as values.
"""

from delivery.domain.law.assessing import assess
from delivery.domain.law.calendar import Calendar, CalendarMissing, Territory
from delivery.domain.law.effect import LegalEffect, Outcome, Reason
from delivery.domain.law.facts import Facts
from delivery.domain.law.reading import FactsInvalid, parse_facts

__all__ = [
    "Calendar",
    "CalendarMissing",
    "Facts",
    "FactsInvalid",
    "LegalEffect",
    "Outcome",
    "Reason",
    "Territory",
    "assess",
    "parse_facts",
]
