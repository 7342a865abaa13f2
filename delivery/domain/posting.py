"""What papers on a door mean in law: four things that look alike, told apart before anybody leaves the court.

Left after a refusal they serve (CPL 89). Left at an address that the party must answer for, they may (OP19 7, 8). As
part of a public notice they count with the notice (INT 138). Anything else is a visit card: no service at all, only a
try, and a sign that the address has to be searched for. Pure: the address's basis, what happens at the door, the papers
and what was done before.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from delivery.domain.address import Basis
from delivery.domain.case import Procedure
from delivery.domain.paper import DocumentKind


class PostingMeaning(StrEnum):
    """The four meanings."""

    LEFT_IN_PLACE = "left_in_place"  # after a refusal at the residence: serves that day
    LEFT_AT_ADDRESS = "left_at_address"  # nobody there, but the party answers for the address
    PUBLIC_NOTICE = "public_notice"  # one posting of a notice that has been approved
    VISIT_CARD = "visit_card"  # serves nobody


class Trigger(StrEnum):
    """What happens at the door."""

    NOBODY_HOME = "nobody_home"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Door:
    """What is known of a door before somebody goes there.

    `basis`: by which right the address is used in this case, None when it is not known. `answered_for`: an earlier act
    showed that the party refuses or evades an address for service, so that a presumed address stands in for its own
    (OP19 8, 9). `notice_approved`: a court officer decided on a public notice, and this posting is part of it.
    """

    basis: str | None
    papers: frozenset[DocumentKind]
    procedure: Procedure
    confidential: bool = False
    answered_for: bool = False
    notice_approved: bool = False


# The party gave or agreed to these itself (EMS04 11, OP19 7, OP16 3).
_OWN = frozenset({Basis.CONFIRMED, Basis.GIVEN_ORALLY, Basis.OWN_FILING, Basis.PRE_DISPUTE_AGREED})
# These stand in when a party refuses to confirm or dodges (OP19 8, 9); what others say of it never does.
_PRESUMED = frozenset({Basis.OTHER_PROCEEDINGS, Basis.REGULAR_USE, Basis.REGISTRY, Basis.HABITUAL_RESIDENCE})
_WITHOUT_NOTICE = frozenset({Procedure.SUMMARY, Procedure.SMALL_CLAIMS, Procedure.PAYMENT_ORDER})  # INT 140, 430
_NEVER_NOTIFIED = frozenset({DocumentKind.MEDIATION_STATEMENT, DocumentKind.PAYMENT_ORDER})  # INT 133, 430


def posting_meaning(door: Door, trigger: Trigger = Trigger.NOBODY_HOME) -> PostingMeaning:
    """Which meaning a posting at this door has when this happens there. Total."""
    if DocumentKind.MEDIATION_STATEMENT in door.papers:
        return PostingMeaning.VISIT_CARD  # INT 133: the party in person, and nothing is left
    if trigger is Trigger.REFUSED:
        return PostingMeaning.LEFT_IN_PLACE
    if door.confidential:
        return PostingMeaning.VISIT_CARD  # nothing that tells of the case stays on a door
    if door.notice_approved and _may_be_notified(door.papers, door.procedure):
        return PostingMeaning.PUBLIC_NOTICE
    if DocumentKind.PAYMENT_ORDER in door.papers:
        return PostingMeaning.VISIT_CARD  # INT 429: left only when the debtor refuses
    if door.basis in _OWN or (door.answered_for and door.basis in _PRESUMED):
        return PostingMeaning.LEFT_AT_ADDRESS
    return PostingMeaning.VISIT_CARD


def cautions_for(papers: AbstractSet[DocumentKind], *, confidential: bool) -> tuple[str, ...]:
    """What must not be done at a door with these papers, as codes for whoever goes there."""
    holds = {
        "party_in_person": DocumentKind.MEDIATION_STATEMENT in papers,  # INT 133: no family, nothing left
        "debtor_alone_refuses": DocumentKind.PAYMENT_ORDER in papers,  # INT 429
        "nothing_at_the_door": confidential,  # CPL 71, 137
    }
    return tuple(code for code, here in holds.items() if here)


def reported_meaning(planned: str, told: str, trigger: str) -> PostingMeaning:
    """What a posting was, from what was said before departure and what was reported.

    Only a refusal at the door makes more of it than was planned; a report never turns a visit card into service.
    """
    before, after = PostingMeaning(planned), PostingMeaning(told)
    if after is PostingMeaning.LEFT_IN_PLACE and trigger == Trigger.REFUSED:
        return after
    return PostingMeaning.VISIT_CARD if after is PostingMeaning.VISIT_CARD else before


def _may_be_notified(papers: AbstractSet[DocumentKind], procedure: Procedure) -> bool:
    return procedure not in _WITHOUT_NOTICE and not papers & _NEVER_NOTIFIED
