"""The single door for facts.

Callbacks, visits, polls, people and the platform itself all come in through `record_fact`.
A fact is appended to the order's journal exactly once (by the reporter's own event id), moves the attempt's status
as far as it reaches, lowers the standing of an address on bad news, and asks for another look at the order. It is
never refused.
"""

import json
import os
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from delivery.announcing import announce_fact
from delivery.answering import follow_answer
from delivery.attempt_finding import attempt_meant
from delivery.domain.errors import UnknownReference
from delivery.domain.event import Channel, EventKind, Report
from delivery.domain.order import (
    AttemptStatus,
    OrderStatus,
    attempt_target,
    next_attempt_status,
    next_status,
    shows_reached,
)
from delivery.mail_moving import ADDRESS_FAULTS, RETURNED, move_mail, of_this_use, recall_mails, refer_contradiction
from delivery.noticing import follow_fact
from delivery.report_dating import at_a_time_that_can_be
from delivery.store.desk import close_item, put_on_desk
from delivery.store.ids import new_id
from delivery.store.journal import (
    FORMAT,
    DeliveryEvent,
    EventDetail,
    canonical,
    detail_digest,
    entry_hash,
    event_known,
    instant,
)
from delivery.store.links import revoke_links_to
from delivery.store.orders import (
    Attempt,
    ServiceOrder,
    attempts_of,
    lock_order,
)
from delivery.store.parties import Address
from delivery.store.tasks import schedule

OURSELVES = "songda"
FETCH_RECORDING = "fetch_recording"
TELL_LINKS_ENDED = "tell_links_ended"

# Reason codes after which an address is not tried again in any case, and what it is then called.
BAD_NEWS = {
    "unknown_number": "dead",
    "not_a_mobile": "dead",
    "number_void": "dead",
    "landline": "voice_only",
    "mailbox_unknown": "dead",
    "bad_mailbox": "dead",
    "bad_domain": "dead",
    "mailbox_disabled": "dead",
    "address_invalid": "dead",
    "opted_out": "opted_out",
} | dict.fromkeys(ADDRESS_FAULTS, RETURNED)

# What a person says about a number or mailbox, whatever code came with it.
_STANDING_BY_KIND = {EventKind.NOT_ME: "not_theirs", EventKind.OPTED_OUT: "opted_out"}


# Stations on the way: neither the ladder nor the law asks for them, so they wake nobody.
_UNDERWAY = frozenset(
    {
        EventKind.SENT,
        EventKind.RELAYED,
        EventKind.DELAYED,
        EventKind.POST_IN_TRANSIT,
        EventKind.POST_AT_OFFICE,
        EventKind.POST_OUT,
        EventKind.DOCUMENT_DOWNLOADED,
        EventKind.IDENTITY_FAILED,
        EventKind.INFORMATION,
    }
)


def record_fact(
    session: Session,
    order: ServiceOrder,
    report: Report,
    *,
    now: datetime,
    provider: str = OURSELVES,
    attempt: Attempt | None = None,
    callback_id: UUID | None = None,
    look_again: bool = True,
) -> DeliveryEvent | None:
    """Append one fact to the journal of an order that the caller has locked.

    None if this report was recorded before.
    """
    report = of_this_use(attempt, report)
    if attempt is not None and provider != OURSELVES:
        report = at_a_time_that_can_be(attempt, report, now)
    event_id = report.event_id or f"{order.id}:{order.journal_length + 1}"
    if report.event_id and event_known(session, order.court_id, provider, event_id) is not None:
        return None
    event = _append(session, order, report, event_id, now=now, provider=provider, attempt=attempt, callback=callback_id)
    if attempt is not None:
        _move_attempt(session, order, attempt, report, now)
        if report.kind is EventKind.NOT_ME and attempt.address_id is not None:
            _give_up_address(session, order, attempt, attempt.address_id, now)
    _note_on_order(order, report, now)
    follow_answer(session, order, attempt, report, now)
    announce_fact(session, order, report, now)
    follow_fact(session, order, attempt, report.kind, now)
    if report.kind in {EventKind.ORDER_CONCLUDED, EventKind.ORDER_CANCELLED}:
        recall_mails(session, order, now)
    if report.kind is EventKind.DOCUMENT_REPLACED:
        _begin_anew(session, order, now)
    looked_at = {OrderStatus.OPEN, OrderStatus.CONCLUDED, OrderStatus.HELD}
    if look_again and report.kind not in _UNDERWAY and order.status in looked_at:
        schedule(session, order.court_id, "advance_order", order.id, due_at=now, created_at=now)
    return event


def record_report(
    session: Session,
    court_id: UUID,
    provider: str,
    report: Report,
    now: datetime,
    callback_id: UUID | None = None,
) -> DeliveryEvent | None:
    """Record what a provider reported, by its own reference.

    Raises `UnknownReference` when no attempt has that name (yet).
    """
    attempt = attempt_meant(session, court_id, provider, report)
    if attempt is None:
        message = f"{provider} reported on something unknown"
        raise UnknownReference(message)
    order = lock_order(session, court_id, attempt.order_id)
    assert order is not None
    session.refresh(attempt)
    names_it = bool(report.reference) and not report.detail.get("from")  # else it is the name of a person's answer
    if attempt.status == AttemptStatus.UNKNOWN and not attempt.reference and names_it:
        # Whoever reports on it took it: what the lost answer would have said.
        attempt.reference = report.reference
        taken = Report(EventKind.SUBMITTED, f"accepted:{attempt.id}", attempt.submitted_at or now)
        record_fact(session, order, taken, now=now, attempt=attempt, look_again=False)
    event = record_fact(session, order, report, now=now, provider=provider, attempt=attempt, callback_id=callback_id)
    if event is not None and report.args.get("recorded"):
        more = {"attempt": str(attempt.id), "recording": str(report.args["recorded"])}
        schedule(session, court_id, FETCH_RECORDING, order.id, due_at=now, created_at=now, **more)
    return event


