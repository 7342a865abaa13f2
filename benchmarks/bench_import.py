"""Docket imports at full size: 5,000 rows, 150 of them bad, in both formats, on both engines; twice, the second idle.

Limits: 10 s of worker time for the first import, 300 MB of memory for the process, the right 97 rows in a hundred and a
clear error for each of the others, and a second import that changes nothing. Worker time is the time of this process's
processor: that of the database server comes on top, and is shown as what passed meanwhile.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import func, select

from delivery.import_report import ImportReport
from delivery.importing import import_file
from delivery.runtime import Calendars, Runtime
from delivery.settings import Settings
from delivery.store.courts import Court, Installation
from delivery.store.orders import ServiceOrder
from delivery.store.schema import METADATA
from delivery.store.vault import generate_keys
from tests.delivery.dockets import csv_file, large_docket, xlsx_file
from tests.delivery.scene import MORNING, WEEKENDS
from tests.infrastructure.postgresql import PostgresServer

ROWS, BAD = 5_000, 150
MOST_SECONDS = 10.0
MOST_MEGABYTES = 300
FORMATS = ("csv", "xlsx")


def main() -> int:
    """Import on each engine and in each format, each in a process of its own; 1 when a limit is passed."""
    if len(sys.argv) > 1:
        return _measure(sys.argv[1], Path(sys.argv[2]))
    server = PostgresServer()
    try:
        with tempfile.TemporaryDirectory() as folder:
            rows = large_docket(rows=ROWS)
            (Path(folder) / "docket.csv").write_bytes(csv_file(rows, encoding="gb18030").getvalue())
            (Path(folder) / "docket.xlsx").write_bytes(xlsx_file(rows).getvalue())
            held = True
            for kind in FORMATS:
                for url in (f"sqlite:///{folder}/{kind}.db", server.url(server.create())):
                    command = [sys.executable, __file__, url, f"{folder}/docket.{kind}"]
                    held &= subprocess.run(command, check=False).returncode == 0
            return 0 if held else 1
    finally:
        server.stop()


def _measure(url: str, docket: Path) -> int:
    runtime = Runtime(
        Settings(url, "http://127.0.0.1:8100", generate_keys(), f"file://{docket.parent}/blobs"), Calendars(WEEKENDS)
    )
    METADATA.create_all(runtime.database.engine)
    with runtime.transaction() as session:
        session.add(Installation(sandbox=True, created_at=MORNING))
        session.add(Court(code="qinghe", name="云州市青河区人民法院", name_en="Qinghe District Court"))
    seconds, passed, first = _timed(runtime, docket)
    again_seconds, _, again = _timed(runtime, docket)
    with runtime.reading() as session:
        orders = session.scalar(select(func.count()).select_from(ServiceOrder))
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    engine = url.partition(":")[0].partition("+")[0]
    print(
        f"{engine} {docket.suffix[1:]}: {seconds:.1f} s of worker time ({passed:.1f} s passed), "
        f"again {again_seconds:.1f} s, {megabytes:.0f} MB; "
        f"{first.accepted} of {first.rows} rows, {len(first.errors)} errors"
    )
    held = (
        (first.rows, first.accepted, first.unchanged, first.rejected) == (ROWS, ROWS - BAD, 0, BAD)
        and (again.accepted, again.unchanged, again.rejected) == (0, ROWS - BAD, BAD)
        and orders == ROWS - BAD
        and Counter(error.code for error in first.errors).most_common(1)[0][1] == BAD // 10
        and seconds < MOST_SECONDS
        and megabytes < MOST_MEGABYTES
    )
    runtime.database.dispose()
    return 0 if held else 1


def _timed(runtime: Runtime, docket: Path) -> tuple[float, float, ImportReport]:
    worked, began = time.process_time(), time.monotonic()
    report = import_file(runtime, "qinghe", docket)
    return time.process_time() - worked, time.monotonic() - began, report


if __name__ == "__main__":
    sys.exit(main())
