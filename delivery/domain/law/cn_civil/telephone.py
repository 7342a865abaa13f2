"""A call as service: in summary procedure when the party confirms, otherwise only after direct service and mail failed.

Most calls are not service at all but ask for an address or announce a message; never does a call serve a decision.
"""

from delivery.domain.law.acts import Telephone
from delivery.domain.law.cn_civil.exhaustion import mail_was_tried, visit_was_tried
from delivery.domain.law.cn_civil.procedure import DECISIONS, is_summary
from delivery.domain.law.effect import Finding, nothing, served
from delivery.domain.law.matter import Matter
from delivery.domain.law.vocabulary import Document


def telephone(matter: Matter, act: Telephone, documents: frozenset[Document]) -> Finding:
    """INT 261, CPL 162 in summary procedure; else OP19 14."""
    if documents & DECISIONS:
        return nothing("decision_by_telephone", "OP19-14", missing=("paper_service",))
    if act.at is None or not act.reached:
        return nothing("not_reached", "OP19-14")
    on = matter.day(act.at)
    if is_summary(matter) and act.confirmed_by_recipient:
        defeaters = () if act.recorded else ("call_not_recorded",)
        return served(on, "confirmed_by_telephone", "CPL-162", "INT-261", "SIM-18", defeaters=defeaters)
    lacking = tuple(
        code
        for code, holds in (
            ("recording", act.recorded),
            ("contents_told", act.contents_told),
            ("failed_visit", visit_was_tried(matter, on)),
            ("failed_mail", mail_was_tried(matter, on)),
        )
        if not holds
    )
    rules = ("OP19-14", "INT-261", "SIM-18") if is_summary(matter) else ("OP19-14",)
    if lacking:
        return nothing("telephone_not_yet", *rules, missing=lacking)
    return served(on, "told_by_telephone", *rules, defeaters=("practice_differs",))
