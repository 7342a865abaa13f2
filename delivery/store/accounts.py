"""Who may come in: accounts, their memberships in courts and firms, revocable sessions, API keys, and who read what."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from delivery.store.ids import new_id
from delivery.store.model import InCourt, Model, Sealed, in_same_court


class Account(Model):
    """One person who signs in; global, without rights of its own."""

    __tablename__ = "account"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    password_hash: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(8), default="zh")
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Membership(InCourt, Model):
    """An account's role in one court.

    Clerk, dispatcher, field_server, court_officer, supervisor, administrator, law_firm.
    """

    __tablename__ = "membership"
    __table_args__ = (
        in_same_court("law_firm_id", "law_firm"),
        UniqueConstraint("account_id", "court_id", "role", "law_firm_id"),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    role: Mapped[str] = mapped_column(String(24))
    law_firm_id: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]


class SignIn(Model):
    """One server-side session.

    Found by the hash of a random token, revocable, with idle and absolute expiry (machine time).
    """

    __tablename__ = "sign_in"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    membership_court_id: Mapped[UUID | None]
    membership_id: Mapped[UUID | None]
    csrf: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8), default="zh")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SignInTry(Model):
    """A failed sign-in or identity check, kept to slow guessing; `subject` is a keyed index, never a name."""

    __tablename__ = "sign_in_try"
    __table_args__ = (Index(None, "subject", "tried_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject: Mapped[str] = mapped_column(String(48))
    tried_at: Mapped[datetime]


class ApiKey(InCourt, Model):
    """A bearer key of one court, stored hashed, with its scopes (space-separated)."""

    __tablename__ = "api_key"

    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(String(80))
    scopes: Mapped[str] = mapped_column(String(400))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class IdempotencyRecord(Model):
    """The stored answer to a request that carried an Idempotency-Key; scoped by court and route."""

    __tablename__ = "idempotency_record"

    court_id: Mapped[UUID] = mapped_column(ForeignKey("court.id"), primary_key=True)
    route: Mapped[str] = mapped_column(String(80), primary_key=True)
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    body_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]

    @property
    def id(self) -> str:
        """What its sealed body is bound to."""
        return f"{self.court_id}|{self.route}|{self.key}"

    body = Sealed()


class AccessRecord(InCourt, Model):
    """Who read what, and when: written after the response, codes and ids only."""

    __tablename__ = "access_record"
    __table_args__ = (Index(None, "court_id", "subject_id", "at"),)

    account_id: Mapped[UUID | None]
    actor: Mapped[str] = mapped_column(String(40))
    act: Mapped[str] = mapped_column(String(60))
    subject_id: Mapped[UUID | None]
    at: Mapped[datetime]
    args: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)


def account_by_login(session: Session, login: str) -> Account | None:
    """The account with this login name, whatever its case."""
    return session.scalar(select(Account).where(Account.login == login.strip().lower()))


def memberships_of(session: Session, account_id: UUID) -> list[Membership]:
    """The memberships in force of one account, in every court."""
    return list(
        session.scalars(
            select(Membership)
            .where(Membership.account_id == account_id, Membership.ended_at.is_(None))
            .order_by(Membership.court_id, Membership.role)
        )
    )


def tries_since(session: Session, subject: str, since: datetime) -> int:
    """How many failed tries this subject has had since that instant."""
    return (
        session.scalar(
            select(func.count()).select_from(SignInTry).where(SignInTry.subject == subject, SignInTry.tried_at >= since)
        )
        or 0
    )
