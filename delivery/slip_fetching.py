"""The picture of the slip that was signed for a mail, fetched from the carrier and kept as it came.

Carriers have it late and seldom tell. It is evidence of the file and a fact that comes after the others; what it shows
is read by a person, who keys it. A picture that never comes, or is none, hurts nobody: the paper slip is under way.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.domain.errors import SendError, Transient
from delivery.domain.event import EventKind, Report
from delivery.domain.order import AttemptStatus
from delivery.mail_moving import FETCH_SLIP
from delivery.providers import SlipKeeper
from delivery.runtime import Call, Runtime
from delivery.store.desk import put_on_desk
from delivery.store.evidence import Evidence, evidence_of_attempt
from delivery.store.ids import new_id
from delivery.store.journal import DeliveryEvent
from delivery.store.orders import Attempt, ServiceOrder, lock_order
from delivery.store.tasks import Lease, schedule
from delivery.tracking import record_fact

SLIP_IMAGE = "slip_image"
MISSING = "slip_missing"
_PAUSE = timedelta(days=1)
_PATIENCE = timedelta(days=15)


def fetch_slip(runtime: Runtime, session: Session, lease: Lease, now: datetime) -> Call | None:  # noqa: ARG001 -- see Handler
    """Task handler: ask the carrier for the picture of a mail's signed slip, daily until it is there."""
    _, attempt = _found(session, lease)
    keeper: object = runtime.providers.get(attempt.provider)
    if not isinstance(keeper, SlipKeeper) or not keeper.keeps_slips or not _is_wanted(session, attempt):
        return None
    court_id, reference = attempt.court_id, attempt.reference

    def perform() -> tuple[str, int, str] | None:
        found = keeper.slip(reference)
        if found is None:
            return None
        content, media_type = found
        return runtime.blobs.put(court_id, content), len(content), media_type

    def record(session: Session, result: Any | SendError, now: datetime) -> None:  # noqa: ANN401 -- see Call
        order, attempt = _found(session, lease)
        if result is None or isinstance(result, SendError):
            _later(session, lease, order, attempt, result, now)
        elif _image_of(session, attempt) is None:
            _keep(session, order, attempt, result, now)

    return Call(perform=perform, record=record)


def _image_of(session: Session, attempt: Attempt) -> Evidence | None:
    return evidence_of_attempt(session, attempt.court_id, attempt.id, SLIP_IMAGE)


def _found(session: Session, lease: Lease) -> tuple[ServiceOrder, Attempt]:
    attempt = session.get_one(Attempt, (lease.court_id, UUID(lease.args["attempt"])))
    order = lock_order(session, lease.court_id, attempt.order_id)
    assert order is not None
    session.refresh(attempt)
    return order, attempt


def _is_wanted(session: Session, attempt: Attempt) -> bool:
    """Whether there may be a slip and we lack its picture; a delivery that the post took back has none."""
    signed = attempt.status in {AttemptStatus.ARRIVED, AttemptStatus.ANSWERED} or _was_announced(session, attempt)
    return bool(attempt.reference) and signed and _image_of(session, attempt) is None


def _was_announced(session: Session, attempt: Attempt) -> bool:
    mine = (DeliveryEvent.court_id == attempt.court_id) & (DeliveryEvent.attempt_id == attempt.id)
    told = select(DeliveryEvent.id).where(mine, DeliveryEvent.kind == EventKind.POST_PROOF_AVAILABLE)
    return session.scalar(told.limit(1)) is not None


def _keep(session: Session, order: ServiceOrder, attempt: Attempt, kept: tuple[str, int, str], now: datetime) -> None:
    sha256, size, media_type = kept
    evidence = Evidence(
        court_id=attempt.court_id,
        id=new_id(),
        order_id=order.id,
        attempt_id=attempt.id,
        kind=SLIP_IMAGE,
        sha256=sha256,
        size=size,
        media_type=media_type,
        capture={"provider": attempt.provider, "reference": attempt.reference},
        created_at=now,
    )
    session.add(evidence)
    args = {"evidence": str(evidence.id), "sha256": sha256}
    report = Report(EventKind.POST_PROOF_AVAILABLE, f"slip:{attempt.id}:{sha256[:16]}", now, args=args)
    record_fact(session, order, report, now=now, provider=attempt.provider, attempt=attempt)


def _later(
    session: Session, lease: Lease, order: ServiceOrder, attempt: Attempt, error: SendError | None, now: datetime
) -> None:
    """Once more tomorrow; in the end the journal says that none came, and a person is told if one was promised."""
    since = datetime.fromisoformat(lease.args.get("since") or now.isoformat())
    if now - since < _PATIENCE:
        pause = (error.retry_after if isinstance(error, Transient) else None) or _PAUSE
        more = {**lease.args, "since": since.isoformat()}
        schedule(session, order.court_id, FETCH_SLIP, order.id, due_at=now + pause, created_at=now, **more)
        return
    reason = error.reason if error is not None else MISSING
    report = Report(EventKind.INFORMATION, f"no_slip:{attempt.id}", now, reason=reason)
    record_fact(session, order, report, now=now, attempt=attempt, look_again=False)
    if error is not None or _was_announced(session, attempt):
        put_on_desk(
            session, order.court_id, kind=MISSING, subject=str(attempt.id), at=now, order_id=order.id, reason=reason
        )
