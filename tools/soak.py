"""The full sizes of what `make test` holds in a small form: seeded, and bounded in time.

    tools/soak.py simulate  500 orders over 90 days, on SQLite within 300 s, and the same figures on PostgreSQL
    tools/soak.py policies  the ladder beside mail alone and beside no reuse, on the same people, over ten seeds
    tools/soak.py kills     twenty deaths of worker and web, on both engines
    tools/soak.py chaos     500 orders with faults at every provider, beside the same people without
    tools/soak.py phone     twenty cuts of a phone's line and six deaths of its server, in a real browser
    tools/soak.py uploads   twenty cuts of a line, twenty deaths of the receiving server, 50 MB by the usual client
    tools/soak.py engines   the tests that run on one engine by turns, on both
    tools/soak.py codes     forty made-up photographs of a notice at each of five distances
    tools/soak.py photos    20,000 damaged photographs, and the real ones of the folder that SONGDA_PHOTOS names

Without an argument all of them. The environment must have been built (`make env`, `tools/prepare-tests`).
"""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

LONGEST_SECONDS: Final = 300
LEAST_ALIKE: Final = 0.95
SEEDS: Final = range(1, 11)
ORDERS: Final = 100
SCENES: Final = 40
MUTANTS: Final = 20_000
LONGEST_PHOTO_SECONDS: Final = 2
# Student's t, two-sided 95%, for ten seeds.
T95: Final = 2.262


def _simulate(*arguments: str, may_find: bool = False) -> dict[str, Any]:
    """The report of one simulation; `may_find`: also one whose audit is not clean."""
    command = [sys.executable, "-c", "import sys, wsgi; sys.exit(wsgi.main())", "simulate", "--json", *arguments]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SONGDA_")}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    if done.returncode != 0 and not (may_find and done.stdout):
        sys.exit(f"soak: {' '.join(arguments)} failed\n{done.stderr[-3000:]}{done.stdout[-3000:]}")
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


def simulate() -> None:
    """500 orders, 90 days: in time, clean, counted alike on both sides, and the same on the other engine."""
    from tests.infrastructure.postgresql import PostgresServer

    scene = ("--orders", "500", "--days", "90", "--seed", "7")
    began = time.monotonic()
    first = _simulate(*scene)
    seconds = time.monotonic() - began
    server = PostgresServer()
    try:
        second = _simulate(*scene, "--database-url", server.url(server.create()))
    finally:
        server.stop()
    shown = {name: value for name, value in first.items() if name != "guesses"}
    print(json.dumps(shown, ensure_ascii=False, indent=1))
    _check(seconds <= LONGEST_SECONDS, f"{seconds:.0f} s, at most {LONGEST_SECONDS}")
    _check(first["requests_sent"] == first["town"]["requests_received"], "requests counted alike")
    _check(first["callbacks_received"] == first["town"]["callbacks_sent"], "callbacks counted alike")
    _check(first["doubled_sends"] == 0, "nothing sent twice")
    _check(first == second, "the same figures on PostgreSQL")


def chaos() -> None:
    """500 orders with the usual faults: alike for 95%, each other one with its fault, nothing doubled or forgotten."""
    report = _simulate("--orders", "500", "--days", "90", "--seed", "7", "--chaos", may_find=True)
    found = report["chaos"]
    print(f"injected: {found['injected']}")
    for one in found["changed"]:
        print(f"{one['case']}: {one['without']} became {one['with']} by {one['by']}, of {one['faults']}")
    for finding in report["audit"] if report["audit"] != "clean" else ():
        print(f"audit: {finding}")
    print(f"on the desk: {report['desk']}")
    alike = found["same"] / found["compared"]
    _check(alike >= LEAST_ALIKE, f"{found['same']} of {found['compared']} orders end alike ({alike:.1%})")
    _check(found["unexplained"] == found["appeared"] == 0, "each other order has the fault that changed it")
    _check(report["doubled_sends"] == 0, "nothing sent twice")
    _check(found["unknown_off_the_desk"] == 0, f"{report['unknown_outcomes']} unknown outcomes, all on the desk")
    _check(report["town"]["given_up"] == 0, "every report was taken in")
    _check(report["audit"] == "clean", "the audit is clean")


