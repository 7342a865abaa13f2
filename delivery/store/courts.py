"""The installation, its courts, what they agreed to share, and which of their providers are paused."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from delivery.store.ids import new_id
from delivery.store.model import Model


class Installation(Model):
    """One row: what this database is. `sandbox` is chosen when it is made and never changes."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    sandbox: Mapped[bool]
    seed: Mapped[int | None]
    clock: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    restored_at: Mapped[datetime | None]


class Court(Model):
    """A court has jurisdiction, a time zone and a calendar.

    `sending_stopped_at` is the emergency stop of everything; `cohorts_summed_at` the machine time at which the sums of
    its figures were last made.
    """

    __tablename__ = "court"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100))
    time_zone: Mapped[str] = mapped_column(String(40), default="Asia/Shanghai")
    area: Mapped[str] = mapped_column(String(60), default="")
    phone: Mapped[str] = mapped_column(String(30), default="")
    settings: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    sending_stopped_at: Mapped[datetime | None]
    sending_stopped_reason: Mapped[str | None] = mapped_column(String(200))
    cohorts_summed_at: Mapped[datetime | None]


class SharingAgreement(Model):
    """A recorded agreement under which `court_id` may reuse addresses that `source_court_id` holds."""

    __tablename__ = "sharing_agreement"

    court_id: Mapped[UUID] = mapped_column(ForeignKey("court.id"), primary_key=True)
    source_court_id: Mapped[UUID] = mapped_column(ForeignKey("court.id"), primary_key=True)
    reference: Mapped[str] = mapped_column(String(200))
    agreed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ProviderState(Model):
    """Whether a provider is paused for a court, and why (a stable reason code); until when it asked for less.

    `throttles` counts how often it asked, less what it earned back by taking something since.
    """

    __tablename__ = "provider_state"

    court_id: Mapped[UUID] = mapped_column(ForeignKey("court.id"), primary_key=True)
    provider: Mapped[str] = mapped_column(String(40), primary_key=True)
    paused_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(80), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    throttled_at: Mapped[datetime | None]
    reopens_at: Mapped[datetime | None]
    throttles: Mapped[int] = mapped_column(default=0)


_INSTALLATION = select(Installation).where(Installation.id == 1)


def installation(session: Session) -> Installation | None:
    """What this database is, or None before it was prepared."""
    return session.scalar(_INSTALLATION)


def court_by_code(session: Session, code: str) -> Court | None:
    """The court with this code."""
    return session.scalar(select(Court).where(Court.code == code))


def all_courts(session: Session) -> list[Court]:
    """Every court of the installation, by code: for administration and the relay only."""
    return list(session.scalars(select(Court).order_by(Court.code)))


def paused_providers(session: Session, court_id: UUID) -> dict[str, str]:
    """Provider name -> reason code, for those paused in this court."""
    rows = session.execute(
        select(ProviderState.provider, ProviderState.reason).where(
            ProviderState.court_id == court_id, ProviderState.paused_at.is_not(None)
        )
    )
    return {row.provider: row.reason for row in rows}


def throttled_providers(session: Session, court_id: UUID, now: datetime) -> dict[str, datetime]:
    """Provider name -> when it may be used again, for those that asked this court for less."""
    rows = session.execute(
        select(ProviderState.provider, ProviderState.reopens_at).where(
            ProviderState.court_id == court_id, ProviderState.reopens_at > now
        )
    )
    return {row.provider: row.reopens_at for row in rows}


def sharing_courts(session: Session, court_id: UUID) -> list[UUID]:
    """The courts whose addresses this court may reuse under an agreement in force."""
    return list(
        session.scalars(
            select(SharingAgreement.source_court_id).where(
                SharingAgreement.court_id == court_id, SharingAgreement.ended_at.is_(None)
            )
        )
    )
