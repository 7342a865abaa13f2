"""Sending: write down, call the provider with no transaction open, record what happened.

Nothing is sent in any other way.
The crash rule: whoever finds an attempt `submitting` left by a dead worker sends the same key again if the provider
is idempotent, asks if it can be asked, and otherwise says "outcome unknown", because a second letter is worse than a
question.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, SendError, Transient
from delivery.domain.event import Channel, EventKind, Report
from delivery.domain.order import AttemptStatus, OrderStatus
from delivery.providers import Message, PostalAddress, Submission
from delivery.runtime import Call, Runtime
from delivery.store.cases import Case, LawFirm, Recipient
from delivery.store.courts import Court, ProviderState, paused_providers
from delivery.store.desk import close_item, put_on_desk
from delivery.store.orders import Attempt, ServiceOrder, documents_of, lock_order
from delivery.store.parties import Address, Party
from delivery.store.tasks import Lease, schedule
from delivery.tracking import record_fact

MAX_TRIES = 6
_PAUSE = timedelta(minutes=30)
_BACK_OFF = timedelta(minutes=2)


def submit_attempt(runtime: Runtime, session: Session, lease: Lease, now: datetime) -> Call | None:
    """Task handler: hand one attempt to its provider, if it is still wanted and may leave now."""
    found = _locked(session, lease)
    if found is None:
        return None
    order, attempt = found
    if attempt.status == AttemptStatus.PLANNED:
        return _first_try(runtime, session, order, attempt, lease, now)
    # Only the task that began it may take it up again: another one may have met a worker that is still talking.
    if attempt.status == AttemptStatus.SUBMITTING and attempt.task_id == lease.task_id:
        return _after_a_crash(runtime, session, order, attempt, now)
    return None


def _first_try(
    runtime: Runtime, session: Session, order: ServiceOrder, attempt: Attempt, lease: Lease, now: datetime
) -> Call | None:
    if order.status == OrderStatus.HELD:
        _later(session, attempt, now + timedelta(hours=1), now)
        return None
    if order.status != OrderStatus.OPEN:
        attempt.status = AttemptStatus.WITHDRAWN
        return None
    court = session.get_one(Court, order.court_id)
    if court.sending_stopped_at is not None or attempt.provider in paused_providers(session, order.court_id):
        _later(session, attempt, now + _PAUSE, now)
        return None
    attempt.status = AttemptStatus.SUBMITTING
    attempt.task_id, attempt.lease_number = lease.task_id, lease.number
    attempt.submitted_at = now
    attempt.tries += 1
    message = message_of(session, runtime, order, attempt, now)
    provider = runtime.providers[attempt.provider]
    return Call(perform=lambda: provider.submit(message), record=_Recorder(runtime, attempt.court_id, attempt.id))


def _locked(session: Session, lease: Lease) -> tuple[ServiceOrder, Attempt] | None:
    """The attempt that a task names and its order, both locked through the order."""
    attempt = session.get(Attempt, (lease.court_id, UUID(lease.args["attempt"])))
    order = lock_order(session, lease.court_id, attempt.order_id) if attempt else None
    if attempt is None or order is None:
        return None
    session.refresh(attempt)
    return order, attempt


def ask_attempt(runtime: Runtime, session: Session, lease: Lease, now: datetime) -> Call | None:
    """Task handler: ask the provider whether an attempt of unknown outcome was accepted."""
    found = _locked(session, lease)
    if found is None or found[1].status != AttemptStatus.UNKNOWN:
        return None
    order, attempt = found
    return _asking(runtime, session, order, attempt, now)


def _asking(runtime: Runtime, session: Session, order: ServiceOrder, attempt: Attempt, now: datetime) -> Call:
    provider = runtime.providers[attempt.provider]
    message = message_of(session, runtime, order, attempt, attempt.submitted_at or now)
    return Call(perform=lambda: provider.ask(message), record=_Recorder(runtime, attempt.court_id, attempt.id))


def _after_a_crash(
    runtime: Runtime, session: Session, order: ServiceOrder, attempt: Attempt, now: datetime
) -> Call | None:
    provider = runtime.providers[attempt.provider]
    if provider.capabilities.idempotent:
        message = message_of(session, runtime, order, attempt, attempt.submitted_at or now)
        return Call(perform=lambda: provider.submit(message), record=_Recorder(runtime, attempt.court_id, attempt.id))
    # From here on it is unknown, so that no answer to the question can send it again by mistake.
    _outcome_unknown(session, order, attempt, "worker_died", now)
    return _asking(runtime, session, order, attempt, now) if provider.capabilities.askable else None


def _later(session: Session, attempt: Attempt, due_at: datetime, now: datetime) -> None:
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


class _Recorder:
    """The second transaction of a submission: turns the provider's answer or error into facts."""

    def __init__(self, runtime: Runtime, court_id: UUID, attempt_id: UUID) -> None:
        self._runtime = runtime
        self._court_id = court_id
        self._attempt_id = attempt_id

    def __call__(self, session: Session, result: Any | SendError, now: datetime) -> None:  # noqa: ANN401 -- see Call
        """Record a `Submission`, None (surely not received) or a `SendError`."""
        attempt = session.get_one(Attempt, (self._court_id, self._attempt_id))
        order = lock_order(session, self._court_id, attempt.order_id)
        assert order is not None
        session.refresh(attempt)
        match result:
            case Submission():
                _accepted(session, order, attempt, result, now)
            case None:
                close_item(session, order.court_id, f"outcome_unknown:{attempt.id}", at=now, resolution="not_sent")
                _later(session, attempt, now, now)
            case Permanent():
                _failed(session, order, attempt, result.reason, result.detail, now)
            case Transient():
                self._transient(session, order, attempt, result, now)
            case Misconfigured():
                pause_provider(session, order.court_id, attempt.provider, result.reason, now)
                attempt.tries -= 1
                _later(session, attempt, now + _PAUSE, now)
            case OutcomeUnknown():
                self._unknown(session, order, attempt, result, now)
            case _:
                message = f"a submission cannot end in {type(result).__name__}"
                raise TypeError(message)

    def _transient(
        self, session: Session, order: ServiceOrder, attempt: Attempt, error: Transient, now: datetime
    ) -> None:
        if attempt.status == AttemptStatus.UNKNOWN:
            self._ask_later(session, attempt, now)
        elif attempt.tries >= MAX_TRIES:
            _failed(session, order, attempt, "gave_up", error.reason, now)
        else:
            wait = error.retry_after or _BACK_OFF * 2 ** (attempt.tries - 1)
            _later(session, attempt, now + wait, now)

    def _unknown(
        self, session: Session, order: ServiceOrder, attempt: Attempt, error: OutcomeUnknown, now: datetime
    ) -> None:
        capabilities = self._runtime.providers[attempt.provider].capabilities
        if capabilities.idempotent and attempt.tries < MAX_TRIES:
            # The same key again cannot make a second message.
            _later(session, attempt, now + _BACK_OFF, now)
            return
        _outcome_unknown(session, order, attempt, error.reason, now)
        if capabilities.askable and attempt.tries < MAX_TRIES:
            self._ask_later(session, attempt, now)

    def _ask_later(self, session: Session, attempt: Attempt, now: datetime) -> None:
        attempt.tries += 1
        schedule(
            session,
            attempt.court_id,
            "ask_attempt",
            attempt.order_id,
            due_at=now + _BACK_OFF,
            created_at=now,
            attempt=str(attempt.id),
        )


