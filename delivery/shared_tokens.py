"""The state that all processes share about a token which a provider issues for a while.

Adapters see the port `TokenState` alone. Here it is kept in the database, sealed, with one short transaction a
question: nothing else runs in it, because whoever asks has no transaction open.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from delivery.store.access_tokens import own_row, take_claim, token_row


@dataclass(frozen=True, slots=True)
class Token:
    """One token, until when it holds and when it was fetched, both in machine time."""

    value: str = field(repr=False)
    expires_at: datetime
    fetched_at: datetime


class TokenState(Protocol):
    """What the owners of one account's token, in all processes, must agree on."""

    def newest(self, account: str) -> Token | None:
        """The token that was fetched last, expired or not; None before the first."""

    def claim(self, account: str, *, now: datetime, until: datetime) -> bool:
        """Become the only one to fetch a new token, at most until then. False while somebody else is."""

    def keep(self, account: str, token: Token) -> None:
        """Store what was fetched, for everybody, and give the claim back."""

    def give_back(self, account: str) -> None:
        """Give the claim back without a token."""


@dataclass(frozen=True, slots=True)
class SharedTokens:
    """The state in the database. `reading` and `writing` open its sessions."""

    reading: Callable[[], AbstractContextManager[Session]]
    writing: Callable[[], AbstractContextManager[Session]]

    def newest(self, account: str) -> Token | None:
        """See `TokenState.newest`."""
        with self.reading() as session:
            row = token_row(session, account)
            value = row.value if row else None
            if row is None or value is None or row.expires_at is None or row.fetched_at is None:
                return None
            return Token(value, row.expires_at, row.fetched_at)

    def claim(self, account: str, *, now: datetime, until: datetime) -> bool:
        """See `TokenState.claim`."""
        try:
            with self.writing() as session:
                own_row(session, account)
                return take_claim(session, account, now=now, until=until)
        except IntegrityError:
            return False  # somebody made the row in this very moment, and has the claim

    def keep(self, account: str, token: Token) -> None:
        """See `TokenState.keep`."""
        with self.writing() as session:
            row = own_row(session, account)
            row.value = token.value
            row.expires_at, row.fetched_at, row.claimed_until = token.expires_at, token.fetched_at, None

    def give_back(self, account: str) -> None:
        """See `TokenState.give_back`."""
        with self.writing() as session:
            own_row(session, account).claimed_until = None
