"""Cases, their parties' places in them, counsel, and the papers that are to be served."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Boolean, Date, Index, String, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from delivery.store.model import InCourt, Model, Sealed, in_same_court


class Case(InCourt, Model):
    """One case of one court.

    `dispute` is the case number of the first case of the same dispute (appeal, retrial, enforcement).
    """

    __tablename__ = "case"
    __table_args__ = (UniqueConstraint("court_id", "number"), Index(None, "court_id", "dispute"))

    number: Mapped[str] = mapped_column(String(60))
    cause: Mapped[str] = mapped_column(String(60), default="")
    procedure: Mapped[str] = mapped_column(String(20))
    instance: Mapped[str] = mapped_column(String(20), default="first")
    dispute: Mapped[str] = mapped_column(String(60))
    confidential: Mapped[bool] = mapped_column(Boolean, default=False)
    accepted_on: Mapped[date | None] = mapped_column(Date)
    hearing_at: Mapped[datetime | None]
    payment_order_issued_on: Mapped[date | None] = mapped_column(Date)
    closed_on: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime]


class LawFirm(InCourt, Model):
    """A law firm as this court knows it, with the mailbox and the WeChat account at which it takes e-service."""

    __tablename__ = "law_firm"
    __table_args__ = (UniqueConstraint("court_id", "name"),)

    name: Mapped[str] = mapped_column(String(100))
    email_sealed: Mapped[bytes | None]
    email = Sealed()
    wechat_sealed: Mapped[bytes | None]
    wechat = Sealed()
    e_service_agreed_on: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime]


class Recipient(InCourt, Model):
    """A party in one case, as the one to be served."""

    __tablename__ = "recipient"
    __table_args__ = (
        in_same_court("case_id", "case"),
        in_same_court("party_id", "party"),
        UniqueConstraint("court_id", "case_id", "party_id"),
        Index(None, "court_id", "party_id"),
    )

    case_id: Mapped[UUID]
    party_id: Mapped[UUID]
    role: Mapped[str] = mapped_column(String(24), default="defendant")
    language: Mapped[str] = mapped_column(String(8), default="zh")
    status: Mapped[str] = mapped_column(String(24), default="none")
    domicile: Mapped[str] = mapped_column(String(16), default="mainland")
    whereabouts: Mapped[str] = mapped_column(String(12), default="known")
    address_confirmation: Mapped[str] = mapped_column(String(16), default="not_requested")
    warned: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime]


class Counsel(InCourt, Model):
    """A recipient's litigation agent in this case, through a law firm. `may_receive` as the power of attorney says."""

    __tablename__ = "counsel"
    __table_args__ = (
        in_same_court("recipient_id", "recipient"),
        in_same_court("law_firm_id", "law_firm"),
        Index(None, "court_id", "recipient_id"),
    )

    recipient_id: Mapped[UUID]
    law_firm_id: Mapped[UUID]
    lawyer_sealed: Mapped[bytes | None]
    lawyer = Sealed()
    may_receive: Mapped[bool] = mapped_column(Boolean, default=True)
    named_collector: Mapped[bool] = mapped_column(Boolean, default=False)
    ended_at: Mapped[datetime | None]


class Document(InCourt, Model):
    """A paper to be served. Its bytes lie in the blob store under `sha256`.

    Without them nothing that carries it may start.
    """

    __tablename__ = "document"
    __table_args__ = (in_same_court("case_id", "case"), Index(None, "court_id", "case_id"))

    case_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(String(120))
    version: Mapped[int] = mapped_column(default=1)
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None]
    media_type: Mapped[str | None] = mapped_column(String(80))
    replaces_id: Mapped[UUID | None]
    replaced_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


def case_by_number(session: Session, court_id: UUID, number: str) -> Case | None:
    """The case with this 案号."""
    return session.scalar(select(Case).where(Case.court_id == court_id, Case.number == number))


# Built once, because every look at an order asks it.
_COUNSEL = (
    select(Counsel, LawFirm)
    .join(LawFirm, (LawFirm.court_id == Counsel.court_id) & (LawFirm.id == Counsel.law_firm_id))
    .where(
        Counsel.court_id == bindparam("court"),
        Counsel.recipient_id == bindparam("recipient"),
        Counsel.ended_at.is_(None),
    )
    .order_by(Counsel.id)
)


def counsel_of(session: Session, court_id: UUID, recipient_id: UUID) -> list[tuple[Counsel, LawFirm]]:
    """The counsel in force of one recipient, each with the firm."""
    rows = session.execute(_COUNSEL, {"court": court_id, "recipient": recipient_id})
    return [(counsel, firm) for counsel, firm in rows]
