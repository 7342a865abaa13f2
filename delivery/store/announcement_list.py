"""What was told, as a list: deliveries with their announcement and case, newest first, page by page."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from delivery.domain.announcement import DeliveryStatus
from delivery.store.announcements import Announcement, AnnouncementDelivery
from delivery.store.cases import Case
from delivery.store.orders import ServiceOrder

PAGE = 50


@dataclass(frozen=True, slots=True)
class Sought:
    """Which deliveries are wanted; what is empty excludes nothing."""

    endpoint_id: UUID | None = None
    status: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One delivery; a test has no order."""

    delivery: AnnouncementDelivery
    announcement: Announcement
    case_number: str | None


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Some deliveries, and the id before which the next page begins."""

    rows: tuple[DeliveryRow, ...]
    next: UUID | None


def list_deliveries(
    session: Session, court_id: UUID, sought: Sought, *, before: UUID | None = None, limit: int = PAGE
) -> DeliveryPage:
    """The newest first. Ids are made in the order of time, so they sort and bound the pages."""
    query = (
        select(AnnouncementDelivery, Announcement, Case.number)
        .join(
            Announcement,
            and_(
                Announcement.court_id == AnnouncementDelivery.court_id,
                Announcement.id == AnnouncementDelivery.announcement_id,
            ),
        )
        .outerjoin(
            ServiceOrder,
            and_(ServiceOrder.court_id == Announcement.court_id, ServiceOrder.id == Announcement.order_id),
        )
        .outerjoin(Case, and_(Case.court_id == ServiceOrder.court_id, Case.id == ServiceOrder.case_id))
        .where(AnnouncementDelivery.court_id == court_id)
        .order_by(AnnouncementDelivery.id.desc())
        .limit(limit + 1)
    )
    if sought.endpoint_id is not None:
        query = query.where(AnnouncementDelivery.endpoint_id == sought.endpoint_id)
    if sought.status:
        query = query.where(AnnouncementDelivery.status == sought.status)
    if sought.type:
        query = query.where(AnnouncementDelivery.type == sought.type)
    if before is not None:
        query = query.where(AnnouncementDelivery.id < before)
    rows = [DeliveryRow(*row) for row in session.execute(query)]
    return DeliveryPage(tuple(rows[:limit]), rows[limit - 1].delivery.id if len(rows) > limit else None)


def unarrived_by_endpoint(session: Session, court_id: UUID) -> Mapping[UUID, Mapping[str, int]]:
    """How many deliveries wait, failed or were stopped, by endpoint and status."""
    rows = session.execute(
        select(AnnouncementDelivery.endpoint_id, AnnouncementDelivery.status, func.count())
        .where(
            AnnouncementDelivery.court_id == court_id,
            AnnouncementDelivery.status.in_((DeliveryStatus.WAITING, DeliveryStatus.FAILED, DeliveryStatus.STOPPED)),
        )
        .group_by(AnnouncementDelivery.endpoint_id, AnnouncementDelivery.status)
    )
    found: dict[UUID, dict[str, int]] = {}
    for endpoint_id, status, count in rows:
        found.setdefault(endpoint_id, {})[status] = count
    return found
