"""Signing mail, so that the recipient's server can tell ours from a swindler's (RFC 6376, RFC 8301, RFC 8463).

The signature covers the body and what a person sees of the header, and those lines a second time as absent: nobody can
add another `From` or `Subject` on the way without breaking it. White space may change on the way, words may not.
Written on `cryptography`, because the library that does this in Python takes eight times as long over an RSA key as we
take over a whole mail, and does not do it in constant time; the tests have it check every signature.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from adapters.environment import Group

SHORTEST_RSA_KEY = 2048
# What a person sees, or a mail program acts on (RFC 6376, 5.4.1). Each is named once more than it occurs.
_ONCE_MORE = ("from", "to", "subject", "date", "reply-to", "message-id", "content-type")
_ALSO = ("mime-version", "content-transfer-encoding", "content-language", "auto-submitted")
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_WHITE = re.compile(rb"[ \t]+")
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_LINE = 72

Key = RSAPrivateKey | Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Signer:
    """A key and where its other half is published: at `SELECTOR._domainkey.DOMAIN`."""

    domain: str
    selector: str
    key: Key = field(repr=False)

    def signed(self, mail: bytes, at: datetime) -> bytes:
        """Give the mail, CRLF at the end of each line, with a signature before it."""
        head, _, body = mail.partition(b"\r\n\r\n")
        fields = _fields(head)
        names = [name for name in (*_ONCE_MORE, *_ALSO) for _ in fields.get(name, ())]
        names += _ONCE_MORE
        algorithm = "rsa-sha256" if isinstance(self.key, RSAPrivateKey) else "ed25519-sha256"
        tags = (
            f"v=1; a={algorithm}; c=relaxed/relaxed; d={self.domain}; s={self.selector}; t={int(at.timestamp())};",
            f"h={':'.join(names)};",
            f"bh={_base64(hashlib.sha256(_relaxed_body(body)).digest())};",
            "b=",
        )
        # Of a name that stands there several times the last line counts first; past the last one, none.
        left = {name: list(lines) for name, lines in fields.items()}
        covered = b"".join(left[name].pop() for name in names if left.get(name))
        signature = _base64(self._sign(covered + f"dkim-signature:{' '.join(tags)}".encode("ascii")))
        lines = [signature[start : start + _LINE] for start in range(0, len(signature), _LINE)]
        whole = "\r\n ".join(("DKIM-Signature: " + tags[0], *tags[1:-1], tags[-1] + "\r\n ".join(lines)))
        return whole.encode("ascii") + b"\r\n" + mail

    def _sign(self, covered: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(covered, PKCS1v15(), SHA256())
        return self.key.sign(hashlib.sha256(covered).digest())


def read_signers(
    group: Group, paths: Sequence[str], selectors: Sequence[str], given_domain: str, sender_domain: str
) -> tuple[Signer, ...]:
    """Read the keys from their files, with the selector of each, and say in `group` what is wrong."""
    domain = given_domain or sender_domain
    if not paths and not selectors:
        if given_domain:
            group.wrong("DKIM_KEY", "must be set when there is a domain to sign for")
        return ()
    if len(paths) != len(selectors):
        group.wrong("DKIM_SELECTOR", "must name one selector for each file of DKIM_KEY, in the same order")
    if any(not _NAME.fullmatch(one) for one in selectors):
        group.wrong("DKIM_SELECTOR", "must hold names of small letters, digits, hyphens and points")
    if sender_domain != domain and not sender_domain.endswith(f".{domain}"):
        group.wrong("DKIM_DOMAIN", "must be the sender's domain, or one above it")
    keys = [_read_key(group, path) for path in paths]
    return tuple(
        Signer(domain, selector, key) for selector, key in zip(selectors, keys, strict=False) if key is not None
    )


def _read_key(group: Group, path: str) -> Key | None:
    try:
        key = load_pem_private_key(Path(path).read_bytes(), None)
    except OSError:
        group.wrong("DKIM_KEY", f"names a file that cannot be read: {path}")
        return None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        group.wrong("DKIM_KEY", f"names a file that holds no private key in PEM without a password: {path}")
        return None
    if isinstance(key, Ed25519PrivateKey) or (isinstance(key, RSAPrivateKey) and key.key_size >= SHORTEST_RSA_KEY):
        return key
    group.wrong("DKIM_KEY", f"must be an RSA key of at least {SHORTEST_RSA_KEY} bits, or an Ed25519 key: {path}")
    return None


def _fields(head: bytes) -> dict[str, list[bytes]]:
    """Give the header's lines by name, each in its relaxed form (RFC 6376, 3.4.2)."""
    found: dict[str, list[bytes]] = {}
    for line in _FOLD.sub(b"", head).split(b"\r\n"):
        name, _, value = line.partition(b":")
        key = name.strip().lower()
        found.setdefault(key.decode("ascii"), []).append(key + b":" + _WHITE.sub(b" ", value).strip() + b"\r\n")
    return found


def _relaxed_body(body: bytes) -> bytes:
    """Give the body in its relaxed form (RFC 6376, 3.4.4)."""
    lines = [_WHITE.sub(b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
