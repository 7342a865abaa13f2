"""ZIP containers from outside, opened without trusting what they say about themselves.

Workbooks, DOCX, OFD and the archive beside a docket are all ZIP files. A few kilobytes of them can unpack to petabytes,
so sizes are bounded twice: by what the directory declares, before anything is unpacked, and by what really comes out.
"""

import lzma
import zlib
from dataclasses import dataclass
from typing import IO, BinaryIO, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from delivery.domain.errors import BadValue

ZIP_SIGNATURE = b"PK\x03\x04"
OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = 0x1
_MEGABYTE = 1 << 20
_LONGEST_END = 1 << 17  # the end of a container with its comment
_DIRECTORY_BYTES_EACH = 512  # 46, a name, and what systems add to it
_BROKEN = (BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, OSError, zlib.error, lzma.LZMAError)


@dataclass(frozen=True, slots=True)
class UnpackLimits:
    """How much a container may unpack to: number of entries, bytes of one entry, bytes of all, and all : packed."""

    entries: int = 2_000
    entry_bytes: int = 100 * _MEGABYTE
    total_bytes: int = 200 * _MEGABYTE
    ratio: int = 150


@dataclass(frozen=True, slots=True)
class _DirectoryReader:
    """A file while its directory is read, which is done in one piece: a million of entries would take all memory."""

    file: BinaryIO
    entries: int

    def read(self, size: int = -1) -> bytes:
        """Raises `BadValue` (archive_entries) for more than the directory of so many entries takes."""
        if not size <= _LONGEST_END + self.entries * _DIRECTORY_BYTES_EACH:
            raise BadValue("archive_entries", limit=self.entries)
        return self.file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """See `BinaryIO.seek`."""
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        """See `BinaryIO.tell`."""
        return self.file.tell()

    def seekable(self) -> bool:
        """See `BinaryIO.seekable`."""
        return self.file.seekable()


def open_zip(file: BinaryIO, limits: UnpackLimits) -> ZipFile:
    """The container, with a directory that keeps to the limits.

    Raises `BadValue`: `archive_broken`, `archive_encrypted`, `archive_entries` (`limit`), `archive_bomb` (`limit`, MB).
    """
    try:
        archive = ZipFile(cast("IO[bytes]", _DirectoryReader(file, limits.entries)))
        entries = archive.infolist()
    except _BROKEN:
        raise BadValue("archive_broken") from None
    archive.fp = file
    if len(entries) > limits.entries:
        raise BadValue("archive_entries", limit=limits.entries)
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise BadValue("archive_encrypted")
    if any(entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for entry in entries):
        raise BadValue("archive_broken")
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    too_dense = total > 16 * _MEGABYTE and total > packed * limits.ratio
    if total > limits.total_bytes or too_dense or any(entry.file_size > limits.entry_bytes for entry in entries):
        raise BadValue("archive_bomb", limit=limits.total_bytes // _MEGABYTE)
    return archive


def unpack(archive: ZipFile, entry: ZipInfo, limit: int) -> bytes:
    """The bytes of one entry, at most `limit` of them. Raises `BadValue`: `archive_broken`, `archive_bomb`."""
    try:
        with archive.open(entry) as stream:
            content = stream.read(limit + 1)
            rest = len(content) == entry.file_size and stream.read(1)
    except _BROKEN:
        raise BadValue("archive_broken") from None
    if len(content) > limit or rest:
        raise BadValue("archive_bomb", limit=limit // _MEGABYTE)
    return content


def entry_names(archive: ZipFile) -> frozenset[str]:
    """The names of all entries in lower case, for signatures."""
    return frozenset(name.lower() for name in archive.namelist())


def is_ole_encrypted(content: bytes) -> bool:
    """Whether an OLE container (old Office) is the wrapper of an encrypted new one ([MS-OFFCRYPTO] 2.3.4.4)."""
    return content.startswith(OLE_SIGNATURE) and "EncryptedPackage".encode("utf-16-le") in content


def has_macros(content: bytes, names: frozenset[str]) -> bool:
    """Whether an Office file brings a program: a VBA project or Excel 4 macro sheets, in a ZIP or an OLE container."""
    if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in names):
        return True
    return content.startswith(OLE_SIGNATURE) and "_VBA_PROJECT".encode("utf-16-le") in content
