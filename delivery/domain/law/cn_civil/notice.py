"""Public notice (公告送达): the last resort, deemed service when its period has run from the last valid posting.

It is lawful only where nothing else serves, says what INT 139 asks for, is posted as INT 138 asks for, and leaves
reason and history in the file. Some proceedings and papers know no notice at all.
"""

from collections.abc import Iterator
from datetime import date

from delivery.domain.law.act_details import Posting
from delivery.domain.law.act_vocabulary import Content, PostingPlace
from delivery.domain.law.acts import PublicNotice
from delivery.domain.law.calendar import days_after, months_after
from delivery.domain.law.cn_civil.exhaustion import ladder_is_exhausted
from delivery.domain.law.cn_civil.handover import PROCESS_MEDIA
from delivery.domain.law.cn_civil.procedure import is_appealable, is_summary
from delivery.domain.law.effect import Finding, doubtful, nothing, served
from delivery.domain.law.matter import Matter
from delivery.domain.law.versions import FOREIGN_NOTICE_DAYS, NOTICE_DAYS, in_force
from delivery.domain.law.vocabulary import Document, Domicile, HmtNoticePeriod, Procedure, Whereabouts

HMT_MONTHS = 3  # HKM 9, TW 8
HMT_DAYS = 60  # CPL 283 by INT 549
FOREIGN_MONTHS = 3  # CPL 283 before the amendment of 2023

COMPLAINT_CONTENT = (Content.CLAIM_POINTS, Content.ANSWER_PERIOD, Content.CONSEQUENCE_OF_NO_ANSWER)
SUMMONS_CONTENT = (Content.HEARING_TIME, Content.HEARING_PLACE, Content.CONSEQUENCE_OF_ABSENCE)
APPEAL_CONTENT = (Content.APPEAL_RIGHT, Content.APPEAL_PERIOD, Content.APPEAL_COURT)

BASIC_RULES = {
    Domicile.MAINLAND: ("CPL-95",),
    Domicile.HONG_KONG: ("CPL-95", "HKM-9"),
    Domicile.MACAO: ("CPL-95", "HKM-9"),
    Domicile.TAIWAN: ("CPL-95", "TW-3", "TW-8"),
    Domicile.FOREIGN: ("CPL-95", "CPL-283"),
}


def public_notice(matter: Matter, act: PublicNotice, documents: frozenset[Document]) -> Finding:
    """CPL 95, 283; INT 138, 139; HKM 9; SPC (2019) 168 and 3513."""
    barred = bar(matter, documents)
    if barred is not None:
        return barred
    postings = act.postings or ()
    rules = BASIC_RULES[matter.facts.recipient.domicile]
    began_on = min((posting.on for posting in postings), default=None)
    if began_on is None:
        return nothing("not_posted_up", *rules, missing=("posting",))
    if not ladder_is_exhausted(matter, began_on):
        return nothing(
            "ladder_not_exhausted",
            *rules,
            "SPC-2019-168",
            advice=("ladder_not_exhausted",),
            missing=("mail_and_visit",),
        )
    lacking = tuple(
        f"content_{item.value}" for item in required_content(matter, documents) if item not in (act.content or ())
    )
    if lacking:
        return nothing("notice_content", *rules, "INT-139", advice=("redo_notice",), missing=lacking)
    return _posted(matter, act, postings, (*rules, "INT-138", "INT-139", *_history_rule(matter)))


def bar(matter: Matter, documents: frozenset[Document]) -> Finding | None:
    """INT 133, 140, 430; CPL 166; SIM 8: papers and proceedings without public notice, or None."""
    advice: tuple[str, ...] = ("notice_not_available",)
    if Document.MEDIATION_STATEMENT in documents:
        return nothing("no_notice_for_mediation", "INT-133", advice=advice)
    if Document.PAYMENT_ORDER in documents or matter.facts.case.procedure is Procedure.PAYMENT_ORDER:
        return nothing("no_notice_for_payment_order", "INT-430", advice=advice)
    if not is_summary(matter):
        return None
    if ladder_is_exhausted(matter, None):
        advice = (*advice, "convert_procedure")
    small = matter.facts.case.procedure is Procedure.SMALL_CLAIMS
    if small and matter.facts.recipient.whereabouts is Whereabouts.UNKNOWN:
        return nothing("no_notice_in_small_claims", "CPL-166", "INT-140", advice=advice)
    return nothing("no_notice_in_summary", "INT-140", "SIM-8", advice=advice)


