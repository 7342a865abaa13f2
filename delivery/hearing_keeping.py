"""What becomes of a hearing: it is lost and found again, moved by a person, and its hour comes."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.domain.event import EventKind
from delivery.domain.order import UNFINISHED, OrderStatus
from delivery.domain.timetable import RestDays
from delivery.store.cases import Case
from delivery.store.courts import Court
from delivery.store.desk import DeskItem, close_item, open_items_of
from delivery.store.hearings import Hearing, lock_hearing, set_hearing, standing_hearing
from delivery.store.journal import DeliveryEvent
from delivery.store.orders import ServiceOrder
from delivery.store.tasks import schedule
from delivery.timetabling import in_time

_NOTICE_MINIMUM = timedelta(days=3)  # CPL 139: whoever was summoned can still be told
# What only asks how the papers could still be served, and by when.
_TO_SERVE = frozenset(
    {
        "approve_notice",
        "deadline_near",
        "dispatch_late",
        "entrust_service",
        "exhaustion_gaps",
        "fast_track_unserved",
        "ladder_exhausted",
        "search_address",
        "search_overdue",
    }
)
_CASE_IS_OVER = frozenset({"settled", "withdrawn", "case_transferred"})


def stands_no_more(session: Session, hearing: Hearing, now: datetime) -> None:
    """What stood in the way of a hearing does no longer; the other orders of the case say whether they do."""
    close_item(session, hearing.court_id, f"hearing_lost:{hearing.id}", at=now, resolution="settled_by_itself")
    hearing.lost_on = hearing.lost_order_id = None
    for order in _orders_of(session, hearing):
        if order.status in UNFINISHED:
            schedule(session, order.court_id, "advance_order", order.id, due_at=now, created_at=now)


def order_was_cancelled(session: Session, order: ServiceOrder, now: datetime) -> None:
    """A cancelled order has no deadlines any more, asks nobody how to serve it and stands in no hearing's way."""
    for item in open_items_of(session, order.court_id, order.id):
        if item.kind in _TO_SERVE:
            item.closed_at, item.resolution = now, "settled_by_itself"
    hearing = standing_hearing(session, order.court_id, order.case_id)
    if hearing is not None and hearing.lost_order_id == order.id:
        stands_no_more(session, lock_hearing(session, hearing), now)


def hearing_was_moved(session: Session, case: Case, *, by: UUID | None, now: datetime) -> None:
    """The case has another day now, or none: what was said of the old one is settled."""
    was = standing_hearing(session, case.court_id, case.id)
    if was is not None:
        if was.hearing_at == case.hearing_at:
            return
        was = lock_hearing(session, was)
        was.result = "dropped" if case.hearing_at is None else _moved(session, was, now)
        was.ended_at, was.ended_by = now, by
        close_item(session, case.court_id, f"hearing_lost:{was.id}", at=now, resolution="hearing_moved")
        _forget_nearness(session, case, now)
    if case.hearing_at is not None:
        set_hearing(session, case, by=by, at=now)


def _moved(session: Session, was: Hearing, now: datetime) -> str:
    """In time: before its day, and before it was lost or while whoever was summoned can still be told."""
    zone = ZoneInfo(session.get_one(Court, was.court_id).time_zone)
    today, hearing_on = now.astimezone(zone).date(), was.hearing_at.astimezone(zone).date()
    unlost = was.lost_on is None or today < was.lost_on
    return "moved_in_time" if today < hearing_on and (unlost or today <= hearing_on - _NOTICE_MINIMUM) else "moved_late"


def _forget_nearness(session: Session, case: Case, now: datetime) -> None:
    """Items about the last day before the old hearing."""
    items = session.scalars(
        select(DeskItem)
        .join(ServiceOrder, (ServiceOrder.court_id == DeskItem.court_id) & (ServiceOrder.id == DeskItem.order_id))
        .where(
            DeskItem.court_id == case.court_id,
            ServiceOrder.case_id == case.id,
            DeskItem.kind == "deadline_near",
            DeskItem.closed_at.is_(None),
        )
    )
    for item in items:
        if item.args.get("deadline") == "serve_by":
            item.closed_at, item.resolution = now, "hearing_moved"


def close_hearing(session: Session, hearing: Hearing, zone: ZoneInfo, rest: RestDays, now: datetime) -> None:
    """The hour of the hearing has come: whether everybody was served in time, as far as the court knows today."""
    hearing = lock_hearing(session, hearing)
    if hearing.result:
        return
    hearing.result = _result(session, hearing, zone, rest)
    hearing.ended_at = now
    close_item(session, hearing.court_id, f"hearing_lost:{hearing.id}", at=now, resolution="hearing_came")


def _result(session: Session, hearing: Hearing, zone: ZoneInfo, rest: RestDays) -> str:
    """Met, vacated, or dropped: a case that is settled or withdrawn, and one without papers for a hearing."""
    orders = _orders_of(session, hearing)
    if _case_is_over(session, hearing.court_id, [o.id for o in orders if o.status == OrderStatus.CANCELLED]):
        return "dropped"
    answers = {
        order.id: in_time(session, order, hearing.hearing_at, zone, rest)
        for order in orders
        if order.status != OrderStatus.CANCELLED
    }
    unserved = [order_id for order_id, answer in answers.items() if answer is False]
    if unserved:
        hearing.lost_order_id = hearing.lost_order_id or unserved[0]
        return "vacated"
    return "met" if any(answers.values()) else "dropped"


def _orders_of(session: Session, hearing: Hearing) -> list[ServiceOrder]:
    return list(
        session.scalars(
            select(ServiceOrder)
            .where(ServiceOrder.court_id == hearing.court_id, ServiceOrder.case_id == hearing.case_id)
            .order_by(ServiceOrder.id)
        )
    )


def _case_is_over(session: Session, court_id: UUID, cancelled: list[UUID]) -> bool:
    if not cancelled:
        return False
    events = session.scalars(
        select(DeliveryEvent).where(
            DeliveryEvent.court_id == court_id,
            DeliveryEvent.order_id.in_(cancelled),
            DeliveryEvent.kind == EventKind.ORDER_CANCELLED,
        )
    )
    return any(event.reason in _CASE_IS_OVER for event in events)
