"""Where the tests write: into memory where the machine lends some, for a copy of a database takes a tenth of the time.

Nothing of a test outlives its run, and the processes that tests kill die without the machine: no promise is tested
less.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

_IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 -- pytest and PostgreSQL make private folders inside
_ROOM: Final = 4 * 2**30  # bytes: three times what a whole run holds at once


def write_into_memory() -> None:
    """Let temporary files, those of child processes too, lie in memory; where there is too little room, on the disk."""
    if "TMPDIR" in os.environ:  # somebody has chosen
        return
    if os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free >= _ROOM:
        os.environ["TMPDIR"] = str(_IN_MEMORY)
        tempfile.tempdir = None  # asked for anew
