"""Sending: write down, call the provider with no transaction open, record what happened.

Nothing is sent in any other way.
The crash rule: whoever finds an attempt `submitting` left by a dead worker sends the same key again if the provider
is idempotent, asks if it can be asked, and otherwise says "outcome unknown", because a second letter is worse than a
question.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, SendError, Transient
from delivery.domain.escalation import out_of_quiet_hours
from delivery.domain.event import Channel, EventKind, Report
from delivery.domain.order import AttemptStatus, OrderStatus
from delivery.providers import Message, PostalAddress, Provider, Submission, unconfigured
from delivery.runtime import Call, Runtime
from delivery.store.cases import Case, LawFirm, Recipient
from delivery.store.courts import Court, ProviderState, installation, paused_providers
from delivery.store.desk import close_item, put_on_desk
from delivery.store.orders import Attempt, ServiceOrder, documents_of, lock_order
from delivery.store.parties import Address, Party
from delivery.store.tasks import Lease, schedule
from delivery.tracking import record_fact

MAX_TRIES = 6
_PAUSE = timedelta(minutes=30)
_HOLD = timedelta(hours=1)
_BACK_OFF = timedelta(minutes=2)


def submit_attempt(runtime: Runtime, session: Session, lease: Lease, now: datetime) -> Call | None:
    """Task handler: hand one attempt to its provider, if it is still wanted and may leave now."""
    found = _locked(session, lease)
    if found is None:
        return None
    order, attempt = found
    provider = runtime.providers.get(attempt.provider)
    if attempt.status == AttemptStatus.SUBMITTING:
        return _after_a_crash(runtime, session, order, attempt, provider, now)
    if attempt.status != AttemptStatus.PLANNED:
        return None
    if order.status in {OrderStatus.CONCLUDED, OrderStatus.CANCELLED}:
        attempt.status, attempt.ended_at = AttemptStatus.WITHDRAWN, now
        return None
    wait_until = _not_before(session, order, attempt, now)
    if provider is None:
        pause_provider(session, order.court_id, attempt.provider, unconfigured(attempt.provider), now)
        wait_until = max(wait_until, now + _PAUSE)
    if provider is None or wait_until > now:
        _later(session, attempt, wait_until, now)
        return None
    attempt.status = AttemptStatus.SUBMITTING
    attempt.submitted_at = now
    attempt.tries += 1
    if _may_be_known_there(session, order, provider):
        known = message_of(session, runtime, order, attempt, order.opened_at)
        return _call(runtime, attempt, lambda: provider.ask(known) or provider.submit(known))
    message = message_of(session, runtime, order, attempt, now)
    return _call(runtime, attempt, lambda: provider.submit(message))


def ask_attempt(runtime: Runtime, session: Session, lease: Lease, now: datetime) -> Call | None:
    """Task handler: ask the provider whether an attempt of unknown outcome was accepted."""
    found = _locked(session, lease)
    if found is None:
        return None
    order, attempt = found
    if attempt.status != AttemptStatus.UNKNOWN:
        return None
    provider = runtime.providers.get(attempt.provider)
    return _asking(runtime, session, order, attempt, provider, now)


def _locked(session: Session, lease: Lease) -> tuple[ServiceOrder, Attempt] | None:
    attempt = session.get(Attempt, (lease.court_id, UUID(lease.args["attempt"])))
    if attempt is None:
        return None
    order = lock_order(session, lease.court_id, attempt.order_id)
    assert order is not None
    session.refresh(attempt)
    return order, attempt


def _not_before(session: Session, order: ServiceOrder, attempt: Attempt, now: datetime) -> datetime:
    """The first instant at which this attempt may leave, as things stand: later than now when something holds it."""
    if order.status == OrderStatus.HELD:
        return now + _HOLD
    court = session.get_one(Court, order.court_id)
    if court.sending_stopped_at is not None or attempt.provider in paused_providers(session, order.court_id):
        return now + _PAUSE
    return out_of_quiet_hours(Channel(attempt.channel), ZoneInfo(court.time_zone), now)


def _may_be_known_there(session: Session, order: ServiceOrder, provider: Provider) -> bool:
    """Whether this attempt may have been sent by a life of the installation that its backup does not know of.

    The key of an attempt follows from its place in the ladder, so the provider can be asked for it. For idempotent
    providers the key itself is enough.
    """
    row = installation(session)
    restored_at = row.restored_at if row else None
    capabilities = provider.capabilities
    return (
        restored_at is not None
        and order.opened_at <= restored_at
        and capabilities.askable
        and not capabilities.idempotent
    )


def _asking(
    runtime: Runtime,
    session: Session,
    order: ServiceOrder,
    attempt: Attempt,
    provider: Provider | None,
    now: datetime,
) -> Call | None:
    if provider is None or not provider.capabilities.askable:
        return None  # a person answers: the desk has the question
    message = message_of(session, runtime, order, attempt, attempt.submitted_at or now)
    return _call(runtime, attempt, lambda: provider.ask(message), asked=True)


def _call(runtime: Runtime, attempt: Attempt, perform: Callable[[], Submission | None], *, asked: bool = False) -> Call:
    """The call, and the recorder of its result, fenced by a number that whoever takes the attempt next will raise."""
    attempt.lease_number += 1
    recorder = _Recorder(
        runtime, attempt.court_id, attempt.id, number=attempt.lease_number, attempt_try=attempt.tries, asked=asked
    )
    return Call(perform=perform, record=recorder)


def _after_a_crash(
    runtime: Runtime,
    session: Session,
    order: ServiceOrder,
    attempt: Attempt,
    provider: Provider | None,
    now: datetime,
) -> Call | None:
    if provider is not None and provider.capabilities.idempotent:
        message = message_of(session, runtime, order, attempt, attempt.submitted_at or now)
        return _call(runtime, attempt, lambda: provider.submit(message))
    # From here on it is unknown, so that no answer to the question can send it again by mistake.
    outcome_unknown(session, order, attempt, "worker_died", now)
    return _asking(runtime, session, order, attempt, provider, now)


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
                wait = error.retry_after or _BACK_OFF * 2 ** (attempt.tries - 1)
                _later(session, attempt, now + wait, now)
            case Misconfigured():
                pause_provider(session, order.court_id, attempt.provider, error.reason, now)
                attempt.tries -= 1
                _later(session, attempt, now + _PAUSE, now)
            case OutcomeUnknown():
                self._became_unknown(session, order, attempt, error, now)
            case _:
                message = f"a submission cannot end in {type(error).__name__}"
                raise TypeError(message)

    def _became_unknown(
        self, session: Session, order: ServiceOrder, attempt: Attempt, error: OutcomeUnknown, now: datetime
    ) -> None:
        capabilities = self._runtime.providers[attempt.provider].capabilities
        if capabilities.idempotent and attempt.tries < MAX_TRIES:
            # The same key again cannot make a second message.
            _later(session, attempt, now + _BACK_OFF, now)
            return
        outcome_unknown(session, order, attempt, error.reason, now)
        if capabilities.askable:
            _ask_later(session, attempt, now)

    def _still_unknown(
        self, session: Session, order: ServiceOrder, attempt: Attempt, error: SendError | None, now: datetime
    ) -> None:
        """What to do about an unknown outcome after an answer that is no acceptance."""
        if self._asked and isinstance(error, SendError):
            # The question itself failed; that says nothing about the message.
            if isinstance(error, Misconfigured):
                pause_provider(session, order.court_id, attempt.provider, error.reason, now)
            if attempt.tries < MAX_TRIES:
                _ask_later(session, attempt, now)
            return
        match error:
            case None | Transient() | Misconfigured():
                # Surely not received: the same attempt may go again.
                _settled(session, order, attempt, "not_sent", now)
                _later(session, attempt, now, now)
            case Permanent():
                _settled(session, order, attempt, "not_sent", now)
                _failed(session, order, attempt, error.reason, error.detail, now)
            case _:
                pass


def _ask_later(session: Session, attempt: Attempt, now: datetime) -> None:
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


def _settled(session: Session, order: ServiceOrder, attempt: Attempt, resolution: str, now: datetime) -> None:
    close_item(session, order.court_id, f"outcome_unknown:{attempt.id}", at=now, resolution=resolution)


def _accepted(session: Session, order: ServiceOrder, attempt: Attempt, submission: Submission, now: datetime) -> None:
    _settled(session, order, attempt, "answered", now)
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
