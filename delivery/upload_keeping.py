"""What becomes of uploads in the end: unfinished ones expire with a note in the journal, and pieces are thrown away.

The phone is told in time when an upload will expire, and still has the file: it begins anew. `capture_states` is how it
asks what is safe.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.domain.event import EventKind, Report
from delivery.runtime import Runtime
from delivery.store import uploads as table
from delivery.store.orders import Attempt, lock_order
from delivery.store.uploads import Upload, UploadState
from delivery.tracking import record_fact

_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class CaptureState:
    """`safe` with its receipt, `partial` with the bytes that are here; what is not here at all has no state."""

    state: str
    offset: int
    receipt: UUID | None
    received_at: datetime | None
    upload_id: UUID


def capture_states(
    session: Session, court_id: UUID, account_id: UUID, capture_ids: list[UUID]
) -> dict[UUID, CaptureState]:
    """How far this person's captures have come, by their ids. The best of several uploads of one counts."""
    found: dict[UUID, CaptureState] = {}
    for upload in table.uploads_of_captures(session, court_id, account_id, capture_ids):
        known = found.get(upload.capture_id)
        if upload.state == UploadState.COMPLETE:
            if known is None or known.receipt is None:
                found[upload.capture_id] = _state("safe", upload)
        elif upload.state == UploadState.RECEIVING and (known is None or known.receipt is None):
            found[upload.capture_id] = _state("partial", upload)
    return found


def _state(name: str, upload: Upload) -> CaptureState:
    return CaptureState(name, upload.received, upload.receipt, upload.ended_at, upload.id)


def tidy_uploads(runtime: Runtime) -> None:
    """One round: expire what waited too long, then throw away the pieces of all that has ended."""
    with runtime.reading() as session:
        late = table.overdue(session, now=runtime.now(), limit=_AT_ONCE)
    for court_id, upload_id in late:
        with runtime.transaction() as session:
            _expire(runtime, session, court_id, upload_id)
    with runtime.reading() as session:
        ended = table.to_be_cleared(session, limit=_AT_ONCE)
    for court_id, upload_id in ended:
        runtime.blobs.drop_pieces(court_id, str(upload_id))
        with runtime.transaction() as session:
            table.note_cleared(session, court_id, upload_id)


def _expire(runtime: Runtime, session: Session, court_id: UUID, upload_id: UUID) -> None:
    """Unless somebody writes to it at this very moment, or has done so since we looked."""
    now = runtime.now()
    upload = session.get_one(Upload, (court_id, upload_id))
    order = lock_order(session, court_id, upload.order_id)
    assert order is not None
    session.refresh(upload)
    if upload.expires_at > now:
        return
    turn = table.take_turn(session, upload, machine_now=runtime.machine_now())
    if turn is None or not table.end(session, turn, UploadState.EXPIRED, now=now):
        return
    args = {
        "upload": str(upload.id),
        "capture": str(upload.capture_id),
        "received": upload.received,
        "size": upload.size,
    }
    report = Report(EventKind.INFORMATION, f"upload:{upload.id}:expired", now, reason="upload_expired", args=args)
    attempt = session.get_one(Attempt, (court_id, upload.attempt_id))
    record_fact(session, order, report, now=now, attempt=attempt, look_again=False)
