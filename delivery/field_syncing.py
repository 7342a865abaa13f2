"""Records from field servers' phones, taken as they come: twice, out of order, late, from two phones, from a lost one.

Every record that can be read at all is stored under a receipt. What does not fit is written beside it as doubts. A
report goes on to the order's journal through `field_reports`, unless its doubts say that it may not be this person's
word about this visit: then a person at the desk takes it or leaves it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.domain.door import judge, media_of
from delivery.domain.door_codes import Role, Situation
from delivery.domain.errors import Conflict, RequestError
from delivery.domain.field_chain import happened_at
from delivery.domain.field_record import Doubt, Record, RecordKind, moment_of, read
from delivery.domain.law.act_vocabulary import Media
from delivery.domain.notice import NoticeResult
from delivery.field_day import door_at, policy_of
from delivery.field_reports import report_visit
from delivery.field_weighing import Intake, Sender, weigh
from delivery.noticing import bind_pad
from delivery.runtime import Runtime
from delivery.store.courts import Court
from delivery.store.desk import close_item, put_on_desk
from delivery.store.field import FieldCapture, FieldRecord, captures_named, lock_device, records_named
from delivery.store.ids import new_id
from delivery.store.orders import Attempt
from delivery.store.tasks import schedule
from delivery.visiting import visit_of

GRADE_TASK: Final = "grade_record"
HELD: Final = "field_report_held"
STRAY: Final = "field_report_stray"
UNSAFE: Final = "door_unsafe"

# With one of these it may not be this person's word about this visit: a person decides.
_HELD_BACK: Final = frozenset(
    {
        Doubt.RECORD_DIFFERS,
        Doubt.BAD_SIGNATURE,
        Doubt.DEVICE_UNKNOWN,
        Doubt.FOREIGN_DEVICE,
        Doubt.DEVICE_REVOKED,
        Doubt.TICKET_MISSING,
        Doubt.TICKET_FORGED,
        Doubt.TICKET_FOREIGN,
        Doubt.VISIT_FOREIGN,
    }
)
_RANK: Final = {media: rank for rank, media in enumerate((Media.NONE, Media.SINGLE_PHOTO, Media.PHOTOS, Media.VIDEO))}

ReadReport = Callable[[Mapping[str, Any]], "Mapping[str, Any] | None"]
"""A report as sent -> the same checked against the shape of the API's `VisitReport`, or None when it is not of it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A record in the store. `again`: it had come before; `differs`: another had come under its id."""

    row: FieldRecord
    again: bool = False

    @property
    def differs(self) -> bool:
        """Whether other bytes came under this id before."""
        return Doubt.RECORD_DIFFERS in self.row.doubts


def take(
    runtime: Runtime, session: Session, sender: Sender, raw: bytes, signature: str, read_report: ReadReport
) -> Taken:
    """Take one record: the exact bytes and the phone's signature over them (base64url of r||s).

    Raises `BadValue` (record_malformed, record_too_large) for what cannot be told from noise, and nothing else.
    """
    record, now = read(raw), runtime.now()
    device = lock_device(session, sender.court_id, record.device_id) if record.device_id else None
    before = records_named(session, sender.court_id, [record.id])
    known = next((row for row in before if row.sha256 == record.sha256), None)
    if known is not None:
        return Taken(known, again=True)
    intake = Intake(session, sender, record, now, set(), device)
    if before:
        intake.doubts.add(Doubt.RECORD_DIFFERS)
    weigh(intake, signature)
    report = _report_of(intake, read_report)
    row = _store(intake, signature)
    _act(intake, row, report)
    row.doubts = sorted(intake.doubts)
    if device is not None:
        device.seen_at = now
    if GRADE_TASK in runtime.handlers:
        schedule(session, sender.court_id, GRADE_TASK, row.id, due_at=now, created_at=now)
    return Taken(row)


def _report_of(intake: Intake, read_report: ReadReport) -> dict[str, Any] | None:
    """The report as the journal will have it, if there is one and it is of its form."""
    record = intake.record
    if record.kind is not RecordKind.REPORT:
        return None
    checked = read_report(record.report) if record.report is not None else None
    if checked is None:
        intake.doubts.add(Doubt.REPORT_MALFORMED)
        return None
    roles = [capture.role for capture in record.captures]
    # A phone counts the picture of a receipt too, and nobody is a liar for that.
    most = media_of(Role.OTHER if role == Role.RECEIPT else role for role in roles)
    if _RANK[Media(checked.get("process_media") or Media.NONE)] > _RANK[most]:
        intake.doubts.add(Doubt.MEDIA_CLAIMED)
    at = happened_at(moment_of(checked.get("at")), record, intake.now, intake.ticket)
    report = _told(record, checked, at)
    if intake.attempt is not None and record.situation in {str(one) for one in Situation}:
        visit = visit_of(intake.session, intake.sender.court_id, intake.attempt.id)
        choices = policy_of(intake.session.get_one(Court, intake.sender.court_id)).choices
        verdict = judge(door_at(visit, choices), Situation(record.situation), report, roles, record.excuse)
        if not verdict.closes:
            intake.doubts.add(Doubt.PROOF_INCOMPLETE)
    return report


