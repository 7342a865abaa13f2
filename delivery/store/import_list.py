"""Imports as lists: the newest jobs, and the rows of one that could not come in."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.store.imports import ImportJob, RowProblem

MOST_JOBS = 30
PROBLEMS_PER_PAGE = 100


def newest_jobs(session: Session, court_id: UUID) -> list[ImportJob]:
    """The newest imports of a court."""
    query = select(ImportJob).where(ImportJob.court_id == court_id).order_by(ImportJob.created_at.desc())
    return list(session.scalars(query.limit(MOST_JOBS)))


def problems_after(
    session: Session, court_id: UUID, job_id: UUID, *, row: int = 0, limit: int | None = PROBLEMS_PER_PAGE
) -> list[RowProblem]:
    """What is wrong with the rows after this one, in the order of the file."""
    query = (
        select(RowProblem)
        .where(RowProblem.court_id == court_id, RowProblem.job_id == job_id, RowProblem.row > row)
        .order_by(RowProblem.row, RowProblem.id)
    )
    return list(session.scalars(query if limit is None else query.limit(limit)))
