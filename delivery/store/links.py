"""E-service links: opaque, random, stored hashed, with expiry and revocation in their row.

And the sessions behind them.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from delivery.store.model import InCourt, Model, in_same_court
from delivery.store.orders import Attempt


class ServiceLink(InCourt, Model):
    """A link to one order's papers. `audience` is recipient, law_firm or notice (its token is printed on a sheet).

    `code_hash` is the short code that is typed at /s.
    """

    __tablename__ = "service_link"
    __table_args__ = (
        in_same_court("order_id", "service_order"),
        in_same_court("attempt_id", "attempt"),
        Index(None, "court_id", "order_id"),
        Index(None, "court_id", "law_firm_id", "id"),
    )

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    order_id: Mapped[UUID]
    attempt_id: Mapped[UUID | None]
    audience: Mapped[str] = mapped_column(String(12))
    law_firm_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    tries_left: Mapped[int] = mapped_column(default=5)


class LinkSession(Model):
    """A person who passed the identity check behind a link, in the role that they named.

    Ends by itself (machine time).
    """

    __tablename__ = "link_session"
    __table_args__ = (in_same_court("link_id", "service_link"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    court_id: Mapped[UUID]
    link_id: Mapped[UUID]
    role: Mapped[str] = mapped_column(String(16))
    identity: Mapped[str] = mapped_column(String(24))
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


def link_by_token(session: Session, token_hash: str) -> ServiceLink | None:
    """The link whose token has this hash, whatever its court: the token is the authority."""
    return session.scalar(select(ServiceLink).where(ServiceLink.token_hash == token_hash))


def revoke_links_to(session: Session, court_id: UUID, address_id: UUID, at: datetime) -> dict[UUID, int]:
    """Whatever was sent to this telephone or mailbox opens nothing any more: order -> how many links that ended."""
    there = select(Attempt.id).where(Attempt.court_id == court_id, Attempt.address_id == address_id)
    ended = (ServiceLink.court_id == court_id) & ServiceLink.attempt_id.in_(there) & ServiceLink.revoked_at.is_(None)
    counts = session.execute(select(ServiceLink.order_id, func.count()).where(ended).group_by(ServiceLink.order_id))
    orders = {row[0]: row[1] for row in counts}
    session.execute(
        update(ServiceLink).where(ended).values(revoked_at=at).execution_options(synchronize_session="fetch")
    )
    return orders
