"""Leaving service (留置送达), and papers left at an address where nobody took them.

Nobody home is not refusal. Papers stuck to a door are service only on a refusal (CPL 89), or at the party's own
confirmed address after its own fault (OP19 7); a merely presumed address leaves the question to the court.
"""

from datetime import date

from delivery.domain.law.act_vocabulary import LeavingTrigger, Media, Noter, Place, Server, WitnessKind
from delivery.domain.law.acts import LeftInPlace
from delivery.domain.law.cn_civil import addresses
from delivery.domain.law.cn_civil.handover import (
    AT_HOME,
    PRESENCE_RULES,
    PROCESS_MEDIA,
    mediation_refused,
    refused_elsewhere,
)
from delivery.domain.law.cn_civil.procedure import is_abroad, is_summary
from delivery.domain.law.cn_civil.recipient import refusal_counts
from delivery.domain.law.effect import Finding, Strength, doubtful, nothing, served
from delivery.domain.law.matter import Matter
from delivery.domain.law.vocabulary import Document

LISTED_WITNESSES = frozenset({WitnessKind.COMMITTEE_MEMBER, WitnessKind.EMPLOYER_STAFF})
COURT_NOTERS = frozenset({Noter.SERVER, Noter.JUDGE, Noter.CLERK})


def left_in_place(matter: Matter, act: LeftInPlace, documents: frozenset[Document]) -> Finding:
    """CPL 89 on a refusal; otherwise, or where that fails, OP19 7."""
    domicile = matter.facts.recipient.domicile
    if Document.MEDIATION_STATEMENT in documents:
        return (
            mediation_refused() if act.trigger is LeavingTrigger.REFUSED else nothing("mediation_not_left", "INT-133")
        )
    if is_abroad(domicile) and not matter.facts.recipient.in_mainland:
        return nothing("not_in_mainland", *PRESENCE_RULES[domicile.value], missing=("presence_in_mainland",))
    refused = _on_refusal(matter, act, documents)
    if refused.strength is not Strength.NOTHING:
        return refused
    left = _at_own_address(matter, act)
    if left.strength is not Strength.NOTHING or left.code in {"no_fault_proved", "leaving_unrecorded"}:
        return left.also(*refused.cites)
    return refused.also(*left.cites, advice=left.advice)


def _on_refusal(matter: Matter, act: LeftInPlace, documents: frozenset[Document]) -> Finding:
    """CPL 89; INT 130, 132, 429: a refusal that counts, the right place, and a witness or media of the process."""
    if act.trigger is not LeavingTrigger.REFUSED or act.on is None:
        return nothing("no_refusal", "CPL-89", missing=("refusal",))
    refuser = refusal_counts(matter, act.refused_by, documents, act.on)
    if not refuser.may:
        return nothing(refuser.code, *refuser.cites, missing=refuser.missing)
    rules = (*refuser.cites, "INT-429") if Document.PAYMENT_ORDER in documents else refuser.cites
    if act.place not in AT_HOME and not (is_summary(matter) and act.place is Place.WORKPLACE):
        return _away_from_home(matter, act, act.on, documents)
    proof = _proof(matter, act)
    if proof is None:
        return nothing("leaving_unproved", *rules, "INT-130", missing=("witness_or_media",))
    defeaters = ("served_by_contractor",) if act.server is Server.CONTRACTOR else ()
    workplace = ("SIM-11",) if act.place is Place.WORKPLACE else ()
    return served(
        act.on,
        refuser.code,
        *rules,
        *PROOF_RULES[proof],
        *workplace,
        deemed=True,
        defeaters=defeaters,
        args=(("proof", proof),),
    )


PROOF_RULES = {"media": (), "witness": ("INT-130",), "unwilling_witness": ("SIM-11", "INT-130")}


def _proof(matter: Matter, act: LeftInPlace) -> str | None:
    """CPL 89: media of the process, or a listed witness who signed (INT 130).

    SIM 11: in summary an unwilling one, noted.
    """
    if act.process_media in PROCESS_MEDIA:
        return "media"
    witness = act.witness
    if witness is None or witness.kind not in LISTED_WITNESSES or not COURT_NOTERS.intersection(act.noted_by):
        return None
    if witness.attended and witness.signed:
        return "witness"
    return "unwilling_witness" if is_summary(matter) and witness.invited and witness.unwillingness_noted else None


def _away_from_home(matter: Matter, act: LeftInPlace, on: date, documents: frozenset[Document]) -> Finding:
    """CPL 89 asks for the residence; what was done elsewhere can only be the refusal of INT 131(2).

    At a place of work outside summary procedure leaving was the wrong method: only a note makes it a case of INT 131.
    """
    elsewhere = refused_elsewhere(
        matter, act.refused_by, on, documents, recorded=act.process_media in PROCESS_MEDIA, noted_by=act.noted_by
    )
    if elsewhere.strength is Strength.DOUBTFUL and act.place is Place.WORKPLACE:
        return nothing("not_at_residence", "CPL-89", "INT-131", advice=elsewhere.advice, missing=elsewhere.missing)
    if elsewhere.strength is Strength.NOTHING:
        return nothing("not_at_residence", "CPL-89", "INT-131", missing=elsewhere.missing)
    return elsewhere.also("CPL-89")


def _at_own_address(matter: Matter, act: LeftInPlace) -> Finding:
    """OP19 7: left at the confirmed address after the party's own fault, the day they are left.

    Presumed: the court decides.
    """
    address = matter.address(act)
    advice = addresses.climb(matter, address, act.on)
    if address is None or act.on is None or act.place in {Place.COURT, Place.ELSEWHERE}:
        return nothing("no_address", advice=advice)
    if act.process_media is Media.NONE and not act.noted_by:
        return nothing("leaving_unrecorded", "OP19-7", advice=advice, missing=("process_media",))
    fault = addresses.fault(matter, address, act.on, act.on)
    confirmed = addresses.is_confirmed(matter, address, act.on)
    if confirmed and fault in {"inaccurate", "unreported_move"}:
        finding = served(
            act.on,
            "left_at_confirmed_address",
            "OP19-7",
            *addresses.standing_rules(matter, address),
            deemed=True,
            defeaters=("no_fault",),
            args=(("fault", fault),),
        )
    elif fault is not None or addresses.is_presumed(matter, address, act.on):
        finding = doubtful("left_at_presumed_address", "OP19-7", "OP19-8", *addresses.standing_rules(matter, address))
    else:
        return nothing("no_fault_ground", "OP19-7", advice=advice)
    return addresses.unless_without_fault(matter, act, finding)
