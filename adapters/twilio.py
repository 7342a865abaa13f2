"""Twilio's programmable messaging: text messages over the official SDK, which is left unchanged and merely aimed.

The codec comes first (`sign` beside `verify`, used by the receiver and by the sandbox town), then what Twilio's codes mean for
us, then the client.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

SIGNATURE_HEADER = "X-Twilio-Signature"


class Algorithm(StrEnum):
    """How a callback is signed; the names are those of `X-Twilio-Webhooks-Signature-Settings`."""

    HMAC_SHA1 = "HMAC_SHA1"  # with the account's auth token
    HMAC_SHA256 = "HMAC_SHA256"  # with a shared key that was created for webhooks


_DIGESTS = {Algorithm.HMAC_SHA1: hashlib.sha1, Algorithm.HMAC_SHA256: hashlib.sha256}
_DEFAULT_PORTS = {"https": 443, "http": 80}


def sign(
    url: str,
    params: Mapping[str, str] | Iterable[tuple[str, str]],
    token: str,
    algorithm: Algorithm = Algorithm.HMAC_SHA1,
) -> str:
    """Compute the signature of a callback: base64 of HMAC(token, url + each name and raw value, names sorted).

    `url` is the address exactly as it was given to Twilio, query included. `params` are the decoded form fields; equal pairs count
    once. For a JSON body pass none: the URL then carries `bodySHA256`. Source: twilio-python 9.13, `request_validator`.
    """
    pairs = params.items() if isinstance(params, Mapping) else params
    text = url + "".join(f"{name}{value}" for name, value in sorted(set(pairs)))
    mac = hmac.new(token.encode(), text.encode("utf-8", "replace"), _DIGESTS[algorithm])
    return base64.b64encode(mac.digest()).decode("ascii")


def verify(
    url: str,
    params: Mapping[str, str] | Iterable[tuple[str, str]],
    token: str,
    signature: str,
    algorithm: Algorithm = Algorithm.HMAC_SHA1,
) -> bool:
    """Whether `signature` proves the callback; never raises, whatever the header says. The algorithm is ours, never the caller's.

    Twilio signs the URL sometimes with and sometimes without the default port, so both forms are tried.
    """
    pairs = list(params.items() if isinstance(params, Mapping) else params)
    given = signature.encode("utf-8", "replace")
    candidates = [sign(form, pairs, token, algorithm).encode() for form in _with_and_without_port(url)]
    return any([hmac.compare_digest(candidate, given) for candidate in candidates])  # no early exit


def _with_and_without_port(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    bare = parts.netloc.removesuffix(f":{parts.port}") if parts.port is not None else parts.netloc
    port = parts.port if parts.port is not None else _DEFAULT_PORTS.get(parts.scheme, 443)
    return urlunsplit(parts._replace(netloc=bare)), urlunsplit(parts._replace(netloc=f"{bare}:{port}"))
