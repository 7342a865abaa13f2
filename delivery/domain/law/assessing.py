"""The one door to the law: `assess(facts, calendar)`.

Each jurisdiction is a module with one function from a matter to its legal effect; which one is asked stands in the
facts.
"""

from typing import assert_never

from delivery.domain.law import ca_ccp, england_cpr, ny_cplr
from delivery.domain.law.calendar import Calendar
from delivery.domain.law.cn_civil import service
from delivery.domain.law.effect import LegalEffect
from delivery.domain.law.facts import Facts
from delivery.domain.law.matter import matter_of
from delivery.domain.law.vocabulary import Jurisdiction


def assess(facts: Facts, calendar: Calendar) -> LegalEffect:
    """Whether these papers are served on this recipient, from which day, why, and what follows.

    Pure: the same facts in any order give the same effect. Raises `CalendarMissing` where a day must be rolled in a
    year without data, and nothing else.
    """
    matter = matter_of(facts, calendar)
    match facts.jurisdiction:
        case Jurisdiction.CN_CIVIL:
            return service.assess(matter)
        case Jurisdiction.NY_CPLR:
            return ny_cplr.assess(matter)
        case Jurisdiction.CA_CCP:
            return ca_ccp.assess(matter)
        case Jurisdiction.ENGLAND_CPR:
            return england_cpr.assess(matter)
        case _:
            assert_never(facts.jurisdiction)
