"""The platform's own facts in the law engine's words: attempts and journal entries become acts of service.

A carrier's word alone never becomes a signature: mail counts as signed or returned only by the slip that a person
keyed, a message only by what a person did with it.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from delivery.domain.event import Channel, EventKind
from delivery.domain.order import AttemptStatus
from delivery.store.cases import Case, LawFirm, Recipient, counsel_of
from delivery.store.courts import Court
from delivery.store.journal import DeliveryEvent
from delivery.store.orders import Attempt, ServiceOrder, documents_of
from delivery.store.parties import Address, AddressBasis, Party, addresses_in_case

Facts = dict[str, Any]
_OF_AGE = 18
_ELECTRONIC = frozenset({Channel.SMS, Channel.EMAIL, Channel.WECHAT})
# Replies by which the recipient shows that the papers reached it; "not me" is recorded as its own kind of fact.
_OWN_ROLES = frozenset({"recipient", "lawyer", "legal_representative", ""})


@dataclass(frozen=True, slots=True)
class _Context:
    """What the mapping reads besides the attempts."""

    case: Case
    recipient: Recipient
    party: Party
    zone: ZoneInfo
    pairs: Sequence[tuple[Address, AddressBasis]]
    firms: Sequence[LawFirm]
    kinds: Sequence[str]


def facts_of_order(
    session: Session,
    order: ServiceOrder,
    events: Sequence[DeliveryEvent],
    attempts: Sequence[Attempt],
    now: datetime,
) -> Facts:
    """The order in the law engine's format (law facts, jurisdiction `cn_civil`)."""
    recipient = session.get_one(Recipient, (order.court_id, order.recipient_id))
    case = session.get_one(Case, (order.court_id, order.case_id))
    counsel = counsel_of(session, order.court_id, recipient.id)
    context = _Context(
        case=case,
        recipient=recipient,
        party=session.get_one(Party, (order.court_id, recipient.party_id)),
        zone=ZoneInfo(session.get_one(Court, order.court_id).time_zone),
        pairs=addresses_in_case(session, order.court_id, case.id, recipient.party_id),
        firms=[firm for _, firm in counsel],
        kinds=[paper.kind for paper in documents_of(session, order.court_id, order.id)],
    )
    by_attempt: dict[object, list[DeliveryEvent]] = defaultdict(list)
    for event in _without_reversed(events):
        by_attempt[event.attempt_id].append(event)
    corrected = [event.occurred_at for event in events if event.kind == EventKind.DOCUMENT_REPLACED]
    acts = [
        act
        for attempt in attempts
        if not _brought_the_old_paper(order, attempt, by_attempt[attempt.id], corrected)
        for act in _acts(attempt, by_attempt[attempt.id], context)
    ]
    facts: Facts = {
        "id": str(order.id),
        "jurisdiction": "cn_civil",
        "as_of": now.astimezone(context.zone).date().isoformat(),
        "case": _case(context),
        "recipient": _recipient(
            context,
            may_receive=any(c.may_receive for c, _ in counsel),
            named_collector=any(c.named_collector for c, _ in counsel),
        ),
        "documents": sorted(set(context.kinds)),
        "addresses": [_address(address, basis) for address, basis in context.pairs if address.kind != "landline"]
        + [_firm_address(firm) for firm in context.firms],
        "acts": acts,
    }
    if corrected:
        facts["documents_corrected_on"] = max(corrected).astimezone(context.zone).date().isoformat()
    return facts


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


def _without_reversed(events: Sequence[DeliveryEvent]) -> list[DeliveryEvent]:
    """The journal in the order in which things happened, less what carriers took back (743 voids a 704, and so on)."""
    kept: list[DeliveryEvent] = []
    for event in sorted(events, key=lambda item: (item.occurred_at, item.sequence)):
        if event.kind != EventKind.POST_REVERSED:
            kept.append(event)
            continue
        reverses = str(event.args.get("reverses", "")).split()
        for earlier in reversed(kept):
            if earlier.attempt_id == event.attempt_id and earlier.body["raw_code"] in reverses:
                kept.remove(earlier)
                break
    return kept


def _case(context: _Context) -> Facts:
    case = context.case
    facts: Facts = {"number": case.number, "procedure": case.procedure, "instance": case.instance}
    if case.accepted_on:
        facts["accepted_at"] = case.accepted_on.isoformat()
    if case.hearing_at:
        facts["hearing_on"] = case.hearing_at.astimezone(context.zone).date().isoformat()
    return facts


