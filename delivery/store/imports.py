"""Docket imports: the file, how far it is, and each row that could not come in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from delivery.store.model import InCourt, Model, Sealed, in_same_court


class ImportJob(InCourt, Model):
    """One docket file. `status` is waiting, running, done or refused.

    The counts are those of `songda import --json`.
    """

    __tablename__ = "import_job"
    __table_args__ = (Index(None, "court_id", "created_at"),)

    file_name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    papers_sha256: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(12), default="waiting")
    reason: Mapped[str] = mapped_column(String(60), default="")
    reason_args: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    rows: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    next_row: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class RowProblem(InCourt, Model):
    """One reason why one row did not come in: where, which value (sealed), which code."""

    __tablename__ = "row_problem"
    __table_args__ = (in_same_court("job_id", "import_job"), Index(None, "court_id", "job_id", "row"))

    job_id: Mapped[UUID]
    row: Mapped[int]
    column: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(60))
    args: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    value_sealed: Mapped[bytes | None]
    value = Sealed()
