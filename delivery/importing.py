"""Dockets come in: an import is a chain of tasks, each of which takes in at most 200 rows in one transaction.

How far an import is stands in its row and moves together with what came in, so that a kill costs at most one batch of
reading and nothing is ever doubled. Bad rows are kept with the reason (the value sealed), the good ones come in.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.correcting import correction
from delivery.docket_changes import differences_of, keep_differences, tell_desk
from delivery.docket_headings import Column
from delivery.docket_row import RowError
from delivery.domain.errors import BadValue, NotFound
from delivery.import_files import Batch, CheckedFiles, OpenReadings, Reading, ReadyRow, check_files, open_files
from delivery.import_report import ImportReport, ReportedDifference, ReportedError
from delivery.intake import Opened, open_orders
from delivery.runtime import Call, Runtime
from delivery.store.courts import Court, court_by_code
from delivery.store.database import refresh_statistics
from delivery.store.ids import new_id
from delivery.store.imports import ImportJob, RowProblem
from delivery.store.tasks import Lease, schedule

TASK = "import_rows"
BATCH = 200
FINISHED = frozenset({"done", "refused"})
_AHEAD = timedelta(seconds=1)
# When nobody waits for a file at a terminal any more, the tasks take it up.
_TAKEN_UP_AFTER = timedelta(minutes=10)


def start_import(
    session: Session,
    court_id: UUID,
    files: CheckedFiles,
    *,
    by: UUID | None,
    now: datetime,
    due_at: datetime,
    moves_hearings: bool = False,
) -> ImportJob:
    """Write an import down, with the task that begins it at `due_at`; refused files are written down as refused.

    `moves_hearings`: a hearing on another day than the court holds is moved, and not only told.
    """
    job = ImportJob(
        court_id=court_id,
        id=new_id(),
        file_name=files.file_name,
        sha256=files.sha256,
        papers_sha256=files.papers_sha256,
        status="refused" if files.refusal else "waiting",
        reason=files.refusal,
        reason_args=dict(files.refusal_args),
        rows=files.rows,
        accepted=0,
        unchanged=0,
        rejected=0,
        differing=0,
        moves_hearings=moves_hearings,
        next_row=0,
        created_by=by,
        created_at=now,
        finished_at=now if files.refusal else None,
    )
    session.add(job)
    session.flush()
    if not files.refusal:
        job.reason_args = _with_notices({}, {notice.code: dict(notice.arguments) for notice in files.notices})
        schedule(session, court_id, TASK, job.id, due_at=due_at, created_at=now)
    return job


def job_of(session: Session, court_id: UUID, job_id: UUID) -> ImportJob:
    """One import. Raises `NotFound`, also when it is another court's."""
    job = session.get(ImportJob, (court_id, job_id))
    if job is None:
        raise NotFound
    return job


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one row did not come in: `heading` is the column as the file calls it, `column` as we do."""

    row: int
    column: str
    heading: str
    value: str
    code: str
    args: Mapping[str, object]


def problems_of(
    session: Session, court_id: UUID, job_id: UUID, *, after_row: int = 0, limit: int | None = None
) -> list[Problem]:
    """The reasons, by row; whole rows only when the caller continues with the row after the last."""
    rows = session.scalars(
        select(RowProblem)
        .where(RowProblem.court_id == court_id, RowProblem.job_id == job_id, RowProblem.row > after_row)
        .order_by(RowProblem.row, RowProblem.id)
        .limit(limit)
    )
    return [
        Problem(
            row=problem.row,
            column=problem.column,
            heading=str(problem.args.get("heading", problem.column)),
            value=problem.value or "",
            code=problem.code,
            args=problem.args,
        )
        for problem in rows
    ]


def notices_of(job: ImportJob) -> dict[str, dict[str, object]]:
    """What a person should look at although the file came in: code -> arguments."""
    notices = job.reason_args.get("notices", {})
    assert isinstance(notices, dict)
    return notices


def _with_notices(args: Mapping[str, object], notices: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    return {**args, "notices": notices} if notices else dict(args)


class ImportRows:
    """Task handler: take in the next batch of one import. It keeps the open file from one batch to the next."""

    def __init__(self) -> None:
        self._readings = OpenReadings()

    def __call__(self, runtime: Runtime, session: Session, lease: Lease, _now: datetime) -> Call | None:
        """The call that reads the next rows, or None when the import has ended."""
        return self.next_batch(runtime, session, lease.court_id, lease.subject_id)

    def next_batch(self, runtime: Runtime, session: Session, court_id: UUID, job_id: UUID) -> Call | None:
        """Read with no transaction open, then take in what was read in one."""
        job = session.get(ImportJob, (court_id, job_id), with_for_update=True, populate_existing=True)
        if job is None or job.status in FINISHED:
            return None
        job.status = "running"
        zone = ZoneInfo(session.get_one(Court, court_id).time_zone)
        start, docket, papers = job.next_row, job.sha256, job.papers_sha256

        def perform() -> Batch:
            reading = self._readings.take(job_id, start)
            if reading is None:
                archive = runtime.blobs.get(court_id, papers) if papers else None
                files = open_files(runtime.blobs.get(court_id, docket), archive, zone)
                reading = Reading(files, runtime.blobs, court_id)
                reading.skip_to(start)
            batch = reading.batch(BATCH)
            if not batch.is_last:
                self._readings.keep(job_id, reading)
            return batch

        def record(session: Session, result: object, now: datetime) -> None:
            assert isinstance(result, Batch)
            _take_in(session, court_id, job_id, result, now)

        return Call(perform, record)


def _take_in(session: Session, court_id: UUID, job_id: UUID, batch: Batch, now: datetime) -> None:
    """Rows, problems, progress and the next task, together or not at all."""
    job = session.get(ImportJob, (court_id, job_id), with_for_update=True, populate_existing=True)
    if job is None or job.status in FINISHED or job.next_row != batch.start:
        # Somebody else has taken this batch in: nothing is left to do.
        return
    court = session.get_one(Court, court_id)
    entries = [replace(ready.entry, move_hearing=job.moves_hearings) for ready in batch.ready]
    opened = open_orders(session, court, entries, now=now)
    problems = [*batch.problems, *_of_papers(batch.ready, opened)]
    rejected = len({problem.number for problem in problems})
    changed = sum(result.changed and not result.differing for result in opened)
    job.next_row = batch.end
    job.accepted += changed
    job.rejected += rejected
    job.unchanged += batch.end - batch.start - changed - rejected
    _keep_problems(session, job, problems)
    told = zip(batch.ready, opened, strict=True)
    keep_differences(session, job, ((ready.number, result.differences) for ready, result in told), now)
    _add_notices(job, batch)
    if batch.is_last:
        job.status, job.finished_at = "done", now
        tell_desk(session, job, now)
    else:
        # Due before anything that the import opens: that waits until the docket is in.
        schedule(session, court_id, TASK, job.id, due_at=job.created_at - _AHEAD, created_at=now)
    session.flush()
    if _has_doubled(batch):
        refresh_statistics(session)


def _has_doubled(batch: Batch) -> bool:
    """Whether this batch brings the import to one, two, four ... batches: from here on the tables look different."""
    number = -(-batch.end // BATCH)
    return number.bit_count() == 1


def _of_papers(ready: Sequence[ReadyRow], opened: Sequence[Opened]) -> Iterator[RowError]:
    """Papers that came with other bytes than those that are kept: the row is not simply the same again."""
    for row, result in zip(ready, opened, strict=True):
        for title in result.differing:
            file = next((document.file for document in row.row.documents if document.title == title), "")
            yield RowError(row.number, Column.FILES, str(Column.FILES), file, "paper_differs", {"title": title})


def _keep_problems(session: Session, job: ImportJob, problems: Sequence[RowError]) -> None:
    with session.no_autoflush:
        for problem in problems:
            row = RowProblem(
                court_id=job.court_id,
                id=new_id(),
                job_id=job.id,
                row=problem.number,
                column=problem.column,
                code=problem.code,
                args={**problem.arguments, "heading": problem.heading},
            )
            session.add(row)
            row.value = problem.value


def _add_notices(job: ImportJob, batch: Batch) -> None:
    notices = dict(notices_of(job))
    for code, count in (("papers_to_come", batch.awaited), ("consent_without_address", batch.unused_consents)):
        if count:
            before = notices.get(code, {}).get("count", 0)
            assert isinstance(before, int)
            notices[code] = {"count": before + count}
    job.reason_args = _with_notices({}, notices)


def import_file(
    runtime: Runtime, court_code: str, path: Path, papers: Path | None = None, *, moves_hearings: bool = False
) -> ImportReport:
    """Import a docket from this machine's disk, and wait until it is in.

    If this process dies, the tasks finish the import. Raises `NotFound` for the court, `BadValue` for a file that is
    refused as a whole, `OSError` for one that cannot be read.
    """
    with runtime.reading() as session:
        court = court_by_code(session, court_code)
        if court is None:
            raise NotFound("court_unknown", court=court_code)
        court_id, zone = court.id, ZoneInfo(court.time_zone)
    files = check_files(
        runtime.blobs,
        court_id,
        file_name=path.name,
        content=path.read_bytes(),
        papers=papers.read_bytes() if papers else None,
        zone=zone,
    )
    now = runtime.now()
    with runtime.transaction() as session:
        due_at = now + _TAKEN_UP_AFTER
        job = start_import(session, court_id, files, by=None, now=now, due_at=due_at, moves_hearings=moves_hearings)
    if files.refusal:
        arguments: dict[str, Any] = dict(files.refusal_args)
        raise BadValue(files.refusal, **arguments)
    rows = ImportRows()
    while True:
        with runtime.transaction() as session:
            call = rows.next_batch(runtime, session, court_id, job.id)
        if call is None:
            break
        batch = call.perform()
        with runtime.transaction() as session:
            call.record(session, batch, runtime.now())
    with runtime.reading() as session:
        return report_of(session, job_of(session, court_id, job.id))


def report_of(session: Session, job: ImportJob) -> ImportReport:
    """An import's figures, every row error in words, and every difference."""
    errors = tuple(_told(problem) for problem in problems_of(session, job.court_id, job.id))
    differences = tuple(
        ReportedDifference(one.row, one.field, one.held or "", one.told or "", one.standing)
        for one in differences_of(session, job.court_id, job.id)
    )
    return ImportReport(
        job.rows, job.accepted, job.unchanged, job.rejected, errors, notices_of(job), job.differing, differences
    )


def _told(problem: Problem) -> ReportedError:
    zh, en = (correction(language, problem.code, problem.args) for language in ("zh", "en"))
    return ReportedError(
        row=problem.row,
        column=problem.heading,
        value=problem.value,
        code=problem.code,
        message=f"{zh.message}{zh.cure}",
        message_en=f"{en.message} {en.cure}",
    )
