"""The newest imports of a court."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.store.imports import ImportJob

MOST_JOBS = 30


def newest_jobs(session: Session, court_id: UUID) -> list[ImportJob]:
    """The newest first."""
    query = select(ImportJob).where(ImportJob.court_id == court_id).order_by(ImportJob.created_at.desc())
    return list(session.scalars(query.limit(MOST_JOBS)))
