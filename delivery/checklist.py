"""A lawyer's checklist of one order: what stands, on what it rests, what lies in the file and what does not.

Built from the stored effect and the facts that the engine reads, so that it can say no more than they do. Everything is
a code with values; the page puts it into words.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from delivery.domain.event import Channel, EventKind
from delivery.domain.law.effect import LegalEffect, Outcome, Reason
from delivery.domain.law.vocabulary import Kind
from delivery.domain.law.weighing import RULED_SERVED
from delivery.domain.mail import FollowUp, Meaning
from delivery.legal_acts import standing_of_mail
from delivery.legal_facts import facts_of_order
from delivery.mail_folding import without_reversed
from delivery.store.accounts import Account
from delivery.store.cases import Recipient
from delivery.store.journal import DeliveryEvent, journal_of
from delivery.store.orders import Attempt, ServiceOrder, attempts_of
from delivery.store.parties import Party
from delivery.store.surroundings import surroundings_of
from delivery.stored_effects import read_effect


class Confirmer(StrEnum):
    """Who still has to say something before the outcome can be relied on."""

    NOBODY = "nobody"  # a fixed day, proved
    OFFICER = "officer"  # deemed or presumed: a court officer confirms
    CONFIRMED = "confirmed"  # and has done so
    RULED = "ruled"  # a court officer decided it otherwise than the rules
    COURT = "court"  # in doubt: the court decides
    NOT_YET = "not_yet"  # nothing to confirm


@dataclass(frozen=True, slots=True)
class Proof:
    """One piece of evidence that an act of this kind should have; `values` are codes, days and counts."""

    code: str
    held: bool
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListedAct:
    """One act of service with what proves it.

    `deciding`: it fixed the day; `reasons` are what the engine says of it.
    """

    method: str
    on: date | None
    deciding: bool
    reasons: tuple[Reason, ...]
    proofs: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class Checklist:
    """Everything that a lawyer checks. `mail` pairs a waybill with what the post's last word about it means."""

    effect: LegalEffect | None
    acts: tuple[ListedAct, ...]
    mail: tuple[tuple[str, Meaning], ...]
    confirmer: Confirmer
    confirmed_by: str
    confirmed_at: datetime | None


def checklist_of(session: Session, order: ServiceOrder, now: datetime) -> Checklist:
    """The checklist of one order, in a fixed number of queries."""
    events = journal_of(session, order.court_id, order.id)
    attempts = attempts_of(session, order.court_id, order.id)
    effect = read_effect(order.effect)
    around = surroundings_of(session, order)
    facts = facts_of_order(around, order, events, attempts, now)
    zone = ZoneInfo(around.court.time_zone)
    firms = frozenset(str(attempt.law_firm_id) for attempt in attempts if attempt.law_firm_id)
    listed = list(_acts(facts, effect, zone, firms, _approved(events, zone)))
    decisive = [act for act in listed if act.deciding]
    return Checklist(
        effect=effect,
        acts=(*decisive, *(act for act in listed if not act.deciding)),
        mail=tuple(_mail(session, order, events, attempts)),
        confirmer=_confirmer(order, effect),
        confirmed_by=_name(session, order.confirmed_by),
        confirmed_at=order.confirmed_at,
    )


def _confirmer(order: ServiceOrder, effect: LegalEffect | None) -> Confirmer:
    if effect is None or effect.outcome is Outcome.NOT_SERVED:
        return Confirmer.NOT_YET
    if effect.outcome is Outcome.COURT_REVIEW:
        return Confirmer.COURT
    if effect.by_reason == RULED_SERVED:
        return Confirmer.RULED
    if not effect.needs_confirmation:
        return Confirmer.NOBODY
    return Confirmer.CONFIRMED if order.confirmed_at is not None else Confirmer.OFFICER


def _name(session: Session, account_id: UUID | None) -> str:
    account = session.get(Account, account_id) if account_id is not None else None
    return account.name if account is not None else ""


def _approved(events: Sequence[DeliveryEvent], zone: ZoneInfo) -> date | None:
    """The day on which a court officer allowed the public notice."""
    days = [event.occurred_at.astimezone(zone).date() for event in events if event.kind == EventKind.NOTICE_APPROVED]
    return max(days, default=None)


def _acts(
    facts: Mapping[str, Any],
    effect: LegalEffect | None,
    zone: ZoneInfo,
    firms: frozenset[str],
    approved_on: date | None,
) -> Iterator[ListedAct]:
    addresses = {address["id"]: address for address in facts["addresses"] if address["id"] not in firms}
    agent = facts["recipient"].get("agent") or {}
    for act in facts["acts"]:
        reasons = tuple(reason for reason in (effect.reasons if effect else ()) if reason.act == act["id"])
        proofs = list(proofs_of(act, addresses.get(act.get("address")), zone))
        if act.get("address") in firms:
            proofs.insert(0, Proof("agents_power", bool(agent.get("may_receive"))))
        if act["method"] == "public_notice":
            proofs.append(Proof("notice_approved", approved_on is not None, {"on": approved_on}))
        deciding = effect is not None and effect.by_act == act["id"]
        yield ListedAct(act["method"], _day_of(act, zone), deciding, reasons, tuple(proofs))


def _day_of(act: Mapping[str, Any], zone: ZoneInfo) -> date | None:
    """The day that stands for an act in a list: of the signature, of the return, of the last posting, else its own."""
    for name in ("signed_on", "marked_return_on", "on", "at", "acted_at", "success_at", "sent_at", "posted_on"):
        if act.get(name):
            return _day(act[name], zone)
    return max((date.fromisoformat(one["on"]) for one in act.get("postings", ())), default=None)


def _day(written: str, zone: ZoneInfo) -> date:
    if "T" not in written:
        return date.fromisoformat(written)
    return datetime.fromisoformat(written).astimezone(zone).date()


