"""Mail by court express (法院专递): signed, refused, or returned.

Signed mail is served on the day of the slip if the signer may receive. Returned mail is service only where the
party's own fault brought it back: a wrong or refused address, a move not told in writing, or a refusal in person
(EMS04 11). A locker, a doorstep or a carrier's "delivered" is nobody's receipt.
"""

from datetime import date, timedelta

from delivery.domain.law.act_details import ContentsObjection, Person
from delivery.domain.law.act_vocabulary import (
    Carrier,
    ObjectionBy,
    ObjectionForm,
    PostResult,
    PronouncementKind,
    ReturnReason,
)
from delivery.domain.law.acts import Post, Pronouncement
from delivery.domain.law.cn_civil import abroad, addresses
from delivery.domain.law.cn_civil.handover import mediation_refused
from delivery.domain.law.cn_civil.procedure import DECISIONS, is_abroad, is_summary
from delivery.domain.law.cn_civil.recipient import RECEIVING_STAFF, Standing, is_in_person, receiver, weak_identity
from delivery.domain.law.effect import Finding, Strength, doubtful, nothing, served
from delivery.domain.law.matter import Matter
from delivery.domain.law.vocabulary import Document, RequestKind, ReturnDate, Role

LEAST_ATTEMPTS = 3
ATTEMPT_WINDOW = timedelta(days=4)  # five days, the first and the last included
OBJECTION_DAYS = 3


def post(matter: Matter, act: Post, documents: frozenset[Document]) -> Finding:
    """CPL 91, EMS04: mail inside the mainland; outside it, HKM 7, TW 5, CPL 283(8)."""
    if act.posted_on is None:
        return nothing("not_posted", "CPL-91", missing=("posting_date",))
    if is_abroad(matter.facts.recipient.domicile) and not matter.facts.recipient.in_mainland:
        return abroad.post(matter, act, act.posted_on, documents)
    match act.result:
        case PostResult.SIGNED:
            finding = _signed(matter, act, documents)
        case PostResult.RETURNED:
            finding = _returned(matter, act, act.posted_on, documents)
        case PostResult.LOCKER:
            finding = nothing("locker_is_no_signer", "EMS04-8", "EMS04-9", missing=("slip_signature",))
        case PostResult.IN_TRANSIT | None:
            finding = nothing("mail_in_transit", "CPL-91")
        case PostResult.NO_PROOF:
            finding = nothing("mail_without_proof", "CPL-91", missing=("slip_signature",))
    return _state_post_only(act, finding)


def _state_post_only(act: Post, finding: Finding) -> Finding:
    """EMS04 1, Postal Law 55: no other carrier may carry court papers.

    If it was signed for, the court decides the effect.
    """
    if act.carrier in {Carrier.STATE_POST, None}:
        return finding
    rules = ("EMS04-1", "POST-55")
    if finding.strength is not Strength.NOTHING and act.result is PostResult.SIGNED:
        return doubtful(
            "private_courier", *rules, *finding.cites, advice=("block_private_courier",), missing=("state_post",)
        )
    return nothing(
        "private_courier", *rules, *finding.cites, advice=("block_private_courier",), missing=("state_post",)
    )


def _signed(matter: Matter, act: Post, documents: frozenset[Document]) -> Finding:
    """CPL 91, EMS04 9: the day on the slip, if the signer may receive and nobody objected to the contents in time."""
    if act.signed_on is None:
        return nothing("slip_without_date", "CPL-91", missing=("slip_date",))
    found = receiver(matter, act.signer, documents, act.signed_on)
    if found.standing is Standing.DISPUTED:
        return doubtful(found.code, "CPL-91", "EMS04-9", *found.cites, missing=found.missing)
    if not found.may:
        return nothing(found.code, "CPL-91", "EMS04-7", "EMS04-9", *found.cites, missing=found.missing)
    rules = ("CPL-91", "EMS04-9", *found.cites)
    objection = act.contents_objection
    if objection is None:
        return served(act.signed_on, found.code, *rules, defeaters=weak_identity(act.signer))
    if _is_in_time(matter, objection, act.signer, act.signed_on):
        return nothing("contents_objection", *rules, "EMS04-10", advice=("resend_post",), missing=("right_contents",))
    return served(act.signed_on, found.code, *rules, "EMS04-10", defeaters=("contents_disputed",))


def _is_in_time(matter: Matter, objection: ContentsObjection, signer: Person | None, signed_on: date) -> bool:
    """EMS04 10: the party or its agent on the spot; for staff or family the recipient, in writing within 3 days."""
    if objection.form is ObjectionForm.ON_THE_SPOT:
        return objection.on == signed_on
    role = signer.role if signer is not None else None
    return (
        (role in RECEIVING_STAFF or role is Role.FAMILY)
        and objection.by is ObjectionBy.RECIPIENT
        and objection.form is ObjectionForm.WRITTEN
        and objection.on <= matter.period_end(signed_on, OBJECTION_DAYS)
    )


