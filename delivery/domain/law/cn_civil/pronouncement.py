"""Pronouncement (宣判): when hearing a judgment, or not coming to hear it, is being served with it."""

from delivery.domain.law.act_vocabulary import PronouncementKind
from delivery.domain.law.acts import Pronouncement
from delivery.domain.law.cn_civil.post import mailing_requested
from delivery.domain.law.cn_civil.procedure import is_summary
from delivery.domain.law.effect import Finding, doubtful, nothing, served
from delivery.domain.law.matter import Matter
from delivery.domain.law.vocabulary import Document


def pronouncement(matter: Matter, act: Pronouncement, documents: frozenset[Document]) -> Finding:
    """INT 141; SIM 28, 31; CPL 87 where the paper was collected and signed for."""
    if not documents <= {Document.JUDGMENT, Document.RULING}:
        return nothing("not_pronounced", "INT-141")
    if act.kind is PronouncementKind.SCHEDULED:
        return _scheduled(matter, act)
    return _on_the_spot(matter, act)


def _scheduled(matter: Matter, act: Pronouncement) -> Finding:
    """SIM 31: in summary procedure that day, even for a party that stays away without reason.

    INT 141: refusal, noted in the record.
    """
    if act.on is None:
        return nothing("date_unknown", "INT-141", missing=("date",))
    if is_summary(matter):
        if act.attended or not act.absence_excused:
            refused = ("INT-141",) if act.refused_to_sign and act.noted_in_record else ()
            code = "pronounced" if act.attended else "stayed_away"
            return served(act.on, code, "SIM-31", *refused, deemed=True)
        return _collected(act, "excused_absence", "SIM-31")
    if not (act.attended and act.refused_to_sign):
        return _collected(act, "not_collected", "CPL-87")
    if act.noted_in_record:
        return served(act.on, "refused_at_pronouncement", "INT-141", deemed=True)
    return doubtful(
        "no_officer_note", "INT-131", "INT-141", advice=("obtain_court_staff_note",), missing=("note_in_record",)
    )


def _on_the_spot(matter: Matter, act: Pronouncement) -> Finding:
    """SIM 28: collected in the period, that day.

    Not collected, its last day, if period and place were told and no mailing was asked for.
    """
    told = is_summary(matter) and act.collection_terms_told
    if not told or act.collect_by is None or mailing_requested(matter, act):
        return _collected(act, "not_collected", "SIM-28" if is_summary(matter) else "CPL-87")
    if act.collected_on is not None and act.collected_on <= act.collect_by:
        return served(act.collected_on, "collected", "SIM-28", "CPL-87")
    if not matter.has_ended(act.collect_by):
        return nothing("collection_running", "SIM-28", args=(("collect_by", act.collect_by.isoformat()),))
    return served(act.collect_by, "not_collected_in_time", "SIM-28", deemed=True, defeaters=("terms_not_told",))


def _collected(act: Pronouncement, code: str, rule: str) -> Finding:
    """CPL 87: whoever signs for the paper is served that day."""
    if act.collected_on is not None:
        return served(act.collected_on, "collected", "CPL-87", rule)
    return nothing(code, rule, "CPL-87", missing=("receipt",))
