"""What vouches for a record of a field server's phone: its signature, its place in the phone's chain, its clocks.

Pure: the public key that the phone enrolled, the records beside this one, the ticket and the time of arrival go in;
doubts come out. The key is ECDSA on P-256 with SHA-256 and a signature of 64 bytes r||s, as browsers make it (Web
Cryptography API, FIPS 186-5).
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from delivery.domain.errors import BadValue
from delivery.domain.field_record import FIRST, Doubt, Record
from delivery.domain.field_ticket import LATE, Ticket

_HALF: Final = 32  # bytes of each of r, s, x and y
_WRONG: Final = timedelta(minutes=5)  # less is how clocks are


def kept_key(jwk: Mapping[str, object]) -> str:
    """The public key of a phone as it is stored: its two coordinates and nothing else of what was sent.

    Raises `BadValue` (`device_key_malformed`) unless it is a public JWK (RFC 7517) of a point on P-256.
    """
    point = [_coordinate(jwk.get(name)) for name in ("x", "y")]
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256" or "d" in jwk or None in point:
        raise BadValue("device_key_malformed")
    kept = json.dumps({"crv": "P-256", "kty": "EC", "x": jwk["x"], "y": jwk["y"]}, separators=(",", ":"))
    _key(kept)
    return kept


def is_signed(record: bytes, signature: str, key: str) -> bool:
    """Whether the phone with this kept key signed exactly these bytes; `signature` is base64url of r||s."""
    both = _bytes(signature)
    if both is None or len(both) != 2 * _HALF:
        return False
    der = encode_dss_signature(int.from_bytes(both[:_HALF], "big"), int.from_bytes(both[_HALF:], "big"))
    try:
        _key(key).verify(der, record, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Link:
    """A record of the same phone that came before: its number and the hash of its bytes."""

    seq: int
    sha256: str


def place_in_chain(record: Record, before: Link | None, *, number_taken: bool) -> frozenset[Doubt]:
    """What is doubtful about a record's place.

    `before` is the record with the number before, None when it has not come; `number_taken` says that another record
    has this number.
    """
    if record.seq is None:
        return frozenset({Doubt.CHAIN_BROKEN})
    doubts = {Doubt.NUMBER_TWICE} if number_taken else set()
    if record.seq == 1:
        if record.prev != FIRST:
            doubts.add(Doubt.CHAIN_BROKEN)
    elif before is None:
        doubts.add(Doubt.GAP)
    elif before.sha256 != record.prev:
        doubts.add(Doubt.CHAIN_BROKEN)
    return frozenset(doubts)


def happened_at(told: datetime | None, record: Record, received_at: datetime, ticket: Ticket | None) -> datetime:
    """When it happened, by our clock: as told in it, else when the record was made by what the phone had learnt of it.

    Never after it came in; from a clock that is shown to be slow, never before the ticket that it came with was issued.
    """
    at = told
    if at is None:
        made_at = record.made_at or record.clocks.device_at
        at = _moved(made_at, record.clocks.server_offset_ms or 0, received_at) if made_at else received_at
    if ticket is not None and Doubt.CLOCK_BEHIND in doubts_of_clock(record, received_at, ticket):
        at = max(at, ticket.issued_at)
    return min(at, received_at)


def doubts_of_clock(record: Record, received_at: datetime, ticket: Ticket | None) -> frozenset[Doubt]:
    """Whether the phone's clock, put right as far as it could be, says what cannot be."""
    made_at = record.made_at or record.clocks.device_at
    if made_at is None:
        return frozenset()
    at = _moved(made_at, record.clocks.server_offset_ms or 0, received_at)
    doubts = set()
    if at > received_at + _WRONG:
        doubts.add(Doubt.CLOCK_AHEAD)
    if ticket is not None and at < ticket.issued_at - _WRONG:
        doubts.add(Doubt.CLOCK_BEHIND)
    return frozenset(doubts)


def doubts_of_ticket(record: Record, ticket: Ticket, made_at: datetime, received_at: datetime) -> frozenset[Doubt]:
    """Whether a ticket of ours is this record's, and held when the record was made. `made_at` is by our clock."""
    doubts = set()
    if ticket.device != record.device_id or (record.visit is not None and ticket.task != record.visit):
        doubts.add(Doubt.TICKET_FOREIGN)
    if made_at >= ticket.expires_at:
        doubts.add(Doubt.TICKET_EXPIRED)
    elif received_at >= ticket.expires_at + LATE:
        doubts.add(Doubt.TICKET_LATE)
    return frozenset(doubts)


def _moved(at: datetime, milliseconds: float, otherwise: datetime) -> datetime:
    try:
        return at + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return otherwise


def _key(kept: str) -> ec.EllipticCurvePublicKey:
    jwk = json.loads(kept)
    x, y = (_coordinate(jwk[name]) for name in ("x", "y"))
    assert x is not None
    assert y is not None
    try:
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except ValueError:
        raise BadValue("device_key_malformed") from None


def _coordinate(given: object) -> int | None:
    content = _bytes(given) if isinstance(given, str) else None
    return int.from_bytes(content, "big") if content is not None and len(content) == _HALF else None


def _bytes(text: str) -> bytes | None:
    """Base64url without padding (RFC 4648, 5); None for anything else."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
