"""The keys of one installation: sealing of personal data at rest and keyed indexes to look it up by.

AES-256-GCM with the place of the value (table, column, row) as associated data, so that a sealed value moved to another
row does not open. The key id travels in each sealed value; keys are named newest first, and older ones only open.
Look-ups use HMAC-SHA256 under a separate index key with a version of its own: rotating the sealing keys leaves every
index valid.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM

from delivery.domain.errors import IntegrityFault

_NONCE_BYTES = 12
_KEY_BYTES = 32
_KEY_ID_BYTES = 4


class KeysMalformed(ValueError):
    """`SONGDA_KEYS` is not of the form `id:base64,id:base64;index=version:base64`."""


@dataclass(frozen=True)
class Vault:
    """Seals, opens and indexes. `sealing` maps a four-letter key id to 32 bytes, newest first."""

    sealing: Mapping[str, bytes]
    index_version: str
    index_key: bytes

    @property
    def current_key_id(self) -> str:
        """The id of the key that new values are sealed with."""
        return next(iter(self.sealing))

    def seal(self, plain: bytes, place: str) -> bytes:
        """Key id (4 bytes), nonce (12 bytes), ciphertext with tag."""
        key_id = self.current_key_id
        nonce = os.urandom(_NONCE_BYTES)
        return key_id.encode() + nonce + AESGCM(self.sealing[key_id]).encrypt(nonce, plain, place.encode())

    def seal_pieces(self, pieces: Iterable[bytes], place: str) -> Iterator[bytes]:
        """What `seal` makes of all pieces together, piece by piece, so that a film need not lie in memory."""
        key_id = self.current_key_id
        nonce = os.urandom(_NONCE_BYTES)
        yield key_id.encode() + nonce
        encryptor = Cipher(AES(self.sealing[key_id]), GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(place.encode())
        for piece in pieces:
            yield encryptor.update(piece)
        yield encryptor.finalize() + encryptor.tag

    def open(self, sealed: bytes, place: str) -> bytes:
        """The plain bytes. Raises `IntegrityFault` if the value was altered, moved, or its key is gone."""
        key_id = bytes(sealed[:_KEY_ID_BYTES]).decode("ascii", "replace")
        key = self.sealing.get(key_id)
        if key is None:
            message = f"no sealing key {key_id!r} for {place.split('|', maxsplit=1)[0]}"
            raise IntegrityFault(message)
        nonce = bytes(sealed[_KEY_ID_BYTES : _KEY_ID_BYTES + _NONCE_BYTES])
        try:
            return AESGCM(key).decrypt(nonce, bytes(sealed[_KEY_ID_BYTES + _NONCE_BYTES :]), place.encode())
        except InvalidTag:
            message = f"a sealed value of {place.split('|', maxsplit=1)[0]} does not open"
            raise IntegrityFault(message) from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether the value is sealed with the newest key."""
        return bytes(sealed[:_KEY_ID_BYTES]) == self.current_key_id.encode()

    def index(self, purpose: str, value: str) -> str:
        """A keyed digest (version, dot, 32 hex digits) of a normalised value, for equality look-ups only."""
        digest = hmac.new(self.index_key, f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()[:32]
        return f"{self.index_version}.{digest}"

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose (page signatures, link codes), derived from the index key."""
        return hmac.new(self.index_key, f"derive\0{purpose}".encode(), hashlib.sha256).digest()


def parse_keys(text: str) -> Vault:
    """Read `SONGDA_KEYS`: `k002:BASE64,k001:BASE64;index=v1:BASE64` (each key 32 bytes, each id four characters)."""
    sealing_part, _, index_part = text.partition(";index=")
    keys = [_parse_key(item) for item in sealing_part.split(",") if item]
    sealing = dict(keys)
    if not sealing or not index_part:
        message = "needs at least one sealing key and one index key"
        raise KeysMalformed(message)
    if any(not key_id.isascii() or len(key_id) != _KEY_ID_BYTES for key_id in sealing):
        message = "each key id has four ASCII characters"
        raise KeysMalformed(message)
    if len(sealing) != len(keys):
        message = "two keys have the same id"
        raise KeysMalformed(message)
    version, index_key = _parse_key(index_part)
    return Vault(sealing=sealing, index_version=version, index_key=index_key)


def _parse_key(item: str) -> tuple[str, bytes]:
    name, _, encoded = item.strip().rpartition(":")  # without a colon all of it may be a key, which is never told
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError:  # binascii.Error among them; another one where there are letters beyond ASCII
        key = b""
    if len(key) != _KEY_BYTES:
        message = f"key {name!r} is not 32 bytes in base64"
        raise KeysMalformed(message)
    return name, key


def generate_keys(key_id: str = "k001") -> str:
    """Fresh keys in the form of `SONGDA_KEYS`."""
    sealing, index = (base64.b64encode(os.urandom(_KEY_BYTES)).decode() for _ in range(2))
    return f"{key_id}:{sealing};index=v1:{index}"