def _store(intake: Intake, signature: str) -> FieldRecord:
    record, session, court_id = intake.record, intake.session, intake.sender.court_id
    row = FieldRecord(
        court_id=court_id,
        id=new_id(),
        record_id=record.id,
        sha256=record.sha256,
        account_id=intake.sender.account_id,
        device_id=record.device_id,
        seq=record.seq,
        kind=record.kind or "",
        attempt_id=record.visit,
        nonce=intake.ticket.nonce if intake.ticket else "",
        ticket_issued_at=intake.ticket.issued_at if intake.ticket else None,
        ticket_expires_at=intake.ticket.expires_at if intake.ticket else None,
        made_at=record.made_at,
        happened_at=happened_at(None, record, intake.now, intake.ticket),
        received_at=intake.now,
        clocks=record.clocks.as_json(),
        situation=record.situation,
        excuse=record.excuse,
        packet=record.packet,
        signature=signature[:120],
    )
    session.add(row)
    row.raw = record.raw.decode()
    session.flush()
    taken = {known.capture_id for known in captures_named(session, court_id, [one.id for one in record.captures])}
    if taken:
        intake.doubts.add(Doubt.CAPTURE_REUSED)
    for capture in record.captures:
        if capture.id not in taken:
            kept = FieldCapture(
                court_id=court_id,
                id=new_id(),
                capture_id=capture.id,
                record_id=row.id,
                attempt_id=record.visit,
                role=capture.role,
                sha256=capture.sha256,
                size=capture.size,
                media_type=capture.media_type,
                mode=capture.mode,
            )
            session.add(kept)
            kept.told = json.dumps(capture.content, ensure_ascii=False)
    session.flush()
    return row


def _act(intake: Intake, row: FieldRecord, report: dict[str, Any] | None) -> None:
    """What follows from a record: a report in the journal, a sheet bound, a word to the desk."""
    attempt, record = intake.attempt, intake.record
    if Doubt.RECORD_DIFFERS in intake.doubts:
        return
    if attempt is None:
        if record.kind is RecordKind.REPORT:
            put_on_desk(intake.session, row.court_id, kind=STRAY, subject=str(row.id), at=intake.now)
        return
    match record.kind:
        case RecordKind.REPORT:
            if report is not None and not intake.doubts & _HELD_BACK:
                intake.doubts |= _apply(intake.session, row, attempt, report, len(record.captures), intake.now)
            if row.applied_at is None:
                put_on_desk(
                    intake.session, row.court_id, kind=HELD, subject=str(row.id), at=intake.now,
                    order_id=attempt.order_id, doubts=sorted(intake.doubts),
                )  # fmt: skip
        case RecordKind.SHEET_BOUND:
            found = bind_pad(
                intake.session, row.court_id, record.sheet, attempt, record_id=row.id, by=row.account_id, now=intake.now
            )
            if found.result is not NoticeResult.THIS_NOTICE:
                intake.doubts.add(Doubt.SHEET_REFUSED)
        case RecordKind.UNSAFE:
            put_on_desk(
                intake.session, row.court_id, kind=UNSAFE, subject=str(attempt.id), at=intake.now,
                order_id=attempt.order_id,
            )  # fmt: skip
        case RecordKind.LOAD_SCAN | RecordKind.HAND_IN | None:
            pass


def _apply(
    session: Session,
    row: FieldRecord,
    attempt: Attempt,
    report: Mapping[str, Any],
    captures: int,
    now: datetime,
    *,
    besides: bool = False,
) -> frozenset[Doubt]:
    """Bring a report into the order's journal. What it is worth is for the grading of its captures and for the law."""
    told = {**report, "record": str(row.id), "captures": captures}
    told |= {name: text for name, text in (("situation", row.situation), ("excuse", row.excuse)) if text}
    try:
        report_visit(session, row.court_id, attempt.id, told, by=row.account_id, now=now, besides=besides)
    except Conflict:
        return frozenset({Doubt.REPORTED_OTHERWISE})
    except RequestError:
        return frozenset({Doubt.REPORT_MALFORMED})
    row.applied_at = now
    close_item(session, row.court_id, f"{UNSAFE}:{attempt.id}", at=now, resolution="reported")
    return frozenset()


def take_held(session: Session, court_id: UUID, receipt: UUID, now: datetime) -> None:
    """Bring a report that was held back into the journal: a person found that it is what it says.

    Also beside another report of the same visit: somebody may have gone there twice. Raises `Conflict` when it cannot
    be read.
    """
    row = session.get_one(FieldRecord, (court_id, receipt), with_for_update=True)
    record = read((row.raw or "").encode())
    attempt = session.get(Attempt, (court_id, row.attempt_id)) if row.attempt_id else None
    if attempt is None or record.report is None or Doubt.REPORT_MALFORMED in row.doubts:
        raise Conflict("report_malformed")
    if row.applied_at is not None:
        return
    at = happened_at(moment_of(record.report.get("at")), record, row.received_at, None)
    found = _apply(session, row, attempt, _told(record, record.report, at), len(record.captures), now, besides=True)
    if found:
        raise Conflict(next(iter(found)))


def _told(record: Record, checked: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """A report as the journal has it: the record of the process is what the captures are, not what is said of them."""
    media = media_of(capture.role for capture in record.captures)
    return {
        "noted_by": ["contractor"],
        **checked,
        "process_media": str(media),
        "report_id": str(record.id),
        "at": at,
    }
