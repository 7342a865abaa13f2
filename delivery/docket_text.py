"""A docket as delimited text: which encoding it is in, which separator it uses, and its lines.

Excel on Chinese Windows saves CSV in GB18030 without a mark, other systems in UTF-8, and "Unicode text" is UTF-16. The
order is strict (byte-order mark, UTF-8, GB18030), and the file is read through once before a single row is believed,
because an encoding that fails in row 4,000 was wrong in row 1.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from delivery.docket_cells import Cell
from delivery.domain.errors import BadValue
from delivery.domain.text import tidy

_CHUNK = 1 << 16
_SAMPLE = 1 << 15
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATORS = ",\t;|"
_QUOTED = re.compile(r'"[^"]*"')
_FORMULA_TEXT = re.compile(r'="(.*)"', re.DOTALL)
_NOT_SIMPLIFIED = 0.2
_SMALLEST_SAMPLE = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One row of cells.

    `number` counts as a spreadsheet program does, from 1; `fault` is a code when it can't be read.
    """

    number: int
    cells: tuple[Cell, ...]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class DelimitedText:
    """The file, its encoding, and whether that may really be Big5, which GB18030 decodes without an error."""

    file: BinaryIO
    encoding: str
    looks_big5: bool

    def lines(self) -> Iterator[Line]:
        """Every record, blank ones too."""
        self.file.seek(0)
        text = io.TextIOWrapper(self.file, encoding=self.encoding, newline="")
        try:
            separator = _separator(text)
            text.seek(0)
            yield from _records(csv.reader(text, delimiter=separator, strict=True))
        finally:
            text.detach()


def open_text(file: BinaryIO) -> DelimitedText:
    """Find the encoding. Raises `BadValue("docket_encoding")`, or `docket_not_a_table` for bytes that are no text."""
    file.seek(0)
    head = file.read(_CHUNK)
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "")
    if not encoding and b"\x00" in head:
        raise BadValue("docket_not_a_table")
    for candidate in (encoding,) if encoding else ("utf-8", "gb18030"):
        if _decodes(file, candidate):
            return DelimitedText(file, candidate, candidate == "gb18030" and _looks_big5(head))
    raise BadValue("docket_encoding")


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _looks_big5(head: bytes) -> bool:
    """Whether the bytes are valid Big5, and as GB18030 they would be full of characters that nobody uses.

    Simplified text hardly leaves the 6,763 characters of GB 2312; Big5 read as GB18030 falls outside all the time.
    """
    sample = head[:_SAMPLE]
    try:
        codecs.getincrementaldecoder("big5hkscs")().decode(sample)
    except UnicodeDecodeError:
        return False
    letters = [c for c in codecs.getincrementaldecoder("gb18030")("ignore").decode(sample) if ord(c) > 127]  # noqa: PLR2004
    common = len("".join(letters).encode("gb2312", "ignore")) // 2
    return len(letters) >= _SMALLEST_SAMPLE and 1 - common / len(letters) > _NOT_SIMPLIFIED


def _separator(text: io.TextIOWrapper) -> str:
    """The separator that the first line with any uses most, outside quotes."""
    for _ in range(20):
        line = _QUOTED.sub("", text.readline(_CHUNK))
        counts = {separator: line.count(separator) for separator in _SEPARATORS}
        if max(counts.values()) > 1:
            return max(counts, key=lambda separator: counts[separator])
    return ","


def _records(reader: Iterator[list[str]]) -> Iterator[Line]:
    number = 0
    while True:
        number += 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error:
            # An open quotation mark swallows what follows; a stray one spoils its own row only.
            yield Line(number, (), "line_quotes")
            continue
        yield Line(number, tuple(_plain(cell) for cell in record))


def _plain(cell: str) -> str:
    """The text of a cell; `="..."` is how exports keep a spreadsheet program from rounding a long number."""
    found = _FORMULA_TEXT.fullmatch(cell)
    return tidy(found[1] if found else cell)
