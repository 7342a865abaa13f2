"""Dockets come in: upload, progress, and for each row that could not come in what is wrong and how to mend it."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from delivery.correcting import Correction, column_name, correction
from delivery.domain.errors import NotFound
from delivery.store.import_list import PROBLEMS_PER_PAGE, newest_jobs, problems_after
from delivery.store.imports import ImportJob, RowProblem
from delivery.web.downloads import attachment
from delivery.web.rendering import page as render
from delivery.web.rendering import t
from delivery.web.request_state import court_id, language, note_read, session

blueprint = Blueprint("imports", __name__)
_RUNNING = ("waiting", "running")
_FORMULAS = "=+-@\t\r"


@dataclass(frozen=True, slots=True)
class ToldProblem:
    """One thing that is wrong with one row, in words."""

    row: int
    column: str
    value: str
    message: str
    cure: str


@blueprint.get("/imports")
def listing() -> ResponseReturnValue:
    """The upload form and the newest imports."""
    return render("console/imports.html", jobs=newest_jobs(session(), court_id()))


@blueprint.get("/imports/<uuid:job_id>")
def page(job_id: UUID) -> ResponseReturnValue:
    """How far an import is, and what was wrong."""
    job = _job(job_id)
    after = request.args.get("after", "0")
    problems = problems_after(session(), court_id(), job_id, row=int(after) if after.isdigit() else 0)
    note_read("import", job_id)
    return render(
        "console/import.html",
        job=job,
        problems=list(told(problems)),
        refusal=_refusal(job),
        more=problems[-1].row if len(problems) == PROBLEMS_PER_PAGE else None,
        running=job.status in _RUNNING,
    )


@blueprint.get("/imports/<uuid:job_id>/progress")
def progress(job_id: UUID) -> ResponseReturnValue:
    """The part of the page that moves while an import runs."""
    job = _job(job_id)
    return render("console/import_progress.html", job=job, running=job.status in _RUNNING)


@blueprint.get("/imports/<uuid:job_id>/problems.csv")
def problems(job_id: UUID) -> Response:
    """All row errors as a table for a spreadsheet, in the language of the page."""
    job = _job(job_id)
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow([t(f"imports.{name}") for name in ("row", "column", "value", "message", "cure")])
    for problem in told(problems_after(session(), court_id(), job_id, limit=None)):
        cells = (problem.column, problem.value, problem.message, problem.cure)
        table.writerow([problem.row, *map(_as_text, cells)])
    note_read("import_problems", job_id)
    # The mark at the front makes spreadsheets read UTF-8.
    return attachment("\ufeff" + written.getvalue(), f"{job.file_name}-{t('imports.problems')}", "text/csv")


def told(problems: Iterable[RowProblem]) -> Iterator[ToldProblem]:
    """Stored row errors in the words of the page's language."""
    for problem in problems:
        words = _words(problem.code, problem.args)
        yield ToldProblem(problem.row, _column(problem.column), problem.value or "", words.message, words.cure)


def _words(code: str, args: dict[str, object]) -> Correction:
    try:
        return correction(language(), code, args)
    except KeyError:
        return Correction(code, "")


def _column(column: str) -> str:
    try:
        return column_name(language(), column)
    except KeyError:
        return column


def _refusal(job: ImportJob) -> Correction | None:
    return _words(job.reason, job.reason_args) if job.status == "refused" else None


def _as_text(value: str) -> str:
    """A cell that no spreadsheet runs as a formula."""
    return f"'{value}" if value.startswith(tuple(_FORMULAS)) else value


def _job(job_id: UUID) -> ImportJob:
    job = session().get(ImportJob, (court_id(), job_id))
    if job is None:
        raise NotFound
    return job
