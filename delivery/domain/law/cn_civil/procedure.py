"""What kind of proceedings these are, where several rules ask the same question.

Small claims are heard within summary procedure (CPL 165), so that what is said of summary procedure holds for them too.
"""

from delivery.domain.law.matter import Matter
from delivery.domain.law.vocabulary import Document, Domicile, Instance, Procedure

DECISIONS = frozenset({Document.JUDGMENT, Document.RULING, Document.MEDIATION_STATEMENT})
HEARING_PAPERS = frozenset({Document.SUMMONS, Document.HEARING_NOTICE})
HKM = frozenset({Domicile.HONG_KONG, Domicile.MACAO})


def is_summary(matter: Matter) -> bool:
    """CPL 160-169: summary procedure, small claims included."""
    return matter.facts.case.procedure in {Procedure.SUMMARY, Procedure.SMALL_CLAIMS}


def is_appealable(matter: Matter) -> bool:
    """CPL 171, 165: decisions of first instance; small claims end with one instance."""
    case = matter.facts.case
    return case.instance is Instance.FIRST and case.procedure is not Procedure.SMALL_CLAIMS


def is_abroad(domicile: Domicile) -> bool:
    """Without a domicile in the mainland."""
    return domicile is not Domicile.MAINLAND
