"""The ZIP of papers beside a docket: found by the names in the docket, read one at a time, never unpacked to disk.

Names are the trouble: Chinese Windows writes them in GB18030 without saying so, Macs write them decomposed, and a name
may try to point outside. They are decoded, folded and checked once, when the archive is opened.
"""

import re
import stat
import struct
import unicodedata
from typing import BinaryIO
from zipfile import ZipFile, ZipInfo

from delivery.archives import UnpackLimits, open_zip, unpack
from delivery.document_types import LARGEST_DOCUMENT
from delivery.domain.errors import BadValue
from delivery.domain.text import compact

_UTF8_NAME = 0x800
_UNICODE_PATH = 0x7075
_LITTER = re.compile(r"(?:^|/)(?:__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|~\$|\._)", re.IGNORECASE)
_OUTSIDE = re.compile(r"^/|^[A-Za-z]:|(?:^|/)\.\.(?:/|$)|[\x00-\x1f]")
ARCHIVE_LIMITS = UnpackLimits(entries=20_000, entry_bytes=LARGEST_DOCUMENT, total_bytes=4 << 30, ratio=1_000)


class DocumentArchive:
    """The papers of one ZIP by name.

    A name may be the whole path inside the ZIP or, when only one fits, its last part.
    """

    def __init__(self, file: BinaryIO, limits: UnpackLimits = ARCHIVE_LIMITS) -> None:
        """Read the directory.

        Raises `BadValue`: what `open_zip` raises, `archive_path` (`name`: an entry that points outside or is a link),
        `archive_twice` (`name`: two entries of one name).
        """
        self._limits = limits
        self._archive: ZipFile = open_zip(file, limits)
        self._entries: dict[str, ZipInfo] = {}
        self._paths: dict[str, list[str]] = {}
        for entry in self._archive.infolist():
            self._add(entry)

    def _add(self, entry: ZipInfo) -> None:
        path = unicodedata.normalize("NFC", decoded_name(entry)).replace("\\", "/")
        if path.endswith("/") or _LITTER.search(path):
            return
        if _OUTSIDE.search(path) or stat.S_ISLNK(entry.external_attr >> 16):
            raise BadValue("archive_path", name=path)
        if path in self._entries:
            raise BadValue("archive_twice", name=path)
        self._entries[path] = entry
        for key in {_key(path), _key(path.rpartition("/")[2])}:
            self._paths.setdefault(key, []).append(path)

    @property
    def names(self) -> tuple[str, ...]:
        """The paths of all papers, in the order of the archive."""
        return tuple(self._entries)

    def find(self, name: str) -> str | None:
        """The path of the paper that a docket calls so, or None. Raises `BadValue("file_ambiguous")`."""
        if name in self._entries:
            return name
        paths = self._paths.get(_key(name.replace("\\", "/")), [])
        if len(paths) > 1:
            raise BadValue("file_ambiguous", count=len(paths))
        return paths[0] if paths else None

    def read(self, path: str) -> bytes:
        """The bytes of one paper. `KeyError` for a path that `find` did not give; `BadValue` as `unpack`."""
        return unpack(self._archive, self._entries[path], self._limits.entry_bytes)


def _key(path: str) -> str:
    return compact(path).casefold()


def decoded_name(entry: ZipInfo) -> str:
    """The name as its writer meant it.

    By the UTF-8 flag (APPNOTE 4.4.4), by the Unicode path field 0x7075 (APPNOTE 4.6.9), else as UTF-8 if it is that,
    else as GB18030, which is what Chinese Windows writes.
    """
    if entry.flag_bits & _UTF8_NAME:
        return entry.orig_filename
    if stated := _unicode_path(entry.extra):
        return stated
    raw = entry.orig_filename.encode("cp437")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.orig_filename


def _unicode_path(extra: bytes) -> str:
    while len(extra) >= struct.calcsize("<HH"):
        kind, size = struct.unpack_from("<HH", extra)
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and field[:1] == b"\x01":
            try:
                return field[5:].decode("utf-8")
            except UnicodeDecodeError:
                return ""
    return ""
