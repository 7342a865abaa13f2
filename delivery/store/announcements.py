"""What the court's case system is told: its endpoints, the announcements, each one's way to each endpoint, every try.

An announcement is written in the transaction of the fact that it is about, with one delivery and one task for each
endpoint that asked for its type.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, Index, String, Text, UniqueConstraint, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from delivery.domain.announcement import DeliveryStatus, EndpointState, EventType, body_of, is_worth_keeping
from delivery.store.cases import Case
from delivery.store.courts import Court
from delivery.store.ids import new_id
from delivery.store.model import InCourt, Model, Sealed, in_same_court
from delivery.store.orders import ServiceOrder
from delivery.store.tasks import schedule

TASK = "announce"
_LISTENERS = "listeners"


class WebhookEndpoint(InCourt, Model):
    """Where a court's case system listens. `types` are the event types that it asked for.

    `previous_secret` signs beside the newer one until `previous_until`. `failing_since` is when the first of the
    failures began that no success has ended, `failures` how many times in a row it could not be reached, and until
    `rest_until` it is left alone.
    """

    __tablename__ = "webhook_endpoint"

    url_sealed: Mapped[bytes]
    url = Sealed()
    description: Mapped[str] = mapped_column(String(120), default="")
    types: Mapped[list[str]] = mapped_column(JSON)
    secret_sealed: Mapped[bytes]
    secret = Sealed()
    previous_secret_sealed: Mapped[bytes | None]
    previous_secret = Sealed()
    previous_until: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(12), default=EndpointState.ACTIVE)
    reason: Mapped[str] = mapped_column(String(24), default="")
    disabled_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    rest_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Announcement(InCourt, Model):
    """One event with the exact text that is sent."""

    __tablename__ = "announcement"
    __table_args__ = (in_same_court("order_id", "service_order"),)

    type: Mapped[str] = mapped_column(String(40))
    order_id: Mapped[UUID | None]
    body: Mapped[str] = mapped_column(Text)
    occurred_at: Mapped[datetime]

    @property
    def message_id(self) -> str:
        """The `webhook-id`: the same on every try and every replay."""
        return f"msg_{self.id.hex}"


class AnnouncementDelivery(InCourt, Model):
    """One announcement on its way to one endpoint. `turn` names the task that may send it, `try_id` its newest try."""

    __tablename__ = "announcement_delivery"
    __table_args__ = (
        in_same_court("announcement_id", "announcement"),
        in_same_court("endpoint_id", "webhook_endpoint"),
        UniqueConstraint("court_id", "announcement_id", "endpoint_id"),
        Index(None, "court_id", "endpoint_id", "status", "created_at"),
    )

    announcement_id: Mapped[UUID]
    endpoint_id: Mapped[UUID]
    type: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(12))
    tries: Mapped[int] = mapped_column(default=0)
    turn: Mapped[int] = mapped_column(default=1)
    try_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    next_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class AnnouncementTry(InCourt, Model):
    """One request: when, how long, the answer's status (0 for none) and the code of why there was none."""

    __tablename__ = "announcement_try"
    __table_args__ = (
        in_same_court("delivery_id", "announcement_delivery"),
        Index(None, "court_id", "delivery_id"),
    )

    delivery_id: Mapped[UUID]
    started_at: Mapped[datetime]
    duration_ms: Mapped[int | None]
    status: Mapped[int] = mapped_column(default=0)
    fault: Mapped[str] = mapped_column(String(32), default="")


def endpoints_of(session: Session, court_id: UUID) -> list[WebhookEndpoint]:
    """All endpoints of a court, oldest first."""
    return list(
        session.scalars(
            select(WebhookEndpoint).where(WebhookEndpoint.court_id == court_id).order_by(WebhookEndpoint.id)
        )
    )


