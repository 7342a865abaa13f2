"""A docket as an Excel workbook (XLSX), opened by a fast reader that must first be protected from hostile files.

The reader lays a sheet out as one block of rows times columns, so that two cells at opposite corners would take all
memory; therefore every cell reference is checked before it sees the file. Macros and encryption are refused, not
worked around.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO
from zipfile import ZipFile

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from delivery.archives import UnpackLimits, entry_names, has_macros, open_zip, unpack
from delivery.docket_cells import Cell
from delivery.docket_text import Line
from delivery.domain.errors import BadValue
from delivery.domain.text import tidy

_MEGABYTE = 1 << 20
WORKBOOK_LIMITS = UnpackLimits(entries=1_000, entry_bytes=100 * _MEGABYTE, total_bytes=150 * _MEGABYTE, ratio=150)
_CONTENT_TYPES = "[content_types].xml"
# A row or a cell that says where it is (`r="12"`, `r="C12"`), and the tags of those that do not need to.
_REFERENCE = re.compile(rb"""\br\s*=\s*["']\s*\$?([A-Za-z]{0,4})\$?(\d{1,20})""")
_ROW_TAG = re.compile(rb"<(?:[^\s<>/]*:)?row[\s/>]")
_CELL_TAG = re.compile(rb"<(?:[^\s<>/]*:)?c[\s/>]")
_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
MOST_COLUMNS = 256
_EXACT = 1e15  # above, a spreadsheet has rounded a whole number (15 digits are all that it keeps)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One visible worksheet."""

    name: str
    _sheet: CalamineSheet

    def lines(self) -> Iterator[Line]:
        """Every row from the first, empty ones too."""
        if self._sheet.start is None:
            return
        for number, row in enumerate(self._sheet.iter_rows(), start=1):
            yield Line(number, tuple(_cell(value) for value in row))


def open_workbook(file: BinaryIO, *, most_rows: int) -> tuple[Sheet, ...]:
    """The visible worksheets.

    Raises `BadValue`: `docket_macros`, `docket_encrypted`, `docket_bomb`, `docket_not_a_table` (a ZIP of something
    else), `docket_broken`, `docket_rows` (`limit`).
    """
    file.seek(0)
    try:
        _inspect(open_zip(file, WORKBOOK_LIMITS), most_rows)
    except BadValue as refused:
        match refused.code:
            case "archive_broken":
                raise BadValue("docket_broken") from None
            case "archive_encrypted":
                raise BadValue("docket_encrypted") from None
            case "archive_bomb" | "archive_entries":
                raise BadValue("docket_bomb") from None
            case _:
                raise
    file.seek(0)
    try:
        workbook = CalamineWorkbook.from_filelike(file)
        return tuple(
            Sheet(sheet.name, workbook.get_sheet_by_name(sheet.name))
            for sheet in workbook.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        )
    except CalamineError:
        raise BadValue("docket_broken") from None


def _inspect(archive: ZipFile, most_rows: int) -> None:
    """What must hold before the reader sees the file."""
    names = entry_names(archive)
    if has_macros(b"", names):
        raise BadValue("docket_macros")
    if "xl/workbook.xml" not in names:
        raise BadValue("docket_not_a_table")
    for entry in archive.infolist():
        content = unpack(archive, entry, WORKBOOK_LIMITS.entry_bytes)
        if entry.filename.lower() == _CONTENT_TYPES and b"macroEnabled" in content:
            raise BadValue("docket_macros")
        if content.startswith(_UTF16):
            raise BadValue("docket_broken")  # XML in UTF-16 would hide its references from the check
        # A worksheet may lie under any name, so that all parts are looked at.
        if b"sheetData" in content:
            _check_size(content, most_rows)


def _check_size(content: bytes, most_rows: int) -> None:
    """Refuse a sheet that claims a place, or has a number of rows or cells in a row, beyond what a docket needs."""
    cells_by_row = _ROW_TAG.split(content)
    rows = len(cells_by_row) - 1
    columns = max(len(_CELL_TAG.findall(row)) for row in cells_by_row)
    for letters, digits in _REFERENCE.findall(content):
        rows = max(rows, int(digits))
        columns = max(columns, _column(letters))
    if rows > most_rows:
        raise BadValue("docket_rows", limit=most_rows)
    if columns > MOST_COLUMNS:
        raise BadValue("docket_columns", limit=MOST_COLUMNS)


def _column(letters: bytes) -> int:
    """A column's number from 1; `AA` is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _cell(value: object) -> Cell:
    """The value in our terms: text, or a date where the sheet says that it is one."""
    match value:
        case str():
            return tidy(value)
        case bool():
            return "1" if value else "0"
        case datetime() | date():
            return value
        case int() | float():
            return _number(float(value))
        case _:
            return str(value)


def _number(value: float) -> str:
    """A number as the sheet shows it; one that lost digits is written so that everybody sees it (1.101012E+17)."""
    if abs(value) >= _EXACT:
        return f"{value:.6E}"
    return str(int(value)) if value.is_integer() else repr(value)
