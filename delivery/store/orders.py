"""Service orders and their attempts: the aggregate that everything is locked through."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID, uuid5

from sqlalchemy import JSON, Boolean, Date, Index, Numeric, String, Text, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.sql import ColumnElement

from delivery.store.cases import Document
from delivery.store.ids import new_id
from delivery.store.model import InCourt, Model, Sealed, in_same_court, vault_of
from delivery.store.parties import Address


class ServiceOrder(InCourt, Model):
    """One set of papers to one recipient in one case, with one legal effect.

    `plan` is the frozen text of the ladder (TOML template as JSON). The `effect_*` and `*_at` columns are derived from
    the journal and can be made anew from it; they exist so that lists and figures need not read it.
    """

    __tablename__ = "service_order"
    __table_args__ = (
        in_same_court("case_id", "case"),
        in_same_court("recipient_id", "recipient"),
        UniqueConstraint("court_id", "intake_key"),
        Index(None, "court_id", "status", "due_on", "id"),
        Index(None, "court_id", "case_id"),
        Index(None, "court_id", "opened_on"),
        Index(None, "court_id", "recipient_id"),
    )

    case_id: Mapped[UUID]
    recipient_id: Mapped[UUID]
    intake_key: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(20))
    plan: Mapped[str] = mapped_column(Text)
    plan_name: Mapped[str] = mapped_column(String(40))
    round: Mapped[int] = mapped_column(default=1)
    tier: Mapped[str] = mapped_column(String(24), default="")
    tier_started_at: Mapped[datetime | None]
    look_again_at: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    opened_on: Mapped[date] = mapped_column(Date)
    due_on: Mapped[date | None] = mapped_column(Date)
    responsible_id: Mapped[UUID | None]
    held_reason: Mapped[str] = mapped_column(String(60), default="")
    first_sent_at: Mapped[datetime | None]
    reached_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(16), default="NOT_SERVED")
    effective_on: Mapped[date | None] = mapped_column(Date)
    effect_method: Mapped[str] = mapped_column(String(24), default="")
    effect_channel: Mapped[str] = mapped_column(String(16), default="")
    effect_tier: Mapped[str] = mapped_column(String(24), default="")
    effect_basis: Mapped[str] = mapped_column(String(24), default="")
    effect: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    confirmed_by: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]
    journal_length: Mapped[int] = mapped_column(default=0)
    journal_head: Mapped[str] = mapped_column(String(64), default="")


class OrderDocument(Model):
    """Which document versions an order serves."""

    __tablename__ = "order_document"
    __table_args__ = (in_same_court("order_id", "service_order"), in_same_court("document_id", "document"))

    court_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    document_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(default=0)


class TierRun(InCourt, Model):
    """A tier of the ladder as it ran: started, or skipped with the reason.

    A corrected paper begins a new round of the ladder.
    """

    __tablename__ = "tier_run"
    __table_args__ = (
        in_same_court("order_id", "service_order"),
        UniqueConstraint("court_id", "order_id", "round", "tier"),
    )

    order_id: Mapped[UUID]
    round: Mapped[int] = mapped_column(default=1)
    tier: Mapped[str] = mapped_column(String(24))
    position: Mapped[int]
    started_at: Mapped[datetime]
    skipped_reason: Mapped[str] = mapped_column(String(60), default="")


class Attempt(InCourt, Model):
    """One try: one step, one address, one provider, one idempotency key. Written down before anything is sent."""

    __tablename__ = "attempt"
    __table_args__ = (
        in_same_court("order_id", "service_order"),
        in_same_court("address_id", "address"),
        in_same_court("law_firm_id", "law_firm"),
        Index(None, "court_id", "order_id"),
        Index(None, "court_id", "provider", "reference"),
        Index(None, "court_id", "idempotency_key"),
        Index(None, "court_id", "address_id"),
        Index(None, "court_id", "channel", "status"),
    )

    order_id: Mapped[UUID]
    round: Mapped[int] = mapped_column(default=1)
    tier: Mapped[str] = mapped_column(String(24))
    channel: Mapped[str] = mapped_column(String(16))
    purpose: Mapped[str] = mapped_column(String(24))
    address_id: Mapped[UUID | None]
    law_firm_id: Mapped[UUID | None]
    provider: Mapped[str] = mapped_column(String(40), default="")
    idempotency_key: Mapped[str] = mapped_column(String(36))
    status: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(60), default="")
    reference: Mapped[str] = mapped_column(String(80), default="")
    task_id: Mapped[UUID | None]
    lease_number: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    price: Mapped[Decimal | None] = mapped_column(Numeric(10, 4))
    planned_at: Mapped[datetime]
    not_before: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    due_on: Mapped[date | None] = mapped_column(Date)
    assigned_to: Mapped[UUID | None]
    subject_sealed: Mapped[bytes | None]
    text_sealed: Mapped[bytes | None]
    html_sealed: Mapped[bytes | None]
    fields_sealed: Mapped[bytes | None]
    subject = Sealed()
    text = Sealed()
    html = Sealed()
    fields = Sealed()  # the single values of the text, as JSON, for providers that fill in a template
    documents_complete: Mapped[bool] = mapped_column(Boolean, default=True)


# Built once: putting such a statement together costs more than running it, and every look at an order runs them all.
_LOCKED = (
    select(ServiceOrder)
    .where(ServiceOrder.court_id == bindparam("court"), ServiceOrder.id == bindparam("order"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_ATTEMPTS = (
    select(Attempt)
    .where(Attempt.court_id == bindparam("court"), Attempt.order_id == bindparam("order"))
    .order_by(Attempt.planned_at, Attempt.id)
)
_TIER_RUNS = (
    select(TierRun)
    .where(TierRun.court_id == bindparam("court"), TierRun.order_id == bindparam("order"))
    .order_by(TierRun.round, TierRun.position)
)
_PAPERS = (
    select(Document)
    .join(
        OrderDocument,
        (OrderDocument.court_id == Document.court_id) & (OrderDocument.document_id == Document.id),
    )
    .where(
        OrderDocument.court_id == bindparam("court"),
        OrderDocument.order_id == bindparam("order"),
        Document.replaced_at.is_(None),
    )
    .order_by(OrderDocument.position, Document.created_at)
)


def lock_order(session: Session, court_id: UUID, order_id: UUID) -> ServiceOrder | None:
    """The order, locked until the transaction ends; every change to an order goes through here."""
    return session.scalar(_LOCKED, {"court": court_id, "order": order_id})


def lock_orders(session: Session, court_id: UUID, *those: ColumnElement[bool]) -> Iterator[ServiceOrder]:
    """The orders for which this holds, each locked in its turn: whoever changes several goes by their ids.

    So two who do it at once do not wait for each other in a circle, unless one of them held another order before.
    """
    wanted = select(ServiceOrder.id).where(ServiceOrder.court_id == court_id, *those).order_by(ServiceOrder.id)
    for order_id in session.scalars(wanted).all():
        order = lock_order(session, court_id, order_id)
        assert order is not None
        yield order


def attempts_of(session: Session, court_id: UUID, order_id: UUID) -> list[Attempt]:
    """All attempts of one order, in the order in which they were planned."""
    return list(session.scalars(_ATTEMPTS, {"court": court_id, "order": order_id}))


def attempt_by_reference(session: Session, court_id: UUID, provider: str, reference: str) -> Attempt | None:
    """The newest attempt that this provider knows by this reference.

    Waybill numbers are recycled, so the newest counts.
    """
    return session.scalar(
        select(Attempt)
        .where(Attempt.court_id == court_id, Attempt.provider == provider, Attempt.reference == reference)
        .order_by(Attempt.planned_at.desc(), Attempt.id.desc())
        .limit(1)
    )


def attempt_by_key(session: Session, court_id: UUID, provider: str, key: str) -> Attempt | None:
    """The attempt with this idempotency key."""
    return session.scalar(
        select(Attempt).where(
            Attempt.court_id == court_id, Attempt.provider == provider, Attempt.idempotency_key == key
        )
    )


def newest_attempt_to(session: Session, court_id: UUID, provider: str, destination: str) -> Attempt | None:
    """The newest attempt that this provider took to a number or mailbox, whichever party it belongs to."""
    index = Address.value.index_for(vault_of(session), destination)
    return session.scalar(
        select(Attempt)
        .join(Address, (Address.court_id == Attempt.court_id) & (Address.id == Attempt.address_id))
        .where(
            Attempt.court_id == court_id,
            Attempt.provider == provider,
            Attempt.submitted_at.is_not(None),
            Address.value_index == index,
        )
        .order_by(Attempt.submitted_at.desc(), Attempt.id.desc())
        .limit(1)
    )


def unanswered_attempts_to(
    session: Session, court_id: UUID, provider: str, destination: str, since: datetime, until: datetime
) -> list[Attempt]:
    """What was handed to a provider for an address between two instants, and for which it gave no reference (yet)."""
    index = Address.value.index_for(vault_of(session), destination)
    return list(
        session.scalars(
            select(Attempt)
            .join(Address, (Address.court_id == Attempt.court_id) & (Address.id == Attempt.address_id))
            .where(
                Attempt.court_id == court_id,
                Attempt.provider == provider,
                Attempt.reference == "",
                Attempt.submitted_at.between(since, until),
                Address.value_index == index,
            )
        )
    )


def tier_runs_of(session: Session, court_id: UUID, order_id: UUID) -> list[TierRun]:
    """The tiers that an order has been through, round by round, in the plan's order."""
    return list(session.scalars(_TIER_RUNS, {"court": court_id, "order": order_id}))


