"""A docket imported by real processes: the command line with its papers, and a worker that is killed in the middle."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

import wsgi
from delivery.import_files import check_files
from delivery.importing import job_of, start_import
from delivery.migrating import make_ready
from delivery.runtime import Runtime
from delivery.store.courts import Court, court_by_code
from delivery.store.imports import RowProblem
from delivery.store.orders import ServiceOrder, documents_of
from delivery.store.vault import generate_keys
from tests.delivery.dockets import csv_file, large_docket, row, xlsx_file, zip_file
from tests.infrastructure.tree import ROOT
from tests.infrastructure.waiting import until
from tests.journeys.processes import COMMAND, Process

PDF = b"%PDF-1.7\nthe complaint\n%%EOF\n"


@pytest.fixture
def environ(engine_url: str, tmp_path: Path) -> dict[str, str]:
    """The variables of an installation of its own, with short leases."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SONGDA_")},
        "SONGDA_DATABASE_URL": engine_url,
        "SONGDA_DATA": str(tmp_path),
        "SONGDA_KEYS": generate_keys(),
        "SONGDA_LEASE_SECONDS": "5",
        "SONGDA_WEBHOOKS_TIMEOUT_SECONDS": "1",
    }


@pytest.fixture
def runtime(environ: dict[str, str]) -> Iterator[Runtime]:
    """The same installation as this process sees it, with one court."""
    found = wsgi.install(environ).runtime
    make_ready(found.database)
    with found.transaction() as session:
        session.add(Court(code="qinghe", name="云州市青河区人民法院", name_en="Qinghe District Court"))
    yield found
    found.database.dispose()


def _songda(environ: dict[str, str], *arguments: str) -> str:
    """One command to its end; what it printed."""
    done = subprocess.run([*COMMAND, *arguments], cwd=ROOT, env=environ, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_the_command_takes_a_docket_with_its_papers_in(
    environ: dict[str, str], runtime: Runtime, tmp_path: Path
) -> None:
    rows = [row(送达文书="起诉状副本", 文书文件="起诉状.pdf"), row(案号="2026云0188民初2号", 证件号码="")]
    (tmp_path / "三月.xlsx").write_bytes(xlsx_file(rows).getvalue())
    (tmp_path / "文书.zip").write_bytes(zip_file({"起诉状.pdf": PDF}).getvalue())
    command = (
        "import",
        str(tmp_path / "三月.xlsx"),
        "--court",
        "qinghe",
        "--papers",
        str(tmp_path / "文书.zip"),
        "--json",
    )

    report = json.loads(_songda(environ, *command))

    assert {name: report[name] for name in ("rows", "accepted", "unchanged", "rejected")} == {
        "rows": 2,
        "accepted": 1,
        "unchanged": 0,
        "rejected": 1,
    }
    (error,) = report["errors"]
    assert (error["row"], error["column"], error["value"]) == (3, "案号", "2026云0188民初2号")
    assert error["code"] == "case_number_malformed"
    assert error["message"]
    with runtime.reading() as session:
        order = session.scalars(select(ServiceOrder)).one()
        (paper,) = documents_of(session, order.court_id, order.id)
        assert runtime.blobs.get(order.court_id, paper.sha256 or "") == PDF
    assert json.loads(_songda(environ, *command))["unchanged"] == 1


def test_a_worker_killed_in_the_middle_of_a_docket_doubles_and_loses_nothing(
    environ: dict[str, str], runtime: Runtime, tmp_path: Path
) -> None:
    content = csv_file(large_docket(bad_each=1, rows=500), encoding="gb18030").getvalue()
    with runtime.transaction() as session:
        court = court_by_code(session, "qinghe")
        assert court is not None
        court_id = court.id
        files = check_files(
            runtime.blobs,
            court_id,
            file_name="三月.csv",
            content=content,
            papers=None,
            zone=ZoneInfo("Asia/Shanghai"),
        )
        job_id = start_import(session, court_id, files, by=None, now=runtime.now(), due_at=runtime.now()).id

    def so_far() -> int:
        with runtime.reading() as session:
            return job_of(session, court_id, job_id).next_row

    def finished() -> bool:
        with runtime.reading() as session:
            return job_of(session, court_id, job_id).status == "done"

    worker = Process(("work",), environ, tmp_path / "worker.log")
    until(lambda: so_far() >= 200, seconds=90)
    worker.kill()
    worker.start()
    until(finished, seconds=90)
    worker.kill()

    with runtime.reading() as session:
        job = job_of(session, court_id, job_id)
        assert (job.rows, job.accepted, job.unchanged, job.rejected) == (500, 490, 0, 10)
        assert session.scalar(select(func.count()).select_from(ServiceOrder)) == 490
        assert session.scalar(select(func.count(RowProblem.row.distinct()))) == 10
        assert session.scalar(select(func.count()).select_from(RowProblem)) == 10
