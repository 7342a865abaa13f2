"""California: Code of Civil Procedure 415.10 to 415.30, and the new meaning of diligence from 2027 on (AB 747).

Until then a court finds whether the attempts before a substituted service were diligent; since then the law counts
them.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from delivery.domain.law.act_details import Person
from delivery.domain.law.act_vocabulary import Carrier, Place, VisitResult
from delivery.domain.law.acts import Acknowledged, AnyAct, Direct, Post, Substituted
from delivery.domain.law.calendar import days_after
from delivery.domain.law.effect import Finding, LegalEffect, nothing, served
from delivery.domain.law.matter import Matter, age_on
from delivery.domain.law.versions import AB747_FROM
from delivery.domain.law.vocabulary import Diligence, Document, Kind, Role
from delivery.domain.law.weighing import Found, effect_of, settle, weigh

COMPLETE_AFTER_DAYS = 10
ADULT = 18
LEAST_ATTEMPTS = 3
WHERE_PEOPLE_ARE = frozenset({Place.RESIDENCE, Place.WORKPLACE})
OFFICES = frozenset({Place.REGISTERED_OFFICE, Place.WORKPLACE})
ORGANS = frozenset({Role.RECIPIENT, Role.LEGAL_REPRESENTATIVE, Role.PRINCIPAL})


def assess(matter: Matter) -> LegalEffect:
    """The legal effect under the Code of Civil Procedure."""
    found = [Found(act, frozenset(papers), settle(matter, act, finding)) for act, papers, finding in _found(matter)]
    return effect_of(matter, weigh(matter, found))


def _found(matter: Matter) -> Iterator[tuple[AnyAct, Sequence[Document], Finding]]:
    for act in matter.facts.acts:
        if act.planned:
            continue
        match act:
            case Direct():
                yield act, matter.documents(act), _personal(matter, act)
            case Substituted():
                yield act, matter.documents(act), _substituted(matter, act)
            case Acknowledged():
                yield act, matter.documents(act), _acknowledged(matter, act)
            case _:
                yield act, matter.documents(act), nothing("part_of_another_act")


def _personal(matter: Matter, act: Direct) -> Finding:
    """CCP 415.10: personal delivery, complete when made."""
    on = act.signed_on or matter.visited_on(act)
    roles = {Role.RECIPIENT} if matter.facts.recipient.kind is Kind.NATURAL_PERSON else ORGANS
    if act.result is VisitResult.SIGNED and on is not None and act.signer is not None and act.signer.role in roles:
        return served(on, "handed_over", "CCP-415.10")
    return nothing("not_handed_over", "CCP-415.10")


def _substituted(matter: Matter, act: Substituted) -> Finding:
    """CCP 415.20: left with an adult and mailed afterwards, complete on the tenth day after mailing.

    Individuals after diligence.
    """
    on = matter.visited_on(act)
    person = matter.facts.recipient.kind is Kind.NATURAL_PERSON
    if on is None or act.place not in (WHERE_PEOPLE_ARE if person else OFFICES) or not _competent(act.left_with, on):
        return nothing("not_left_with_suitable_person", "CCP-415.20")
    if person and not _was_diligent(matter, act, on):
        rules = ("CCP-415.20", "AB747") if on >= AB747_FROM else ("CCP-415.20",)
        return nothing("diligence_not_met", *rules, advice=("diligence_not_met",), missing=("diligence",))
    mailed = [day for day in _mailings(matter) if day >= on]
    if not mailed:
        return nothing("not_mailed", "CCP-415.20", missing=("mail_afterwards",))
    rules = ("CCP-415.20", "AB747") if person and on >= AB747_FROM else ("CCP-415.20",)
    return served(days_after(min(mailed), COMPLETE_AFTER_DAYS), "complete_after_mailing", *rules)


def _competent(person: Person | None, on: date) -> bool:
    """A competent member of the household or a person in charge, at least 18."""
    if person is None or person.opposing_party or person.role is Role.UNKNOWN:
        return False
    return person.born_on is not None and age_on(person.born_on, on) >= ADULT


def _was_diligent(matter: Matter, act: Substituted, on: date) -> bool:
    """CCP 415.20(b): as a court found.

    AB 747 from 2027: three attempts on three days at three times, one of them at home.
    """
    if on < AB747_FROM:
        return matter.facts.findings.diligence is Diligence.MET
    tries = [
        (matter.local(visit.at), visit.place)
        for visit in matter.facts.acts
        if isinstance(visit, Direct)
        and not visit.planned
        and visit.at is not None
        and visit.result is not VisitResult.SIGNED
    ]
    before = [(at, place) for at, place in tries if (at <= act.at if act.at is not None else at.date() <= on)]
    days = {at.date() for at, _ in before}
    hours = {at.time().replace(second=0, microsecond=0) for at, _ in before}
    at_home = any(place is Place.RESIDENCE for _, place in before)
    return len(days) >= LEAST_ATTEMPTS and len(hours) >= LEAST_ATTEMPTS and at_home


def _acknowledged(matter: Matter, act: Acknowledged) -> Finding:
    """CCP 415.30: mailed with an acknowledgment, complete on the day it is signed."""
    if act.signed_on is None or not any(day <= act.signed_on for day in _mailings(matter)):
        return nothing("not_mailed", "CCP-415.30", missing=("mail_before",))
    return served(act.signed_on, "acknowledged", "CCP-415.30")


def _mailings(matter: Matter) -> Iterator[date]:
    """First-class mail by the postal service."""
    for act in matter.facts.acts:
        if isinstance(act, Post) and not act.planned and act.posted_on and act.carrier is not Carrier.PRIVATE_COURIER:
            yield act.posted_on
