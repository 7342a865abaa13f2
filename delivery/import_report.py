"""What became of a docket, as `songda import` prints it: figures, every bad row, every row that differs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ReportedError:
    """One row error as `songda import --json` prints it; `column` is the heading as the file has it."""

    row: int
    column: str
    value: str
    code: str
    message: str
    message_en: str


@dataclass(frozen=True, slots=True)
class ReportedDifference:
    """One field of one row that tells something else than was held; `standing` says what became of it."""

    row: int
    field: str
    held: str
    told: str
    standing: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file: rows = accepted + unchanged + rejected; `differing` of them told something else."""

    rows: int
    accepted: int
    unchanged: int
    rejected: int
    errors: tuple[ReportedError, ...]
    notices: Mapping[str, Mapping[str, object]]
    differing: int = 0
    differences: tuple[ReportedDifference, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The object that the command line prints."""
        return asdict(self)
