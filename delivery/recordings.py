"""Recordings of calls, fetched from where they were made and kept as evidence of the order, exactly as they came."""

from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.domain.errors import Permanent, SendError
from delivery.domain.event import EventKind, Report
from delivery.runtime import Call, Runtime
from delivery.store.desk import put_on_desk
from delivery.store.evidence import Evidence
from delivery.store.ids import new_id
from delivery.store.orders import Attempt, lock_order
from delivery.store.tasks import Lease, schedule
from delivery.tracking import FETCH_RECORDING, record_fact

EVIDENCE_KIND = "call_recording"
_AGAIN = timedelta(minutes=10)
_MOST_TRIES = 12


@runtime_checkable
class Recording(Protocol):
    """A provider that keeps recordings of its calls for us until we have fetched them."""

    def recording(self, reference: str) -> tuple[bytes, str]:
        """The bytes of one recording, and their media type. Raises a `SendError`."""


def fetch_recording(runtime: Runtime, session: Session, lease: Lease, now: datetime) -> Call | None:  # noqa: ARG001 - see Handler
    """Task handler: fetch one recording and keep it. The same one twice is one piece of evidence."""
    attempt = session.get(Attempt, (lease.court_id, UUID(lease.args["attempt"])))
    if attempt is None:
        return None
    provider: object = runtime.providers.get(attempt.provider)
    if not isinstance(provider, Recording):
        return None
    court_id, attempt_id, reference = lease.court_id, attempt.id, lease.args["recording"]
    tried = int(lease.args.get("tried", "0"))

    def perform() -> tuple[str, int, str]:
        content, media_type = provider.recording(reference)
        return runtime.blobs.put(court_id, content), len(content), media_type

    def record(session: Session, result: Any | SendError, now: datetime) -> None:  # noqa: ANN401 - see Call
        if isinstance(result, SendError):
            _again(session, court_id, attempt_id, reference, tried, result, now)
        else:
            sha256, size, media_type = result
            keep_recording(session, court_id, attempt_id, sha256, size, media_type, reference=reference, now=now)

    return Call(perform, record)


def keep_recording(
    session: Session,
    court_id: UUID,
    attempt_id: UUID,
    sha256: str,
    size: int,
    media_type: str,
    *,
    reference: str,
    now: datetime,
) -> Evidence | None:
    """Enter stored bytes as evidence of an attempt, with a fact that names them. None if that was done before."""
    attempt = session.get_one(Attempt, (court_id, attempt_id))
    order = lock_order(session, court_id, attempt.order_id)
    assert order is not None
    session.refresh(attempt)
    kept = select(Evidence.id).where(
        Evidence.court_id == court_id, Evidence.attempt_id == attempt_id, Evidence.sha256 == sha256
    )
    if session.scalar(kept.limit(1)) is not None:
        return None
    evidence = Evidence(
        court_id=court_id,
        id=new_id(),
        order_id=order.id,
        attempt_id=attempt_id,
        kind=EVIDENCE_KIND,
        sha256=sha256,
        size=size,
        media_type=media_type,
        capture={"reference": reference},
        created_at=now,
    )
    session.add(evidence)
    args = {"evidence": str(evidence.id), "sha256": sha256}
    report = Report(
        EventKind.INFORMATION, f"recording:{attempt_id}:{sha256[:16]}", now, reason="recording_kept", args=args
    )
    record_fact(session, order, report, now=now, attempt=attempt, look_again=False)
    return evidence


def _again(
    session: Session, court_id: UUID, attempt_id: UUID, reference: str, tried: int, error: SendError, now: datetime
) -> None:
    """Once more later; a recording that will not come is a person's affair."""
    attempt = session.get_one(Attempt, (court_id, attempt_id))
    if isinstance(error, Permanent) or tried + 1 >= _MOST_TRIES:
        put_on_desk(
            session, court_id, kind="recording_missing", subject=str(attempt_id), at=now, order_id=attempt.order_id,
            reason=error.reason,
        )  # fmt: skip
        return
    more = {"attempt": str(attempt_id), "recording": reference, "tried": str(tried + 1)}
    schedule(session, court_id, FETCH_RECORDING, attempt.order_id, due_at=now + _AGAIN, created_at=now, **more)