def lock_endpoint(session: Session, court_id: UUID, endpoint_id: UUID) -> WebhookEndpoint | None:
    """The endpoint, locked against other changes; rows that refer to it can be written meanwhile."""
    return session.scalar(
        select(WebhookEndpoint)
        .where(WebhookEndpoint.court_id == court_id, WebhookEndpoint.id == endpoint_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def lock_delivery(session: Session, court_id: UUID, delivery_id: UUID) -> AnnouncementDelivery | None:
    """The delivery, locked. Whoever changes its endpoint too locks that first."""
    return session.scalar(
        select(AnnouncementDelivery)
        .where(AnnouncementDelivery.court_id == court_id, AnnouncementDelivery.id == delivery_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def write_down(
    session: Session,
    court_id: UUID,
    kind: EventType,
    data: Mapping[str, object],
    *,
    at: datetime,
    order: UUID | ServiceOrder | None = None,
    only: UUID | None = None,
) -> int:
    """Announce an event, in the caller's transaction; returns to how many endpoints it is on its way.

    The court's code, the order's id and the case's number are put before `data`. `only` names the one endpoint that is
    to be told, whatever it asked for.
    """
    told = _who_asked(session, court_id, kind, at) if only is None else {only: DeliveryStatus.WAITING}
    if not told:
        return 0
    session.flush()
    found = session.get_one(ServiceOrder, (court_id, order)) if isinstance(order, UUID) else order
    place: dict[str, object] = {"court": session.get_one(Court, court_id).code}
    if found is not None:
        place |= {"order_id": str(found.id), "case_number": session.get_one(Case, (court_id, found.case_id)).number}
    announcement_id = new_id()
    session.execute(
        insert(Announcement).values(
            court_id=court_id,
            id=announcement_id,
            type=kind,
            order_id=found.id if found else None,
            body=body_of(kind, at, {**place, **data}),
            occurred_at=at,
        )
    )
    for endpoint_id, status in told.items():
        delivery = AnnouncementDelivery(
            court_id=court_id,
            id=new_id(),
            announcement_id=announcement_id,
            endpoint_id=endpoint_id,
            type=kind,
            status=status,
            turn=0,
            created_at=at,
        )
        session.add(delivery)
        if status == DeliveryStatus.WAITING:
            send_at(session, delivery, at, at)
    return sum(status == DeliveryStatus.WAITING for status in told.values())


def send_at(session: Session, delivery: AnnouncementDelivery, due_at: datetime, now: datetime) -> None:
    """Have a delivery sent then, and by no task that was planned before."""
    delivery.turn += 1
    delivery.status, delivery.next_at, delivery.ended_at = DeliveryStatus.WAITING, due_at, None
    schedule(
        session,
        delivery.court_id,
        TASK,
        delivery.endpoint_id,
        due_at=due_at,
        created_at=now,
        delivery=str(delivery.id),
        turn=delivery.turn,
    )


def stop_deliveries(session: Session, endpoint: WebhookEndpoint, now: datetime) -> None:
    """What waits for an endpoint that is disabled waits no more."""
    session.execute(
        update(AnnouncementDelivery)
        .where(
            AnnouncementDelivery.court_id == endpoint.court_id,
            AnnouncementDelivery.endpoint_id == endpoint.id,
            AnnouncementDelivery.status == DeliveryStatus.WAITING,
        )
        .values(status=DeliveryStatus.STOPPED, next_at=None, ended_at=now)
    )


def tries_of(session: Session, court_id: UUID, deliveries: Collection[UUID]) -> dict[UUID, list[AnnouncementTry]]:
    """Every try of these deliveries, oldest first."""
    found: dict[UUID, list[AnnouncementTry]] = {one: [] for one in deliveries}
    rows = session.scalars(
        select(AnnouncementTry)
        .where(AnnouncementTry.court_id == court_id, AnnouncementTry.delivery_id.in_(deliveries))
        .order_by(AnnouncementTry.id)
    )
    for row in rows:
        found[row.delivery_id].append(row)
    return found


def _who_asked(session: Session, court_id: UUID, kind: EventType, at: datetime) -> dict[UUID, DeliveryStatus]:
    """The endpoints that asked for this type; asked of the database once in a transaction, however much happens in it.

    What a disabled one misses is written down as stopped for some time, so that it can be replayed.
    """
    known: dict[UUID, list[WebhookEndpoint]] = session.info.setdefault(_LISTENERS, {})
    if court_id not in known:
        known[court_id] = endpoints_of(session, court_id)
    told: dict[UUID, DeliveryStatus] = {}
    for endpoint in known[court_id]:
        if kind in endpoint.types:
            if endpoint.state == EndpointState.ACTIVE:
                told[endpoint.id] = DeliveryStatus.WAITING
            elif endpoint.disabled_at is not None and is_worth_keeping(endpoint.reason, at - endpoint.disabled_at):
                told[endpoint.id] = DeliveryStatus.STOPPED
    return told
