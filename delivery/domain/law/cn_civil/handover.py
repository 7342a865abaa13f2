"""Papers handed over, or refused when handed over: direct service, collection at court, and the refusals of INT 131.

The day is the one that the recipient wrote on the receipt (送达回证); where nobody signed, the law puts the note of a
judge or clerk in the signature's place, and no contractor can write it.
"""

from datetime import date

from delivery.domain.law.act_details import Person
from delivery.domain.law.act_vocabulary import CollectionResult, Media, Noter, Place, VisitResult
from delivery.domain.law.acts import CollectedAtCourt, Direct
from delivery.domain.law.cn_civil import addresses
from delivery.domain.law.cn_civil.procedure import is_abroad, is_summary
from delivery.domain.law.cn_civil.recipient import Standing, is_party, receiver, weak_identity
from delivery.domain.law.effect import Finding, doubtful, nothing, served
from delivery.domain.law.matter import Matter
from delivery.domain.law.vocabulary import Document, Role

PROCESS_MEDIA = frozenset({Media.PHOTOS, Media.VIDEO})  # one still shows a state, not the process that the law asks for
COURT_OFFICERS = frozenset({Noter.JUDGE, Noter.CLERK})
AT_HOME = frozenset({Place.RESIDENCE, Place.REGISTERED_OFFICE})


def direct(matter: Matter, act: Direct, documents: frozenset[Document]) -> Finding:
    """CPL 87, 88: direct service, whatever came of the visit."""
    match act.result:
        case VisitResult.SIGNED:
            return _within_reach(matter, act, _receipt(matter, act.signer, act.signed_on, documents, place=act.place))
        case VisitResult.REFUSED:
            return _within_reach(matter, act, _refused(matter, act, documents))
        case VisitResult.NOBODY_HOME | VisitResult.NOT_FOUND | None:
            return _noted_on_the_spot(matter, act, documents)


def collected_at_court(matter: Matter, act: CollectedAtCourt, documents: frozenset[Document]) -> Finding:
    """INT 131(1): the court may call the party in to collect."""
    match act.result:
        case CollectionResult.SIGNED:
            return _receipt(matter, act.signer, act.signed_on, documents, place=Place.COURT)
        case CollectionResult.REFUSED:
            if act.on is None:
                return nothing("date_unknown", "INT-131", missing=("date",))
            return refused_at_court(matter, act.refused_by, act.on, act.noted_by, documents)
        case CollectionResult.DID_NOT_COME | None:
            return nothing("did_not_come", "INT-131")


def _within_reach(matter: Matter, act: Direct, finding: Finding) -> Finding:
    """HKM 3, TW 3, INT 533.

    Somebody without a domicile here is handed papers only while present here, or through an agent.
    """
    domicile = matter.facts.recipient.domicile
    if not finding.valid or not is_abroad(domicile) or act.place is Place.COURT:
        return finding
    by_agent = act.signer is not None and act.signer.role in {Role.LITIGATION_AGENT, Role.NAMED_COLLECTOR}
    if matter.facts.recipient.in_mainland or by_agent:
        return finding
    return nothing("not_in_mainland", *PRESENCE_RULES[domicile.value], missing=("presence_in_mainland",))


PRESENCE_RULES = {"hong_kong": ("HKM-3",), "macao": ("HKM-3",), "taiwan": ("TW-3",), "foreign": ("CPL-283", "INT-533")}


def _receipt(
    matter: Matter,
    signer: Person | None,
    signed_on: date | None,
    documents: frozenset[Document],
    *,
    place: Place | None,
) -> Finding:
    """CPL 87: the day that the receiver wrote on the receipt is the day of service."""
    if signed_on is None:
        return nothing("receipt_without_date", "CPL-87", missing=("receipt_date",))
    found = receiver(matter, signer, documents, signed_on)
    if found.may:
        return served(signed_on, found.code, "CPL-87", *found.cites, defeaters=weak_identity(signer))
    if found.standing is Standing.DISPUTED:
        return doubtful(found.code, "CPL-87", *found.cites, missing=found.missing)
    advice = ("revisit",) if place in AT_HOME else ()
    return nothing(found.code, "CPL-87", *found.cites, advice=advice, missing=found.missing)


