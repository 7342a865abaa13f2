"""The rows of a docket one after the other, with what one row cannot know alone.

That is: the same line twice, and one case told in two ways.
"""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from delivery.docket_cells import Cell
from delivery.docket_headings import Column, Headings
from delivery.docket_row import DocketRow, Papers, RowError
from delivery.docket_row_reading import RowReading
from delivery.domain.errors import BadValue


class DocketRows:
    """Reads rows one after the other, in the order of the file, remembering what later rows are compared with."""

    def __init__(self, headings: Headings, zone: ZoneInfo, papers: Papers | None) -> None:
        self._headings = headings
        self._zone = zone
        self._papers = papers
        self._first: dict[tuple[str, str, frozenset[str]], int] = {}
        self._cases: dict[str, tuple[int, Mapping[Column, object]]] = {}

    def read(self, number: int, cells: Mapping[Column, Cell]) -> DocketRow | tuple[RowError, ...]:
        """The row, or every error in it. A row with an error is not remembered."""
        reading = RowReading(number, cells, self._headings, self._zone, self._papers)
        row = reading.row()
        if row is None or reading.errors:
            return tuple(reading.errors)
        if (error := self._against_earlier(row, reading)) is not None:
            return (error,)
        return row

    def _against_earlier(self, row: DocketRow, reading: RowReading) -> RowError | None:
        """The same line again, or another version of a case that an earlier row told."""
        told = {
            Column.CAUSE: row.cause,
            Column.PROCEDURE: row.procedure,
            Column.ACCEPTED_ON: row.accepted_on,
            Column.HEARING_AT: row.hearing_at or "",
            Column.CONFIDENTIAL: row.confidential,
        }
        first, before = self._cases.setdefault(row.case.text, (row.number, told))
        for column, value in told.items():
            if value != before[column] and value != "" and before[column] != "":
                return reading.error(column, BadValue("case_contradiction", first_row=first))
        who = row.identity.number if row.identity else row.recipient
        key = (row.case.text, who, frozenset(document.title for document in row.documents))
        if key in self._first:
            return reading.error(Column.RECIPIENT, BadValue("row_twice", first_row=self._first[key]))
        self._first[key] = row.number
        return None
