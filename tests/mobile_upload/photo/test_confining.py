"""The process that meets hostile bytes reaches nothing, whoever may have taken it over."""

import subprocess
import sys
from typing import Final

import pytest

PROGRAM: Final = """
import os, socket
from mobile_upload.photo.child import confine

confine(1 << 31)
try:
    {reach}
except OSError as error:
    print(type(error).__name__, error.errno)
"""


@pytest.mark.parametrize(
    "reach",
    ["open('/etc/hostname')", "open('/proc/self/environ')", "socket.socket()", "os.pipe()"],
)
def test_it_opens_neither_file_nor_socket(reach: str) -> None:
    command = [sys.executable, "-c", PROGRAM.format(reach=reach)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert told.stdout == "OSError 24\n"