def _refused(matter: Matter, act: Direct, documents: frozenset[Document]) -> Finding:
    """A refusal is not yet service: at home papers are left (CPL 89), at court or elsewhere INT 131 applies."""
    on = matter.visited_on(act)
    if on is None:
        return nothing("date_unknown", "INT-131", missing=("date",))
    if act.place is Place.COURT:
        return refused_at_court(matter, act.refused_by, on, act.noted_by, documents)
    if act.place in AT_HOME or act.place is None:
        if Document.MEDIATION_STATEMENT in documents:
            return mediation_refused()
        return nothing("refused_but_not_left", "CPL-89", missing=("papers_left",))
    return refused_elsewhere(
        matter, act.refused_by, on, documents, recorded=act.process_media in PROCESS_MEDIA, noted_by=act.noted_by
    )


def mediation_refused() -> Finding:
    """INT 133, CPL 102: a mediation statement is neither left nor deemed served; the court goes on to judgment."""
    return nothing("mediation_refused", "INT-133", "CPL-102", advice=("proceed_to_judgment",))


def refused_at_court(
    matter: Matter, person: Person | None, on: date, noted_by: tuple[Noter, ...], documents: frozenset[Document]
) -> Finding:
    """INT 131(1): the party comes and refuses to sign: deemed served, once a judge or clerk notes it and signs."""
    if Document.MEDIATION_STATEMENT in documents:
        return mediation_refused()
    if not is_party(matter, person, on):
        return nothing("refuser_not_party", "INT-131", missing=("refusal_by_party",))
    if not COURT_OFFICERS.intersection(noted_by):
        return doubtful(
            "no_officer_note", "INT-131", advice=("obtain_court_staff_note",), missing=("court_staff_note",)
        )
    return served(on, "refused_at_court", "INT-131", deemed=True)


def refused_elsewhere(
    matter: Matter,
    person: Person | None,
    on: date,
    documents: frozenset[Document],
    *,
    recorded: bool,
    noted_by: tuple[Noter, ...],
) -> Finding:
    """INT 131(2): away from the domicile: media of the process, and the note and signature of a judge or clerk."""
    if Document.MEDIATION_STATEMENT in documents:
        return mediation_refused()
    if not is_party(matter, person, on):
        return nothing("refuser_not_party", "INT-131", missing=("refusal_by_party",))
    if not recorded:
        return nothing("process_not_recorded", "INT-131", missing=("process_media",))
    if not COURT_OFFICERS.intersection(noted_by):
        return doubtful(
            "no_officer_note", "INT-131", advice=("obtain_court_staff_note",), missing=("court_staff_note",)
        )
    return served(on, "refused_elsewhere", "INT-131", deemed=True)


def _noted_on_the_spot(matter: Matter, act: Direct, documents: frozenset[Document]) -> Finding:
    """SIM 10(2): summary procedure, the party's own address that is wrong: the day noted on the receipt is the day.

    A visit card (到访未遇) is never service.
    """
    address = matter.address(act)
    on = matter.visited_on(act)
    fault = addresses.fault(matter, address, on, on)
    eligible = is_summary(matter) and Document.MEDIATION_STATEMENT not in documents
    noted = set(act.noted_by) - {Noter.CONTRACTOR}
    if on is not None and fault is not None and fault != "evaded" and eligible and noted:
        return addresses.unless_without_fault(
            matter, act, served(on, "noted_at_own_address", "SIM-10", deemed=True, args=(("fault", fault),))
        )
    advice = addresses.climb(matter, address, on)
    return nothing("visit_card_only" if act.card_left else "nobody_received", "CPL-88", advice=advice)
