"""What people bring back from the street and the mail room: visits, postings, paper slips, published notices.

Everything is taken as reported and stored; the law engine says what it is worth. A report with the same id again
changes nothing.
"""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.domain.errors import Conflict, NotFound, RequestError
from delivery.domain.event import Channel, EventKind, Report
from delivery.domain.order import ENDED, AttemptStatus
from delivery.domain.posting import PostingMeaning, reported_meaning
from delivery.doors import planned_meaning
from delivery.store.journal import canonical
from delivery.store.orders import Attempt, attempt_by_reference, attempts_of, lock_order
from delivery.store.tasks import schedule
from delivery.tracking import record_fact

VISIT_RESULTS = ("signed", "refused", "nobody_home", "not_found", "moved", "unsafe")
SLIP_RESULTS = ("signed", "returned", "no_proof")
POSTING_MEANINGS = tuple(PostingMeaning)
_NOTICE_PERIOD = timedelta(days=30)  # CPL 95
_MORNING = time(1)  # UTC: nine in the morning in court
# Personal words travel sealed; everything else in a report is a code.
_PERSONAL = ("note", "signer_name", "born_on")


def report_visit(
    session: Session,
    court_id: UUID,
    attempt_id: UUID,
    report: Mapping[str, Any],
    *,
    by: UUID | None,
    now: datetime,
    besides: bool = False,
) -> Attempt:
    """Record what happened at a door. `report` is as in the API's `VisitReport`; `at` is when it happened.

    A posting means what was said before departure, or less; only a refusal at the door makes more of it. `besides`: a
    person found that this happened as well, although the visit was reported otherwise before.
    Raises `NotFound`, `Conflict` (already reported otherwise), `RequestError` (result_unknown, at_in_future).
    """
    attempt = session.get(Attempt, (court_id, attempt_id))
    if attempt is None or attempt.channel not in {Channel.IN_PERSON, Channel.POSTING}:
        raise NotFound
    order = lock_order(session, court_id, attempt.order_id)
    assert order is not None
    session.refresh(attempt)
    result = str(report.get("result", ""))
    # A posting that could not be made is a visit that found no door.
    is_posting = attempt.channel == Channel.POSTING and result not in VISIT_RESULTS
    at = _past(report["at"], now)
    if is_posting and report.get("meaning") not in POSTING_MEANINGS:
        code = "meaning_unknown"
        raise RequestError(code, status=422, allowed=", ".join(POSTING_MEANINGS))
    if not is_posting and result not in VISIT_RESULTS:
        code = "result_unknown"
        raise RequestError(code, status=422, allowed=", ".join(VISIT_RESULTS))
    told = {**report, "result": result}
    if is_posting:
        planned = planned_meaning(session, order, attempt)
        told["meaning"] = reported_meaning(planned, str(report["meaning"]), str(report.get("trigger", "")))
    args, detail = _split(told, by)
    kind = EventKind.NOTICE_POSTED if is_posting else EventKind.VISITED
    event_id = f"visit:{attempt.id}:{report.get('report_id') or at.isoformat()}"
    # Who left before a visit was withdrawn still stood at that door: what happened there is a fact.
    reported = attempt.status in ENDED and attempt.status != AttemptStatus.WITHDRAWN
    if not besides and reported and attempt.reason != result and attempt.ended_at != at:
        code = "visit_already_reported"
        raise Conflict(code)
    fact = Report(kind, event_id, at, reason="" if is_posting else result, args=args, detail=detail)
    record_fact(session, order, fact, now=now, attempt=attempt)
    return attempt


def record_slip(
    session: Session, court_id: UUID, waybill: str, slip: Mapping[str, Any], *, by: UUID | None, now: datetime
) -> Attempt:
    """Record the paper slip of a mail item as a person read it: who signed, the handwritten date, or why it came back.

    Raises `NotFound` when no mail of this court has the number, `RequestError` (result_unknown).
    """
    attempt = attempt_by_reference(session, court_id, "ems", waybill)
    if attempt is None:
        code = "waybill_unknown"
        raise NotFound(code)
    order = lock_order(session, court_id, attempt.order_id)
    assert order is not None
    session.refresh(attempt)
    if slip.get("result") not in SLIP_RESULTS:
        code = "result_unknown"
        raise RequestError(code, status=422, allowed=", ".join(SLIP_RESULTS))
    args, detail = _split(slip, by)
    args.pop("waybill", None)
    reason = str(slip.get("return_reason", ""))
    fact = Report(
        EventKind.SLIP_RECORDED, f"slip:{attempt.id}:{_fingerprint(args)}", now, reason=reason, args=args, detail=detail
    )
    record_fact(session, order, fact, now=now, attempt=attempt)
    return attempt


def record_publication(
    session: Session, court_id: UUID, order_id: UUID, publication: Mapping[str, Any], *, by: UUID | None, now: datetime
) -> Attempt:
    """Record where and when a public notice was published.

    Raises `Conflict` unless the notice was approved and is due.
    """
    order = lock_order(session, court_id, order_id)
    if order is None:
        raise NotFound
    attempt = next((a for a in attempts_of(session, court_id, order_id) if a.channel == Channel.PUBLICATION), None)
    if attempt is None:
        code = "notice_not_approved"
        raise Conflict(code)
    args, detail = _split(publication, by)
    fact = Report(EventKind.NOTICE_PUBLISHED, f"published:{attempt.id}", now, args=args, detail=detail)
    record_fact(session, order, fact, now=now, attempt=attempt)
    issued = max((date.fromisoformat(str(item["on"])) for item in args.get("postings", [])), default=None)
    if issued is not None:
        # The law engine says when a notice takes effect; this only asks it on the first morning on which it may have.
        morning = datetime.combine(issued + _NOTICE_PERIOD, _MORNING, now.tzinfo)
        schedule(session, court_id, "advance_order", order.id, due_at=max(morning, now), created_at=now)
    return attempt


def _fingerprint(args: Mapping[str, Any]) -> str:
    """The same slip keyed twice is one fact; one keyed otherwise is a correction, and the later one counts."""
    told = {name: value for name, value in args.items() if name != "by"}
    return hashlib.sha256(canonical(told).encode()).hexdigest()[:16]


def _split(report: Mapping[str, Any], by: UUID | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Codes for the journal, personal words for the sealed detail."""
    args = {name: value for name, value in report.items() if name not in {*_PERSONAL, "at", "report_id"}}
    if by is not None:
        args["by"] = str(by)
    return args, {name: report[name] for name in _PERSONAL if report.get(name)}


def _past(at: datetime, now: datetime) -> datetime:
    if at > now:
        code = "at_in_future"
        raise RequestError(code, status=422)
    return at