def policies() -> None:
    """Differences on the same people, in points of the initiated orders, with an interval over ten seeds."""
    ways = {"standard": (), "mail-only": ("--policy", "mail-only"), "no-reuse": ("--no-reuse",)}
    jobs = [(way, seed) for seed in SEEDS for way in ways]

    def run(job: tuple[str, int]) -> dict[str, Any]:
        way, seed = job
        print(f"soak: {way}, seed {seed}", file=sys.stderr)
        return _simulate("--orders", str(ORDERS), "--days", "90", "--seed", str(seed), *ways[way])

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        reports = dict(zip(jobs, pool.map(run, jobs), strict=True))
    for way in ways:
        found = [reports[way, seed] for seed in SEEDS]
        print(f"\n{way}: share of the initiated orders, over {len(SEEDS)} seeds of {ORDERS} orders")
        _print_interval("effective", [_share(report, "effective") for report in found])
        _print_interval(
            "effective without public notice", [_share(report, "effective_without_notice") for report in found]
        )
        _print_interval("still open", [_share(report, "censored") for report in found])
    for other in ("mail-only", "no-reuse"):
        pairs = [(reports["standard", seed], reports[other, seed]) for seed in SEEDS]
        print(f"\nstandard less {other}, on the same people:")
        for name in ("effective", "effective_without_notice", "reached"):
            _print_interval(name, [_share(one, name) - _share(two, name) for one, two in pairs])
        for group in ("by_tier", "by_channel", "by_basis"):
            keys = sorted({key for pair in pairs for report in pair for key in report[group]})
            for key in keys:
                differences = [_group_share(one, group, key) - _group_share(two, group, key) for one, two in pairs]
                _print_interval(f"{group} {key}", differences)


def _share(report: dict[str, Any], name: str) -> float:
    return 100 * float(report[name]) / float(report["initiated"])


def _group_share(report: dict[str, Any], group: str, key: str) -> float:
    return 100 * float(report[group].get(key, {}).get("effective", 0)) / float(report["initiated"])


def _print_interval(name: str, values: Sequence[float]) -> None:
    half = T95 * stdev(values) / len(values) ** 0.5
    print(f"  {name:<34} {mean(values):+6.1f} points, 95% {mean(values) - half:+.1f} to {mean(values) + half:+.1f}")


def kills() -> None:
    """Twenty deaths on each engine."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "tests/journeys/test_kill.py"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "KILLS": "20"}, check=False)
    _check(done.returncode == 0, "twenty deaths, nothing lost, nothing doubled")


def phone() -> None:
    """A field server's phone in a real browser: its line cut at twenty random bytes, its server killed six times."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "tests/mobile_upload/test_phone.py", "-k", "breaks_anywhere"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "CUTS": "20"}, check=False)
    _check(done.returncode == 0, "twenty cuts and six deaths: everything arrives once, byte for byte")


def engines() -> None:
    """What `make test` holds on one engine by turns, on both."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "3", "--both-engines"]
    done = subprocess.run([*command, "tests/delivery", "tests/mobile_upload", "tests/webhooks"], cwd=ROOT, check=False)
    _check(done.returncode == 0, "the tests of use-cases and edges on both engines")


def uploads() -> None:
    """Twenty cuts, twenty deaths, and 50 MB by the usual client."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--timeout=900", "tests/journeys/test_uploads.py"]
    more = {"CUTS": "20", "DEATHS": "20", "MEGABYTES": "50"}
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **more}, check=False)
    _check(done.returncode == 0, "whatever arrived is there, nothing lost, nothing doubled")


def codes() -> None:
    """Forty scenes at each share of the picture's width: how many codes are read, and that none is read wrongly."""
    from mobile_upload.photo.inspecting import inspect
    from tests.mobile_upload.photo import scenes

    for share in scenes.SHARES:
        made = [scenes.scene(share, seed) for seed in range(SCENES)]
        read = [(inspect(one.jpeg).codes, one.text) for one in made]
        right = sum(text in found for found, text in read)
        _check(all(set(found) <= {text} for found, text in read), f"no wrong text at {share}% of the width")
        _check(right >= SCENES - 2 * (share == min(scenes.SHARES)), f"{right} of {SCENES} codes at {share}%")


def photos() -> None:
    """Damaged photographs, each answered; then the real ones, if their folder is named."""
    from mobile_upload.photo.inspecting import inspect
    from mobile_upload.photo.inspection import PhotoProblem
    from tests.mobile_upload.photo.mutants import mutants

    ended: Counter[str] = Counter()
    slowest = 0.0
    for photo in mutants(random.Random(7), MUTANTS):  # noqa: S311 - damage, not secrets
        began = time.monotonic()
        ended.update(inspect(photo).problems or ("none",))
        slowest = max(slowest, time.monotonic() - began)
    print(f"{dict(ended)}, slowest {slowest:.2f} s")
    _check(not ended[PhotoProblem.CRASHED], f"{MUTANTS} damaged photographs crash no child")
    _check(slowest < LONGEST_PHOTO_SECONDS, f"each ends within {LONGEST_PHOTO_SECONDS} s")
    if os.environ.get("SONGDA_PHOTOS"):
        done = subprocess.run([sys.executable, "tools/check_photos.py"], cwd=ROOT, check=False)
        _check(done.returncode == 0, "real photographs say what they should")


def _check(holds: bool, what: str) -> None:  # noqa: FBT001 -- the thing that is checked
    print(f"soak: {'holds' if holds else 'FAILS'}: {what}")
    if not holds:
        sys.exit(1)


PARTS: Final[dict[str, Callable[[], None]]] = {
    "simulate": simulate,
    "policies": policies,
    "kills": kills,
    "chaos": chaos,
    "phone": phone,
    "uploads": uploads,
    "engines": engines,
    "codes": codes,
    "photos": photos,
}


if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
