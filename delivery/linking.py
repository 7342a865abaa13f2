"""E-service links: opaque and random, stored hashed, with an expiry.

A short code that proves a text genuine without clicking.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.store.cases import Recipient
from delivery.store.ids import new_id
from delivery.store.links import ServiceLink
from delivery.store.orders import ServiceOrder
from delivery.store.parties import Party

LIFETIME = timedelta(days=60)
_CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is misread on a small screen
_CODE_LENGTH = 8
_SHORT_HALF = 6
ON_A_DOOR = "notice"
"""The audience of a link whose token is printed on a sheet: anybody may read it there."""


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


def link_for_notice(
    session: Session, order: ServiceOrder, token: str, *, now: datetime, expires_at: datetime
) -> ServiceLink | None:
    """The link behind the code of a sheet that hangs at a door, whose letters are its token.

    None where the court has no identity number of the party: then only a code in a private message could prove who
    asks, and what is read by everybody who passes proves nothing. No attempt stands behind it, because an act through
    it is not the answer to a message.
    """
    recipient = session.get_one(Recipient, (order.court_id, order.recipient_id))
    if not session.get_one(Party, (order.court_id, recipient.party_id)).identity_number:
        return None
    link = ServiceLink(
        court_id=order.court_id,
        id=new_id(),
        token_hash=hashed(token),
        code_hash=hashed(secrets.token_urlsafe(18)),  # nobody is told it
        order_id=order.id,
        audience=ON_A_DOOR,
        created_at=now,
        expires_at=expires_at,
    )
    session.add(link)
    session.flush()
    return link


def _letters(count: int) -> str:
    return "".join(secrets.choice(_CODE_LETTERS) for _ in range(count))