def _returned(matter: Matter, act: Post, posted_on: date, documents: frozenset[Document]) -> Finding:
    """EMS04 11: which returns are service."""
    if Document.MEDIATION_STATEMENT in documents:
        refused = act.return_reason is ReturnReason.REFUSED or act.refused_by is not None
        return mediation_refused() if refused else nothing("mediation_not_deemed", "INT-133")
    agreed_until = matter.facts.recipient.collection_agreed_until
    if agreed_until is not None and posted_on <= agreed_until:
        return nothing("collection_was_agreed", "EMS04-1", advice=("block_post",))
    refused_in_person = _refused_in_person(matter, act, posted_on)
    if refused_in_person.strength is not Strength.NOTHING:
        return addresses.unless_without_fault(matter, act, refused_in_person)
    by_fault = _returned_by_fault(matter, act, posted_on, documents)
    if by_fault.strength is not Strength.NOTHING:
        return addresses.unless_without_fault(matter, act, by_fault)
    if act.refused_by is not None or act.return_reason is ReturnReason.REFUSED:
        return refused_in_person.also(*by_fault.cites)
    return by_fault


def _return_day(matter: Matter, act: Post) -> date | None:
    """SIM 10(1), 29: the day marked on the slip; some courts use the day the envelope reaches them."""
    if matter.facts.settings.post_return_date is ReturnDate.COURT_RECEIVED:
        return act.court_received_on
    return act.marked_return_on


def _refused_in_person(matter: Matter, act: Post, posted_on: date) -> Finding:
    """EMS04 8(2), 11: refused by the recipient or the named collector in person, noted by the postman.

    Family does not count.
    """
    on = _return_day(matter, act)
    rules = ("EMS04-8", "EMS04-11")
    if not is_in_person(matter, act.refused_by, on or posted_on):
        by_others = act.refused_by is not None
        return nothing(
            "refused_by_others" if by_others else "refuser_unknown",
            *rules,
            advice=("visit_in_person",) if by_others else (),
            missing=("refusal_in_person",),
        )
    if not act.refusal_noted or on is None:
        missing = "refusal_note" if on is not None else "return_date"
        return doubtful("return_defective", *rules, advice=("resend_post",), missing=(missing,))
    return served(on, "refused_to_postman", *rules, "SIM-10", deemed=True, defeaters=("no_fault",))


def _returned_by_fault(matter: Matter, act: Post, posted_on: date, documents: frozenset[Document]) -> Finding:
    """EMS04 6, 11; OP19 7: returned from the own or presumed address by own fault, after three tries in five days."""
    address = matter.address(act)
    on = _return_day(matter, act)
    last_try = max(act.attempts_on, default=on or posted_on)
    fault = addresses.fault(matter, address, posted_on, last_try)
    standing = addresses.standing_rules(matter, address) if address is not None else ()
    if fault is None:
        if on is not None and _mailing_was_asked_for(matter, act, documents):
            return served(on, "mailed_at_own_request", "SIM-29", *standing, deemed=True, defeaters=("no_fault",))
        advice = addresses.climb(matter, address, posted_on)
        return nothing("no_fault_ground", "EMS04-11", *standing, advice=advice, missing=("own_address",))
    rules = ("EMS04-6", "EMS04-11", "SIM-10", "OP19-7", *standing)
    lacking = _lacking(act, on)
    if lacking or on is None:
        return doubtful("return_defective", *rules, advice=("resend_post",), missing=lacking)
    return served(on, "returned_by_fault", *rules, deemed=True, defeaters=("no_fault",), args=(("fault", fault),))


def _lacking(act: Post, on: date | None) -> tuple[str, ...]:
    """EMS04 6(2): three deliveries within five days, another contact tried, and a dated return."""
    tries = sorted(act.attempts_on)
    enough = any(
        late - early <= ATTEMPT_WINDOW for early, late in zip(tries, tries[LEAST_ATTEMPTS - 1 :], strict=False)
    )
    return tuple(
        code
        for code, holds in (
            ("three_attempts", enough),
            ("contact_attempt", act.contact_attempted),
            ("return_date", on is not None),
        )
        if not holds
    )


def _mailing_was_asked_for(matter: Matter, act: Post, documents: frozenset[Document]) -> bool:
    """SIM 28, 29: after a judgment on the spot the party asked for mail to an address that it gave itself."""
    address = matter.address(act)
    return (
        is_summary(matter)
        and bool(documents & DECISIONS)
        and address is not None
        and addresses.is_own(matter, address, act.posted_on)
        and any(
            isinstance(other, Pronouncement)
            and not other.planned
            and other.kind is PronouncementKind.ON_THE_SPOT
            and mailing_requested(matter, other)
            for other in matter.facts.acts
        )
    )


def mailing_requested(matter: Matter, pronouncement: Pronouncement) -> bool:
    """SIM 28: asked at the pronouncement that the paper be sent."""
    return any(
        request.kind is RequestKind.PAPER_COPY and request.on == pronouncement.on for request in matter.facts.requests
    )
