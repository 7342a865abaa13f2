"""The files of an import: judged as a whole before anything is kept, then read a batch of rows at a time.

A docket that cannot be read at all is refused with the reason, and nothing of it is stored. The open reading is kept
between the batches of one import, because going back to the start for each would cost more than the import itself;
whoever finds no open reading (another process, after a kill) goes back and skips what came in before.
"""

import hashlib
import io
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID
from zoneinfo import ZoneInfo

from delivery.docket_entry import consent_is_without_address, entry_of
from delivery.docket_headings import Column
from delivery.docket_reading import Docket, Notice, open_docket
from delivery.docket_row import DocketRow, RowError
from delivery.document_archive import DocumentArchive
from delivery.document_types import identify
from delivery.domain.errors import BadValue
from delivery.domain.paper import DocumentKind
from delivery.intake_entries import OrderEntry, PaperEntry
from delivery.store.blobs import Blobs

_MEGABYTE = 1 << 20
# The archive is held in memory while it is read, sealed and plain: what is larger comes in parts.
LARGEST_ARCHIVE = 64 * _MEGABYTE
_READINGS_KEPT = 2
_FILE_NAME = re.compile(r"^.*[/\\]")
_FILE_NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class CheckedFiles:
    """Files that were judged as a whole.

    With a `refusal` (code, arguments) nothing of them was kept; else their bytes lie in the blob store.
    """

    file_name: str
    sha256: str
    papers_sha256: str | None = None
    rows: int = 0
    notices: tuple[Notice, ...] = ()
    refusal: str = ""
    refusal_args: Mapping[str, str | int] = field(default_factory=dict)


def check_files(
    blobs: Blobs, court_id: UUID, *, file_name: str, content: bytes, papers: bytes | None, zone: ZoneInfo
) -> CheckedFiles:
    """Judge a docket and the archive beside it, and keep their bytes when they can be read."""
    name = _FILE_NAME.sub("", file_name).strip()[-_FILE_NAME_LENGTH:]
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        docket = open_files(content, papers, zone)
        rows = docket.docket.count()
    except BadValue as refused:
        return CheckedFiles(name, sha256, refusal=refused.code, refusal_args=_without_names(refused.arguments))
    return CheckedFiles(
        name,
        blobs.put(court_id, content),
        blobs.put(court_id, papers) if papers is not None else None,
        rows,
        docket.docket.notices,
    )


def _without_names(arguments: Mapping[str, str | int]) -> dict[str, str | int]:
    """Names of files may be names of people: of those only enough is kept to find them again."""
    return {
        key: f"{value[:1]}***{value[-6:]}" if key == "name" and isinstance(value, str) else value
        for key, value in arguments.items()
    }


@dataclass(frozen=True, slots=True)
class OpenFiles:
    """A docket and, perhaps, the archive of papers beside it."""

    docket: Docket
    archive: DocumentArchive | None


def open_files(content: bytes, papers: bytes | None, zone: ZoneInfo) -> OpenFiles:
    """Open both. Raises `BadValue` as `open_docket` and `DocumentArchive`, and `papers_too_large` (`limit`, MB)."""
    archive = None
    if papers is not None:
        if len(papers) > LARGEST_ARCHIVE:
            raise BadValue("papers_too_large", limit=LARGEST_ARCHIVE // _MEGABYTE)
        archive = DocumentArchive(io.BytesIO(papers))
    return OpenFiles(open_docket(io.BytesIO(content), zone=zone, papers=archive), archive)


@dataclass(frozen=True, slots=True)
class ReadyRow:
    """A row that can come in; `number` as a spreadsheet program counts."""

    number: int
    row: DocketRow
    entry: OrderEntry


@dataclass(frozen=True, slots=True)
class Batch:
    """Some consecutive rows, from `start` (rows read before) on; `is_last` when there are no more.

    `awaited` counts papers that a row names by file while no archive came along, `unused_consents` consents without an
    address of the party's own.
    """

    start: int
    end: int
    ready: tuple[ReadyRow, ...]
    problems: tuple[RowError, ...]
    is_last: bool
    awaited: int = 0
    unused_consents: int = 0


class Reading:
    """One docket while it is read; its papers go to the blob store as their rows come by."""

    def __init__(self, files: OpenFiles, blobs: Blobs, court_id: UUID) -> None:
        self._files = files
        self._blobs = blobs
        self._court_id = court_id
        self._rows: Iterator[DocketRow | tuple[RowError, ...]] = iter(files.docket)
        self._kept: dict[str, PaperEntry | BadValue] = {}
        self.position = 0

    def skip_to(self, position: int) -> None:
        """Read over what came in before, for what later rows are compared with."""
        while self.position < position and next(self._rows, None) is not None:
            self.position += 1

    def batch(self, size: int) -> Batch:
        """The next rows, at most `size`."""
        start, awaited, consents = self.position, 0, 0
        ready: list[ReadyRow] = []
        problems: list[RowError] = []
        while self.position - start < size:
            row = next(self._rows, None)
            if row is None:
                break
            self.position += 1
            if not isinstance(row, DocketRow):
                problems += row
                continue
            papers, wrong = self._papers(row)
            if wrong:
                problems += wrong
                continue
            ready.append(ReadyRow(row.number, row, entry_of(row, papers)))
            awaited += sum(bool(document.file) for document in row.documents) if self._files.archive is None else 0
            consents += consent_is_without_address(row)
        is_last = self.position - start < size
        return Batch(start, self.position, tuple(ready), tuple(problems), is_last, awaited, consents)

    def _papers(self, row: DocketRow) -> tuple[dict[str, PaperEntry], list[RowError]]:
        """The row's papers whose bytes came along, kept; or an error for each that cannot be served."""
        papers: dict[str, PaperEntry] = {}
        wrong: list[RowError] = []
        for path in (document.file for document in row.documents if self._files.archive and document.file):
            kept = self._keep(path)
            if isinstance(kept, BadValue):
                heading = self._files.docket.headings.of(Column.FILES)
                wrong.append(RowError(row.number, Column.FILES, heading, path, kept.code, kept.arguments))
            else:
                papers[path] = kept
        return papers, wrong

    def _keep(self, path: str) -> PaperEntry | BadValue:
        """The same file for many rows is looked at once."""
        found = self._kept.get(path)
        if found is None:
            assert self._files.archive is not None
            try:
                content = self._files.archive.read(path)
                media_type = identify(content)
            except BadValue as refused:
                found = refused
            else:
                sha256 = self._blobs.put(self._court_id, content)
                found = PaperEntry(DocumentKind.OTHER_DOCUMENT, "", sha256, len(content), media_type)
            self._kept[path] = found
        return found


class OpenReadings:
    """The readings that are open in this process, by import; only ever a shortcut."""

    def __init__(self) -> None:
        self._readings: OrderedDict[UUID, Reading] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, job_id: UUID, position: int) -> Reading | None:
        """The open reading that stands at this position, or None; whoever has it has it alone."""
        with self._lock:
            reading = self._readings.pop(job_id, None)
        return reading if reading is not None and reading.position == position else None

    def keep(self, job_id: UUID, reading: Reading) -> None:
        """Leave a reading for the next batch; the oldest goes when there are too many."""
        with self._lock:
            self._readings[job_id] = reading
            while len(self._readings) > _READINGS_KEPT:
                self._readings.popitem(last=False)