def _append(
    session: Session,
    order: ServiceOrder,
    report: Report,
    event_id: str,
    *,
    now: datetime,
    provider: str,
    attempt: Attempt | None,
    callback: UUID | None,
) -> DeliveryEvent:
    salt = os.urandom(16)
    detail = json.dumps(dict(report.detail), ensure_ascii=False, sort_keys=True) if report.detail else ""
    entry = canonical(
        {
            "v": FORMAT,
            "court": str(order.court_id),
            "order": str(order.id),
            "sequence": order.journal_length + 1,
            "previous": order.journal_head,
            "kind": report.kind,
            "occurred_at": instant(report.occurred_at),
            "recorded_at": instant(now),
            "provider": provider,
            "event": event_id,
            "attempt": str(attempt.id) if attempt else None,
            "callback": str(callback) if callback else None,
            "raw_code": report.raw_code,
            "reason": report.reason,
            "args": dict(report.args),
            "detail": detail_digest(salt, detail) if detail else None,
        }
    )
    event = DeliveryEvent(
        court_id=order.court_id,
        id=new_id(),
        order_id=order.id,
        sequence=order.journal_length + 1,
        entry=entry,
        hash=entry_hash(entry),
        kind=report.kind,
        attempt_id=attempt.id if attempt else None,
        provider=provider,
        event_id=event_id,
        occurred_at=report.occurred_at,
        recorded_at=now,
    )
    session.add(event)
    order.journal_length += 1
    order.journal_head = event.hash
    if detail:
        session.flush()
        row = EventDetail(court_id=order.court_id, id=event.id, salt=salt)
        session.add(row)
        row.content = detail
    return event


def _move_attempt(session: Session, order: ServiceOrder, attempt: Attempt, report: Report, now: datetime) -> None:
    if attempt.channel == Channel.POST:
        move_mail(session, order, attempt, report.kind, now)
        return
    status = next_attempt_status(AttemptStatus(attempt.status), report.kind, report.args)
    if attempt_target(report.kind, report.args) is AttemptStatus.FAILED:
        attempt.reason = report.reason or str(report.args.get("result", "")) or attempt.reason
        _lower_standing(session, attempt, report, now)
    if status is AttemptStatus.FAILED and attempt.status == AttemptStatus.ARRIVED:
        refer_contradiction(session, order, attempt, now)
    if status in {AttemptStatus.FAILED, AttemptStatus.ANSWERED} and attempt.ended_at is None:
        attempt.ended_at = report.occurred_at
    if attempt.status == AttemptStatus.UNKNOWN and status is not AttemptStatus.UNKNOWN:
        # A bounce, a report or the person who acknowledged it has answered the question that the desk was asked.
        close_item(session, order.court_id, f"outcome_unknown:{attempt.id}", at=now, resolution="answered")
    attempt.status = status


def _lower_standing(session: Session, attempt: Attempt, report: Report, now: datetime) -> None:
    standing = _STANDING_BY_KIND.get(report.kind) or BAD_NEWS.get(attempt.reason)
    if standing is None or attempt.address_id is None:
        return
    session.execute(
        update(Address)
        .where(Address.court_id == attempt.court_id, Address.id == attempt.address_id, Address.standing != "not_theirs")
        .values(standing=standing, standing_reason=attempt.reason or report.kind, standing_at=now)
    )


def _give_up_address(session: Session, order: ServiceOrder, attempt: Attempt, address_id: UUID, now: datetime) -> None:
    """Somebody else holds it: its links end in every order of the party, each order hears so, and so does a person."""
    for order_id, count in revoke_links_to(session, order.court_id, address_id, now).items():
        told = {"attempt": str(attempt.id), "links": count, "at": now.isoformat()}
        schedule(session, order.court_id, TELL_LINKS_ENDED, order_id, due_at=now, created_at=now, **told)
    more = {"channel": attempt.channel}
    kind, subject = "number_not_theirs", str(address_id)
    put_on_desk(session, order.court_id, kind=kind, subject=subject, at=now, order_id=order.id, **more)


def _begin_anew(session: Session, order: ServiceOrder, now: datetime) -> None:
    """Go up the ladder from its foot with the corrected paper; what has not left yet is withdrawn."""
    order.round += 1
    order.tier, order.tier_started_at, order.look_again_at = "", None, None
    for attempt in attempts_of(session, order.court_id, order.id):
        if attempt.status == AttemptStatus.PLANNED:
            attempt.status, attempt.ended_at = AttemptStatus.WITHDRAWN, now


def _note_on_order(order: ServiceOrder, report: Report, now: datetime) -> None:
    """Keep the derived columns of the order in step with its journal."""
    order.status = next_status(OrderStatus(order.status), report.kind)
    if report.kind is EventKind.SUBMITTED and order.first_sent_at is None:
        order.first_sent_at = report.occurred_at
    if shows_reached(report.kind, report.args) and order.reached_at is None:
        order.reached_at = report.occurred_at
    if report.kind in {EventKind.ORDER_CONCLUDED, EventKind.ORDER_CANCELLED}:
        order.finished_at = now
    if report.kind in {EventKind.ORDER_REOPENED, EventKind.DOCUMENT_REPLACED}:
        order.finished_at = None
