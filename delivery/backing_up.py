"""Writing a backup: one archive with every row, every stored byte as it lies there (sealed), and the ids of the keys.

The rows are one consistent moment, whatever goes on meanwhile; stored bytes are written once and never change, so they
may be read after. Keys are not in it: a backup opens nothing.
"""

import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection

from delivery.domain.errors import SongdaError
from delivery.migrating import revision_of
from delivery.runtime import Runtime
from delivery.store.portable_rows import rows_of, shape_of
from delivery.store.schema import METADATA

FORMAT = 1
MANIFEST = "manifest.json"


class BackupUnusable(SongdaError):
    """The file is not a backup that can be used here."""


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a backup holds."""

    rows: int
    blobs: int
    key_ids: tuple[str, ...]


def back_up(runtime: Runtime, target: Path) -> BackedUp:
    """Write a backup to a new file; a half-written one never has its name. Raises `BackupUnusable` if it exists."""
    if target.exists():
        message = f"{target} exists already"
        raise BackupUnusable(message)
    part = target.with_name(target.name + ".part")
    with part.open("wb") as out:
        os.fchmod(out.fileno(), 0o600)
        with tarfile.open(fileobj=out, mode="w") as archive:
            result = _write(runtime, archive)
        out.flush()
        os.fsync(out.fileno())
    part.rename(target)
    return result


def _write(runtime: Runtime, archive: tarfile.TarFile) -> BackedUp:
    counts: dict[str, int] = {}
    with _one_moment(runtime) as connection:
        for table in METADATA.sorted_tables:
            counts[table.name] = _add_rows(archive, f"rows/{table.name}.jsonl", rows_of(connection, table))
    blobs = 0
    for court_id, sha256 in runtime.blobs.names():
        _add(archive, f"blobs/{court_id}/{sha256}", runtime.blobs.sealed(court_id, sha256))
        blobs += 1
    key_ids = tuple(runtime.vault.sealing)
    manifest = {
        "format": FORMAT,
        "revision": revision_of(runtime.database),
        "written_at": runtime.machine_now().isoformat(),
        "court_time": runtime.now().isoformat(),
        "key_ids": key_ids,
        "index_version": runtime.vault.index_version,
        "tables": [asdict(shape_of(table)) for table in METADATA.sorted_tables],
        "rows": counts,
        "blobs": blobs,
    }
    _add(archive, MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
    return BackedUp(rows=sum(counts.values()), blobs=blobs, key_ids=key_ids)


@contextmanager
def _one_moment(runtime: Runtime) -> Iterator[Connection]:
    """A connection whose reads all see the same moment."""
    database = runtime.database
    with database.engine.connect() as connection:
        if not database.is_sqlite:  # there, every transaction that reads is like that
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


def _add_rows(archive: tarfile.TarFile, name: str, rows: Iterator[dict[str, Any]]) -> int:
    count = 0
    with tempfile.TemporaryFile() as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n")
            count += 1
        size = file.tell()
        file.seek(0)
        _add_file(archive, name, file, size)
    return count


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    _add_file(archive, name, BytesIO(content), len(content))


def _add_file(archive: tarfile.TarFile, name: str, file: IO[bytes], size: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    entry.mtime = int(datetime.now(UTC).timestamp())
    archive.addfile(entry, file)
