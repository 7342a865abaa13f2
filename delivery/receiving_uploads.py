"""Files from phones come in by pieces: each piece is safe before the phone is told so, and the last makes evidence.

Whoever holds the turn of an upload writes to it: the turn is taken in one short transaction, the bytes are kept with no
transaction open, and a second one moves the offset, if the turn still holds. An upload is whole only together with its
evidence and its receipt: until those are written the offset stays before the last piece, so that a death at any moment
costs one piece and no more. Which bytes arrived, and how, is the edge's affair.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from delivery.domain.errors import Conflict, Forbidden, IntegrityFault, NotFound, RequestError
from delivery.domain.field_ticket import KEY_PURPOSE, LATE, Ticket, TicketRefused, read
from delivery.runtime import Runtime
from delivery.store import uploads as table
from delivery.store.blobs import OtherBytes
from delivery.store.evidence import Evidence
from delivery.store.ids import new_id
from delivery.store.model import vault_of
from delivery.store.orders import Attempt, lock_order
from delivery.store.tasks import schedule
from delivery.store.uploads import Turn, Upload, UploadPiece, UploadState

MEGABYTE: Final = 1024 * 1024
MOST_AT_ONCE: Final = MEGABYTE
"""Bytes of one piece: what a phone loses at most when everything dies."""

MOST_OF_A_PHOTO: Final = 40 * MEGABYTE
MOST_OF_A_FILM: Final = 150 * MEGABYTE
MOST_UNFINISHED: Final = 4 * MOST_OF_A_FILM
"""Bytes that one person's unfinished uploads in a court may have been announced with; each counts a megabyte more."""

LIFE: Final = timedelta(days=7)
"""How long an unfinished upload waits for its next piece."""

INSPECT: Final = "inspect_capture"
ROLES: Final = frozenset({"near", "wide", "video", "receipt", "signature", "audio"})
_BYTES_DIFFER: Final = 460  # the checksum extension's own status
# Joining reads and writes everything once more, and no store that is worth its name does less than this a second.
_SECONDS_FOR_A_MEGABYTE: Final = 1


class UploadGone(RequestError):
    """There was such an upload, and it goes on no more: begin anew."""

    usual_code = "upload_gone"
    usual_status = HTTPStatus.GONE


class UploadBusy(RequestError):
    """Somebody else is writing to it at this moment."""

    usual_code = "upload_busy"
    usual_status = HTTPStatus.LOCKED


class OffsetDiffers(Conflict):
    """The bytes do not begin where ours end: ask where that is."""

    usual_code = "upload_offset_differs"


class BytesDiffer(RequestError):
    """What came is not what was promised: these bytes are thrown away."""

    usual_code = "upload_bytes_differ"
    usual_status = _BYTES_DIFFER


@dataclass(frozen=True, slots=True)
class Owner:
    """Who sends: the person behind the session, in the court that they work in."""

    court_id: UUID
    account_id: UUID


