"""New York: personal service under CPLR 308, with methods that are made of several acts.

Leaving and mailing, or affixing and mailing, count together, within twenty days of each other and with proof filed
within twenty days of the later; service is complete ten days after filing.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from delivery.domain.law.act_details import Person
from delivery.domain.law.act_vocabulary import Carrier, Place, VisitResult
from delivery.domain.law.acts import Affixed, AnyAct, Direct, Post, ProofFiled, Substituted
from delivery.domain.law.calendar import days_after
from delivery.domain.law.effect import Finding, LegalEffect, nothing, served
from delivery.domain.law.matter import Matter, age_on
from delivery.domain.law.vocabulary import Diligence, Document, Kind, Role
from delivery.domain.law.weighing import Found, effect_of, settle, weigh

MOST_DAYS_BETWEEN = timedelta(days=20)
COMPLETE_AFTER_DAYS = 10
DISCRETION_AGE = 14  # no age in the text; younger persons were not held to be of suitable age

WHERE_PEOPLE_ARE = frozenset({Place.RESIDENCE, Place.WORKPLACE})
ORGANS = frozenset({Role.LEGAL_REPRESENTATIVE, Role.PRINCIPAL, Role.OFFICE_STAFF})


def assess(matter: Matter) -> LegalEffect:
    """The legal effect under CPLR article 3."""
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
                yield act, matter.documents(act), _left_and_mailed(matter, act)
            case Affixed():
                yield act, matter.documents(act), _nailed_and_mailed(matter, act)
            case _:
                yield act, matter.documents(act), nothing("part_of_another_act")


def _personal(matter: Matter, act: Direct) -> Finding:
    """CPLR 308(1), 311: delivery to the person, complete when made."""
    on = act.signed_on or matter.visited_on(act)
    person = matter.facts.recipient.kind is Kind.NATURAL_PERSON
    roles = {Role.RECIPIENT} if person else ORGANS | {Role.RECIPIENT}
    rule = "CPLR-308-1" if person else "CPLR-311"
    if act.result is VisitResult.SIGNED and on is not None and act.signer is not None and act.signer.role in roles:
        return served(on, "handed_over", rule)
    return nothing("not_handed_over", rule)


def _left_and_mailed(matter: Matter, act: Substituted) -> Finding:
    """CPLR 308(2): left with a person of suitable age and discretion at home or work, and mailed."""
    on = matter.visited_on(act)
    if on is None or act.place not in WHERE_PEOPLE_ARE or not _suitable(act.left_with, on):
        return nothing("not_left_with_suitable_person", "CPLR-308-2")
    return _completed(matter, on, "CPLR-308-2")


def _suitable(person: Person | None, on: date) -> bool:
    if person is None or person.opposing_party or person.role is Role.UNKNOWN:
        return False
    return person.born_on is None or age_on(person.born_on, on) >= DISCRETION_AGE


def _nailed_and_mailed(matter: Matter, act: Affixed) -> Finding:
    """CPLR 308(4): fixed to the door and mailed, only where diligence was met, as a court finds."""
    if act.on is None or act.place not in WHERE_PEOPLE_ARE:
        return nothing("not_affixed_at_home", "CPLR-308-4")
    if matter.facts.findings.diligence is not Diligence.MET:
        return nothing("diligence_not_met", "CPLR-308-4", advice=("diligence_not_met",), missing=("diligence",))
    return _completed(matter, act.on, "CPLR-308-4")


def _completed(matter: Matter, on: date, rule: str) -> Finding:
    """CPLR 308(2), (4): mailed within 20 days, proof filed within 20 days of the later act, complete 10 days after."""
    mailings = [*_mailings(matter)]
    mailed = [day for day in mailings if abs(day - on) <= MOST_DAYS_BETWEEN]
    if not mailed:
        if mailings:
            return nothing("mail_gap", rule, advice=("mail_gap_exceeded",), missing=("mail_within_twenty_days",))
        return nothing("not_mailed", rule, missing=("mail_within_twenty_days",))
    filed = [
        act.on for act in matter.facts.acts if isinstance(act, ProofFiled) and not act.planned and act.on is not None
    ]
    later = [max(on, day) for day in mailed]
    in_time = [day for day in filed if any(last <= day <= last + MOST_DAYS_BETWEEN for last in later)]
    if not in_time:
        return nothing("filed_late" if filed else "not_filed", rule, missing=("proof_filed",))
    return served(days_after(min(in_time), COMPLETE_AFTER_DAYS), "complete_after_filing", rule)


def _mailings(matter: Matter) -> Iterator[date]:
    """First-class mail by the postal service."""
    for act in matter.facts.acts:
        if isinstance(act, Post) and not act.planned and act.posted_on and act.carrier is not Carrier.PRIVATE_COURIER:
            yield act.posted_on
