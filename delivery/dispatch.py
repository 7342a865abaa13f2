"""Sending: write down, call the provider with no transaction open, record what happened.

Nothing is sent in any other way.
The crash rule: whoever finds an attempt `submitting` left by a dead worker sends the same key again if the provider
is idempotent, asks if it can be asked, and otherwise says "outcome unknown", because a second letter is worse than a
question.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from delivery.addressing import destination_of, postal_of
from delivery.attempt_planning import was_asked_for
from delivery.composing import kept_fields
from delivery.court_sender import sender_of
from delivery.data_gates import REASON as DATA_MUST_STAY
from delivery.data_gates import barred_providers
from delivery.domain.event import Channel, EventKind, Report
from delivery.domain.order import AttemptStatus, OrderStatus
from delivery.domain.waiting import out_of_quiet_hours
from delivery.outcomes import PAUSE, UNANSWERED, Recorder, ask_later, outcome_unknown, put_off
from delivery.provider_choice import THROTTLED, sent_in_former_life, take_other_way
from delivery.provider_health import pause_provider, reopens_at
from delivery.providers import Message, Provider, Submission, unconfigured
from delivery.runtime import Call, Runtime
from delivery.store.cases import Case, LawFirm, Recipient
from delivery.store.courts import Court, paused_providers
from delivery.store.desk import put_on_desk
from delivery.store.orders import Attempt, ServiceOrder, documents_of, lock_order
from delivery.store.parties import Address, Party
from delivery.store.tasks import Lease, held_elsewhere
from delivery.templating import kept_template
from delivery.tracking import record_fact

_HOLD = timedelta(hours=1)


def submit_attempt(runtime: Runtime, session: Session, lease: Lease, now: datetime) -> Call | None:
    """Task handler: hand one attempt to its provider, if it is still wanted and may leave now."""
    found = _locked(session, lease)
    if found is None:
        return None
    order, attempt = found
    provider = runtime.providers.get(attempt.provider)
    if attempt.status == AttemptStatus.SUBMITTING:
        if held_elsewhere(session, lease, machine_now=runtime.machine_now(), attempt=str(attempt.id)):
            return None  # not left behind: a worker that lives is sending it, under another task
        return _after_a_crash(runtime, session, order, attempt, provider, now)
    if attempt.status != AttemptStatus.PLANNED:
        return None
    if _is_no_longer_wanted(session, order, attempt, now):
        return None
    closed = _why_closed(runtime, session, order, attempt, now)
    if closed and take_other_way(runtime, session, order, attempt, now, closed):
        provider, closed = runtime.providers[attempt.provider], ""
    wait_until = _not_before(session, order, attempt, now)
    if closed == DATA_MUST_STAY:
        # Planned while an approval held that has ended since.
        put_on_desk(session, order.court_id, kind=closed, subject=attempt.provider, at=now, provider=attempt.provider)
        wait_until = max(wait_until, now + PAUSE)
    if provider is None:
        pause_provider(session, order.court_id, attempt.provider, unconfigured(attempt.provider), now)
        wait_until = max(wait_until, now + PAUSE)
    if provider is None or wait_until > now:
        put_off(session, attempt, wait_until, now)
        return None
    # Sent again because nobody answered: the provider knows it, if at all, from the first time.
    since = attempt.submitted_at if attempt.reason == UNANSWERED else None
    attempt.status = AttemptStatus.SUBMITTING
    attempt.submitted_at = since or now
    attempt.tries += 1
    if _may_be_known_there(session, order, provider):
        known = message_of(session, runtime, order, attempt, order.opened_at)
        return _call(runtime, attempt, lambda: provider.ask(known) or provider.submit(known))
    message = message_of(session, runtime, order, attempt, attempt.submitted_at)
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


def _is_no_longer_wanted(session: Session, order: ServiceOrder, attempt: Attempt, now: datetime) -> bool:
    """Whether what was planned must not leave any more; if so, the attempt says why."""
    is_over = order.status in {OrderStatus.CONCLUDED, OrderStatus.CANCELLED}
    if is_over and (order.status == OrderStatus.CANCELLED or not was_asked_for(session, attempt)):
        attempt.status, attempt.ended_at = AttemptStatus.WITHDRAWN, now
        return True
    address = session.get(Address, (order.court_id, attempt.address_id)) if attempt.address_id else None
    if address is None or address.standing != "not_theirs":
        return False
    # Since this was planned, whoever holds the address has said, perhaps in another case, that it is not the party's.
    report = Report(EventKind.FAILED, f"failed:{attempt.id}", now, reason="not_me")
    record_fact(session, order, report, now=now, attempt=attempt)
    return True


def _why_closed(runtime: Runtime, session: Session, order: ServiceOrder, attempt: Attempt, now: datetime) -> str:
    """Why the attempt's provider cannot be used now, as a code; empty if it can."""
    court = session.get_one(Court, order.court_id)
    if attempt.provider in barred_providers(runtime, session, court):
        return DATA_MUST_STAY
    if attempt.provider not in runtime.providers or attempt.provider in paused_providers(session, order.court_id):
        return "paused"
    return THROTTLED if reopens_at(session, order.court_id, attempt.provider, now) > now else ""


