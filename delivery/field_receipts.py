"""What a phone may call safe: whether the bytes of a capture have all come, by our own account of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.store.uploads import Upload, UploadState, uploads_of_captures


@dataclass(frozen=True, slots=True)
class CaptureStanding:
    """One capture: `safe` with its receipt, `partial` with how many bytes are here, or `unknown`."""

    state: Literal["safe", "partial", "unknown"]
    offset: int = 0
    receipt: UUID | None = None
    received_at: datetime | None = None


def capture_standings(
    session: Session, court_id: UUID, account_id: UUID, capture_ids: Sequence[UUID]
) -> dict[UUID, CaptureStanding]:
    """Capture -> how it stands, for all that were asked about; of several uploads the one that came farthest."""
    standings = dict.fromkeys(capture_ids, CaptureStanding("unknown"))
    for upload in uploads_of_captures(session, court_id, account_id, list(capture_ids)):
        found, best = _standing(upload), standings[upload.capture_id]
        if (found.state == "safe", found.offset) > (best.state == "safe", best.offset):
            standings[upload.capture_id] = found
    return standings


def _standing(upload: Upload) -> CaptureStanding:
    if upload.state == UploadState.COMPLETE and upload.receipt is not None:
        return CaptureStanding("safe", upload.size, upload.receipt, upload.ended_at)
    if upload.state == UploadState.RECEIVING:
        return CaptureStanding("partial", upload.received)
    return CaptureStanding("unknown")