def proofs_of(act: Mapping[str, Any], address: Mapping[str, Any] | None, zone: ZoneInfo) -> Iterator[Proof]:
    """What should lie in the file for one act, and whether it does; `act` and `address` as in a facts file."""
    match act["method"]:
        case "direct":
            yield from _of_visit(act)
        case "left_in_place":
            yield from _of_leaving(act)
        case "electronic":
            yield from _of_message(act, address, zone)
        case "post":
            yield from _of_mail(act, address)
        case "public_notice":
            yield from _of_notice(act)
        case "telephone":
            for name in ("recorded", "contents_told", "confirmed_by_recipient"):
                yield Proof(name, bool(act.get(name)))
        case _:
            return


def _of_visit(act: Mapping[str, Any]) -> Iterator[Proof]:
    if act.get("result") == "signed":
        yield from _signature(act)
    else:
        yield Proof("receipt_signed", held=False)
    yield _media(act)


def _signature(act: Mapping[str, Any]) -> Iterator[Proof]:
    """CPL 87, 88; EMS04 7: who signed and when, the card that was shown, and for family that it lives there of age."""
    signer = act.get("signer") or {}
    said = {"role": signer.get("role", "unknown"), "on": _given_day(act.get("signed_on"))}
    yield Proof("receipt_signed", bool(signer) and bool(act.get("signed_on")), said)
    yield Proof("identity_checked", bool(signer.get("id_checked")))
    if signer.get("role") == "family":
        yield Proof("lives_together", bool(signer.get("co_resident")))
        yield Proof("of_age", "born_on" in signer)


def _of_leaving(act: Mapping[str, Any]) -> Iterator[Proof]:
    refuser = act.get("refused_by") or {}
    yield Proof("refusal", act.get("trigger") == "refused" and bool(refuser), {"role": refuser.get("role", "unknown")})
    yield Proof("place", bool(act.get("place")), {"place": act.get("place")})
    yield _media(act)
    witness = act.get("witness") or {}
    yield Proof("witness", bool(witness.get("attended") and witness.get("signed")))
    yield Proof("noted", bool(act.get("noted_by")))


def _of_message(act: Mapping[str, Any], address: Mapping[str, Any] | None, zone: ZoneInfo) -> Iterator[Proof]:
    if address is not None:
        yield _basis(address)
        consent = address.get("consent") or {}
        held = bool(consent.get("given")) and not consent.get("withdrawn_on")
        yield Proof("consent", held, {"on": _given_day(consent.get("given_on"))})
    for code, names in (
        ("sent", ("sent_at",)),
        ("success", ("success_at",)),
        ("read", ("read_at",)),
        ("answered", ("replied_at", "acted_at")),
    ):
        at = next((act[name] for name in names if act.get(name)), None)
        yield Proof(code, at is not None, {"on": _day(at, zone) if at else None})


def _of_mail(act: Mapping[str, Any], address: Mapping[str, Any] | None) -> Iterator[Proof]:
    if address is not None:
        yield _basis(address)
    yield Proof("posted", bool(act.get("posted_on")), {"on": _given_day(act.get("posted_on"))})
    if act["result"] == "signed":
        yield from _signature(act)
        return
    tries = act.get("attempts_on", ())
    yield Proof("tries", bool(tries), {"count": len(tries)})
    yield Proof("contact", bool(act.get("contact_attempted")))
    if act["result"] == "returned":
        marked = act.get("marked_return_on")
        yield Proof(
            "slip_returned", bool(marked), {"reason": act.get("return_reason", "other"), "on": _given_day(marked)}
        )
        if act.get("return_reason") == "refused":
            refuser = act.get("refused_by") or {}
            yield Proof("refusal", bool(refuser and act.get("refusal_noted")), {"role": refuser.get("role", "unknown")})
    else:
        yield Proof("slip", held=False)


def _of_notice(act: Mapping[str, Any]) -> Iterator[Proof]:
    postings = act.get("postings", ())
    yield Proof("postings", bool(postings), {"count": len(postings)})
    if any(one.get("place") == "domicile" for one in postings):
        filmed = all(one.get("process_media", "none") != "none" for one in postings if one["place"] == "domicile")
        yield Proof("posting_media", filmed)
    yield Proof("notice_content", bool(act.get("content")), {"count": len(act.get("content", ()))})
    yield Proof("reason_recorded", bool(act.get("reason_recorded")))
    yield Proof("history_recorded", bool(act.get("history_recorded")))


def _basis(address: Mapping[str, Any]) -> Proof:
    return Proof("address_basis", held=True, values={"basis": address["basis"]})


def _media(act: Mapping[str, Any]) -> Proof:
    media = act.get("process_media", "none")
    return Proof("media", media != "none", {"media": media})


def _given_day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


def _mail(
    session: Session, order: ServiceOrder, events: Sequence[DeliveryEvent], attempts: Sequence[Attempt]
) -> Iterator[tuple[str, Meaning]]:
    """What the post's last words mean where no slip lies there yet and somebody has to do something."""
    mails = [attempt for attempt in attempts if attempt.channel == Channel.POST and attempt.reference]
    if not mails:
        return
    recipient = session.get_one(Recipient, (order.court_id, order.recipient_id))
    kind = Kind(session.get_one(Party, (order.court_id, recipient.party_id)).kind)
    standing = without_reversed(events)
    for attempt in mails:
        mine = [event for event in standing if event.attempt_id == attempt.id]
        meaning = standing_of_mail(mine, attempt.reason, kind)
        slip = any(event.kind == EventKind.SLIP_RECORDED for event in mine)
        if meaning is not None and not slip and meaning.follow_up is not FollowUp.NONE:
            yield str(attempt.reference), meaning
