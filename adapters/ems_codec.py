"""How China Post's bodies are sealed (platform v2) and vouched for (JDPT): one codec for both directions."""

import base64
import binascii
import hashlib
import json

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SEAL_PREFIX = "|$4|"
BODY_FIELD = "logitcsInterface"  # misspelt in the protocol itself
OK = "00000"
SIGN_KEY_BYTES = 16
_BLOCK_BITS = 128


class UnopenableBodyError(ValueError):
    """The text was not sealed with this key."""


def _cipher(sign_key: str) -> Cipher[modes.ECB]:
    return Cipher(algorithms.SM4(base64.b64decode(sign_key, validate=True)), modes.ECB())  # noqa: S305 - the protocol's


def seal_body(json_text: str, sign_key: str) -> str:
    """Encrypt a body: `|$4|` + base64(SM4-ECB-PKCS7(key, body + the key's own text)).

    `sign_key` is the base64 text that China Post hands out, 16 bytes when decoded. This is encryption with the key
    appended, not a MAC, and ECB shows equal blocks: transport security is TLS's. Source: the platform's published
    sample.
    """
    padder = padding.PKCS7(_BLOCK_BITS).padder()
    plain = padder.update((json_text + sign_key).encode()) + padder.finalize()
    encryptor = _cipher(sign_key).encryptor()
    return SEAL_PREFIX + base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode("ascii")


def open_body(text: str, sign_key: str) -> str:
    """Decrypt a sealed body and cut the trailing key text; raises `UnopenableBodyError` for anything else.

    Whether pushes carry the trailing key is not documented, so its absence is accepted, but then only for a body that
    reads as JSON: without the key text, valid padding alone proves next to nothing. A blank stands for a `+` that form
    encoding lost.
    """
    if not text.startswith(SEAL_PREFIX):
        raise UnopenableBodyError
    try:
        sealed = base64.b64decode(text.removeprefix(SEAL_PREFIX).replace(" ", "+"), validate=True)
        decryptor = _cipher(sign_key).decryptor()
        unpadder = padding.PKCS7(_BLOCK_BITS).unpadder()
        padded = decryptor.update(sealed) + decryptor.finalize()
        plain = (unpadder.update(padded) + unpadder.finalize()).decode("utf-8")
        if plain.endswith(sign_key):
            return plain.removesuffix(sign_key)
        json.loads(plain)
    except (ValueError, RecursionError, binascii.Error, UnsupportedAlgorithm) as error:
        raise UnopenableBodyError from error
    return plain


def digest_body(text: str, key: str) -> str:
    """Vouch for a JDPT body as it stands: base64 of the lower-case hex of MD5 over body and key, 44 characters.

    MD5 is the protocol's. Source: the interface description of the trace push (JDPT).
    """
    return base64.b64encode(hashlib.md5((text + key).encode()).hexdigest().encode()).decode("ascii")  # noqa: S324
