"""`assess`: what can be done with a file alone, without settings and without a database."""

import argparse
import sys
from pathlib import Path

from delivery.cli.command_line import Equipment, Parsers


def register(parsers: Parsers) -> None:
    """Add the commands."""
    assess = parsers.add("assess", _assess, "the law engine on a facts file; one JSON result a line")
    assess.add_argument("file", type=Path, help="a facts file: one object, or a list of them")
    assess.add_argument("--calendar", type=Path, help="rest days of years that are not built in")


def _assess(chosen: argparse.Namespace, _equipment: Equipment) -> int:
    from delivery.assessing_file import assess_file
    from delivery.calendars import court_calendar

    return assess_file(chosen.file, lambda: court_calendar(chosen.calendar), sys.stdout, sys.stderr)