def required_content(matter: Matter, documents: frozenset[Document]) -> Iterator[Content]:
    """INT 139: always the reason; then by paper."""
    return content_for(documents, appealable=is_appealable(matter))


def content_for(documents: frozenset[Document], *, appealable: bool) -> Iterator[Content]:
    """INT 139 for whoever writes the notice: what it must say of these papers."""
    yield Content.REASON
    if documents & {Document.COMPLAINT_COPY, Document.APPEAL_COPY}:
        yield from COMPLAINT_CONTENT
    if Document.SUMMONS in documents:
        yield from SUMMONS_CONTENT
    if documents & {Document.JUDGMENT, Document.RULING}:
        yield Content.MAIN_CONTENT
        if appealable:
            yield from APPEAL_CONTENT


def _history_rule(matter: Matter) -> tuple[str, ...]:
    """SPC (2019) 3513: mail and visit both failed, so that notice is lawful although the domicile is known."""
    return () if matter.facts.recipient.whereabouts is Whereabouts.UNKNOWN else ("SPC-2019-3513",)


def _posted(matter: Matter, act: PublicNotice, postings: tuple[Posting, ...], rules: tuple[str, ...]) -> Finding:
    """INT 138: the last valid posting is the issue.

    A void last one, or a file without reason and history, leaves it to the court.
    """
    valid = [posting for posting in postings if not _is_void(posting)]
    last_on = max(posting.on for posting in postings)
    issued_on = max((posting.on for posting in valid), default=None)
    if issued_on is None or issued_on < last_on:
        return doubtful("last_posting_void", *rules, missing=("posting_media",))
    places = {posting.place for posting in valid}
    published = places & {PostingPlace.NEWSPAPER, PostingPlace.WEBSITE}
    if not published and not places >= {PostingPlace.COURT_BOARD, PostingPlace.DOMICILE}:
        return nothing("posted_in_one_place", *rules, advice=("redo_notice",), missing=("second_posting",))
    if not (act.reason_recorded and act.history_recorded):
        return doubtful("file_incomplete", *rules, advice=("block_closing",), missing=("reason_and_history",))
    expires_on = notice_expiry(matter, issued_on)
    if not matter.has_ended(expires_on):
        return nothing("notice_running", *rules, args=(("expires_on", expires_on.isoformat()),))
    return served(expires_on, "notice_expired", *rules, deemed=True, defeaters=("address_was_known",))


def _is_void(posting: Posting) -> bool:
    """INT 138(2): a posting at the domicile without photo or video of the act of posting."""
    return posting.place is PostingPlace.DOMICILE and posting.process_media not in PROCESS_MEDIA


def notice_expiry(matter: Matter, issued_on: date) -> date:
    """CPL 95, 283, HKM 9: the last day of the notice, by the law of the day of issue.

    Rolled only where the court so chose.
    """
    expires_on = _unrolled_expiry(matter, issued_on)
    return matter.calendar.roll(expires_on) if matter.facts.settings.notice_expiry_rolls else expires_on


def _unrolled_expiry(matter: Matter, issued_on: date) -> date:
    domicile = matter.facts.recipient.domicile
    if domicile is Domicile.MAINLAND:
        return days_after(issued_on, in_force(NOTICE_DAYS, issued_on))
    if domicile is Domicile.FOREIGN:
        days = in_force(FOREIGN_NOTICE_DAYS, issued_on)
        return months_after(issued_on, FOREIGN_MONTHS) if days is None else days_after(issued_on, days)
    if matter.facts.settings.hmt_notice_period is HmtNoticePeriod.SIXTY_DAYS:
        return days_after(issued_on, HMT_DAYS)
    return months_after(issued_on, HMT_MONTHS)