def _recipient(context: _Context, *, may_receive: bool, named_collector: bool) -> Facts:
    recipient = context.recipient
    facts: Facts = {
        "kind": context.party.kind,
        "role": recipient.role,
        "status": recipient.status,
        "domicile": recipient.domicile,
        "whereabouts": recipient.whereabouts,
        "address_confirmation": recipient.address_confirmation,
        "warned": recipient.warned,
    }
    if context.firms:
        facts["agent"] = {"may_receive": may_receive, "named_collector": named_collector}
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


def _firm_address(firm: LawFirm) -> Facts:
    """A firm's mailbox.

    Known to be the agent's own, but never more than that, so that only an act of the firm serves.
    """
    return {"id": str(firm.id), "kind": "email", "basis": "regular_use", "ownership_shown": True}


def _acts(attempt: Attempt, events: list[DeliveryEvent], context: _Context) -> list[Facts]:
    mapped = _MAPPINGS.get(Channel(attempt.channel))
    if mapped is None or not events:
        return []
    target = attempt.law_firm_id or attempt.address_id
    acts = mapped(attempt, events, context)
    for number, act in enumerate(acts):
        _name_people(act, events[-1].occurred_at.astimezone(context.zone).date())
        act["id"] = str(attempt.id) if number == 0 else f"{attempt.id}-{number}"
        if target is not None:
            act["address"] = str(target)
    return acts


def _told_last(event: DeliveryEvent) -> int:
    """Sorts what was told last to the front: a slip keyed again corrects the one before."""
    return -event.sequence


def _instant(event: DeliveryEvent) -> str:
    """When it happened, to the second, as a facts file says it."""
    return event.occurred_at.isoformat(timespec="seconds")


def _first(events: list[DeliveryEvent], *kinds: EventKind, own: bool = False) -> DeliveryEvent | None:
    for event in events:
        if event.kind in kinds and (not own or event.args.get("role", "") in _OWN_ROLES):
            return event
    return None


def _electronic(_attempt: Attempt, events: list[DeliveryEvent], _context: _Context) -> list[Facts]:
    sent = _first(events, EventKind.SUBMITTED)
    if sent is None:
        return []
    act: Facts = {"method": "electronic", "sent_at": _instant(sent)}
    found = {
        "delivered_at": _first(events, EventKind.DELIVERED),
        "success_at": _first(events, EventKind.DELIVERED),
        "bounced_at": _first(events, EventKind.FAILED, EventKind.NOT_ME),
        "read_at": _first(events, EventKind.LINK_OPENED, EventKind.READ, own=True),
        "replied_at": _first(events, EventKind.REPLIED),
        "acted_at": _first(events, EventKind.ACKNOWLEDGED, EventKind.ADDRESS_CONFIRMED, own=True),
    }
    for name, event in found.items():
        if event is not None:
            act[name] = _instant(event)
    if _first(events, EventKind.NOT_ME) is not None:
        # Whoever answered is not the party: nothing that was done with this message counts.
        for name in ("read_at", "replied_at", "acted_at", "success_at", "delivered_at"):
            act.pop(name, None)
    return [act]


def _visit(_attempt: Attempt, events: list[DeliveryEvent], context: _Context) -> list[Facts]:
    acts = []
    for event in events:
        if event.kind != EventKind.VISITED or event.args.get("result") == "unsafe":
            continue
        args = event.args
        act: Facts = {"method": "direct", "at": _instant(event), "result": args["result"]}
        _copy(args, act, "place", "signed_on", "process_media", "noted_by", "signer", "refused_by")
        if args["result"] == "moved":
            act["result"] = "not_found"
        if args["result"] == "refused":
            act.setdefault("refused_by", args.get("signer") or {"role": "recipient"})
            act.pop("signer", None)
            if args.get("process_media", "none") != "none" or args.get("witness"):
                day = event.occurred_at.astimezone(context.zone).date().isoformat()
                act = {**act, "method": "left_in_place", "trigger": "refused", "on": day}
                for name in ("at", "result"):
                    act.pop(name)
                _copy(args, act, "witness")
        acts.append(act)
    return acts


