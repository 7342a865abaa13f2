"""Bytes of papers and evidence: written once, named by court and SHA-256 of the plain bytes, sealed, on disk or S3.

Identical bytes again are success. What is read back is always checked against its name; a difference is an
`IntegrityFault`. Pieces of what has not arrived whole lie beside them under names of their own, until they are joined
or thrown away: whoever goes on with an upload, on whichever machine, finds them there.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, S3Store

from delivery.domain.errors import IntegrityFault, NotFound, SongdaError
from delivery.store.blob_address import S3Place
from delivery.store.vault import Vault

_PIECES = "pieces"  # no court's id, so that pieces and whole things never mix
_ONE_REQUEST = 5 * 1024 * 1024  # an object store takes as much at once; more goes as several, a few of them in memory


class StorageAway(SongdaError):
    """The disk or the object store took nothing: it is full, or does not answer. Nothing was kept."""


class OtherBytes(Exception):
    """The bytes are not those that their SHA-256 promised: nothing was kept."""


class Blobs(Protocol):
    """The port for stored bytes."""

    def put(self, court_id: UUID, content: bytes) -> str:
        """Keep the bytes durably; returns their SHA-256 in hex. Raises `StorageAway`, as the other two that keep."""

    def put_joined(self, court_id: UUID, sha256: str, pieces: Iterable[bytes]) -> None:
        """Keep the joined bytes durably, few at a time in memory. Raises `OtherBytes` if that is not their SHA-256."""

    def put_piece(self, court_id: UUID, name: str, content: bytes) -> None:
        """Keep a piece of something to be joined, durably; `name` is OWNER/PIECE and used once."""

    def get_piece(self, court_id: UUID, name: str) -> bytes:
        """A piece again. Raises `NotFound` or `IntegrityFault`."""

    def drop_pieces(self, court_id: UUID, owner: str) -> None:
        """Throw away every piece of this owner."""

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


@contextmanager
def _taking() -> Iterator[None]:
    """Say in one way that a place took nothing, whichever way it says so."""
    try:
        yield
    except (BaseError, OSError) as error:
        raise StorageAway from error


class SealedBlobs:
    """Blobs on any object store that obstore speaks to, sealed with the vault."""

    def __init__(self, store: LocalStore | S3Store, vault: Vault, directory: Path | None = None) -> None:
        self._store = store
        self._vault = vault
        self._directory = directory

    @_taking()
    def put(self, court_id: UUID, content: bytes) -> str:
        """See `Blobs.put`."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = _path(court_id, sha256)
        with suppress(AlreadyExistsError, FileExistsError):  # the same bytes are already kept
            obstore.put(self._store, path, self._vault.seal(content, path), mode="create")
        # Also when they lay there: whoever put them may have died before the disk had them.
        self._settle(path)
        return sha256

    @_taking()
    def put_joined(self, court_id: UUID, sha256: str, pieces: Iterable[bytes]) -> None:
        """See `Blobs.put_joined`."""
        path = _path(court_id, sha256)
        digest = hashlib.sha256()

        def counted() -> Iterator[bytes]:
            for piece in pieces:
                digest.update(piece)
                yield piece

        # Beside the blobs and without a name: a machine that dies leaves nothing behind.
        with tempfile.TemporaryFile(dir=self._directory) as sealed:
            for piece in self._vault.seal_pieces(counted(), path):
                sealed.write(piece)
            if digest.hexdigest() != sha256:
                raise OtherBytes
            size = sealed.tell()
            sealed.seek(0)
            if size <= _ONE_REQUEST:
                with suppress(AlreadyExistsError, FileExistsError):
                    obstore.put(self._store, path, sealed.read(), mode="create")
            elif not self.has(court_id, sha256):
                # Several requests cannot be made on condition; who loses the race writes the same bytes, sealed anew.
                obstore.put(self._store, path, sealed, max_concurrency=2)
        self._settle(path)

    @_taking()
    def put_piece(self, court_id: UUID, name: str, content: bytes) -> None:
        """See `Blobs.put_piece`."""
        path = f"{_PIECES}/{court_id}/{name}"
        obstore.put(self._store, path, self._vault.seal(content, path), mode="create")
        self._settle(path)

    def get_piece(self, court_id: UUID, name: str) -> bytes:
        """See `Blobs.get_piece`."""
        path = f"{_PIECES}/{court_id}/{name}"
        return self._vault.open(self._lying(path), path)

    def drop_pieces(self, court_id: UUID, owner: str) -> None:
        """See `Blobs.drop_pieces`."""
        for batch in obstore.list(self._store, prefix=f"{_PIECES}/{court_id}/{owner}"):
            for item in batch:
                with suppress(FileNotFoundError):
                    obstore.delete(self._store, item["path"])

    def get(self, court_id: UUID, sha256: str) -> bytes:
        """See `Blobs.get`."""
        path = _path(court_id, sha256)
        content = self._vault.open(self._lying(path), path)
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
                place, _, sha256 = item["path"].split("/", 2)
                if place != _PIECES:
                    yield UUID(place), sha256

    def sealed(self, court_id: UUID, sha256: str) -> bytes:
        """See `Blobs.sealed`."""
        return self._lying(_path(court_id, sha256))

    def _lying(self, path: str) -> bytes:
        """The bytes as they lie there."""
        try:
            return bytes(obstore.get(self._store, path).bytes())
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
    """Blobs at `file:///directory` or `s3://bucket/prefix?…` (see `S3Place`; credentials from the AWS variables)."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        directory = Path(parts.path)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return SealedBlobs(LocalStore(directory), vault, directory)
    place = S3Place.named_in(url)
    given: dict[str, Any] = {"endpoint": place.endpoint, "region": place.region}
    store = S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        virtual_hosted_style_request=place.virtual_hosted,
        client_options={"allow_http": True} if place.endpoint.startswith("http://") else None,
        **{name: value for name, value in given.items() if value},
    )
    return SealedBlobs(store, vault)
