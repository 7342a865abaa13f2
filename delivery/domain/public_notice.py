"""What the text of a public notice must say (INT 139), which of it a person writes, and the periods that it names.

The law engine asks the same question of a notice that was published; here it is asked before anything is printed, so
that no notice hangs for thirty days in vain. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from delivery.domain.case import Instance, Procedure
from delivery.domain.law.act_vocabulary import Content
from delivery.domain.law.cn_civil.deadlines import ANSWER_DAYS, APPEAL_DAYS, FOREIGN_DAYS
from delivery.domain.law.cn_civil.notice import FOREIGN_MONTHS, HMT_MONTHS, content_for
from delivery.domain.law.versions import FOREIGN_NOTICE_DAYS, NOTICE_DAYS, in_force
from delivery.domain.law.vocabulary import Domicile
from delivery.domain.paper import DocumentKind

LONGEST_TEXT = 600

# Nobody but a person who has read the papers can say these; the rest follows from the case and the law.
_ALWAYS_WRITTEN = frozenset(
    {Content.REASON, Content.CLAIM_POINTS, Content.MAIN_CONTENT, Content.HEARING_PLACE, Content.APPEAL_COURT}
)
# The periods of parties in Hong Kong, Macao and Taiwan are the court's to set.
_PERIODS = frozenset({Content.ANSWER_PERIOD, Content.APPEAL_PERIOD})
_SET_BY_LAW = frozenset({Domicile.MAINLAND, Domicile.FOREIGN})


@dataclass(frozen=True, slots=True)
class Subject:
    """What is served by the notice, on whom, in which proceedings."""

    papers: frozenset[DocumentKind]
    procedure: Procedure
    instance: Instance
    domicile: Domicile
    has_hearing: bool

    @property
    def appealable(self) -> bool:
        """CPL 171, 165: decisions of first instance; small claims end with one instance."""
        return self.instance is Instance.FIRST and self.procedure is not Procedure.SMALL_CLAIMS


@dataclass(frozen=True, slots=True)
class Period:
    """A number of days or of months."""

    unit: str  # days | months
    length: int


def needed(subject: Subject) -> tuple[Content, ...]:
    """INT 139: everything that this notice must say, in the order of its text."""
    return tuple(content_for(subject.papers, appealable=subject.appealable))


def to_write(subject: Subject) -> tuple[Content, ...]:
    """The parts of it that a person writes."""
    by_hand = _ALWAYS_WRITTEN if subject.domicile in _SET_BY_LAW else _ALWAYS_WRITTEN | _PERIODS
    return tuple(part for part in needed(subject) if part in by_hand)


def lacking(subject: Subject, written: Mapping[str, str]) -> tuple[Content, ...]:
    """What must be said and cannot: not written yet, or a hearing that the case does not have."""
    by_hand = to_write(subject)
    return tuple(
        part
        for part in needed(subject)
        if (part in by_hand and not written.get(part, "").strip())
        or (part is Content.HEARING_TIME and not subject.has_hearing)
    )


def notice_period(domicile: Domicile, on: date) -> Period:
    """CPL 95, 283; HKM 9; TW 8: after how long the papers count as served, by the law of the day."""
    if domicile is Domicile.MAINLAND:
        return Period("days", in_force(NOTICE_DAYS, on))
    if domicile is Domicile.FOREIGN:
        days = in_force(FOREIGN_NOTICE_DAYS, on)
        return Period("months", FOREIGN_MONTHS) if days is None else Period("days", days)
    return Period("months", HMT_MONTHS)


def answer_days(domicile: Domicile) -> int:
    """CPL 128, 285: days to answer, from the day after the notice ends. `KeyError` where the court sets them."""
    return {Domicile.MAINLAND: ANSWER_DAYS, Domicile.FOREIGN: FOREIGN_DAYS}[domicile]


def appeal_days(subject: Subject) -> tuple[tuple[DocumentKind, int], ...]:
    """CPL 171, 286: days to appeal, for each decision that is served. Nothing where the court sets them."""
    if subject.domicile not in _SET_BY_LAW:
        return ()
    abroad = subject.domicile is not Domicile.MAINLAND
    return tuple(
        (kind, FOREIGN_DAYS if abroad else days) for kind, days in APPEAL_DAYS.items() if kind in subject.papers
    )
