"""Tokens that a provider issues for a while and that all processes must share: the newest of each account, sealed.

Whoever fetches a new one first takes the claim on the row, so that there is one refresher: a second request may make
the token of the first one worthless. Instants are machine time.
"""

from datetime import datetime
from typing import Any, cast
from uuid import UUID, uuid5

from sqlalchemy import CursorResult, String, UniqueConstraint, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from delivery.store.model import Model, Sealed

_NAMES = UUID("0195a000-0000-7000-8000-00000000a77e")


class AccessToken(Model):
    """The token of one account at one provider. It belongs to the installation, like the account itself."""

    __tablename__ = "access_token"
    __table_args__ = (UniqueConstraint("account"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(120))
    value_sealed: Mapped[bytes | None]
    value = Sealed()
    expires_at: Mapped[datetime | None]
    fetched_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]


def token_row(session: Session, account: str) -> AccessToken | None:
    """The row of an account, if it ever had a token or a claim."""
    return session.scalar(select(AccessToken).where(AccessToken.account == account))


def own_row(session: Session, account: str) -> AccessToken:
    """The row of an account, made when it is not there; two who make it at once get the same key, and one fails."""
    row = token_row(session, account)
    if row is None:
        row = AccessToken(id=uuid5(_NAMES, account), account=account)
        session.add(row)
        session.flush()
    return row


def take_claim(session: Session, account: str, *, now: datetime, until: datetime) -> bool:
    """Become the only one to fetch a token for this account until then; False while somebody else is."""
    free = or_(AccessToken.claimed_until.is_(None), AccessToken.claimed_until <= now)
    taken = session.execute(
        update(AccessToken).where(AccessToken.account == account, free).values(claimed_until=until),
        execution_options={"synchronize_session": False},
    )
    return cast("CursorResult[Any]", taken).rowcount == 1
