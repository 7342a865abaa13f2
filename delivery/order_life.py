"""What people decide about an order as a whole.

Hold, resume, cancel, move the hearing, correct a paper, stop all sending.

Each is recorded as a fact with who decided it and a reason code. None of them removes anything.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from delivery.domain.case import Procedure
from delivery.domain.errors import Conflict, NotFound, RequestError
from delivery.domain.event import EventKind, Report
from delivery.domain.order import UNFINISHED, AttemptStatus, OrderStatus
from delivery.hearing_keeping import hearing_was_moved, order_was_cancelled
from delivery.planning import replan
from delivery.runtime import Runtime
from delivery.store.cases import Case, Document
from delivery.store.courts import Court, ProviderState
from delivery.store.desk import close_item
from delivery.store.ids import new_id
from delivery.store.orders import Attempt, OrderDocument, ServiceOrder, attempts_of, lock_order, lock_orders
from delivery.store.tasks import schedule
from delivery.tracking import record_fact

HOLD_REASONS = ("judge_asked", "address_check", "settlement_talks", "other")
CANCEL_REASONS = ("settled", "withdrawn", "opened_by_mistake", "case_transferred", "other")


def order_to_change(session: Session, court_id: UUID, order_id: UUID) -> ServiceOrder:
    """The order, locked. Raises `NotFound`, also when it belongs to another court."""
    order = lock_order(session, court_id, order_id)
    if order is None:
        raise NotFound
    return order


def hold_order(session: Session, order: ServiceOrder, *, reason: str, by: UUID | None, now: datetime) -> None:
    """Stop the ladder until somebody resumes it. Facts go on coming in. Raises `Conflict` unless the order is open."""
    _check_reason(reason, HOLD_REASONS)
    _expect(order, OrderStatus.OPEN)
    order.held_reason = reason
    _decided(session, order, EventKind.ORDER_HELD, reason, by, now)


def resume_order(session: Session, order: ServiceOrder, *, by: UUID | None, now: datetime) -> None:
    """Let a held order go on."""
    _expect(order, OrderStatus.HELD)
    order.held_reason = ""
    _decided(session, order, EventKind.ORDER_RESUMED, "", by, now)
    schedule(session, order.court_id, "advance_order", order.id, due_at=now, created_at=now)


def cancel_order(session: Session, order: ServiceOrder, *, reason: str, by: UUID | None, now: datetime) -> None:
    """End an order without service (settled, withdrawn ...); what has not left yet is withdrawn."""
    _check_reason(reason, CANCEL_REASONS)
    _expect(order, *UNFINISHED)
    for attempt in attempts_of(session, order.court_id, order.id):
        if attempt.status == AttemptStatus.PLANNED:
            attempt.status, attempt.ended_at = AttemptStatus.WITHDRAWN, now
    _decided(session, order, EventKind.ORDER_CANCELLED, reason, by, now)
    order.look_again_at = None
    order_was_cancelled(session, order, now)


def move_hearing(session: Session, case: Case, *, hearing_at: datetime | None, by: UUID | None, now: datetime) -> int:
    """Set or clear the hearing of a case; every open order of the case looks at its plan again. Returns how many.

    A hearing that comes near puts them on the fast track, one that goes away takes them off it.
    """
    session.flush()
    session.refresh(case, with_for_update=True)  # as it stands once nobody else is moving it
    case.hearing_at = hearing_at
    orders = _unfinished(session, case)
    hearing_was_moved(session, case, by=by, now=now)
    args = {"hearing_at": hearing_at.isoformat() if hearing_at else "", "by": str(by or "")}
    for order in orders:
        record_fact(session, order, Report(EventKind.HEARING_MOVED, "", now, args=args), now=now)
        replan(session, order, case, by=by, now=now)
    return len(orders)


def issue_payment_order(session: Session, case: Case, *, issued_on: date, by: UUID | None, now: datetime) -> int:
    """Record the day of a payment order, from which its end is counted (INT 430). Returns how many orders look again.

    Raises `RequestError` (`no_payment_order`) for a case of another procedure.
    """
    if case.procedure != Procedure.PAYMENT_ORDER:
        code = "no_payment_order"
        raise RequestError(code, status=422)
    case.payment_order_issued_on = issued_on
    session.flush()
    args = {"field": "payment_order_ends", "at": issued_on.isoformat(), "by": str(by or "")}
    orders = _unfinished(session, case)
    for order in orders:
        record_fact(session, order, Report(EventKind.DETAILS_CORRECTED, "", now, args=args), now=now)
    return len(orders)


def _unfinished(session: Session, case: Case) -> list[ServiceOrder]:
    """The case's orders that are open or held, locked."""
    of_case = (ServiceOrder.case_id == case.id, ServiceOrder.status.in_(UNFINISHED))
    return list(lock_orders(session, case.court_id, *of_case))


