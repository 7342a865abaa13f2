"""What came of a submission, and what follows: facts, another try later, a question, or a person.

The second half of sending. Everything here runs in the transaction that closes a call.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, SendError, Transient
from delivery.domain.event import Channel, EventKind, Report
from delivery.domain.order import AttemptStatus
from delivery.provider_choice import NUMBER_LIMITED, THROTTLED, take_other_way
from delivery.provider_health import note_success, pause_provider, throttle
from delivery.providers import Answering, Submission
from delivery.runtime import Runtime
from delivery.store.desk import close_item, put_on_desk
from delivery.store.orders import Attempt, ServiceOrder, lock_order
from delivery.store.tasks import schedule
from delivery.tracking import record_fact

MAX_TRIES = 6
UNANSWERED = "unanswered"
"""The reason on an attempt that was sent, got no answer and will be sent again under the same key."""

PAUSE = timedelta(minutes=30)
CHECK_TASK = "check_hint"
# When a carrier is asked what became of a text even though nobody hinted at anything: pushes get lost, and no carrier
# reports after three days.
_CHECKS = (timedelta(minutes=30), timedelta(hours=72))
_BACK_OFF = timedelta(minutes=2)
# Limits of one number count a minute, an hour or a rolling day, and no answer says which: all the tries outlast a day.
_NUMBER_BACK_OFF = (
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(days=1),
)


def put_off(session: Session, attempt: Attempt, due_at: datetime, now: datetime) -> None:
    """Put the attempt back for another moment; nothing was burnt."""
    attempt.status = AttemptStatus.PLANNED
    schedule(
        session,
        attempt.court_id,
        "submit_attempt",
        attempt.order_id,
        due_at=due_at,
        created_at=now,
        attempt=str(attempt.id),
    )


class Recorder:
    """The second transaction of a call: turns the provider's answer or error into facts.

    An error says something about this call alone. When another worker has taken the attempt meanwhile, it is dropped,
    unless it settles what that worker left open. An acceptance is a fact whoever hears of it.
    """

    def __init__(
        self, runtime: Runtime, court_id: UUID, attempt_id: UUID, *, number: int, attempt_try: int, asked: bool
    ) -> None:
        self._runtime = runtime
        self._court_id = court_id
        self._attempt_id = attempt_id
        self._number = number
        self._try = attempt_try
        self._asked = asked

    def __call__(self, session: Session, result: Any | SendError, now: datetime) -> None:  # noqa: ANN401 -- see Call
        """Record a `Submission`, None (surely not received) or a `SendError`."""
        attempt = session.get_one(Attempt, (self._court_id, self._attempt_id))
        order = lock_order(session, self._court_id, attempt.order_id)
        assert order is not None
        session.refresh(attempt)
        if isinstance(result, Submission):
            _accepted(session, order, attempt, result, now)
            answers = isinstance(self._runtime.providers.get(attempt.provider), Answering)
            # A mail takes days, and is asked about at its own pace (`mail_moving`).
            if answers and attempt.channel != Channel.POST:
                _check_later(session, attempt, now)
        elif attempt.status == AttemptStatus.UNKNOWN and (self._asked or self._same_try(attempt)):
            self._still_unknown(session, order, attempt, result, now)
        elif attempt.status == AttemptStatus.SUBMITTING and attempt.lease_number == self._number:
            self._not_accepted(session, order, attempt, result, now)

    def _same_try(self, attempt: Attempt) -> bool:
        """Whether what is unknown is the very call that this result belongs to."""
        return attempt.tries == self._try

    def _not_accepted(
        self, session: Session, order: ServiceOrder, attempt: Attempt, error: SendError | None, now: datetime
    ) -> None:
        match error:
            case Permanent():
                _failed(session, order, attempt, error.reason, error.detail, now)
            case Transient() if attempt.tries >= MAX_TRIES:
                _failed(session, order, attempt, "gave_up", error.reason, now)
            case Transient():
                self._later(session, order, attempt, error, now)
            case Misconfigured():
                pause_provider(session, order.court_id, attempt.provider, error.reason, now)
                attempt.tries -= 1
                put_off(session, attempt, now + PAUSE, now)
            case OutcomeUnknown():
                self._became_unknown(session, order, attempt, error, now)
            case _:
                message = f"a submission cannot end in {type(error).__name__}"
                raise TypeError(message)

    def _later(self, session: Session, order: ServiceOrder, attempt: Attempt, error: Transient, now: datetime) -> None:
        """Another try later; what was throttled goes by another provider at once, if there is one."""
        due_at = now + (error.retry_after or _back_off(error, attempt.tries))
        if error.reason == THROTTLED:
            due_at = max(due_at, throttle(session, order.court_id, attempt.provider, error.retry_after, now))
            if take_other_way(self._runtime, session, order, attempt, now, THROTTLED):
                due_at = now
        put_off(session, attempt, due_at, now)

    def _became_unknown(
        self, session: Session, order: ServiceOrder, attempt: Attempt, error: OutcomeUnknown, now: datetime
    ) -> None:
        capabilities = self._runtime.providers[attempt.provider].capabilities
        if capabilities.idempotent and attempt.tries < MAX_TRIES:
            # The same key again cannot make a second message.
            attempt.reason = UNANSWERED
            put_off(session, attempt, now + _BACK_OFF, now)
            return
        outcome_unknown(session, order, attempt, error.reason, now)
        if capabilities.askable:
            attempt.tries += 1
            ask_later(session, attempt, now)

    def _still_unknown(
        self, session: Session, order: ServiceOrder, attempt: Attempt, error: SendError | None, now: datetime
    ) -> None:
        """What to do about an unknown outcome after an answer that is no acceptance."""
        if self._asked and isinstance(error, SendError):
            # The question itself failed; that says nothing about the message.
            if isinstance(error, Misconfigured):
                pause_provider(session, order.court_id, attempt.provider, error.reason, now)
            if attempt.tries < MAX_TRIES:
                attempt.tries += 1
                ask_later(session, attempt, now)
            return
        match error:
            case None | Transient() | Misconfigured():
                # Surely not received: the same attempt may go again.
                _settled(session, order, attempt, "not_sent", now)
                put_off(session, attempt, now, now)
            case Permanent():
                _settled(session, order, attempt, "not_sent", now)
                _failed(session, order, attempt, error.reason, error.detail, now)
            case _:
                pass


def _back_off(error: Transient, tries: int) -> timedelta:
    """How long to wait after this many tries when the provider named no span."""
    if error.reason == NUMBER_LIMITED:
        return _NUMBER_BACK_OFF[min(tries, len(_NUMBER_BACK_OFF)) - 1]
    return _BACK_OFF * (1 << (tries - 1))


def ask_later(session: Session, attempt: Attempt, now: datetime) -> None:
    """Ask the provider after a while whether it took an attempt of unknown outcome."""
    schedule(
        session,
        attempt.court_id,
        "ask_attempt",
        attempt.order_id,
        due_at=now + _BACK_OFF,
        created_at=now,
        attempt=str(attempt.id),
    )


def _check_later(session: Session, attempt: Attempt, now: datetime) -> None:
    for wait in _CHECKS:
        more = {"attempt": str(attempt.id)}
        schedule(session, attempt.court_id, CHECK_TASK, attempt.order_id, due_at=now + wait, created_at=now, **more)


def _settled(session: Session, order: ServiceOrder, attempt: Attempt, resolution: str, now: datetime) -> None:
    close_item(session, order.court_id, f"outcome_unknown:{attempt.id}", at=now, resolution=resolution)


def _accepted(session: Session, order: ServiceOrder, attempt: Attempt, submission: Submission, now: datetime) -> None:
    _settled(session, order, attempt, "answered", now)
    note_success(session, order.court_id, attempt.provider, now)
    attempt.reference = submission.reference
    attempt.reason = "" if attempt.reason == UNANSWERED else attempt.reason
    attempt.price = submission.price
    # The moment of handing over is when the request left, not when we wrote the answer down.
    occurred_at = attempt.submitted_at or now
    report = Report(submission.kind, f"submitted:{attempt.id}", occurred_at, args=submission.args)
    if submission.kind is not EventKind.SUBMITTED:
        first = Report(EventKind.SUBMITTED, f"accepted:{attempt.id}", occurred_at)
        record_fact(session, order, first, now=now, attempt=attempt, look_again=False)
    record_fact(session, order, report, now=now, attempt=attempt)


def _failed(session: Session, order: ServiceOrder, attempt: Attempt, reason: str, raw_code: str, now: datetime) -> None:
    report = Report(EventKind.FAILED, f"failed:{attempt.id}", now, raw_code=raw_code[:40], reason=reason)
    record_fact(session, order, report, now=now, attempt=attempt)


def outcome_unknown(session: Session, order: ServiceOrder, attempt: Attempt, reason: str, now: datetime) -> None:
    """Record that nobody can say whether an attempt went out, and ask a person."""
    # An attempt that surely was not received may go again and become unknown a second time: another fact.
    report = Report(EventKind.OUTCOME_UNKNOWN, f"unknown:{attempt.id}:{attempt.tries}", now, reason=reason)
    record_fact(session, order, report, now=now, attempt=attempt)
    put_on_desk(
        session,
        order.court_id,
        kind="outcome_unknown",
        subject=str(attempt.id),
        at=now,
        order_id=order.id,
        channel=attempt.channel,
        provider=attempt.provider,
    )
