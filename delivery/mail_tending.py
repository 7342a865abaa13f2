"""What is done about a mail besides sending it: its label fetched, its course asked for, a watcher told, a recall.

Each is a task of its own that talks to the outside with no transaction open. None of them can hurt the mail: what fails
is tried a few times and then left, and the journal says so where it matters.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery.data_gates import open_providers
from delivery.domain.errors import Permanent, SendError, Transient
from delivery.domain.event import Channel, EventKind, Report
from delivery.domain.order import ENDED, AttemptStatus, OrderStatus
from delivery.mail_moving import FETCH_LABEL, FETCH_SLIP, POLL, RECALL, SILENCE, WATCH
from delivery.providers import MailCarrier, Message, Provider
from delivery.runtime import Call, Handler, Runtime
from delivery.slip_fetching import fetch_slip
from delivery.store.courts import Court
from delivery.store.evidence import Evidence, evidence_of_attempt
from delivery.store.ids import new_id
from delivery.store.journal import DeliveryEvent
from delivery.store.orders import Attempt, ServiceOrder, lock_order
from delivery.store.tasks import Lease, schedule
from delivery.tracking import record_fact

LABEL_KIND = "waybill_label"
_AGAIN = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
_LONGEST_COURSE = timedelta(days=60)
_TAKEN_BACK_WITHIN = timedelta(days=5)
"""After so long without a word about a mail that arrived, its carrier is asked once more: what it told it may void."""


def _found(session: Session, lease: Lease) -> tuple[ServiceOrder, Attempt]:
    attempt = session.get_one(Attempt, (lease.court_id, UUID(lease.args["attempt"])))
    order = lock_order(session, lease.court_id, attempt.order_id)
    assert order is not None
    session.refresh(attempt)
    return order, attempt


def _carrier_of(runtime: Runtime, attempt: Attempt) -> MailCarrier | None:
    """The carrier of a mail, if it offers more than to take it."""
    found: object = runtime.providers.get(attempt.provider)
    return found if isinstance(found, MailCarrier) else None


def _again(session: Session, lease: Lease, error: SendError, now: datetime) -> bool:
    """Try a task later; False when it was tried often enough."""
    tries = int(lease.args.get("tries", 0))
    if tries >= len(_AGAIN):
        return False
    wait = (error.retry_after if isinstance(error, Transient) else None) or _AGAIN[tries]
    more = {**lease.args, "tries": tries + 1}
    schedule(session, lease.court_id, lease.handler, lease.subject_id, due_at=now + wait, created_at=now, **more)
    return True


def fetch_label(runtime: Runtime, session: Session, lease: Lease, _now: datetime) -> Call | None:
    """Task handler: fetch the label of a mail once, and keep it for the mail room to print."""
    _, attempt = _found(session, lease)
    carrier, reference = _carrier_of(runtime, attempt), attempt.reference
    if carrier is None or not reference or _label_of(session, attempt) is not None:
        return None

    def perform() -> tuple[str, int]:
        content = carrier.label(reference)
        return runtime.blobs.put(lease.court_id, content), len(content)

    def record(session: Session, result: Any | SendError, now: datetime) -> None:  # noqa: ANN401 -- see Call
        _, attempt = _found(session, lease)
        if isinstance(result, SendError):
            _again(session, lease, result, now)
        elif _label_of(session, attempt) is None:
            sha256, size = result
            session.add(
                Evidence(
                    court_id=attempt.court_id, id=new_id(), order_id=attempt.order_id, attempt_id=attempt.id,
                    kind=LABEL_KIND, sha256=sha256, size=size, media_type="application/pdf",
                    capture={"provider": attempt.provider}, created_at=now,
                )
            )  # fmt: skip

    return Call(perform=perform, record=record)


def _label_of(session: Session, attempt: Attempt) -> Evidence | None:
    return evidence_of_attempt(session, attempt.court_id, attempt.id, LABEL_KIND)


def recall_mail(runtime: Runtime, session: Session, lease: Lease, _now: datetime) -> Call | None:
    """Task handler: cancel the waybill of a mail that nobody needs any more and that the post has not got yet."""
    order, attempt = _found(session, lease)
    carrier, key, reference = _carrier_of(runtime, attempt), attempt.idempotency_key, attempt.reference
    unneeded = order.status in {OrderStatus.CONCLUDED, OrderStatus.CANCELLED}
    if not unneeded or attempt.status != AttemptStatus.SUBMITTED or carrier is None:
        return None

    def record(session: Session, result: Any | SendError, now: datetime) -> None:  # noqa: ANN401 -- see Call
        order, attempt = _found(session, lease)
        if result is None:
            report = Report(EventKind.POST_CANCELLED, f"recalled:{attempt.id}", now, reason="recalled_by_sender")
            record_fact(session, order, report, now=now, attempt=attempt, look_again=False)
            attempt.status = AttemptStatus.WITHDRAWN
            return
        refused = isinstance(result, Permanent) or (isinstance(result, Transient) and result.reason == "refused")
        if refused or not _again(session, lease, result, now):
            report = Report(EventKind.INFORMATION, f"not_recalled:{attempt.id}", now, reason="not_recalled")
            record_fact(session, order, report, now=now, attempt=attempt, look_again=False)

    return Call(perform=lambda: carrier.cancel(key, reference), record=record)


def poll_mail(runtime: Runtime, session: Session, lease: Lease, now: datetime) -> Call | None:
    """Task handler: ask the carrier about a mail of which nothing was heard for days, then again."""
    order, attempt = _found(session, lease)
    carrier, reference = _carrier_of(runtime, attempt), attempt.reference
    over = attempt.status in ENDED or now - (attempt.submitted_at or now) > _LONGEST_COURSE
    arrived = attempt.status == AttemptStatus.ARRIVED
    if over or (arrived and order.status != OrderStatus.OPEN) or carrier is None or not reference:
        return None
    due_at = _last_heard(session, attempt, now) + (_TAKEN_BACK_WITHIN if arrived else SILENCE)
    if due_at > now:
        _poll_at(session, lease, due_at, now)
        return None

    def record(session: Session, result: Any | SendError, now: datetime) -> None:  # noqa: ANN401 -- see Call
        order, attempt = _found(session, lease)
        wait = result.retry_after if isinstance(result, Transient) else None
        for report in () if isinstance(result, SendError) else result:
            record_fact(session, order, report, now=now, provider=attempt.provider, attempt=attempt)
        if attempt.status not in ENDED and (wait or not arrived or attempt.status != AttemptStatus.ARRIVED):
            _poll_at(session, lease, now + (wait or SILENCE), now)

    return Call(perform=lambda: carrier.track(reference), record=record)


def _last_heard(session: Session, attempt: Attempt, now: datetime) -> datetime:
    mine = (DeliveryEvent.court_id == attempt.court_id) & (DeliveryEvent.attempt_id == attempt.id)
    last: datetime | None = session.scalar(select(func.max(DeliveryEvent.recorded_at)).where(mine))
    return last or now


def _poll_at(session: Session, lease: Lease, due_at: datetime, now: datetime) -> None:
    schedule(session, lease.court_id, POLL, lease.subject_id, due_at=due_at, created_at=now, **lease.args)


def watch_mail(runtime: Runtime, session: Session, lease: Lease, _now: datetime) -> Call | None:
    """Task handler: tell whoever watches the post for this court the number of a mail, and nothing else of it."""
    _, attempt = _found(session, lease)
    court = session.get_one(Court, lease.court_id)
    watchers = [one for one in open_providers(runtime, session, court).values() if one.capabilities.watches]
    if not watchers or not attempt.reference:
        return None
    submissions = [_subscription(runtime, watcher, attempt, court.code) for watcher in watchers]

    def record(session: Session, result: Any | SendError, now: datetime) -> None:  # noqa: ANN401 -- see Call
        if not isinstance(result, SendError):
            return
        if not isinstance(result, Permanent) and _again(session, lease, result, now):
            return
        order, attempt = _found(session, lease)
        report = Report(EventKind.INFORMATION, f"not_watched:{attempt.id}", now, reason=result.reason)
        record_fact(session, order, report, now=now, attempt=attempt, look_again=False)

    return Call(perform=lambda: [submit() for submit in submissions], record=record)


def _subscription(runtime: Runtime, watcher: Provider, attempt: Attempt, court_code: str) -> Callable[[], object]:
    message = Message(
        court_id=attempt.court_id,
        attempt_id=attempt.id,
        idempotency_key=attempt.idempotency_key,
        channel=Channel.POST,
        language="zh",
        recipient_name="",
        to=attempt.reference,
        callback_url=f"{runtime.settings.base_url}/webhooks/{watcher.name}/{court_code}",
    )
    return lambda: watcher.submit(message)


HANDLERS: Mapping[str, Handler] = MappingProxyType(
    {FETCH_LABEL: fetch_label, RECALL: recall_mail, POLL: poll_mail, WATCH: watch_mail, FETCH_SLIP: fetch_slip}
)
