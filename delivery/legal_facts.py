"""One order in the law engine's words: case, recipient, addresses, papers, and what was done to serve it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from delivery.domain.event import Channel, EventKind
from delivery.domain.order import AttemptStatus
from delivery.legal_acts import Facts, acts_of_attempt
from delivery.mail_folding import without_reversed
from delivery.store.cases import Case, LawFirm
from delivery.store.journal import DeliveryEvent
from delivery.store.orders import Attempt, ServiceOrder
from delivery.store.parties import Address, AddressBasis
from delivery.store.surroundings import Surroundings

_ELECTRONIC = frozenset({Channel.SMS, Channel.EMAIL, Channel.WECHAT})


def facts_of_order(
    around: Surroundings,
    order: ServiceOrder,
    events: Sequence[DeliveryEvent],
    attempts: Sequence[Attempt],
    now: datetime,
) -> Facts:
    """The order in the law engine's format (law facts, jurisdiction `cn_civil`)."""
    zone = ZoneInfo(around.court.time_zone)
    by_attempt: dict[object, list[DeliveryEvent]] = defaultdict(list)
    for event in without_reversed(events):
        by_attempt[event.attempt_id].append(event)
    corrected = [event.occurred_at for event in events if event.kind == EventKind.DOCUMENT_REPLACED]
    acts = [
        act
        for attempt in attempts
        if not _brought_the_old_paper(order, attempt, by_attempt[attempt.id], corrected)
        for act in acts_of_attempt(attempt, by_attempt[attempt.id], zone)
    ]
    facts: Facts = {
        "id": str(order.id),
        "jurisdiction": "cn_civil",
        "as_of": now.astimezone(zone).date().isoformat(),
        "case": _case(around.case, zone),
        "recipient": _recipient(around),
        "documents": sorted({paper.kind for paper in around.papers}),
        "addresses": [
            _found_out(str(address.id), acts) | _address(address, basis)
            for address, basis in around.addresses
            if address.kind != "landline"
        ]
        + [_firm_address(firm) for _, firm in around.counsel],
        "acts": acts,
    }
    rulings = _rulings(events, {act["id"] for act in acts})
    if rulings:
        facts["rulings"] = rulings
    if corrected:
        facts["documents_corrected_on"] = max(corrected).astimezone(zone).date().isoformat()
    return facts


def _rulings(events: Sequence[DeliveryEvent], acts: Collection[str]) -> list[Facts]:
    """What court officers decided otherwise than the rules, oldest first."""
    return [
        {"act": event.args["act"]} | ({"served_on": event.args["effective_on"]} if event.args["effective_on"] else {})
        for event in events
        if event.kind == EventKind.OUTCOME_DECIDED and event.args["act"] in acts
    ]


def _brought_the_old_paper(
    order: ServiceOrder, attempt: Attempt, events: Sequence[DeliveryEvent], corrected: Sequence[datetime]
) -> bool:
    """Whether somebody took a paper that was corrected since.

    What a letter or a field server brought is the old text, whenever it is signed for; a link shows the new one from
    the moment of the correction.
    """
    if attempt.round == order.round or attempt.status != AttemptStatus.ANSWERED:
        return False
    return attempt.channel not in _ELECTRONIC or all(event.occurred_at < max(corrected) for event in events)


def _case(case: Case, zone: ZoneInfo) -> Facts:
    facts: Facts = {"number": case.number, "procedure": case.procedure, "instance": case.instance}
    if case.accepted_on:
        facts["accepted_at"] = case.accepted_on.isoformat()
    if case.payment_order_issued_on:
        facts["payment_order_issued_on"] = case.payment_order_issued_on.isoformat()
    if case.hearing_at:
        facts["hearing_on"] = case.hearing_at.astimezone(zone).date().isoformat()
    return facts


def _recipient(around: Surroundings) -> Facts:
    recipient = around.recipient
    facts: Facts = {
        "kind": around.party.kind,
        "role": recipient.role,
        "status": recipient.status,
        "domicile": recipient.domicile,
        "whereabouts": recipient.whereabouts,
        "address_confirmation": recipient.address_confirmation,
        "warned": recipient.warned,
    }
    if around.counsel:
        facts["agent"] = {
            "may_receive": any(counsel.may_receive for counsel, _ in around.counsel),
            "named_collector": any(counsel.named_collector for counsel, _ in around.counsel),
        }
    return facts


def _address(address: Address, basis: AddressBasis) -> Facts:
    facts: Facts = {"id": str(address.id), "kind": address.kind, "basis": basis.basis}
    # What a party once confirmed as its own is shown to be its own, in whichever case that was.
    if basis.basis in {"confirmed", "other_proceedings", "own_filing", "given_orally"}:
        facts["ownership_shown"] = True
    if basis.given_on:
        facts["given_on"] = basis.given_on.isoformat()
    if basis.moved_on:
        facts["moved_on"] = basis.moved_on.isoformat()
    if basis.source_note.get("replaced_on"):
        facts["changes"] = [{"form": "written", "on": basis.source_note["replaced_on"]}]
    if basis.consent_scope:
        scope: str | list[str] = "all" if basis.consent_scope == "all" else basis.consent_scope.split(",")
        facts["consent"] = {"given": True, "source": basis.consent_source or "express", "scope": scope}
        if basis.consent_given_on:
            facts["consent"]["given_on"] = basis.consent_given_on.isoformat()
        if basis.consent_withdrawn_on:
            facts["consent"]["withdrawn_on"] = basis.consent_withdrawn_on.isoformat()
    return facts


def _found_out(address_id: str, acts: Sequence[Facts]) -> Facts:
    """What the slips of returned mail tell of an address: that the party had moved, or that it never was right.

    The engine asks whether it was the party's own word, and an officer confirms what follows (EMS04 11, OP19 7).
    """
    found: Facts = {}
    for act in acts:
        if act.get("address") != address_id or act["method"] != "post" or act.get("result") != "returned":
            continue
        reason, days = act.get("return_reason"), act.get("attempts_on") or [act.get("marked_return_on")]
        if reason == "moved" and days[0]:
            found["moved_on"] = min(days)
        elif reason in {"no_such_person", "no_such_address"}:
            found["accurate"] = False
    return found


def _firm_address(firm: LawFirm) -> Facts:
    """A firm's mailbox.

    Known to be the agent's own, but never more than that, so that only an act of the firm serves.
    """
    return {"id": str(firm.id), "kind": "email", "basis": "regular_use", "ownership_shown": True}