def _accepted(session: Session, order: ServiceOrder, attempt: Attempt, submission: Submission, now: datetime) -> None:
    close_item(session, order.court_id, f"outcome_unknown:{attempt.id}", at=now, resolution="answered")
    attempt.reference = submission.reference
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


def _outcome_unknown(session: Session, order: ServiceOrder, attempt: Attempt, reason: str, now: datetime) -> None:
    report = Report(EventKind.OUTCOME_UNKNOWN, f"unknown:{attempt.id}", now, reason=reason)
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


def pause_provider(session: Session, court_id: UUID, provider: str, reason: str, now: datetime) -> None:
    """Stop using a provider in this court until a person resumes it; the desk says why."""
    state = session.get(ProviderState, (court_id, provider))
    if state is None:
        state = ProviderState(court_id=court_id, provider=provider)
        session.add(state)
    if state.paused_at is None:
        state.paused_at, state.reason = now, reason
    put_on_desk(session, court_id, kind="provider_paused", subject=provider, at=now, provider=provider, reason=reason)


def message_of(
    session: Session, runtime: Runtime, order: ServiceOrder, attempt: Attempt, written_at: datetime
) -> Message:
    """The attempt as its provider gets it: the exact text that was written down when it was planned."""
    case = session.get_one(Case, (order.court_id, order.case_id))
    recipient = session.get_one(Recipient, (order.court_id, order.recipient_id))
    party = session.get_one(Party, (order.court_id, recipient.party_id))
    court = session.get_one(Court, order.court_id)
    to, name = "", party.name or ""
    if attempt.law_firm_id is not None:
        firm = session.get_one(LawFirm, (order.court_id, attempt.law_firm_id))
        to, name = firm.email or "", firm.name
    elif attempt.address_id is not None:
        to = session.get_one(Address, (order.court_id, attempt.address_id)).value or ""
    is_post = attempt.channel == Channel.POST
    papers = documents_of(session, order.court_id, order.id)
    return Message(
        court_id=order.court_id,
        attempt_id=attempt.id,
        idempotency_key=attempt.idempotency_key,
        channel=Channel(attempt.channel),
        language=recipient.language,
        recipient_name=name,
        to="" if is_post else to,
        postal=postal_parts(to) if is_post else None,
        subject=attempt.subject or case.number,
        text=attempt.text or "",
        html=attempt.html or "",
        document_titles=() if case.confidential else tuple(paper.title for paper in papers),
        callback_url=f"{runtime.settings.base_url}/webhooks/{attempt.provider}/{court.code}",
        written_at=written_at,
    )


def postal_parts(value: str) -> PostalAddress:
    """A stored postal address: province, city, county, street and postcode, separated by the unit separator `|`."""
    province, city, county, street, postcode = (value.split("|") + [""] * 5)[:5]
    return PostalAddress(province, city, county, street, postcode)