@dataclass(frozen=True, slots=True)
class Announced:
    """What a phone says about a file before it sends it. `size` in bytes; `told` is that in the phone's own writing."""

    ticket: str
    capture_id: UUID
    sha256: str
    role: str
    media_type: str
    size: int
    told: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload has come. `received` and `size` in bytes; a finished one has a receipt and expires no more."""

    upload_id: UUID
    received: int
    size: int
    told: str
    expires_at: datetime | None
    receipt: UUID | None


@dataclass(frozen=True, slots=True)
class _Step:
    """What the first transaction found: enough to work without it."""

    turn: Turn
    sha256: str
    size: int
    pieces: tuple[str, ...]


def begin(session: Session, owner: Owner, file: Announced, *, now: datetime) -> Progress:
    """Enter a new upload. A ticket that ran out while the phone had no signal is taken for another seven days.

    Raises `Forbidden` (ticket_malformed, ticket_forged, ticket_expired, ticket_of_other), `RequestError`
    (upload_too_large, 413; upload_no_room, 507: others of this person's must be finished or given up first).
    """
    ticket = _ticket(session, owner, file.ticket, now)
    attempt = session.get(Attempt, (owner.court_id, ticket.task))
    if attempt is None:
        raise Forbidden("ticket_of_other")
    most = most_for(file.media_type)
    if file.size > most:
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        raise RequestError("upload_too_large", status=status, most=most // MEGABYTE)
    count, waiting = table.unfinished_of(session, owner.court_id, owner.account_id, now=now)
    if file.size + waiting + (count + 1) * MEGABYTE > MOST_UNFINISHED:
        status = HTTPStatus.INSUFFICIENT_STORAGE
        raise RequestError("upload_no_room", status=status, most=MOST_UNFINISHED // MEGABYTE, count=count)
    upload = Upload(
        court_id=owner.court_id,
        id=new_id(),
        account_id=owner.account_id,
        order_id=attempt.order_id,
        attempt_id=attempt.id,
        device_id=ticket.device,
        capture_id=file.capture_id,
        ticket_nonce=ticket.nonce,
        ticket_expires_at=ticket.expires_at,
        role=file.role if file.role in ROLES else "other",
        sha256=file.sha256,
        size=file.size,
        media_type=file.media_type[:80],
        state=UploadState.RECEIVING.value,
        received=0,
        created_at=now,
        expires_at=now + LIFE,
    )
    session.add(upload)
    upload.told = file.told
    session.flush()
    return _progress(upload)


def most_for(media_type: str) -> int:
    """How many bytes a file of this kind may have."""
    return MOST_OF_A_FILM if media_type.startswith(("video/", "audio/")) else MOST_OF_A_PHOTO


def _ticket(session: Session, owner: Owner, text: str, now: datetime) -> Ticket:
    try:
        ticket = read(text, [vault_of(session).derive(KEY_PURPOSE)], now, late=LATE)
    except TicketRefused as refused:
        raise Forbidden(f"ticket_{refused.code}") from None
    if (ticket.court, ticket.server) != (owner.court_id, owner.account_id):
        raise Forbidden("ticket_of_other")
    return ticket


def look(session: Session, owner: Owner, upload_id: UUID, *, now: datetime) -> Progress:
    """How far this upload has come. Raises `NotFound` for another person's, `UploadGone` for one that ended."""
    return _progress(_present(session, owner, upload_id, now))


def receive(runtime: Runtime, owner: Owner, upload_id: UUID, offset: int, content: bytes) -> Progress:
    """Keep these bytes (at most `MOST_AT_ONCE`) at this offset; the last ones make evidence, with a receipt.

    Opens its own short transactions. Raises `NotFound`, `UploadGone`, `UploadBusy`, `OffsetDiffers`, `BytesDiffer`,
    `RequestError` (upload_past_its_end, 413).
    """
    with runtime.transaction() as session:
        upload = _present(session, owner, upload_id, runtime.now())
        if upload.received != offset:
            raise OffsetDiffers
        if offset + len(content) > upload.size:
            raise RequestError("upload_past_its_end", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if upload.state == UploadState.COMPLETE or (not content and upload.size):
            return _progress(upload)
        step = _take_turn(runtime, session, upload, finishing=offset + len(content) == upload.size)
    try:
        if offset + len(content) < step.size:
            return _keep(runtime, step, offset, content)
        return _finish(runtime, step, content)
    except Exception:
        with suppress(SQLAlchemyError), runtime.transaction() as session:
            table.give_back(session, step.turn)
        raise


def _take_turn(runtime: Runtime, session: Session, upload: Upload, *, finishing: bool) -> _Step:
    span = table.LEASE
    if finishing:
        span += timedelta(seconds=upload.size // MEGABYTE * _SECONDS_FOR_A_MEGABYTE)
    turn = table.take_turn(session, upload, machine_now=runtime.machine_now(), span=span)
    if turn is None:
        raise UploadBusy
    pieces = table.names_of_pieces(session, upload.court_id, upload.id) if finishing else []
    return _Step(turn, upload.sha256, upload.size, tuple(pieces))


def _keep(runtime: Runtime, step: _Step, offset: int, content: bytes) -> Progress:
    """A piece under a name that only this turn gives, so that a writer who lost the turn cannot touch what counts."""
    turn = step.turn
    name = f"{turn.upload_id}/{offset:012}-{turn.number}"
    runtime.blobs.put_piece(turn.court_id, name, content)
    with runtime.transaction() as session:
        piece = UploadPiece(
            court_id=turn.court_id, upload_id=turn.upload_id, begins=offset, size=len(content), name=name
        )
        if not table.move_on(session, turn, piece, expires_at=runtime.now() + LIFE):
            raise OffsetDiffers
        return _progress(session.get_one(Upload, (turn.court_id, turn.upload_id), populate_existing=True))


def _finish(runtime: Runtime, step: _Step, last: bytes) -> Progress:
    turn = step.turn

    def pieces() -> Iterator[bytes]:
        for name in step.pieces:
            yield runtime.blobs.get_piece(turn.court_id, name)
        yield last

    try:
        runtime.blobs.put_joined(turn.court_id, step.sha256, pieces())
    except OtherBytes:
        _give_up(runtime, turn)
        raise BytesDiffer from None
    except (NotFound, IntegrityFault):
        # Put back from a backup, or a key was thrown away: the phone still has it all.
        _give_up(runtime, turn)
        raise UploadGone from None
    with runtime.transaction() as session:
        now = runtime.now()
        upload = session.get_one(Upload, (turn.court_id, turn.upload_id))
        # Under the order's lock, so that the same bytes sent twice at once become one piece of evidence.
        lock_order(session, upload.court_id, upload.order_id)
        twin = table.finished_twin(session, upload)
        receipt = twin.receipt if twin is not None else _enter_evidence(session, upload, now).id
        if not table.end(session, turn, UploadState.COMPLETE, now=now, received=step.size, receipt=receipt):
            raise OffsetDiffers
        if twin is None and INSPECT in runtime.handlers:
            schedule(
                session, upload.court_id, INSPECT, upload.order_id, due_at=now, created_at=now, upload=str(upload.id)
            )
        session.refresh(upload)
        return _progress(upload)


def _enter_evidence(session: Session, upload: Upload, now: datetime) -> Evidence:
    evidence = Evidence(
        court_id=upload.court_id,
        id=new_id(),
        order_id=upload.order_id,
        attempt_id=upload.attempt_id,
        kind=f"capture_{upload.role}",
        sha256=upload.sha256,
        size=upload.size,
        media_type=upload.media_type,
        capture={
            "upload": str(upload.id),
            "capture": str(upload.capture_id),
            "role": upload.role,
            "device": str(upload.device_id),
            "ticket_expired": upload.created_at >= upload.ticket_expires_at,
        },
        created_at=now,
    )
    session.add(evidence)
    session.flush()
    return evidence


def _give_up(runtime: Runtime, turn: Turn) -> None:
    with runtime.transaction() as session:
        table.end(session, turn, UploadState.DAMAGED, now=runtime.now())


def stop(runtime: Runtime, owner: Owner, upload_id: UUID) -> None:
    """The phone wants it no more. Raises `Forbidden` (upload_complete): evidence stays; else as `receive` does."""
    with runtime.transaction() as session:
        upload = _present(session, owner, upload_id, runtime.now())
        if upload.state == UploadState.COMPLETE:
            raise Forbidden("upload_complete")
        step = _take_turn(runtime, session, upload, finishing=False)
        table.end(session, step.turn, UploadState.ENDED, now=runtime.now())


def _present(session: Session, owner: Owner, upload_id: UUID, now: datetime) -> Upload:
    upload = table.upload_of(session, owner.court_id, owner.account_id, upload_id)
    if upload is None:
        raise NotFound("upload_unknown")
    match UploadState(upload.state):
        case UploadState.COMPLETE:
            return upload
        case UploadState.RECEIVING if now < upload.expires_at:
            return upload
        case _:
            raise UploadGone


def _progress(upload: Upload) -> Progress:
    return Progress(
        upload_id=upload.id,
        received=upload.received,
        size=upload.size,
        told=upload.told or "",
        expires_at=upload.expires_at if upload.receipt is None else None,
        receipt=upload.receipt,
    )
