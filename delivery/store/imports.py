"""Docket imports: the file, how far it is, each row that could not come in, and each that tells something else."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, Boolean, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from delivery.store.model import InCourt, Model, Sealed, in_same_court


class ImportJob(InCourt, Model):
    """One docket file. `status` is waiting, running, done or refused.

    The counts are those of `songda import --json`. With `moves_hearings`,
    hearings on another day than the court holds are moved.
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
    differing: Mapped[int] = mapped_column(default=0)
    moves_hearings: Mapped[bool] = mapped_column(Boolean, default=False)
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


class RowDifference(InCourt, Model):
    """One field of one row that tells something else than was held when it came in; both values sealed.

    `field` is a docket's column, `standing` as `delivery.intake_comparing.Standing` has it.
    """

    __tablename__ = "row_difference"
    __table_args__ = (
        in_same_court("job_id", "import_job"),
        in_same_court("case_id", "case"),
        in_same_court("recipient_id", "recipient"),
        Index(None, "court_id", "job_id", "row"),
        Index(None, "court_id", "case_id"),
    )

    job_id: Mapped[UUID]
    case_id: Mapped[UUID]
    recipient_id: Mapped[UUID | None]
    row: Mapped[int]
    field: Mapped[str] = mapped_column(String(40))
    standing: Mapped[str] = mapped_column(String(12))
    held_sealed: Mapped[bytes | None]
    held = Sealed()
    told_sealed: Mapped[bytes | None]
    told = Sealed()
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[UUID | None]
