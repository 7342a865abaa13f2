"""Bytes of papers and evidence: written once, named by court and SHA-256 of the plain bytes, sealed, on disk or S3.

Identical bytes again are success. What is read back is always checked against its name; a difference is an
`IntegrityFault`.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, S3Store

from delivery.domain.errors import IntegrityFault, NotFound
from delivery.store.vault import Vault


class Blobs(Protocol):
    """The port for stored bytes."""

    def put(self, court_id: UUID, content: bytes) -> str:
        """Keep the bytes durably; returns their SHA-256 in hex."""

    def get(self, court_id: UUID, sha256: str) -> bytes:
        """The plain bytes. Raises `NotFound` or `IntegrityFault`."""

    def has(self, court_id: UUID, sha256: str) -> bool:
        """Whether these bytes are kept for this court."""

    def reseal(self, court_id: UUID, sha256: str) -> bool:
        """Seal the bytes with the newest key if they are not; whether anything was written."""

    def names(self) -> Iterator[tuple[UUID, str]]:
        """Court and SHA-256 of everything that is kept."""

    def sealed(self, court_id: UUID, sha256: str) -> bytes:
        """The bytes as they lie there, sealed: for a backup. Raises `NotFound`."""

    def put_sealed(self, court_id: UUID, sha256: str, sealed: bytes) -> None:
        """Put back what `sealed` gave, in place of whatever lies there."""


class SealedBlobs:
    """Blobs on any object store that obstore speaks to, sealed with the vault."""

    def __init__(self, store: LocalStore | S3Store, vault: Vault, directory: Path | None = None) -> None:
        self._store = store
        self._vault = vault
        self._directory = directory

    def put(self, court_id: UUID, content: bytes) -> str:
        """See `Blobs.put`."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = _path(court_id, sha256)
        with suppress(AlreadyExistsError, FileExistsError):  # the same bytes are already kept
            obstore.put(self._store, path, self._vault.seal(content, path), mode="create")
        # Also when they lay there: whoever put them may have died before the disk had them.
        self._settle(path)
        return sha256

    def get(self, court_id: UUID, sha256: str) -> bytes:
        """See `Blobs.get`."""
        path = _path(court_id, sha256)
        try:
            sealed = bytes(obstore.get(self._store, path).bytes())
        except FileNotFoundError:
            raise NotFound("blob_missing") from None
        content = self._vault.open(sealed, path)
        if hashlib.sha256(content).hexdigest() != sha256:
            message = f"blob {sha256[:12]} does not hold the bytes of its name"
            raise IntegrityFault(message)
        return content

    def has(self, court_id: UUID, sha256: str) -> bool:
        """See `Blobs.has`."""
        try:
            obstore.head(self._store, _path(court_id, sha256))
        except FileNotFoundError:
            return False
        return True

    def reseal(self, court_id: UUID, sha256: str) -> bool:
        """See `Blobs.reseal`."""
        path = _path(court_id, sha256)
        sealed = bytes(obstore.get(self._store, path).bytes())
        if self._vault.is_current(sealed):
            return False
        obstore.put(self._store, path, self._vault.seal(self._vault.open(sealed, path), path), mode="overwrite")
        self._settle(path)
        return True

    def _settle(self, path: str) -> None:
        """On a disk of our own, wait until it is kept; an object store answers only then."""
        if self._directory is not None:
            file = self._directory / path
            # The folders of court and prefix may be as new as the file.
            for one in (file, *file.parents[:3]):
                _flush(one)

    def names(self) -> Iterator[tuple[UUID, str]]:
        """See `Blobs.names`."""
        for batch in obstore.list(self._store):
            for item in batch:
                court, _, sha256 = item["path"].split("/")
                yield UUID(court), sha256

    def sealed(self, court_id: UUID, sha256: str) -> bytes:
        """See `Blobs.sealed`."""
        try:
            return bytes(obstore.get(self._store, _path(court_id, sha256)).bytes())
        except FileNotFoundError:
            raise NotFound("blob_missing") from None

    def put_sealed(self, court_id: UUID, sha256: str, sealed: bytes) -> None:
        """See `Blobs.put_sealed`."""
        path = _path(court_id, sha256)
        obstore.put(self._store, path, sealed, mode="overwrite")
        self._settle(path)


def _flush(path: Path) -> None:
    """Have the disk keep a file, or the names in a folder, through a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _path(court_id: UUID, sha256: str) -> str:
    return f"{court_id}/{sha256[:2]}/{sha256}"


def open_blobs(url: str, vault: Vault) -> SealedBlobs:
    """Blobs at `file:///directory` or `s3://bucket/prefix` (credentials from the usual AWS variables)."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        directory = Path(parts.path)
        directory.mkdir(parents=True, exist_ok=True)
        return SealedBlobs(LocalStore(directory), vault, directory)
    return SealedBlobs(S3Store(parts.netloc, prefix=parts.path.strip("/") or None), vault)
