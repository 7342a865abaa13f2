"""Dockets come in: upload, progress, the cure of each bad row, and a choice where a row differs from what is held."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from delivery.addressing import shown_address
from delivery.correcting import Correction, column_name, correction
from delivery.docket_changes import differences_of, open_fields, settle
from delivery.docket_headings import Column
from delivery.domain.errors import NotFound, RequestError
from delivery.import_files import check_files
from delivery.importing import Problem, job_of, notices_of, problems_of, start_import
from delivery.intake_comparing import Standing
from delivery.store.import_list import newest_jobs
from delivery.store.imports import RowDifference
from delivery.web.downloads import attachment
from delivery.web.policy import may
from delivery.web.rendering import instant, t, word
from delivery.web.rendering import page as render
from delivery.web.request_state import court_id, language, note_read, now, person, runtime, session, zone
from delivery.wording import knows

blueprint = Blueprint("imports", __name__)
PROBLEMS_PER_PAGE = 100
_RUNNING = ("waiting", "running")
_TABLES: Mapping[str, str] = {Column.PROCEDURE: "procedure", Column.ROLE: "party_role", Column.BASIS: "basis"}
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # some programs take the wide ones, too


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


@blueprint.post("/imports")
def upload() -> ResponseReturnValue:
    """Judge the files with no transaction open, then write the import down; its rows come in as tasks."""
    docket, papers = request.files.get("docket"), request.files.get("papers")
    if docket is None or not docket.filename:
        raise RequestError("file_missing", status=HTTPStatus.UNPROCESSABLE_ENTITY)
    files = check_files(
        runtime().blobs,
        court_id(),
        file_name=docket.filename,
        content=docket.read(),
        papers=papers.read() if papers is not None and papers.filename else None,
        zone=zone(),
    )
    moves = request.form.get("moves_hearings") == "yes" and may(person(), "imports.settle_differences")
    with runtime().transaction() as writing:
        by = person().account_id
        job = start_import(writing, court_id(), files, by=by, now=now(), due_at=now(), moves_hearings=moves)
        job_id = job.id
    return redirect(url_for("imports.page", job_id=job_id), HTTPStatus.SEE_OTHER)


@blueprint.get("/imports/<uuid:job_id>")
def page(job_id: UUID) -> ResponseReturnValue:
    """How far an import is, and what was wrong."""
    job = job_of(session(), court_id(), job_id)
    problems = problems_of(session(), court_id(), job_id, after_row=_row("after"), limit=PROBLEMS_PER_PAGE)
    changes = differences_of(session(), court_id(), job_id, after_row=_row("changed_after"), limit=PROBLEMS_PER_PAGE)
    note_read("import", job_id)
    return render(
        "console/import.html",
        job=job,
        problems=list(told(problems)),
        differences=list(shown_differences(changes)),
        open_hearings=open_fields(session(), court_id(), job_id).get("hearing_at", 0),
        more_differences=changes[-1].row if len(changes) == PROBLEMS_PER_PAGE else None,
        refusal=words_of(job.reason, job.reason_args) if job.status == "refused" else None,
        notices=[word("import.notice", code, **args) for code, args in notices_of(job).items()],
        more=problems[-1].row if len(problems) == PROBLEMS_PER_PAGE else None,
        running=job.status in _RUNNING,
    )


def _row(name: str) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 8 else 0  # noqa: PLR2004 -- no docket is that long


@blueprint.post("/imports/<uuid:job_id>/differences")
def settle_differences(job_id: UUID) -> ResponseReturnValue:
    """Apply or keep one difference, or all of one field; what is settled already is left alone."""
    job_of(session(), court_id(), job_id)
    chosen = request.form.get("difference", "")
    try:
        difference_id = UUID(chosen) if chosen else None
    except ValueError:
        raise NotFound from None
    settle(
        session(),
        court_id(),
        job_id,
        action=request.form.get("action", ""),
        by=person().account_id,
        now=now(),
        difference_id=difference_id,
        field=request.form.get("field", ""),
    )
    return redirect(url_for("imports.page", job_id=job_id) + "#differences", HTTPStatus.SEE_OTHER)


@blueprint.get("/imports/<uuid:job_id>/progress")
def progress(job_id: UUID) -> ResponseReturnValue:
    """The part of the page that moves while an import runs; when it has ended, the browser fetches the whole page."""
    job = job_of(session(), court_id(), job_id)
    answer = render("console/import_progress.html", job=job, running=job.status in _RUNNING)
    return answer if job.status in _RUNNING else (answer, {"HX-Refresh": "true"})


@blueprint.get("/imports/<uuid:job_id>/problems.csv")
def problems(job_id: UUID) -> Response:
    """All row errors as a table for a spreadsheet, in the language of the page."""
    job = job_of(session(), court_id(), job_id)
    note_read("import_problems", job_id)
    rows = told(problems_of(session(), court_id(), job_id))
    return attachment(_table(rows), f"{job.file_name}-{t('imports.problems')}", "text/csv")


def _table(rows: Iterable[ToldProblem]) -> str:
    """CSV with the mark in front that makes spreadsheets read UTF-8."""
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow([t(f"imports.{name}") for name in ("row", "column", "value", "message", "cure")])
    for row in rows:
        table.writerow([row.row, *map(as_text, (row.column, row.value, row.message, row.cure))])
    return "\ufeff" + written.getvalue()


def told(problems: Iterable[Problem]) -> Iterator[ToldProblem]:
    """Stored row errors in the words of the page's language; the column as the file calls it."""
    for problem in problems:
        words = words_of(problem.code, problem.args)
        column = problem.heading if problem.heading != problem.column else _column(problem.column)
        yield ToldProblem(problem.row, column, problem.value, words.message, words.cure)


@dataclass(frozen=True, slots=True)
class ShownDifference:
    """One field that differs, in words; `cure` where no button changes it."""

    id: UUID
    case_id: UUID
    row: int
    field: str
    column: str
    held: str
    told: str
    standing: str
    cure: str


def shown_differences(rows: Iterable[RowDifference]) -> Iterator[ShownDifference]:
    """Stored differences in the words of the page's language."""
    for row in rows:
        cure = f"imports.cure.{row.field}"
        yield ShownDifference(
            id=row.id,
            case_id=row.case_id,
            row=row.row,
            field=row.field,
            column=_column(row.field),
            held=_shown(row.field, row.held or ""),
            told=_shown(row.field, row.told or ""),
            standing=row.standing,
            cure=t(cure) if row.standing == Standing.NOTED and knows(cure) else "",
        )


def _shown(field: str, value: str) -> str:
    if not value:
        return ""
    match field:
        case Column.HEARING_AT:
            return instant(datetime.fromisoformat(value))
        case Column.CONFIDENTIAL:
            return t(f"imports.truth.{value}")
        case Column.CONSENT:
            kinds = [t("imports.all_papers") if one == "all" else word("paper", one) for one in value.split(",")]
            return t("list.comma").join(kinds)
        case Column.ADDRESS:
            return t("list.comma").join(shown_address("postal", one) for one in value.split("; "))
        case _:
            return word(_TABLES[field], value) if field in _TABLES else value


def words_of(code: str, args: Mapping[str, object]) -> Correction:
    """What is wrong and how to mend it; a code without words is shown as it is."""
    try:
        return correction(language(), code, args)
    except KeyError:
        return Correction(code, "")


def _column(column: str) -> str:
    try:
        return column_name(language(), column)
    except KeyError:
        return column


def as_text(value: str) -> str:
    """A cell that no spreadsheet runs as a formula."""
    return f"'{value}" if value.startswith(_FORMULAS) else value
