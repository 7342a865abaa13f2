"""`import` and `assess`: what comes in as a file."""

import argparse
import json
import sys
from pathlib import Path

from delivery.cli.command_line import Equipment, Parsers


def register(parsers: Parsers) -> None:
    """Add the commands."""
    docket = parsers.add("import", _import, "take in a docket (CSV or XLSX); bad rows are told, the good ones come in")
    docket.add_argument("file", type=Path)
    docket.add_argument("--court", required=True, metavar="CODE")
    docket.add_argument("--papers", type=Path, metavar="ZIP", help="the papers that the docket names")
    docket.add_argument("--move-hearings", action="store_true", help="apply moved hearings, not only name them")
    docket.add_argument("--json", action="store_true", help="print one object")
    assess = parsers.add("assess", _assess, "the law engine on a facts file; one JSON result a line")
    assess.add_argument("file", type=Path, help="a facts file: one object, or a list of them")
    assess.add_argument("--calendar", type=Path, help="rest days of years that are not built in")


def _import(chosen: argparse.Namespace, equipment: Equipment) -> int:
    from delivery.importing import import_file
    from delivery.installing import check_keys
    from delivery.migrating import check_current

    runtime = equipment.runtime()
    check_current(runtime.database)
    with runtime.reading() as session:
        check_keys(session)
    report = import_file(runtime, chosen.court, chosen.file, chosen.papers, moves_hearings=chosen.move_hearings)
    if chosen.json:
        print(json.dumps(report.to_json(), ensure_ascii=False))
        return 0
    for problem in report.errors:
        print(f"row {problem.row}, {problem.column}: {problem.value!r}: {problem.message_en}")
    for one in report.differences:
        print(f"row {one.row}, {one.field}: held {one.held!r}, the docket tells {one.told!r}: {one.standing}")
    print(
        f"songda: {report.rows} rows: {report.accepted} accepted, {report.unchanged} unchanged,"
        f" {report.rejected} rejected, {report.differing} tell something else than is held"
    )
    return 0


def _assess(chosen: argparse.Namespace, _equipment: Equipment) -> int:
    from delivery.assessing_file import assess_file
    from delivery.calendars import court_calendar

    return assess_file(chosen.file, lambda: court_calendar(chosen.calendar), sys.stdout, sys.stderr)