def documents_of(session: Session, court_id: UUID, order_id: UUID) -> list[Document]:
    """The papers of one order, in the order in which they were listed; the newest version of each."""
    return list(session.scalars(_PAPERS, {"court": court_id, "order": order_id}))


def add_attempt_beyond_plan(
    session: Session, order: ServiceOrder, *, tier: str, channel: str, purpose: str, now: datetime
) -> Attempt:
    """An attempt on a locked order that is in no plan, because people came or asked by themselves."""
    count = sum(attempt.tier == tier for attempt in attempts_of(session, order.court_id, order.id))
    key = str(uuid5(order.id, f"{tier}|{order.round}|{count}"))
    attempt = planned_attempt(order, tier=tier, channel=channel, purpose=purpose, key=key, now=now)
    session.add(attempt)
    session.flush()
    return attempt


def planned_attempt(order: ServiceOrder, *, tier: str, channel: str, purpose: str, key: str, now: datetime) -> Attempt:
    """An attempt in the order's present round of which nothing has left; to be added to a session."""
    return Attempt(
        court_id=order.court_id,
        id=new_id(),
        order_id=order.id,
        round=order.round,
        tier=tier,
        channel=channel,
        purpose=purpose,
        idempotency_key=key,
        status="planned",
        planned_at=now,
    )
