"""Signing in: passwords, server-side sessions that can be revoked, the choice of a membership, the slowing of guesses.

A session is found by the hash of a random token; the token itself is only in the person's cookie. All times here are
machine time: a sandbox's fast court clock must not sign people out.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from delivery.domain.errors import Conflict, Forbidden
from delivery.store.accounts import Account, Membership, SignIn, SignInTry, account_by_login, tries_since
from delivery.store.courts import Court
from delivery.store.vault import Vault

IDLE = timedelta(hours=8)
ABSOLUTE = timedelta(hours=12)
TRY_WINDOW = timedelta(minutes=15)
TRIES_PER_LOGIN = 5
TRIES_PER_ADDRESS = 50
_SEEN_EVERY = timedelta(minutes=1)


class Role(StrEnum):
    """What a membership allows; the policy table of the pages says it in full."""

    CLERK = "clerk"
    DISPATCHER = "dispatcher"
    FIELD_SERVER = "field_server"
    COURT_OFFICER = "court_officer"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    LAW_FIRM = "law_firm"
    CALLER = "caller"


SCOPES = (
    "orders:read",
    "orders:write",
    "visits",
    "slips",
    "desk",
    "searches",
    "publications",
    "figures",
    "webhooks",
    f"role:{Role.COURT_OFFICER}",
)
"""What an API key may be allowed; the policy table names one for each route of programs, docs/api.md explains them."""


@dataclass(frozen=True, slots=True)
class CourtInfo:
    """The court that a person works in, as pages show it: a value that outlives the database session."""

    id: UUID
    code: str
    name: str
    name_en: str
    time_zone: str
    sending_stopped_at: datetime | None


@dataclass(frozen=True, slots=True)
class Person:
    """Who is behind a session. Without a chosen membership there is no court and no role."""

    sign_in: str
    account_id: UUID
    name: str
    csrf: str
    language: str
    seen_at: datetime
    role: Role | None = None
    membership_id: UUID | None = None
    law_firm_id: UUID | None = None
    court: CourtInfo | None = None

    @property
    def court_id(self) -> UUID:
        """The chosen court. Raises `Forbidden` when none is chosen."""
        if self.court is None:
            raise Forbidden("no_membership_chosen")
        return self.court.id


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a login and password: the account, or the code of the refusal."""

    account_id: UUID | None
    refusal: str = ""


@cache
def _hasher() -> PasswordHasher:
    """Argon2id with 19 MiB, two passes, one lane (OWASP's password storage recommendation)."""
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _nobody() -> str:
    """The hash that a login without an account is checked against, so that both take the same time."""
    return _hasher().hash(secrets.token_hex(16))


def hash_token(token: str) -> str:
    """How tokens are stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_password(password: str) -> str:
    """How passwords are stored."""
    return _hasher().hash(password)


def add_account(session: Session, *, login: str, name: str, password: str, language: str, at: datetime) -> Account:
    """A new account without memberships. Raises `Conflict("login_taken")`."""
    login = login.strip().lower()
    if account_by_login(session, login) is not None:
        raise Conflict("login_taken", login=login)
    account = Account(
        login=login,
        name=name,
        password_hash=hash_password(password),
        language=language,
        disabled_at=None,
        created_at=at,
    )
    session.add(account)
    session.flush()
    return account


def add_membership(
    session: Session, account_id: UUID, court_id: UUID, role: Role, *, law_firm_id: UUID | None = None
) -> Membership:
    """A role in one court; a law firm's membership names the firm."""
    membership = Membership(
        account_id=account_id, court_id=court_id, role=role.value, law_firm_id=law_firm_id, ended_at=None
    )
    session.add(membership)
    session.flush()
    return membership


def check_password(
    session: Session, vault: Vault, *, login: str, password: str, address: str, machine_now: datetime
) -> Checked:
    """Whether this is the account's password; slow on purpose, so it wants a reading session."""
    since = machine_now - TRY_WINDOW
    by_login, by_address = _subjects(vault, login, address)
    if (
        tries_since(session, by_login, since) >= TRIES_PER_LOGIN
        or tries_since(session, by_address, since) >= TRIES_PER_ADDRESS
    ):
        return Checked(None, "too_many_tries")
    account = account_by_login(session, login)
    try:
        _hasher().verify(account.password_hash if account else _nobody(), password)
    except VerificationError:
        return Checked(None, "wrong_password")
    if account is None or account.disabled_at is not None:
        return Checked(None, "wrong_password")
    return Checked(account.id)


