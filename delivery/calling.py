"""The court's own telephone layer: who is to be called by a person, what to say, and what came of each call.

A call is kept as one fact with both numbers, the time and what was told (OP19 14); its worth says the law engine.
An address or a consent given by telephone is entered only when scope and effect were explained and the identity was
checked (ONL 30); otherwise it stays what it is, a word on the telephone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from delivery.address_acts import Given, add_address
from delivery.answering import CALL_WANTED
from delivery.domain.address import Basis
from delivery.domain.errors import NotFound, RequestError
from delivery.domain.event import Channel, EventKind, Report
from delivery.domain.order import AttemptStatus
from delivery.domain.plan import Purpose
from delivery.recordings import keep_recording
from delivery.runtime import Runtime
from delivery.store.cases import Case, Recipient
from delivery.store.courts import Court
from delivery.store.desk import DeskItem, close_item, open_item
from delivery.store.orders import (
    Attempt,
    ServiceOrder,
    add_attempt_beyond_plan,
    documents_of,
    lock_order,
)
from delivery.store.parties import Address, Party, addresses_in_case
from delivery.tracking import record_fact

TIER = "call"
"""Not a tier of any plan: somebody asked to be called."""
_NUMBERS = ("mobile", "landline")
_SILENT = frozenset({"dead", "not_theirs"})
_LATEST = timedelta(minutes=5)  # the clocks of browsers


class CallOutcome(StrEnum):
    """What came of a call, the usual one first."""

    REACHED = "reached"
    REFUSED = "refused"  # reached, and wants nothing of it
    NO_ANSWER = "no_answer"
    CALL_BACK = "call_back"  # another time was agreed
    WRONG_PERSON = "wrong_person"


class SpokeWith(StrEnum):
    """Who said to be on the line."""

    RECIPIENT = "recipient"
    AGENT = "litigation_agent"
    FAMILY = "family"
    OTHER = "other"


_OWN = frozenset({SpokeWith.RECIPIENT, SpokeWith.AGENT})


@dataclass(frozen=True, slots=True)
class Number:
    """A number that may be called."""

    id: UUID
    value: str


@dataclass(frozen=True, slots=True)
class CallToMake:
    """One order on the sheet, with the least that a caller needs: never the claims, nor the papers of a closed case."""

    order_id: UUID
    case_number: str
    recipient_name: str
    language: str
    numbers: tuple[Number, ...]
    papers: tuple[str, ...]
    asked: bool
    since: datetime
    call_back_at: str = ""


@dataclass(frozen=True, slots=True)
class CallReport:
    """What a caller says. `identity_checked`: the recipient answered a question that only they can answer.

    `recording`: bytes and media type.
    """

    outcome: CallOutcome
    number_id: UUID
    spoke_with: SpokeWith = SpokeWith.OTHER
    identity_checked: bool = False
    contents_told: bool = False
    confirms_receipt: bool = False
    scope_told: bool = False
    effect_told: bool = False
    confirms_number: bool = False
    consents: bool = False
    call_back_at: str = ""
    note: str = ""
    at: datetime | None = None
    recording: tuple[bytes, str] | None = None

    @property
    def own(self) -> bool:
        """Whether it was the recipient or its agent, and proved to be."""
        return self.outcome is CallOutcome.REACHED and self.spoke_with in _OWN and self.identity_checked


def calls_to_make(session: Session, court_id: UUID, *, limit: int = 100) -> list[CallToMake]:
    """The sheet: who asked to be called, then whom the plan wants called, each order once, oldest first."""
    asked = select(DeskItem.order_id).where(
        DeskItem.court_id == court_id,
        DeskItem.kind == CALL_WANTED,
        DeskItem.closed_at.is_(None),
        DeskItem.order_id.is_not(None),
    )
    planned = select(Attempt.order_id).where(*_planned_by_people(court_id))
    orders = session.scalars(
        select(ServiceOrder)
        .where(
            ServiceOrder.court_id == court_id,
            ServiceOrder.status.in_(("open", "held")),
            or_(ServiceOrder.id.in_(asked), ServiceOrder.id.in_(planned)),
        )
        .order_by(ServiceOrder.id.in_(asked).desc(), ServiceOrder.opened_at, ServiceOrder.id)
        .limit(limit)
    )
    return sorted((_to_make(session, order) for order in orders), key=lambda call: (not call.asked, call.since))


def _planned_by_people(court_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        Attempt.court_id == court_id,
        Attempt.channel == Channel.VOICE,
        Attempt.provider == "",
        Attempt.status == AttemptStatus.PLANNED,
    )


def _to_make(session: Session, order: ServiceOrder) -> CallToMake:
    case = session.get_one(Case, (order.court_id, order.case_id))
    recipient = session.get_one(Recipient, (order.court_id, order.recipient_id))
    party = session.get_one(Party, (order.court_id, recipient.party_id))
    item = open_item(session, order.court_id, f"{CALL_WANTED}:{order.id}")
    attempt = _planned(session, order)
    return CallToMake(
        order_id=order.id,
        case_number=case.number,
        recipient_name=party.name or "",
        language=recipient.language,
        numbers=tuple(Number(address.id, address.value or "") for address in _numbers(session, order, recipient)),
        papers=() if case.confidential else tuple(p.title for p in documents_of(session, order.court_id, order.id)),
        asked=item is not None,
        since=item.opened_at if item is not None else attempt.planned_at if attempt is not None else order.opened_at,
        call_back_at=str(item.args.get("call_back_at", "")) if item is not None else "",
    )


def _numbers(session: Session, order: ServiceOrder, recipient: Recipient) -> Sequence[Address]:
    pairs = addresses_in_case(session, order.court_id, order.case_id, recipient.party_id)
    return [address for address, _ in pairs if address.kind in _NUMBERS and address.standing not in _SILENT]


def _planned(session: Session, order: ServiceOrder) -> Attempt | None:
    found = select(Attempt).where(*_planned_by_people(order.court_id), Attempt.order_id == order.id)
    return session.scalar(found.order_by(Attempt.planned_at, Attempt.id).limit(1))


def record_call(
    runtime: Runtime,
    session: Session,
    court_id: UUID,
    order_id: UUID,
    told: CallReport,
    *,
    by: UUID | None,
    now: datetime,
) -> Attempt:
    """Record one call with its recording, if there is one, and what was given by word of mouth.

    Raises `NotFound`, `RequestError`: `call_in_future`, `call_conditions_missing` (an address or consent without what
    ONL 30 asks for), `call_number_unknown`.
    """
    at = told.at or now
    if at > now + _LATEST:
        raise RequestError("call_in_future", status=422)
    if (told.confirms_number or told.consents) and not (told.own and told.scope_told and told.effect_told):
        raise RequestError("call_conditions_missing", status=422)
    order = session.get(ServiceOrder, (court_id, order_id))
    if order is None or order.status not in {"open", "held"}:
        raise NotFound
    recipient = session.get_one(Recipient, (court_id, order.recipient_id))
    number = next((one for one in _numbers(session, order, recipient) if one.id == told.number_id), None)
    if number is None:
        raise RequestError("call_number_unknown", status=422)
    if told.confirms_number:
        zone = ZoneInfo(session.get_one(Court, court_id).time_zone)
        scope = "all" if told.consents and number.kind == "mobile" else ""
        given = Given(number.kind, number.value or "", Basis.GIVEN_ORALLY, at.astimezone(zone).date(), scope)
        add_address(session, court_id, recipient.id, given, by=by, now=now)
    locked = lock_order(session, court_id, order_id)
    assert locked is not None
    attempt = _planned(session, locked) or add_attempt_beyond_plan(
        session, locked, tier=TIER, channel=Channel.VOICE, purpose=Purpose.E_SERVICE, now=now
    )
    attempt.address_id, attempt.submitted_at = number.id, at
    kept = None
    if told.recording is not None:
        content, media_type = told.recording
        sha256 = runtime.blobs.put(court_id, content)
        kept = keep_recording(
            session, court_id, attempt.id, sha256, len(content), media_type, reference="uploaded", now=now
        )
    _record(session, locked, attempt, told, recorded=kept is not None, at=min(at, now), by=by, now=now)
    _settle(session, locked, told, now)
    return attempt


def _record(
    session: Session,
    order: ServiceOrder,
    attempt: Attempt,
    told: CallReport,
    *,
    recorded: bool,
    at: datetime,
    by: UUID | None,
    now: datetime,
) -> None:
    """The fact. Only who proved to be the recipient or its agent was reached in the law's sense."""
    answered = told.outcome in {CallOutcome.REACHED, CallOutcome.REFUSED}
    args = {
        "result": told.outcome.value,
        "reached": answered and told.spoke_with in _OWN and told.identity_checked,
        "role": told.spoke_with.value if answered else "",
        "recorded": recorded,
        "contents_told": told.own and told.contents_told,
        "confirmed_by_recipient": told.own and told.contents_told and told.confirms_receipt,
        "identity": "checked" if told.identity_checked else "none",
        "scope_told": told.scope_told,
        "effect_told": told.effect_told,
        "by": str(by or ""),
    }
    detail = {"note": told.note} if told.note else {}
    report = Report(EventKind.CALLED, f"called:{attempt.id}", at, reason=told.outcome, args=args, detail=detail)
    record_fact(session, order, report, now=now, attempt=attempt)
    if told.outcome is CallOutcome.WRONG_PERSON:
        wrong = Report(EventKind.NOT_ME, f"not_me:{attempt.id}", at, reason="not_me", args={"role": "holder"})
        record_fact(session, order, wrong, now=now, attempt=attempt)


def _settle(session: Session, order: ServiceOrder, told: CallReport, now: datetime) -> None:
    """Who was not spoken to stays on the sheet, with the time that was agreed."""
    subject = f"{CALL_WANTED}:{order.id}"
    if told.outcome in {CallOutcome.NO_ANSWER, CallOutcome.CALL_BACK}:
        item = open_item(session, order.court_id, subject)
        if item is not None and told.call_back_at:
            item.args = {**item.args, "call_back_at": told.call_back_at}
    else:
        close_item(session, order.court_id, subject, at=now, resolution="called")
