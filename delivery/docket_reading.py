"""A court's docket, from a file that somebody uploaded to typed rows and to errors that a clerk can act upon.

The file is judged as a whole first (what it is, how large, which columns); then rows are handed out one at a time, so
that good rows come in whatever is wrong with the others. Nothing here touches the database; importing the rows is
`intake`'s.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO
from zoneinfo import ZoneInfo

from delivery.archives import OLE_SIGNATURE, ZIP_SIGNATURE, has_macros, is_ole_encrypted
from delivery.docket_cells import Cell, written
from delivery.docket_headings import Column, Headings, is_heading_row, read_headings
from delivery.docket_row import DocketRow, Papers, RowError
from delivery.docket_rows import DocketRows
from delivery.docket_text import DelimitedText, Line, open_text
from delivery.docket_workbook import MOST_COLUMNS, Sheet, open_workbook
from delivery.domain.errors import BadValue

_MEGABYTE = 1 << 20
_TITLE_ROWS = 20
COURT_ZONE = ZoneInfo("Asia/Shanghai")
# What people upload by mistake; the last two are web pages that other systems call .xls.
_OTHER_FILES = (
    b"%PDF-",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"{\\rtf",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc\xaf",
    b"<",
    b"MIME",
)


@dataclass(frozen=True, slots=True)
class DocketLimits:
    """The largest file in bytes, and the most rows with the heading."""

    file_bytes: int = 20 * _MEGABYTE
    rows: int = 20_000


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about the file that does not stop it, but that a person should look at: a code with arguments."""

    code: str
    arguments: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Docket:
    """An opened docket.

    Iterating reads it from the start each time; `number` of rows counts from 1 as in a spreadsheet.
    """

    headings: Headings
    notices: tuple[Notice, ...]
    encoding: str
    _source: DelimitedText | Sheet
    _heading_row: int
    _limits: DocketLimits
    _zone: ZoneInfo
    _papers: Papers | None

    def __iter__(self) -> Iterator[DocketRow | tuple[RowError, ...]]:
        """Each row that is not empty, in the order of the file: the row, or all its errors.

        Raises `BadValue("docket_rows")` when there are more rows than the limit allows.
        """
        rows = DocketRows(self.headings, self._zone, self._papers)
        for line in self._source.lines():
            if line.number > self._limits.rows:
                raise BadValue("docket_rows", limit=self._limits.rows)
            if line.number <= self._heading_row:
                continue
            if line.fault:
                heading = self.headings.of(Column.CASE_NUMBER)
                yield (RowError(line.number, Column.CASE_NUMBER, heading, "", line.fault),)
            elif any(line.cells):
                yield rows.read(line.number, self._by_column(line))

    def count(self) -> int:
        """How many rows iterating will give. Raises `BadValue("docket_rows")`."""
        rows = 0
        for line in self._source.lines():
            if line.number > self._limits.rows:
                raise BadValue("docket_rows", limit=self._limits.rows)
            rows += line.number > self._heading_row and bool(line.fault or any(line.cells))
        return rows

    def _by_column(self, line: Line) -> dict[Column, Cell]:
        cells: dict[Column, Cell] = {}
        for column, places in self.headings.places.items():
            values = [line.cells[place] for place in places if place < len(line.cells) and line.cells[place] != ""]
            if values:
                cells[column] = values[0] if len(values) == 1 else ";".join(map(written, values))
        return cells


def open_docket(
    file: BinaryIO,
    *,
    limits: DocketLimits | None = None,
    zone: ZoneInfo = COURT_ZONE,
    papers: Papers | None = None,
) -> Docket:
    """Open a docket in CSV or XLSX from a seekable file.

    With `papers`, every file that a row names must be found there.

    Raises `BadValue`: `docket_empty`, `docket_too_large` (`limit`, MB), `docket_columns` (`limit`),
    `docket_not_a_table`, `docket_old_excel`, `docket_encoding`, `docket_big5`, what `open_workbook` raises, and
    `headings_wrong` and `heading_twice`.
    """
    limits = limits or DocketLimits()
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        raise BadValue("docket_empty")
    if size > limits.file_bytes:
        raise BadValue("docket_too_large", limit=max(limits.file_bytes // _MEGABYTE, 1))
    file.seek(0)
    head = file.read(8)
    if head.startswith(ZIP_SIGNATURE):
        sources: tuple[DelimitedText | Sheet, ...] = open_workbook(file, most_rows=limits.rows)
    else:
        _refuse_other_files(file, head)
        sources = (open_text(file),)
    source, heading_row, headings = _table(sources)
    return Docket(headings, _notices(source, headings), _encoding(source), source, heading_row, limits, zone, papers)


def _refuse_other_files(file: BinaryIO, head: bytes) -> None:
    if head == OLE_SIGNATURE:
        content = head + file.read()
        if is_ole_encrypted(content):
            raise BadValue("docket_encrypted")
        raise BadValue("docket_macros" if has_macros(content, frozenset()) else "docket_old_excel")
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_OTHER_FILES):
        raise BadValue("docket_not_a_table")


def _table(sources: tuple[DelimitedText | Sheet, ...]) -> tuple[DelimitedText | Sheet, int, Headings]:
    """The first sheet that has a heading row, with its number; a title and notes may stand above it."""
    fallback: tuple[DelimitedText | Sheet, Line] | None = None
    for source in sources:
        for line in islice(source.lines(), _TITLE_ROWS):
            cells = [written(cell) for cell in line.cells]
            if sum(map(bool, cells)) > MOST_COLUMNS:
                raise BadValue("docket_columns", limit=MOST_COLUMNS)
            if is_heading_row(cells):
                return source, line.number, read_headings(cells)
            if fallback is None and sum(map(bool, cells)) > 1:
                fallback = source, line
    if fallback is None:
        raise BadValue("docket_not_a_table")
    source, line = fallback
    if isinstance(source, DelimitedText) and source.looks_big5:
        raise BadValue("docket_big5")
    return source, line.number, read_headings([written(cell) for cell in line.cells])


def _notices(source: DelimitedText | Sheet, headings: Headings) -> tuple[Notice, ...]:
    notices = []
    if isinstance(source, DelimitedText) and source.looks_big5:
        notices.append(Notice("looks_big5"))
    if headings.ignored:
        notices.append(Notice("headings_ignored", {"headings": "、".join(headings.ignored)}))
    return tuple(notices)


def _encoding(source: DelimitedText | Sheet) -> str:
    """The encoding of the text; a workbook is always Unicode."""
    return source.encoding if isinstance(source, DelimitedText) else "utf-8"