def replace_document(
    runtime: Runtime,
    session: Session,
    document: Document,
    *,
    content: bytes,
    media_type: str,
    by: UUID | None,
    now: datetime,
) -> Document:
    """Put a corrected version in place of a paper.

    Every order that serves it is reopened: the old text served nobody.
    """
    session.refresh(document, with_for_update=True)  # of two who correct it at once, the second finds it replaced
    if document.replaced_at is not None:
        code = "document_already_replaced"
        raise Conflict(code)
    newer = Document(
        court_id=document.court_id,
        id=new_id(),
        case_id=document.case_id,
        kind=document.kind,
        title=document.title,
        version=document.version + 1,
        sha256=runtime.blobs.put(document.court_id, content),
        size=len(content),
        media_type=media_type,
        replaces_id=document.id,
        created_at=now,
    )
    session.add(newer)
    document.replaced_at = now
    session.flush()
    rows = session.execute(
        select(OrderDocument).where(
            OrderDocument.court_id == document.court_id, OrderDocument.document_id == document.id
        )
    ).scalars()
    for row in list(rows):
        order = order_to_change(session, row.court_id, row.order_id)
        session.add(
            OrderDocument(court_id=row.court_id, order_id=row.order_id, document_id=newer.id, position=row.position)
        )
        session.flush()
        args = {"document": str(newer.id), "version": newer.version, "kind": newer.kind, "by": str(by or "")}
        record_fact(session, order, Report(EventKind.DOCUMENT_REPLACED, "", now, args=args), now=now)
    return newer


def add_bytes(runtime: Runtime, session: Session, document: Document, *, content: bytes, media_type: str) -> None:
    """Give a paper its bytes for the first time; the same bytes again are success, other bytes need a new version."""
    sha256 = runtime.blobs.put(document.court_id, content)
    session.refresh(document, with_for_update=True)
    if document.sha256 is not None and document.sha256 != sha256:
        code = "document_has_other_bytes"
        raise Conflict(code)
    document.sha256, document.size, document.media_type = sha256, len(content), media_type
    session.flush()
    now = runtime.now()
    order_ids = session.scalars(
        select(OrderDocument.order_id).where(
            OrderDocument.court_id == document.court_id, OrderDocument.document_id == document.id
        )
    )
    for order_id in order_ids:
        close_item(session, document.court_id, f"papers_missing:{order_id}", at=now, resolution="came_in")
        schedule(session, document.court_id, "advance_order", order_id, due_at=now, created_at=now)


def stop_sending(court: Court, *, reason: str, now: datetime) -> None:
    """The emergency stop: nothing leaves this court until `resume_sending`. Facts go on coming in."""
    court.sending_stopped_at, court.sending_stopped_reason = now, reason[:200]


def resume_sending(session: Session, court: Court, *, now: datetime) -> None:
    """End the emergency stop; every open order looks again."""
    court.sending_stopped_at = court.sending_stopped_reason = None
    ids = session.scalars(
        select(ServiceOrder.id).where(ServiceOrder.court_id == court.id, ServiceOrder.status == OrderStatus.OPEN)
    )
    for order_id in ids:
        schedule(session, court.id, "advance_order", order_id, due_at=now, created_at=now)


def resume_provider(session: Session, court_id: UUID, provider: str, *, now: datetime) -> None:
    """A person says that a paused provider works again."""
    session.execute(
        update(ProviderState)
        .where(ProviderState.court_id == court_id, ProviderState.provider == provider)
        .values(paused_at=None, reason="", throttled_at=None, reopens_at=None, throttles=0)
    )
    close_item(session, court_id, f"provider_paused:{provider}", at=now, resolution="resumed")
    waiting = session.execute(
        select(Attempt.order_id, Attempt.id).where(
            Attempt.court_id == court_id, Attempt.provider == provider, Attempt.status == AttemptStatus.PLANNED
        )
    )
    for order_id, attempt_id in waiting:
        schedule(session, court_id, "submit_attempt", order_id, due_at=now, created_at=now, attempt=str(attempt_id))


def _decided(
    session: Session, order: ServiceOrder, kind: EventKind, reason: str, by: UUID | None, now: datetime
) -> None:
    args = {"by": str(by)} if by else {}
    record_fact(session, order, Report(kind, "", now, reason=reason, args=args), now=now, look_again=False)


def _check_reason(reason: str, allowed: tuple[str, ...]) -> None:
    if reason not in allowed:
        code = "reason_unknown"
        raise RequestError(code, status=422, reason=reason, allowed=", ".join(allowed))


def _expect(order: ServiceOrder, *allowed: OrderStatus) -> None:
    if order.status not in allowed:
        code = "order_has_moved_on"
        raise Conflict(code, status_now=order.status)
