"""The envelope in which WeChat and WeCom talk to a server: who signed it, and what is sealed in it.

Pure functions of text, shared by both adapters' receivers and by the sandbox town. Source: the published description of
encrypted callbacks (developer.work.weixin.qq.com, document 91144); official accounts use the same form.
"""

import base64
import binascii
import hashlib
import hmac
import re
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

KEY_CHARACTERS: Final = 43
RANDOM_BYTES: Final = 16
_LENGTH_BYTES = 4
_BLOCK = 32
_KEY = re.compile(rf"[A-Za-z0-9]{{{KEY_CHARACTERS}}}")


class UnopenableEnvelopeError(ValueError):
    """The text was not sealed with this key, or not for this receiver."""


def sign(token: str, *signed: str) -> str:
    """Compute SHA-1 (hex) over the token and everything signed, sorted as texts and joined.

    Signed are time stamp and nonce, and for an encrypted body the sealed text besides.
    """
    joined = "".join(sorted((token, *signed)))
    return hashlib.sha1(joined.encode("utf-8", "replace")).hexdigest()  # noqa: S324 - the protocol's


def verify(signature: str, token: str, *signed: str) -> bool:
    """Whether the signature is that of `sign`; in constant time, and never raising."""
    return hmac.compare_digest(sign(token, *signed).encode(), signature.encode("utf-8", "replace"))


def is_key(text: str) -> bool:
    """Whether a text can be an EncodingAESKey: 43 letters and digits, the base64 of 32 bytes without its padding."""
    return _KEY.fullmatch(text) is not None


def _cipher(encoding_key: str) -> Cipher[modes.CBC]:
    # Not strict: the last character carries two bits that no byte needs, and published keys set them.
    key = base64.b64decode(f"{encoding_key}=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def seal(text: str, encoding_key: str, receive_id: str, random_bytes: bytes) -> str:
    """Encrypt: base64(AES-256-CBC(random 16 bytes + length, 4 bytes big-endian + text + receiver, padded to 32)).

    `receive_id` is the AppID or CorpID for whom this is meant.
    """
    message = text.encode()
    plain = random_bytes + len(message).to_bytes(_LENGTH_BYTES, "big") + message + receive_id.encode()
    padding = _BLOCK - len(plain) % _BLOCK
    encryptor = _cipher(encoding_key).encryptor()
    sealed = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
    return base64.b64encode(sealed).decode("ascii")


def unseal(sealed: str, encoding_key: str, receive_id: str) -> str:
    """Decrypt, and check for whom it was meant; raises `UnopenableEnvelopeError` for anything else.

    The padding is 1 to 32 bytes, although the cipher's block has 16: ordinary unpadders refuse half of all messages.
    """
    try:
        decryptor = _cipher(encoding_key).decryptor()
        padded = decryptor.update(base64.b64decode(sealed, validate=True)) + decryptor.finalize()
    except (ValueError, binascii.Error):
        raise UnopenableEnvelopeError from None
    padding = padded[-1] if padded else 0
    if not 1 <= padding <= _BLOCK or padded[-padding:] != bytes([padding]) * padding:
        raise UnopenableEnvelopeError
    content = padded[RANDOM_BYTES:-padding]
    end = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "big")
    if len(content) < end or content[end:] != receive_id.encode():
        raise UnopenableEnvelopeError
    try:
        return content[_LENGTH_BYTES:end].decode()
    except UnicodeDecodeError:
        raise UnopenableEnvelopeError from None
