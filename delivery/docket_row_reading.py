"""One row of a docket, from cells to values, or to errors that each name a cell and a cure.

A row is checked in full, so that a clerk corrects it once; but one mistake is reported once, and nothing that merely
follows from it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from delivery.docket_cells import (
    BASES,
    KINDS,
    LANGUAGES,
    PROCEDURES,
    ROLES,
    Cell,
    read_choice,
    read_consent,
    read_date,
    read_files,
    read_flag,
    read_list,
    read_moment,
    read_titles,
    written,
)
from delivery.docket_headings import Column, Headings
from delivery.docket_row import DocketCounsel, DocketDocument, DocketRow, Papers, RowError
from delivery.domain.address import Basis, Phone, parse_email, parse_phone, parse_wechat
from delivery.domain.case import CaseNumber, PartyKind, PartyRole, Procedure, parse_case_number
from delivery.domain.errors import BadValue
from delivery.domain.identity import Identity, parse_identity
from delivery.domain.postal import PostalParts, parse_postal
from delivery.domain.text import tidy

T = TypeVar("T")
_LONGEST = 2_000
_LIMITS = {Column.CAUSE: 60, Column.RECIPIENT: 100, Column.LAW_FIRM: 100, Column.LAWYER: 60}
_NUMBER_LENGTH = 18
_FORMULA_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!)")
_HAS_LETTER = re.compile(r"[^\W\d_]")


class RowReading:
    """One row while it is read."""

    def __init__(
        self,
        number: int,
        cells: Mapping[Column, Cell],
        headings: Headings,
        zone: ZoneInfo,
        papers: Papers | None,
    ) -> None:
        self.errors: list[RowError] = []
        self._number = number
        self._cells = cells
        self._headings = headings
        self._zone = zone
        self._papers = papers

    def error(self, column: Column, why: BadValue) -> RowError:
        value = tidy(written(self._cells.get(column, "")))[:200]
        return RowError(self._number, column, self._headings.of(column), value, why.code, why.arguments)

    def take(self, column: Column, read: Callable[[Cell], T], *, missing: str = "") -> T | None:
        """The cell as `read` makes it. None when it is empty or refused; empty is an error when it has a code."""
        cell = self._cells.get(column, "")
        try:
            if isinstance(cell, str):
                cell = _sound(cell, _LIMITS.get(column, _LONGEST))
            return read(cell) if _present(cell, missing) else None
        except BadValue as why:
            self.errors.append(self.error(column, why))
            return None

    def row(self) -> DocketRow | None:
        """The row, or None when errors leave no row to speak of.

        Every cell is read, so that no second round is needed.
        """
        about = self._case()
        recipient = self.take(Column.RECIPIENT, _name, missing="name_missing")
        role = self._choice(Column.ROLE, ROLES)
        documents = self._documents()
        kind, identity = self._who()
        reached = self._reached()
        consent = self.take(Column.CONSENT, read_consent)
        language = self._choice(Column.LANGUAGE, LANGUAGES)
        if about is None or recipient is None or kind is None:
            return None
        return DocketRow(
            number=self._number,
            case=about.number,
            origin=about.origin,
            cause=about.cause,
            procedure=about.procedure,
            accepted_on=about.accepted_on,
            hearing_at=about.hearing_at,
            confidential=about.confidential,
            documents=documents,
            recipient=recipient,
            role=role or PartyRole.DEFENDANT,
            kind=kind,
            identity=identity,
            phones=reached.phones,
            emails=reached.emails,
            wechat=reached.wechat,
            postal=reached.postal,
            basis=reached.basis,
            confirmed_on=reached.confirmed_on,
            consent=consent,
            counsel=reached.counsel,
            language=language or "zh",
        )

    def _case(self) -> "_Case | None":
        """What the row says of its case; None when that names no case."""
        number = self.take(
            Column.CASE_NUMBER, lambda cell: parse_case_number(written(cell)), missing="case_number_missing"
        )
        origin = self.take(Column.ORIGIN, lambda cell: parse_case_number(written(cell)))
        cause = self.take(Column.CAUSE, written)
        procedure = self._choice(Column.PROCEDURE, PROCEDURES, missing="procedure_missing")
        accepted_on = self.take(Column.ACCEPTED_ON, read_date, missing="accepted_missing")
        hearing_at = self._hearing(accepted_on)
        confidential = self.take(Column.CONFIDENTIAL, read_flag)
        if number is None or procedure is None or accepted_on is None:
            return None
        return _Case(number, origin, cause or "", procedure, accepted_on, hearing_at, confidential or False)

    def _choice(self, column: Column, choices: Mapping[str, T], *, missing: str = "") -> T | None:
        return self.take(column, lambda cell: read_choice(cell, choices, f"{column}_unknown"), missing=missing)

    def _hearing(self, accepted_on: date | None) -> datetime | None:
        hearing_at = self.take(Column.HEARING_AT, lambda cell: read_moment(cell, self._zone))
        if hearing_at and accepted_on and hearing_at.astimezone(self._zone).date() < accepted_on:
            self.errors.append(self.error(Column.HEARING_AT, BadValue("hearing_before_acceptance")))
        return hearing_at

    def _documents(self) -> tuple[DocketDocument, ...]:
        titles = self.take(Column.DOCUMENTS, read_titles, missing="documents_missing")
        files = self.take(Column.FILES, read_files) or ()
        if titles is None:
            return ()
        if files and len(files) != len(titles):
            why = BadValue("files_count", documents=len(titles), files=len(files))
            self.errors.append(self.error(Column.FILES, why))
            return ()
        paths = [self._path(name) for name in files] or [""] * len(titles)
        return tuple(DocketDocument(title, kind, path) for (title, kind), path in zip(titles, paths, strict=True))

    def _path(self, name: str) -> str:
        """The path of a named file in the archive; without an archive the name as written."""
        if not name or self._papers is None:
            return name
        why = BadValue("file_absent")
        try:
            path = self._papers.find(name)
        except BadValue as several:
            path, why = None, several
        if path is None:
            # The value is this one name, not the whole cell.
            self.errors.append(replace(self.error(Column.FILES, why), value=name[:200]))
        return path or ""

    def _who(self) -> tuple[PartyKind | None, Identity | None]:
        """The kind as written or, without a word, as the identity number tells; the number checked against the kind."""
        if self._cells.get(Column.KIND, "") == "":
            return self._kind_by_number()
        kind = self._choice(Column.KIND, KINDS)
        if kind is None:
            return None, None
        return kind, self.take(Column.IDENTITY, lambda cell: parse_identity(written(cell), kind))

    def _kind_by_number(self) -> tuple[PartyKind | None, Identity | None]:
        number = written(self._cells.get(Column.IDENTITY, ""))
        column, why = Column.KIND, BadValue("kind_missing")
        for kind in PartyKind:
            try:
                identity = parse_identity(number, kind)
            except BadValue as refused:
                if len(number) == _NUMBER_LENGTH and column is Column.KIND:
                    column, why = Column.IDENTITY, refused
            else:
                if identity.checked:
                    return kind, identity
        self.errors.append(self.error(column, why))
        return None, None

    def _reached(self) -> "_Reached":
        before = len(self.errors)
        phones = self.take(Column.PHONE, lambda cell: tuple(map(parse_phone, read_list(cell)))) or ()
        emails = self.take(Column.EMAIL, lambda cell: tuple(map(parse_email, read_list(cell)))) or ()
        wechat = self.take(Column.WECHAT, lambda cell: parse_wechat(written(cell))) or ""
        postal = self.take(Column.ADDRESS, lambda cell: parse_postal(written(cell)))
        basis = self._choice(Column.BASIS, BASES)
        confirmed_on = self.take(Column.CONFIRMED_ON, read_date)
        counsel = self._counsel()
        if len(self.errors) == before:
            if not (phones or emails or wechat or postal or (counsel and (counsel.email or counsel.wechat))):
                self.errors.append(self.error(Column.ADDRESS, BadValue("nothing_to_serve_at")))
            elif basis is Basis.CONFIRMED and confirmed_on is None:
                self.errors.append(self.error(Column.CONFIRMED_ON, BadValue("confirmation_date_missing")))
        return _Reached(
            tuple(dict.fromkeys(phones)), tuple(dict.fromkeys(emails)), wechat, postal, basis, confirmed_on, counsel
        )

    def _counsel(self) -> DocketCounsel | None:
        firm = self.take(Column.LAW_FIRM, _name)
        lawyer = self.take(Column.LAWYER, _name)
        email = self.take(Column.LAW_FIRM_EMAIL, lambda cell: parse_email(written(cell)))
        wechat = self.take(Column.LAW_FIRM_WECHAT, lambda cell: parse_wechat(written(cell)))
        if firm is None:
            if lawyer or email or wechat:
                self.errors.append(self.error(Column.LAW_FIRM, BadValue("law_firm_missing")))
            return None
        return DocketCounsel(firm, lawyer or "", email or "", wechat or "")


@dataclass(frozen=True, slots=True)
class _Case:
    """A case, as one row tells it."""

    number: CaseNumber
    origin: CaseNumber | None
    cause: str
    procedure: Procedure
    accepted_on: date
    hearing_at: datetime | None
    confidential: bool


@dataclass(frozen=True, slots=True)
class _Reached:
    """Where a recipient can be reached, as one row tells it."""

    phones: tuple[Phone, ...]
    emails: tuple[str, ...]
    wechat: str
    postal: PostalParts | None
    basis: Basis | None
    confirmed_on: date | None
    counsel: DocketCounsel | None


def _sound(text: str, limit: int) -> str:
    """The text of a cell, if it is one. Raises `BadValue`: `cell_formula_error`, `cell_too_long` (`limit`)."""
    text = tidy(text)
    if _FORMULA_ERROR.fullmatch(text):
        raise BadValue("cell_formula_error")
    if len(text) > limit:
        raise BadValue("cell_too_long", limit=limit)
    return text


def _present(cell: Cell, missing: str) -> bool:
    """Whether the cell holds anything. Raises `BadValue(missing)` when it must and does not."""
    if cell == "" and missing:
        raise BadValue(missing)
    return cell != ""


def _name(cell: Cell) -> str:
    """A name in one line, with the middle dot of transliterated names in its one form. Raises `BadValue`."""
    name = re.sub(r"[•‧・･∙]", "·", " ".join(written(cell).split()))
    if not _HAS_LETTER.search(name):
        raise BadValue("name_unreadable")
    return name
