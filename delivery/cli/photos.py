"""`inspect-photo`: what photos say, one JSON object a line."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from delivery.cli.command_line import Equipment, Parsers

NAME = "inspect-photo"
InspectPhoto = Callable[[Path], Mapping[str, Any]]
"""A file -> what it says. Raises `OSError` when it cannot be opened, nothing else."""


def registering(inspect: InspectPhoto) -> Callable[[Parsers, Equipment], None]:
    """What adds the command, given how the composition root looks at a photo."""

    def register(parsers: Parsers, _equipment: Equipment) -> None:
        command = parsers.add(
            NAME,
            lambda chosen, _: _inspect(chosen, inspect),
            "what a photo says: position, time, format, orientation, notice codes, problems; one JSON object a line",
        )
        command.add_argument("files", nargs="+", type=Path, metavar="FILE")

    return register


def _inspect(chosen: argparse.Namespace, inspect: InspectPhoto) -> int:
    """Problems of a photo are its answer, not a failure of the command; a file that is not there is one."""
    status = 0
    for file in chosen.files:
        try:
            found = inspect(file)
        except OSError as error:
            print(f"songda: {file}: {error.strerror}", file=sys.stderr)
            status = 2
        else:
            print(json.dumps({"file": str(file), **found}, ensure_ascii=False), flush=True)
    return status
