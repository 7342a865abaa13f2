"""The words of the tus protocol, version 1.0.0 (tus.io/protocols/resumable-upload): its headers, read and written.

Offered beside the core: creation, creation-with-upload, checksum, expiration, termination. Not offered: lengths that
are told later, joining of several uploads, checksums behind the body.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from werkzeug.datastructures import Headers

from delivery.domain.errors import RequestError
from delivery.receiving_uploads import Announced

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,checksum,expiration,termination"
CONTENT_TYPE: Final = "application/offset+octet-stream"
OVERRIDE: Final = "X-HTTP-Method-Override"
RESUMABLE: Final = "Tus-Resumable"

# SHA-1 because the protocol demands it of every server that checks at all; it guards against accidents, no more.
ALGORITHMS: Final[Mapping[str, Callable[[bytes], Any]]] = MappingProxyType(
    {"sha1": lambda content: hashlib.sha1(content, usedforsecurity=False), "sha256": hashlib.sha256}
)

_NUMBER: Final = re.compile(r"[0-9]{1,15}")
_KEY: Final = re.compile(r"[!-+\--~]+")  # ASCII without space and comma
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")
_LONGEST_METADATA: Final = 8192


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a piece must amount to."""

    algorithm: str
    digest: bytes

    def fits(self, content: bytes) -> bool:
        """Whether these are the bytes."""
        return hmac.compare_digest(ALGORITHMS[self.algorithm](content).digest(), self.digest)


def check_version(headers: Headers) -> None:
    """Raises `RequestError` (412) for a client that speaks no version of ours."""
    if headers.get(RESUMABLE) != VERSION:
        raise RequestError("upload_version", status=HTTPStatus.PRECONDITION_FAILED)


def check_type(headers: Headers) -> None:
    """Raises `RequestError` (415) unless the body is said to be a piece of a file."""
    if headers.get("Content-Type", "").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise RequestError("upload_type", status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


def number(headers: Headers, name: str) -> int:
    """A header with a whole number that is not negative. Raises `RequestError` (400)."""
    text = headers.get(name, "")
    if not _NUMBER.fullmatch(text):
        raise RequestError("upload_header_malformed", name=name)
    return int(text)


def checksum(headers: Headers) -> Checksum | None:
    """`Upload-Checksum: sha256 BASE64`, if there is one. Raises `RequestError` (400)."""
    text = headers.get("Upload-Checksum")
    if text is None:
        return None
    algorithm, _, encoded = text.partition(" ")
    if algorithm not in ALGORITHMS:
        raise RequestError("upload_algorithm_unknown", allowed=", ".join(ALGORITHMS))
    try:
        return Checksum(algorithm, base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError):
        raise RequestError("upload_header_malformed", name="Upload-Checksum") from None


def metadata(text: str) -> dict[str, str]:
    """`key BASE64,key BASE64`: keys of ASCII, each once; values UTF-8 in any script. Raises `RequestError` (400)."""
    found: dict[str, str] = {}
    if len(text) > _LONGEST_METADATA:
        raise RequestError("upload_header_malformed", name="Upload-Metadata")
    for pair in text.split(","):
        key, _, encoded = pair.strip(" ").partition(" ")
        if not _KEY.fullmatch(key) or key in found:
            raise RequestError("upload_header_malformed", name="Upload-Metadata")
        try:
            found[key] = base64.b64decode(encoded, validate=True).decode()
        except ValueError:
            raise RequestError("upload_metadata_malformed", name=key) from None
    return found


def announced(headers: Headers) -> Announced:
    """What a creation says about its file. Raises `RequestError` (400), naming what is absent or malformed."""
    if "Upload-Defer-Length" in headers:
        raise RequestError("upload_length_deferred")
    size = number(headers, "Upload-Length")
    told = headers.get("Upload-Metadata", "")
    values = metadata(told)
    for name, fits in _NEEDED.items():
        if not fits(values.get(name, "")):
            raise RequestError("upload_metadata_malformed", name=name)
    return Announced(
        ticket=values["ticket"],
        capture_id=UUID(values["capture_id"]),
        sha256=values["sha256"],
        role=values.get("role", ""),
        media_type=values["filetype"].lower(),
        size=size,
        told=told,
    )


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


_NEEDED: Final[Mapping[str, Callable[[str], object]]] = MappingProxyType(
    {
        "ticket": bool,
        "capture_id": _is_uuid,
        "sha256": _DIGEST.fullmatch,
        "filetype": lambda text: _MEDIA_TYPE.fullmatch(text.lower()),
    }
)


def moment(at: datetime) -> str:
    """An instant in the form of `Upload-Expires` (RFC 9110, 5.6.7)."""
    return format_datetime(at, usegmt=True)