def _not_before(session: Session, order: ServiceOrder, attempt: Attempt, now: datetime) -> datetime:
    """The first instant at which this attempt may leave, as things stand: later than now when something holds it."""
    if order.status == OrderStatus.HELD:
        return now + _HOLD
    court = session.get_one(Court, order.court_id)
    if court.sending_stopped_at is not None or attempt.provider in paused_providers(session, order.court_id):
        return now + PAUSE
    open_at = reopens_at(session, order.court_id, attempt.provider, now)
    return out_of_quiet_hours(Channel(attempt.channel), ZoneInfo(court.time_zone), open_at)


def _may_be_known_there(session: Session, order: ServiceOrder, provider: Provider) -> bool:
    """Whether a former life of the installation may have sent this attempt, and the provider must be asked first.

    The key of an attempt follows from its place in the ladder, so the provider can be asked for it. For idempotent
    providers the key itself is enough.
    """
    capabilities = provider.capabilities
    return capabilities.askable and not capabilities.idempotent and sent_in_former_life(session, order)


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
    recorder = Recorder(
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
    outcome_unknown(session, order, attempt, "worker_died", now)
    if provider is not None and provider.capabilities.askable:
        # Not at once: whoever seems dead may be in the middle of the call, by a clock that was put forward meanwhile.
        ask_later(session, attempt, now)
    return None


def message_of(
    session: Session, runtime: Runtime, order: ServiceOrder, attempt: Attempt, written_at: datetime
) -> Message:
    """The attempt as its provider gets it: the exact text that was written down when it was planned."""
    case = session.get_one(Case, (order.court_id, order.case_id))
    recipient = session.get_one(Recipient, (order.court_id, order.recipient_id))
    party = session.get_one(Party, (order.court_id, recipient.party_id))
    court = session.get_one(Court, order.court_id)
    channel, name = Channel(attempt.channel), party.name or ""
    if attempt.law_firm_id is not None:
        name = session.get_one(LawFirm, (order.court_id, attempt.law_firm_id)).name
    to = destination_of(session, order.court_id, channel, address_id=attempt.address_id, firm_id=attempt.law_firm_id)
    is_post, is_text = attempt.channel == Channel.POST, attempt.channel == Channel.SMS
    papers = documents_of(session, order.court_id, order.id)
    return Message(
        court_id=order.court_id,
        attempt_id=attempt.id,
        idempotency_key=attempt.idempotency_key,
        channel=channel,
        language=recipient.language,
        recipient_name=name,
        to="" if is_post else to,
        postal=postal_of(to) if is_post else None,
        subject=case.number if is_text else attempt.subject or case.number,
        text=attempt.text or "",
        html=attempt.html or "",
        document_titles=() if case.confidential else tuple(paper.title for paper in papers),
        callback_url=f"{runtime.settings.base_url}/webhooks/{attempt.provider}/{court.code}",
        written_at=written_at,
        template=kept_template(attempt.subject) if is_text else None,
        fields=kept_fields(attempt.fields),
        sender=sender_of(court) if is_post else None,
    )
