"""Who no longer works here, who has a new password, and keys that are no longer used.

Each takes effect at once: a browser that is signed in finds itself at the sign-in with its next request, and a program
is refused. What somebody did stays theirs.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from delivery.domain.errors import NotFound
from delivery.signing_in import Role, hash_password, revoke_all
from delivery.store.accounts import Account, ApiKey, Membership, account_by_login


def end_memberships(
    session: Session, login: str, *, at: datetime, court_id: UUID | None = None, role: Role | None = None
) -> int:
    """End an account's roles (all, or those in one court, or one of them) and every session; how many roles ended.

    Without a role an account may sign in and sees nothing. Raises `NotFound` (account_unknown).
    """
    account = _account(session, login)
    query = select(Membership).where(Membership.account_id == account.id, Membership.ended_at.is_(None))
    if court_id is not None:
        query = query.where(Membership.court_id == court_id)
    if role is not None:
        query = query.where(Membership.role == role.value)
    ended = session.scalars(query).all()
    for membership in ended:
        membership.ended_at = at
    revoke_all(session, account.id, at)
    return len(ended)


def change_password(session: Session, login: str, password: str, *, at: datetime) -> None:
    """Another password; whoever is signed in with the old one is not any more. Raises `NotFound` (account_unknown)."""
    account = _account(session, login)
    account.password_hash = hash_password(password)
    revoke_all(session, account.id, at)


def revoke_keys(session: Session, court_id: UUID, label: str, *, at: datetime) -> int:
    """Refuse a court's keys of this label from now on; how many there were. Raises `NotFound` (key_unknown)."""
    standing = (ApiKey.court_id == court_id) & (ApiKey.label == label) & ApiKey.revoked_at.is_(None)
    ids = session.scalars(select(ApiKey.id).where(standing)).all()
    if not ids:
        raise NotFound("key_unknown", label=label)
    session.execute(update(ApiKey).where(standing).values(revoked_at=at))
    return len(ids)


def _account(session: Session, login: str) -> Account:
    found = account_by_login(session, login)
    if found is None:
        raise NotFound("account_unknown", login=login)
    return found