def note_failed_try(session: Session, vault: Vault, *, login: str, address: str, machine_now: datetime) -> None:
    """Count a failed try against the login and against where it came from."""
    for subject in _subjects(vault, login, address):
        session.add(SignInTry(subject=subject, tried_at=machine_now))


def _subjects(vault: Vault, login: str, address: str) -> tuple[str, str]:
    return vault.index("sign_in.login", login.strip().lower()), vault.index("sign_in.address", address)


def begin_sign_in(
    session: Session, account_id: UUID, memberships: Iterable[Membership], *, language: str, machine_now: datetime
) -> str:
    """Open a session and return its token. The only membership of an account is chosen for it."""
    token = secrets.token_urlsafe(32)
    one = list(memberships)
    chosen = one[0] if len(one) == 1 else None
    session.add(
        SignIn(
            token_hash=hash_token(token),
            account_id=account_id,
            membership_court_id=chosen.court_id if chosen else None,
            membership_id=chosen.id if chosen else None,
            csrf=secrets.token_urlsafe(24),
            language=language,
            created_at=machine_now,
            seen_at=machine_now,
            expires_at=machine_now + ABSOLUTE,
            revoked_at=None,
        )
    )
    return token


def person_behind(session: Session, token: str, *, machine_now: datetime) -> Person | None:
    """Who this token stands for, if its session still holds: one query."""
    row = session.execute(
        select(SignIn, Account, Membership, Court)
        .join(Account, Account.id == SignIn.account_id)
        .outerjoin(
            Membership,
            (Membership.court_id == SignIn.membership_court_id)
            & (Membership.id == SignIn.membership_id)
            & (Membership.account_id == SignIn.account_id)
            & Membership.ended_at.is_(None),
        )
        .outerjoin(Court, Court.id == Membership.court_id)
        .where(SignIn.token_hash == hash_token(token))
    ).one_or_none()
    if row is None:
        return None
    sign_in, account, _, _ = row
    membership: Membership | None = row[2]
    court: Court | None = row[3]
    if (
        sign_in.revoked_at is not None
        or account.disabled_at is not None
        or machine_now >= sign_in.expires_at
        or machine_now >= sign_in.seen_at + IDLE
    ):
        return None
    return Person(
        sign_in=sign_in.token_hash,
        account_id=account.id,
        name=account.name,
        csrf=sign_in.csrf,
        language=sign_in.language,
        seen_at=sign_in.seen_at,
        role=None if membership is None else Role(membership.role),
        membership_id=None if membership is None else membership.id,
        law_firm_id=None if membership is None else membership.law_firm_id,
        court=None if court is None else _info(court),
    )


def _info(court: Court) -> CourtInfo:
    return CourtInfo(
        id=court.id,
        code=court.code,
        name=court.name,
        name_en=court.name_en,
        time_zone=court.time_zone,
        sending_stopped_at=court.sending_stopped_at,
    )


def needs_touch(person: Person, machine_now: datetime) -> bool:
    """Whether "last seen" is old enough to be written again."""
    return machine_now - person.seen_at >= _SEEN_EVERY


def touch(session: Session, person: Person, machine_now: datetime) -> None:
    """Write that the session is in use, so that it does not go idle."""
    session.execute(update(SignIn).where(SignIn.token_hash == person.sign_in).values(seen_at=machine_now))


def choose_membership(session: Session, person: Person, membership: Membership) -> None:
    """Work in this court and role from now on. Raises `Forbidden` for somebody else's or an ended membership."""
    if membership.account_id != person.account_id or membership.ended_at is not None:
        raise Forbidden("not_your_membership")
    session.execute(
        update(SignIn)
        .where(SignIn.token_hash == person.sign_in)
        .values(membership_court_id=membership.court_id, membership_id=membership.id)
    )


def choose_language(session: Session, person: Person, language: str) -> None:
    """The language of this session's pages, and of the next ones."""
    session.execute(update(SignIn).where(SignIn.token_hash == person.sign_in).values(language=language))
    session.execute(update(Account).where(Account.id == person.account_id).values(language=language))


def end_sign_in(session: Session, person: Person, machine_now: datetime) -> None:
    """Sign out: the token is worth nothing from now on."""
    session.execute(update(SignIn).where(SignIn.token_hash == person.sign_in).values(revoked_at=machine_now))


def revoke_all(session: Session, account_id: UUID, machine_now: datetime) -> None:
    """End every session of an account: a lost phone, a leaver."""
    session.execute(
        update(SignIn)
        .where(SignIn.account_id == account_id, SignIn.revoked_at.is_(None))
        .values(revoked_at=machine_now)
    )
