"""England and Wales: deemed dates of the Civil Procedure Rules.

Service is a step that somebody takes; the rule then deems it complete on a business day. Shown here as the third of
three foreign rule sets, so that nothing in the engine's form is Chinese.
"""

from collections.abc import Iterator
from datetime import date, datetime, time

from delivery.domain.law.act_details import Person
from delivery.domain.law.act_vocabulary import Carrier, Place, VisitResult
from delivery.domain.law.acts import AnyAct, Direct, Electronic, LeftInPlace, Post, Substituted
from delivery.domain.law.calendar import Territory, days_after
from delivery.domain.law.effect import Finding, LegalEffect, nothing, served
from delivery.domain.law.matter import Matter
from delivery.domain.law.vocabulary import AddressKind, Document, Role
from delivery.domain.law.weighing import Found, effect_of, settle, weigh

CUT_OFF = time(16, 30)  # CPR 6.26: before 4.30 pm
AT_ADDRESS = frozenset({Place.RESIDENCE, Place.REGISTERED_OFFICE})
IN_PERSON = frozenset({Role.RECIPIENT, Role.LEGAL_REPRESENTATIVE, Role.PRINCIPAL})


def assess(matter: Matter) -> LegalEffect:
    """The legal effect under the Civil Procedure Rules. Raises `CalendarMissing`."""
    return effect_of(matter, weigh(matter, [*_found(matter)]))


def _found(matter: Matter) -> Iterator[Found]:
    for act in matter.facts.acts:
        if act.planned:
            continue
        documents = frozenset(matter.documents(act))
        claim_form = documents & {Document.CLAIM_FORM}
        for group in (claim_form, documents - claim_form):
            if group:
                yield Found(act, group, settle(matter, act, _find(matter, act, group)))


def _find(matter: Matter, act: AnyAct, documents: frozenset[Document]) -> Finding:
    """CPR 6.3: which step was taken; CPR 6.14 for a claim form, CPR 6.26 for anything else."""
    match act:
        case Post():
            if act.carrier is not Carrier.FIRST_CLASS or act.posted_on is None:
                return nothing("not_first_class_post", "CPR-6.3")
            return _deemed_after_post(matter, act.posted_on, documents)
        case Electronic():
            return _sent(matter, act, documents)
        case Direct():
            on = matter.visited_on(act) or act.signed_on
            given = _in_person(act.signer) or act.place in AT_ADDRESS
            if act.result is VisitResult.SIGNED and given:
                return _deemed_at_once(matter, act.at, on, documents)
            return nothing("not_handed_over", "CPR-6.3")
        case LeftInPlace() if act.place in AT_ADDRESS:
            return _deemed_at_once(matter, None, act.on, documents)
        case Substituted() if act.place in AT_ADDRESS:
            return _deemed_at_once(matter, act.at, act.on, documents)
        case _:
            return nothing("not_a_step", "CPR-6.3")


def _sent(matter: Matter, act: Electronic, documents: frozenset[Document]) -> Finding:
    """CPR 6.26: by e-mail or fax, the moment of sending."""
    if act.sent_at is None or act.bounced_at is not None:
        return nothing("bounced" if act.bounced_at else "not_sent", "CPR-6.26")
    if not _consented(matter, act, act.sent_at, documents):
        return nothing("no_consent", "CPR-6.3", missing=("consent",))
    return _deemed_at_once(matter, act.sent_at, None, documents)


def _in_person(signer: Person | None) -> bool:
    """CPR 6.5: into the hands of the person, or of one in a senior position."""
    return signer is not None and signer.role in IN_PERSON


def _consented(matter: Matter, act: Electronic, sent_at: datetime, documents: frozenset[Document]) -> bool:
    """CPR 6.3, 6.20 with Practice Direction 6A: e-mail and fax only to who agreed to it."""
    address = matter.address(act)
    if address is None or address.kind is AddressKind.POSTAL or address.consent is None:
        return False
    consent = address.consent
    sent_on = matter.day(sent_at)
    standing = consent.withdrawn_on is None or sent_on < consent.withdrawn_on
    return consent.given and consent.given_on <= sent_on and standing and all(map(consent.covers, documents))


def _deemed_after_post(matter: Matter, posted_on: date, documents: frozenset[Document]) -> Finding:
    """CPR 6.26: the second day after posting if that is a business day, else the next business day."""
    if Document.CLAIM_FORM in documents:
        return _claim_form(matter, posted_on)
    on = matter.calendar.roll(days_after(posted_on, 2), Territory.ENGLAND)
    return served(on, "deemed_after_post", "CPR-6.26")


def _deemed_at_once(matter: Matter, at: datetime | None, on: date | None, documents: frozenset[Document]) -> Finding:
    """CPR 6.26: that day, if a business day and before 4.30 pm, else the next business day.

    An unknown hour is not before it.
    """
    local = matter.local(at) if at is not None else None
    day = local.date() if local is not None else on
    if day is None:
        return nothing("date_unknown", "CPR-6.26", missing=("date",))
    if Document.CLAIM_FORM in documents:
        return _claim_form(matter, day)
    in_time = local is not None and local.time() < CUT_OFF and not matter.calendar.is_rest_day(day, Territory.ENGLAND)
    if in_time:
        return served(day, "deemed_same_day", "CPR-6.26")
    return served(_next_business_day(matter, day), "deemed_next_business_day", "CPR-6.26")


def _claim_form(matter: Matter, step_on: date) -> Finding:
    """CPR 6.14: the second business day after the step of CPR 7.5, whatever the method."""
    second = _next_business_day(matter, _next_business_day(matter, step_on))
    return served(second, "deemed_second_business_day", "CPR-6.14")


def _next_business_day(matter: Matter, day: date) -> date:
    return matter.calendar.roll(days_after(day, 1), Territory.ENGLAND)
