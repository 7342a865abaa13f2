"""Whether `songda inspect-photo` agrees with the truth about real photographs that lie outside the repository.

    SONGDA_PHOTOS=/folder tools/check_photos.py

The folder holds photographs, a `truth.json` (`photos`: a list of `file, lat, lon, datetime, orientation,
format_expected, gps_state`; null where there is none), and files named `hostile_...`, which must each end in less than
two seconds, counted from the start of the command, with a reason.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
DEGREES: Final = 1e-5
SECONDS: Final = 2


def differences(truth: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """What does not agree, each with what was found and what is true."""
    gps = found["gps"]
    pairs = {
        "format": (found["format"], truth["format_expected"]),
        "taken_at": (found["taken_at"], truth["datetime"]),
        "orientation": (found["orientation"], truth["orientation"]),
        "sha256": (found["sha256"], truth.get("sha256", found["sha256"])),
    }
    wrong = [f"{name} {one!r}, true {other!r}" for name, (one, other) in pairs.items() if one != other]
    if gps["state"] not in truth["gps_state"].split(" or "):
        wrong.append(f"gps state {gps['state']}, true {truth['gps_state']}")
    for name in ("lat", "lon"):
        one, other = gps[name], truth[name]
        if (one is None) != (other is None) or (one is not None and abs(one - other) > DEGREES):
            wrong.append(f"{name} {one!r}, true {other!r}")
    return wrong


def inspected(*files: Path) -> tuple[list[dict[str, Any]], float]:
    """What the command says of the files, and how long it took from its start, in seconds."""
    command = [sys.executable, "-c", "import sys, wsgi; sys.exit(wsgi.main())", "inspect-photo", *map(str, files)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SONGDA_")}
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()], time.monotonic() - began


def check(folder: Path) -> int:
    """Compare all; the number of photographs that are not as they should be."""
    truths = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["photos"]
    wrong = 0
    for truth, found in zip(truths, inspected(*(folder / truth["file"] for truth in truths))[0], strict=True):
        for difference in differences(truth, found):
            wrong += 1
            print(f"{truth['file']}: {difference}")
    hostile = sorted(folder.glob("hostile_*"))
    for file in hostile:
        (found,), seconds = inspected(file)
        is_good = seconds < SECONDS and found["problems"]
        wrong += not is_good
        print(f"{file.name}: {seconds:.2f} s, {', '.join(found['problems']) or 'without a reason'}")
    print(f"{len(truths)} photographs and {len(hostile)} hostile files, {wrong} wrong")
    return wrong


if __name__ == "__main__":
    if not os.environ.get("SONGDA_PHOTOS"):
        sys.exit("check_photos: name the folder with SONGDA_PHOTOS")
    sys.exit(bool(check(Path(os.environ["SONGDA_PHOTOS"]))))
