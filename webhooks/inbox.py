"""The inbox: verify the bytes, keep them verbatim with the task that will read them, and only then say thank you.

What fails verification waits sealed in a bounded quarantine for seven days, so that a botched rotation of secrets
loses nothing. What is authentic but cannot be matched yet (a report that overtook our own commit) is tried again and
at last shown on the desk.
"""

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from flask import Blueprint, Response, request
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from delivery.domain.errors import InvalidSignature, MalformedCallback, NotFound, UnknownReference
from delivery.hint_checking import note_hint
from delivery.runtime import Handler, Runtime
from delivery.store.courts import court_by_code
from delivery.store.database import sent_together
from delivery.store.desk import put_on_desk
from delivery.store.ids import new_id
from delivery.store.inbox import Callback, Quarantine
from delivery.store.tasks import Lease, schedule
from delivery.tracking import record_report
from webhooks.receiver import Answer, Dialogue, Hinting, InboundRequest, Receiver, Telling

LARGEST_BODY = 1_000_000
QUARANTINE_DAYS = timedelta(days=7)
QUARANTINE_ROWS = 2_000
QUARANTINE_BYTES = 32_000_000
TASK = "read_callback"
_AGAIN = (timedelta(seconds=20), timedelta(minutes=2), timedelta(minutes=15), timedelta(hours=2))


def make_blueprint(runtime: Runtime, receivers: Mapping[str, Receiver]) -> Blueprint:
    """The route that every provider calls: `/webhooks/PROVIDER/COURT`, with whatever path a secret adds behind it."""
    blueprint = Blueprint("webhooks", __name__)

    @blueprint.route("/webhooks/<provider>/<court>", methods=["GET", "POST"], defaults={"rest": ""})
    @blueprint.route("/webhooks/<provider>/<court>/<path:rest>", methods=["GET", "POST"])
    def receive(provider: str, court: str, rest: str) -> Response:
        del rest  # part of the address that the receiver verifies
        receiver = receivers.get(provider)
        if receiver is None:
            raise NotFound
        answer = keep(runtime, receiver, court, _inbound(runtime))
        return Response(answer.body, status=answer.status, content_type=answer.content_type)

    return blueprint


def _inbound(runtime: Runtime) -> InboundRequest:
    request.max_content_length = LARGEST_BODY
    query = request.query_string.decode("ascii", "replace")
    return InboundRequest(
        method=request.method,
        url=request.environ.get("RAW_URI") or (f"{request.path}?{query}" if query else request.path),
        headers=dict(request.headers),
        body=request.get_data(cache=False),
        received_at=runtime.now(),
        remote=request.remote_addr or "",
    )


def keep(runtime: Runtime, receiver: Receiver, court_code: str, inbound: InboundRequest) -> Answer:
    """Verify and store one request; the answer is for after the commit. Raises `NotFound` for an unknown court."""
    try:
        receiver.verify(inbound)
    except InvalidSignature:
        _quarantine(runtime, receiver.name, court_code, inbound)
        return Answer(status=401, body="signature not valid")
    court_id = runtime.court_ids.get(court_code)
    with runtime.transaction() as session:
        if court_id is None:
            court_id = runtime.court_ids[court_code] = _court(session, court_code)
        with sent_together(session):
            store(session, receiver.name, court_id, inbound)
            session.flush()
    return _reply(runtime, receiver, inbound) or receiver.acknowledge(inbound)


def _reply(runtime: Runtime, receiver: Receiver, inbound: InboundRequest) -> Answer | None:
    if not isinstance(receiver, Dialogue):
        return None
    with runtime.reading() as session:
        return receiver.reply(session, inbound)


def _court(session: Session, code: str) -> UUID:
    court = court_by_code(session, code)
    if court is None:
        raise NotFound
    return court.id


def store(session: Session, provider: str, court_id: UUID, inbound: InboundRequest) -> Callback:
    """Keep a verified request and the task that reads it, in the caller's transaction."""
    callback = Callback(
        court_id=court_id,
        id=new_id(),
        provider=provider,
        received_at=inbound.received_at,
        status="waiting",
        sha256=hashlib.sha256(inbound.body).hexdigest(),
    )
    session.add(callback)
    callback.request = to_text(inbound)
    now = inbound.received_at
    schedule(session, court_id, TASK, callback.id, due_at=now, created_at=now)
    return callback


def _quarantine(runtime: Runtime, provider: str, court_code: str, inbound: InboundRequest) -> None:
    with runtime.transaction() as session:
        court_id = _court(session, court_code)
        old = Quarantine.received_at < inbound.received_at - QUARANTINE_DAYS
        session.execute(delete(Quarantine).where(Quarantine.court_id == court_id, old))
        kept = select(func.count(), func.sum(func.length(Quarantine.request_sealed)))
        rows, size = session.execute(kept.where(Quarantine.court_id == court_id)).one()
        # Bounded in number and size: anybody can send us junk, and junk must not fill the disk.
        if rows < QUARANTINE_ROWS and (size or 0) + len(inbound.body) < QUARANTINE_BYTES:
            row = Quarantine(court_id=court_id, id=new_id(), provider=provider, received_at=inbound.received_at)
            session.add(row)
            row.request = to_text(inbound)


def reader(receivers: Mapping[str, Receiver]) -> Handler:
    """The task handler that reads stored callbacks."""

    def read_callback(_runtime: Runtime, session: Session, lease: Lease, now: datetime) -> None:
        callback = session.get(Callback, (lease.court_id, lease.subject_id))
        if callback is not None and callback.status == "waiting":
            _read(session, receivers[callback.provider], callback, now)

    return read_callback


def _read(session: Session, receiver: Receiver, callback: Callback, now: datetime) -> None:
    try:
        reports = receiver.event_reports(from_text(callback.request or ""))
    except MalformedCallback:
        _to_the_desk(session, callback, "malformed", now)
        return
    unmatched = False
    take = note_hint if isinstance(receiver, Hinting) else record_report
    provider = receiver.carrier if isinstance(receiver, Telling) else receiver.name
    for report in reports:
        try:
            take(session, callback.court_id, provider, report, now, callback.id)
        except UnknownReference:
            unmatched = True
    if not unmatched:
        callback.status = "done"
    elif callback.tries < len(_AGAIN):
        due_at = now + _AGAIN[callback.tries]
        callback.tries += 1
        schedule(session, callback.court_id, TASK, callback.id, due_at=due_at, created_at=now)
    else:
        _to_the_desk(session, callback, "unmatched", now)


def _to_the_desk(session: Session, callback: Callback, status: str, now: datetime) -> None:
    callback.status = status
    put_on_desk(
        session,
        callback.court_id,
        kind=f"callback_{status}",
        subject=str(callback.id),
        at=now,
        provider=callback.provider,
        callback=str(callback.id),
    )


def to_text(inbound: InboundRequest) -> str:
    """The request verbatim, as the text that is sealed."""
    return json.dumps(
        {
            "method": inbound.method,
            "url": inbound.url,
            "headers": dict(inbound.headers),
            "body": b64encode(inbound.body).decode(),
            "received_at": inbound.received_at.isoformat(),
            "remote": inbound.remote,
        }
    )


def from_text(text: str) -> InboundRequest:
    """The request again, byte for byte."""
    data = json.loads(text)
    return InboundRequest(
        method=data["method"],
        url=data["url"],
        headers=data["headers"],
        body=b64decode(data["body"]),
        received_at=datetime.fromisoformat(data["received_at"]),
        remote=data["remote"],
    )
