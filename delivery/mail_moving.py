"""What a new fact about a mail changes: the attempt, the standing of its address, and the questions on the desk.

Everything is derived anew from all facts of the mail (`mail_folding`), so that any order of arrival ends the same way.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from delivery.domain.event import Channel, EventKind, Report
from delivery.domain.mail import POSTAL_KINDS
from delivery.domain.order import AttemptStatus
from delivery.mail_folding import MailState, mail_state
from delivery.store.desk import close_item, put_on_desk
from delivery.store.journal import DeliveryEvent
from delivery.store.orders import Attempt, ServiceOrder, attempts_of
from delivery.store.parties import Address
from delivery.store.tasks import schedule

RETURNED = "returned"
FETCH_LABEL, POLL, RECALL, WATCH = "fetch_label", "poll_mail", "recall_mail", "watch_mail"
FETCH_SLIP = "fetch_slip"
SILENCE = timedelta(days=1)
"""After so long without a word about a mail its carrier is asked, and again whenever as long has passed: a mail is
collected on the day of its order or the next, so that a question before has no answer."""

# Why a mail came back that its address has to answer for.
ADDRESS_FAULTS = frozenset({"addressee_unknown", "address_wrong", "moved", "no_such_person", "unclaimed", "not_found"})
_CLOCKS_DIFFER = timedelta(days=1)
# When the picture of the signed slip is asked for: at once when the carrier tells that it is there; otherwise from the
# day after the delivery, because most carriers never tell.
_SLIP_AFTER = {EventKind.POST_PROOF_AVAILABLE: timedelta(0), EventKind.POST_DELIVERED: timedelta(days=1)}


def of_this_use(attempt: Attempt | None, report: Report) -> Report:
    """The report, or what is left of it when it is older than the mail: numbers of waybills are used again."""
    if (
        attempt is None
        or attempt.channel != Channel.POST
        or report.kind not in POSTAL_KINDS
        or attempt.submitted_at is None
        or report.occurred_at >= attempt.submitted_at - _CLOCKS_DIFFER
    ):
        return report
    return replace(report, kind=EventKind.INFORMATION, reason="former_use")


def tend_mail(session: Session, attempt: Attempt, now: datetime) -> None:
    """Have done what every mail wants that has a number: its label, a watcher, and a question if nothing is heard."""
    waits = {FETCH_LABEL: timedelta(0), WATCH: timedelta(0), POLL: SILENCE}
    for task, wait in waits.items():
        more = {"attempt": str(attempt.id)}
        schedule(session, attempt.court_id, task, attempt.order_id, due_at=now + wait, created_at=now, **more)


def recall_mails(session: Session, order: ServiceOrder, now: datetime) -> None:
    """Have taken back what is ordered but not posted: the order needs no mail any more."""
    for attempt in attempts_of(session, order.court_id, order.id):
        if attempt.channel == Channel.POST and attempt.status == AttemptStatus.SUBMITTED and attempt.reference:
            more = {"attempt": str(attempt.id)}
            schedule(session, order.court_id, RECALL, order.id, due_at=now, created_at=now, **more)


def move_mail(session: Session, order: ServiceOrder, attempt: Attempt, kind: EventKind, now: datetime) -> None:
    """Bring a mail's attempt in step with all that is known of it, after a fact of this kind."""
    if kind is EventKind.POST_ACCEPTED and attempt.reference:
        tend_mail(session, attempt, now)
    if kind in _SLIP_AFTER:
        more = {"attempt": str(attempt.id)}
        due_at = now + _SLIP_AFTER[kind]
        schedule(session, order.court_id, FETCH_SLIP, order.id, due_at=due_at, created_at=now, **more)
    events = list(
        session.scalars(
            select(DeliveryEvent).where(
                DeliveryEvent.court_id == attempt.court_id, DeliveryEvent.attempt_id == attempt.id
            )
        )
    )
    state, before = mail_state(events), attempt.reason
    _note_standing(session, attempt, state, before, now)
    _ask_or_settle(session, order, attempt, state, now)
    attempt.reason = state.reason
    if attempt.status != AttemptStatus.WITHDRAWN:
        attempt.status, attempt.ended_at = state.status, state.ended_at


def _note_standing(session: Session, attempt: Attempt, state: MailState, before: str, now: datetime) -> None:
    """A mail that came back lowers its address; a return that was voided says nothing about it."""
    if attempt.address_id is None:
        return
    its_own = (Address.court_id == attempt.court_id) & (Address.id == attempt.address_id)
    if state.ended_at is not None and state.reason in ADDRESS_FAULTS:
        session.execute(
            update(Address)
            .where(its_own, Address.standing != "not_theirs")
            .values(standing=RETURNED, standing_reason=state.reason, standing_at=now)
        )
    elif before and state.ended_at is None:
        session.execute(
            update(Address)
            .where(its_own, Address.standing == RETURNED, Address.standing_reason == before)
            .values(standing="good", standing_reason="", standing_at=now)
        )


def _ask_or_settle(session: Session, order: ServiceOrder, attempt: Attempt, state: MailState, now: datetime) -> None:
    if state.contradicted:
        refer_contradiction(session, order, attempt, now)
    if attempt.status == AttemptStatus.UNKNOWN and state.status is not AttemptStatus.UNKNOWN:
        # What the post says of it has answered the question whether it went out.
        close_item(session, order.court_id, f"outcome_unknown:{attempt.id}", at=now, resolution="answered")


def refer_contradiction(session: Session, order: ServiceOrder, attempt: Attempt, now: datetime) -> None:
    """Ask the desk about an attempt of which one report says the opposite of an earlier one."""
    put_on_desk(
        session,
        order.court_id,
        kind="contradiction",
        subject=str(attempt.id),
        at=now,
        order_id=order.id,
        channel=attempt.channel,
    )
