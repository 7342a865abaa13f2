"""What one row of a docket says, typed and checked, or why it cannot come in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from delivery.docket_cells import ElectronicConsent
from delivery.docket_headings import Column
from delivery.domain.address import Basis, Phone
from delivery.domain.case import CaseNumber, PartyKind, PartyRole, Procedure
from delivery.domain.identity import Identity
from delivery.domain.paper import DocumentKind
from delivery.domain.postal import PostalParts


class Papers(Protocol):
    """Where named files are looked for."""

    def find(self, name: str) -> str | None:
        """The path of the file called so, or None. Raises `BadValue` when several are."""


@dataclass(frozen=True, slots=True)
class DocketDocument:
    """One paper of a row. `file` is its path in the archive, or the name as written when no archive is at hand."""

    title: str
    kind: DocumentKind
    file: str = ""


@dataclass(frozen=True, slots=True)
class DocketCounsel:
    """The litigation agent that a row names."""

    firm: str
    lawyer: str
    email: str
    wechat: str = ""


@dataclass(frozen=True, slots=True)
class DocketRow:
    """One recipient of one case with the papers to be served.

    `number` is the row as a spreadsheet program numbers it; `origin` an earlier case of the same dispute.
    """

    number: int
    case: CaseNumber
    origin: CaseNumber | None
    cause: str
    procedure: Procedure
    accepted_on: date
    hearing_at: datetime | None
    confidential: bool
    documents: tuple[DocketDocument, ...]
    recipient: str
    role: PartyRole
    kind: PartyKind
    identity: Identity | None
    phones: tuple[Phone, ...]
    emails: tuple[str, ...]
    postal: PostalParts | None
    basis: Basis | None
    confirmed_on: date | None
    consent: ElectronicConsent | None
    counsel: DocketCounsel | None
    language: str
    wechat: str = ""


@dataclass(frozen=True, slots=True)
class RowError:
    """Why one row cannot come in: where (`heading` in the file's words), the value, and a code with arguments."""

    number: int
    column: Column
    heading: str
    value: str
    code: str
    arguments: Mapping[str, str | int] = field(default_factory=dict)