def _mail(attempt: Attempt, events: list[DeliveryEvent], context: _Context) -> list[Facts]:
    sent = _first(events, EventKind.POSTED) or _first(events, EventKind.SUBMITTED)
    if sent is None:
        return []

    def day(event: DeliveryEvent) -> str:
        return event.occurred_at.astimezone(context.zone).date().isoformat()

    act: Facts = {"method": "post", "carrier": "state_post", "posted_on": day(sent), "result": "in_transit"}
    tried = sorted({day(event) for event in events if event.kind == EventKind.POST_ATTEMPT_FAILED})
    if tried:
        act["attempts_on"] = tried
    slip = _first(sorted(events, key=_told_last), EventKind.SLIP_RECORDED)
    delivered = _first(events, EventKind.POST_DELIVERED)
    if slip is not None:
        act["result"] = slip.args["result"]
        _copy(
            slip.args, act, "signer", "signed_on", "return_reason", "marked_return_on", "attempts_on",
            "contact_attempted", "refused_by", "refusal_noted", "court_received_on",
        )  # fmt: skip
    elif delivered is not None:
        in_box = delivered.args.get("recipient_class") in {"locker", "station", "letterbox", "doorstep"}
        act["result"] = "locker" if in_box else "no_proof"
    elif attempt.reason == "lost":
        act["result"] = "no_proof"
    return [act]


def _posting(_attempt: Attempt, events: list[DeliveryEvent], context: _Context) -> list[Facts]:
    acts = []
    for event in events:
        if event.kind != EventKind.NOTICE_POSTED:
            continue
        args = event.args
        day = event.occurred_at.astimezone(context.zone).date().isoformat()
        if args.get("meaning") in {"left_in_place", "left_at_address"}:
            act: Facts = {"method": "left_in_place", "on": day, "trigger": args.get("trigger", "nobody_home")}
        else:
            act = {"method": "direct", "at": _instant(event), "result": "nobody_home", "card_left": True}
        _copy(args, act, "place", "process_media", "witness", "noted_by", "refused_by")
        acts.append(act)
    return acts


def _publication(_attempt: Attempt, events: list[DeliveryEvent], _context: _Context) -> list[Facts]:
    postings: list[Facts] = []
    content: set[str] = set()
    for event in events:
        if event.kind == EventKind.NOTICE_PUBLISHED:
            postings.extend(event.args.get("postings", []))
            content.update(event.args.get("content", []))
    if not postings:
        return []
    return [
        {
            "method": "public_notice",
            "postings": postings,
            "content": sorted(content),
            "reason_recorded": True,
            "history_recorded": True,
        }
    ]


def _telephone(_attempt: Attempt, events: list[DeliveryEvent], _context: _Context) -> list[Facts]:
    acts = []
    for event in events:
        if event.kind == EventKind.CALLED:
            act: Facts = {"method": "telephone", "at": _instant(event)}
            _copy(event.args, act, "reached", "recorded", "contents_told", "confirmed_by_recipient")
            acts.append(act)
    return acts


def _copy(source: dict[str, Any], target: Facts, *names: str) -> None:
    for name in names:
        if source.get(name) not in (None, "", {}, []):
            target[name] = source[name]


def _name_people(act: Facts, day: date) -> None:
    """Put what was seen of a person's age into the law's terms.

    Of age means born eighteen years before the act or earlier.
    """
    for name in ("signer", "refused_by"):
        if name in act:
            person = dict(act[name])
            adult = person.pop("adult", None)
            if adult is not None and "born_on" not in person:
                person["born_on"] = (_birthday_of_age(day) if adult else day).isoformat()
            act[name] = person


def _birthday_of_age(day: date) -> date:
    try:
        return day.replace(year=day.year - _OF_AGE)
    except ValueError:  # 29 February
        return date(day.year - _OF_AGE, 2, 28)


_MAPPINGS: dict[Channel, Callable[[Attempt, list[DeliveryEvent], _Context], list[Facts]]] = {
    Channel.SMS: _electronic,
    Channel.EMAIL: _electronic,
    Channel.WECHAT: _electronic,
    Channel.IN_PERSON: _visit,
    Channel.POST: _mail,
    Channel.POSTING: _posting,
    Channel.PUBLICATION: _publication,
    Channel.VOICE: _telephone,
}
