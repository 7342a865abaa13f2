"""What tests of imports do again and again: bring a docket in, one way or the other, and count what came of it."""

from collections.abc import Iterable
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from delivery.import_files import check_files
from delivery.import_report import ImportReport
from delivery.importing import (
    import_file,
    job_of,
    start_import,
)
from delivery.store.imports import ImportJob
from delivery.store.schema import METADATA
from tests.delivery.dockets import csv_file, zip_file
from tests.delivery.scene import Scene

PDF = b"%PDF-1.7\n%of {}\n%%EOF\n"
Rows = Iterable[dict[str, str]]


def pdf_of(words: str) -> bytes:
    return PDF.replace(b"{}", words.encode())


def import_rows(
    scene: Scene, rows: Rows, tmp_path: Path, papers: dict[str, bytes] | None = None, *, moves_hearings: bool = False
) -> ImportReport:
    """The rows as a file on disk, imported as `songda import` does."""
    (tmp_path / "docket.csv").write_bytes(csv_file(rows).getvalue())
    if papers is not None:
        (tmp_path / "papers.zip").write_bytes(zip_file(papers).getvalue())
    archive = tmp_path / "papers.zip" if papers is not None else None
    docket = tmp_path / "docket.csv"
    return import_file(scene.runtime, "qinghe", docket, archive, moves_hearings=moves_hearings)


def start(scene: Scene, content: bytes, papers: bytes | None = None) -> UUID:
    """The same as an upload does it: checked, written down, left to the tasks."""
    files = check_files(
        scene.runtime.blobs,
        scene.court_id,
        file_name="C:\\dockets\\三月.csv",
        content=content,
        papers=papers,
        zone=ZoneInfo("Asia/Shanghai"),
    )
    with scene.runtime.transaction() as session:
        return start_import(session, scene.court_id, files, by=None, now=scene.now, due_at=scene.now).id


def job_now(scene: Scene, job_id: UUID) -> ImportJob:
    with scene.looking() as session:
        return job_of(session, scene.court_id, job_id)


def counts(scene: Scene) -> dict[str, int]:
    """How many rows each table holds, apart from what tells of the imports themselves."""
    with scene.looking() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in METADATA.sorted_tables
            if table.name not in {"import_job", "row_problem", "task"}
        }


def figures(report: ImportReport | ImportJob) -> tuple[int, int, int, int]:
    return report.rows, report.accepted, report.unchanged, report.rejected
