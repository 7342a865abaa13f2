"""Task tickets: what a field server's phone takes along for the day, so that it can work where there is no signal.

A ticket says who may report about which visit, from which phone, and since when. It is signed by us and carries all of
this itself, so that handing one out writes nothing. Its nonce and its day are the lower bound of the time in which a
photograph can have been taken; its end is when a lost phone's cached tasks die. A ticket that has run out is no reason
to refuse what it brings: evidence comes in and is marked.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

KEY_PURPOSE: Final = "field-ticket"
"""The purpose under which the installation's vault derives the key that signs tickets."""

LIFE: Final = timedelta(hours=24)
"""How long cached tasks live."""

LATE: Final = timedelta(days=7)
"""How long after its end a ticket still lets evidence in that was taken while it held."""

_VERSION: Final = "t1"
_LONGEST: Final = 2000
_NONCE: Final = re.compile(r"[0-9a-f]{32}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_ENCODED: Final = re.compile(r"[A-Za-z0-9_-]+")


class TicketRefused(Exception):
    """The text is not a ticket of ours that holds. `code`: malformed, forged or expired."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Ticket:
    """One visit for one person on one phone.

    `task` is the attempt's id, `server` the account's. `nonce` is 16 random bytes in hex. `issued_at` and `expires_at`
    are whole seconds of court time. `address` is the SHA-256 (hex) of the address text, or "".
    """

    task: UUID
    court: UUID
    server: UUID
    device: UUID
    nonce: str
    issued_at: datetime
    expires_at: datetime
    address: str = ""


def issue(*, task: UUID, court: UUID, server: UUID, device: UUID, nonce: str, address: str, now: datetime) -> Ticket:
    """A ticket for the next 24 hours; `address` is the text that it is about, `nonce` 16 fresh random bytes in hex."""
    issued_at = now.astimezone(UTC).replace(microsecond=0)
    return Ticket(task, court, server, device, nonce, issued_at, issued_at + LIFE, address_digest(address))


def address_digest(address: str) -> str:
    """How a ticket names an address without telling it; "" for none."""
    return hashlib.sha256(address.encode()).hexdigest() if address else ""


def sign(ticket: Ticket, key: bytes) -> str:
    """The text `t1.<base64url(json)>.<base64url(HMAC-SHA256)>`, both without padding."""
    claims = {
        "task": str(ticket.task),
        "court": str(ticket.court),
        "server": str(ticket.server),
        "device": str(ticket.device),
        "nonce": ticket.nonce,
        "iat": int(ticket.issued_at.timestamp()),
        "exp": int(ticket.expires_at.timestamp()),
        "address": ticket.address,
    }
    told = f"{_VERSION}.{_encoded(json.dumps(claims, sort_keys=True, separators=(',', ':')).encode())}"
    return f"{told}.{_encoded(_mac(told, key))}"


def read(text: str, keys: Iterable[bytes], now: datetime, *, late: timedelta = timedelta(0)) -> Ticket:
    """The ticket in this text, if one of the keys signed it and it has not been over for longer than `late`.

    Raises `TicketRefused`: `malformed` (not of this form), `forged` (no key of ours), `expired`.
    """
    told, _, mac = text.rpartition(".")
    version, _, body = told.partition(".")
    if len(text) > _LONGEST or version != _VERSION or not (_ENCODED.fullmatch(body) and _ENCODED.fullmatch(mac)):
        raise TicketRefused("malformed")
    given = _decoded(mac)
    if not any(hmac.compare_digest(_mac(told, key), given) for key in keys):
        raise TicketRefused("forged")
    ticket = _claims(_decoded(body))
    if now >= ticket.expires_at + late:
        raise TicketRefused("expired")
    return ticket


def _claims(body: bytes) -> Ticket:
    try:
        claims = json.loads(body)
        ticket = Ticket(
            task=UUID(claims["task"]),
            court=UUID(claims["court"]),
            server=UUID(claims["server"]),
            device=UUID(claims["device"]),
            nonce=str(claims["nonce"]),
            issued_at=datetime.fromtimestamp(claims["iat"], UTC),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
            address=str(claims["address"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError):
        raise TicketRefused("malformed") from None
    if not _NONCE.fullmatch(ticket.nonce) or not (ticket.address == "" or _DIGEST.fullmatch(ticket.address)):
        raise TicketRefused("malformed")
    return ticket


def _mac(told: str, key: bytes) -> bytes:
    return hmac.new(key, told.encode(), hashlib.sha256).digest()


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise TicketRefused("malformed") from None
    if _encoded(content) != text:  # two texts must not stand for one ticket
        raise TicketRefused("malformed")
    return content
