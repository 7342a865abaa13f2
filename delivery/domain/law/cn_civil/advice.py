"""Advice that does not hang on one act: what to use now, what not to begin, what to watch.

Advice about an act that failed travels with its finding and falls silent when another act serves; what stands here is
said whatever the outcome.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from delivery.domain.law.act_vocabulary import Carrier
from delivery.domain.law.acts import Electronic, Forwarded, Post, PublicNotice, Telephone
from delivery.domain.law.calendar import days_after
from delivery.domain.law.cn_civil import addresses, deadlines, notice
from delivery.domain.law.cn_civil.exhaustion import ladder_is_exhausted
from delivery.domain.law.cn_civil.forwarding import STATUS_RULES
from delivery.domain.law.cn_civil.procedure import DECISIONS, HEARING_PAPERS, HKM, is_summary
from delivery.domain.law.matter import Matter
from delivery.domain.law.vocabulary import (
    Document,
    Domicile,
    Procedure,
    RequestKind,
    Status,
    Whereabouts,
)
from delivery.domain.law.weighing import Verdict

HEARING_DAYS = 3  # CPL 139


@dataclass(frozen=True, slots=True)
class Standing:
    """Codes of advice, the address to use now, and the rules behind them."""

    codes: tuple[str, ...]
    address_id: str | None
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Advice:
    code: str | None
    cites: tuple[str, ...]
    address_id: str | None = None


def standing(matter: Matter, verdict: Verdict) -> Standing:
    """All standing advice. Raises `CalendarMissing`."""
    found = [
        *_address(matter, verdict),
        *_planned(matter),
        *_unit(matter),
        *_public_notice(matter, verdict),
        *_payment_order(matter, verdict),
        *_paper_copy(matter, verdict),
        *_hearing(matter, verdict),
        *_dispatch(matter),
        *_parallel(matter),
    ]
    return Standing(
        codes=tuple(one.code for one in found if one.code is not None),
        address_id=next((one.address_id for one in found if one.address_id is not None), None),
        cites=tuple(rule for one in found for rule in one.cites),
    )


def _address(matter: Matter, verdict: Verdict) -> Iterator[_Advice]:
    """OP19 6, 8, 9; EMS04 4: before any act, the address to use; an oral change is tried as well."""
    facts = matter.facts
    used = [matter.address(act) for act in facts.acts]
    if not facts.acts and facts.recipient.status is Status.NONE:
        chosen = addresses.choose(matter, facts.as_of or facts.case.accepted_at)
        used = [chosen]
        if chosen is not None:
            yield _Advice("choose_address", addresses.standing_rules(matter, chosen), chosen.id)
    deemed = verdict.deciding is not None and verdict.deciding.finding.deemed
    known = tuple(address for address in used if address is not None)
    if (not verdict.valid or deemed) and addresses.told_orally(matter, known):
        yield _Advice("also_try_new_address", ("OP19-6", "EMS04-4"))


def _planned(matter: Matter) -> Iterator[_Advice]:
    """EMS04 1, Postal Law 55: mail that should not be sent."""
    recipient = matter.facts.recipient
    for act in matter.facts.acts:
        if not act.planned or not isinstance(act, Post):
            continue
        if act.carrier not in {Carrier.STATE_POST, None}:
            yield _Advice("block_private_courier", ("EMS04-1", "POST-55"))
        until = recipient.collection_agreed_until
        as_of = matter.facts.as_of
        to_be_collected = until is not None and (as_of is None or as_of <= until)
        missing = recipient.whereabouts is Whereabouts.UNKNOWN and recipient.domicile is Domicile.MAINLAND
        if to_be_collected or missing:
            yield _Advice("block_post", ("EMS04-1",))


def _unit(matter: Matter) -> Iterator[_Advice]:
    """CPL 92, 93: the way to a soldier, prisoner or person in an institution leads through the unit."""
    status = matter.facts.recipient.status
    on_the_way = any(isinstance(act, Forwarded) for act in matter.facts.acts)
    if status is not Status.NONE and not on_the_way:
        yield _Advice("serve_through_unit", (STATUS_RULES[status],))


def _public_notice(matter: Matter, verdict: Verdict) -> Iterator[_Advice]:
    """SPC (2019) 168: valid service needs no notice. A planned one is measured like a published one."""
    notices = [act for act in matter.facts.acts if isinstance(act, PublicNotice)]
    deciding = verdict.deciding
    if not notices:
        return
    if deciding is not None:
        if not isinstance(deciding.act, PublicNotice):
            yield _Advice("notice_not_needed", ("SPC-2019-168",))
        return
    for act in notices:
        barred = notice.bar(matter, frozenset(matter.documents(act)))
        if barred is not None:
            for code in barred.advice:
                yield _Advice(code, barred.cites)
        elif not ladder_is_exhausted(matter, None):
            yield _Advice("ladder_not_exhausted", ("CPL-95", "SPC-2019-168"))


def _payment_order(matter: Matter, verdict: Verdict) -> Iterator[_Advice]:
    """INT 430(2): not served in 30 days of issue."""
    ends = deadlines.payment_order_ends(matter)
    if ends is not None and not verdict.valid and matter.has_ended(ends):
        yield _Advice("end_payment_order_procedure", ("INT-430",))


def _paper_copy(matter: Matter, verdict: Verdict) -> Iterator[_Advice]:
    """CPL 90: whoever was served a decision electronically gets it on paper for the asking; the day does not move."""
    asked = any(
        request.kind is RequestKind.PAPER_COPY and (matter.facts.as_of is None or request.on <= matter.facts.as_of)
        for request in matter.facts.requests
    )
    if asked and any(
        isinstance(one.act, Electronic) and one.finding.valid and one.documents & DECISIONS for one in verdict.found
    ):
        yield _Advice("paper_copy_task", ("CPL-90",))


def _hearing(matter: Matter, verdict: Verdict) -> Iterator[_Advice]:
    """CPL 139: three days before an ordinary hearing, on either way of counting.

    CPL 163: summary procedure is not bound.
    """
    hearing_on = matter.facts.case.hearing_on
    served_on = [one.day for document, one in verdict.decided.items() if document in HEARING_PAPERS]
    if hearing_on is None or not verdict.valid or not served_on:
        return
    if matter.facts.case.procedure is not Procedure.ORDINARY:
        if is_summary(matter):
            yield _Advice(None, ("CPL-163",))
        return
    margin = days_after(max(served_on), HEARING_DAYS)
    if margin > hearing_on:
        yield _Advice("hearing_too_soon", ("CPL-139",))
    else:
        yield _Advice("hearing_notice_margin" if margin == hearing_on else None, ("CPL-139",))


def _dispatch(matter: Matter) -> Iterator[_Advice]:
    """CPL 128: the first dispatch counts, not its success."""
    due = deadlines.dispatch_due(matter)
    if due is None:
        return
    dispatched = [
        on
        for act in matter.facts.acts
        if not act.planned
        and not isinstance(act, Telephone)
        and Document.COMPLAINT_COPY in matter.documents(act)
        and (on := matter.left_court_on(act)) is not None
    ]
    if dispatched:
        yield _Advice("dispatch_in_time" if min(dispatched) <= due else "dispatch_late", ("CPL-128",))
    elif matter.has_ended(due):
        yield _Advice("dispatch_late", ("CPL-128",))


def _parallel(matter: Matter) -> Iterator[_Advice]:
    """HKM 10: several ways at once, and the first that succeeds fixes the day."""
    carried_out = [act for act in matter.facts.acts if not act.planned and not isinstance(act, PublicNotice)]
    if matter.facts.recipient.domicile in HKM and len(carried_out) > 1:
        yield _Advice(None, ("HKM-10",))
