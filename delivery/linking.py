"""E-service links: opaque and random, stored hashed, with an expiry.

A short code that proves a text genuine without clicking.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.store.links import ServiceLink
from delivery.store.orders import ServiceOrder

LIFETIME = timedelta(days=60)
_CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is misread on a small screen
_CODE_LENGTH = 8
_SHORT_HALF = 6


@dataclass(frozen=True, slots=True)
class NewLink:
    """The secrets of a fresh link; only their hashes are stored."""

    token: str
    code: str


def hashed(secret: str) -> str:
    """The form in which tokens and codes are stored and looked up. They are random, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def normalised_code(text: str) -> str:
    """A short code as typed by a person: any case, with or without a hyphen or blanks."""
    return "".join(letter for letter in text.upper() if letter in _CODE_LETTERS)


def make_link(
    session: Session,
    order: ServiceOrder,
    *,
    audience: str,
    now: datetime,
    attempt_id: UUID | None = None,
    law_firm_id: UUID | None = None,
    short: bool = False,
) -> NewLink:
    """Write down a new link to an order's papers and return its secrets, which exist nowhere else.

    A short one is two halves of six letters, 59 bits, for texts whose variables are short: nobody finds one by trying,
    and behind it stands the identity check like behind any other.
    """
    token = f"{_letters(_SHORT_HALF)}-{_letters(_SHORT_HALF)}" if short else secrets.token_urlsafe(18)
    code = _letters(_CODE_LENGTH)
    session.add(
        ServiceLink(
            court_id=order.court_id,
            token_hash=hashed(token),
            code_hash=hashed(code),
            order_id=order.id,
            attempt_id=attempt_id,
            audience=audience,
            law_firm_id=law_firm_id,
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    return NewLink(token=token, code=code)


def _letters(count: int) -> str:
    return "".join(secrets.choice(_CODE_LETTERS) for _ in range(count))
