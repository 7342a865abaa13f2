"""Fetches the few front-end files that pages load, so that no page loads from another host.

`tools/vendor.py` asks npm for each package below, copies the named files and the licence to
delivery/web/static/vendor/NAME-VERSION/ (those for tests to tests/fixtures/vendor/), and writes VENDOR.json, which a
test compares with the files. To take a new version, change it here, run this, delete the old folder and change the
templates that name it.
"""

import hashlib
import json
import subprocess
import tarfile
import tempfile
from dataclasses import asdict, dataclass, field
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
VENDOR: Final = ROOT / "delivery" / "web" / "static" / "vendor"
FOR_TESTS: Final = ROOT / "tests" / "fixtures" / "vendor"


@dataclass(frozen=True, slots=True)
class Package:
    """One npm package and the files wanted from it, as path in the package -> name here."""

    package: str
    version: str
    licence: str
    folder: str
    wanted: dict[str, str] = field(default_factory=dict)
    # What is compiled into it and installed here too: distribution -> file of its metadata with the licence.
    inside: dict[str, str] = field(default_factory=dict)


PACKAGES: Final = (
    Package("htmx.org", "4.0.1", "0BSD", "htmx-4.0.1", {"dist/htmx.min.js": "htmx.min.js"}),
    Package(
        "uplot",
        "1.6.32",
        "MIT",
        "uplot-1.6.32",
        {"dist/uPlot.iife.min.js": "uPlot.iife.min.js", "dist/uPlot.min.css": "uPlot.min.css"},
    ),
    Package(
        "@fontsource-variable/inter",
        "5.3.0",
        "OFL-1.1",
        "inter-5.3.0",
        {"files/inter-latin-wght-normal.woff2": "inter-latin-wght-normal.woff2"},
    ),
    # The reader of codes for the field page; zxing-cpp, Apache-2.0, is compiled into it.
    Package(
        "zxing-wasm",
        "3.1.4",
        "MIT AND Apache-2.0",
        "zxing-wasm-3.1.4",
        {"dist/iife/reader/index.js": "reader.js", "dist/reader/zxing_reader.wasm": "zxing_reader.wasm"},
        {"zxing-cpp": "licenses/LICENSE"},
    ),
)

# What no page of ours loads: the client that others use, against which our server is tried.
PACKAGES_FOR_TESTS: Final = (
    Package("tus-js-client", "4.3.1", "MIT", "tus-js-client-4.3.1", {"dist/tus.min.js": "tus.min.js"}),
)


def _fetched(package: Package, scratch: Path) -> dict[str, bytes]:
    """The wanted files and the licence, by their name here."""
    packed = subprocess.run(
        ["npm", "pack", "--silent", f"{package.package}@{package.version}"],
        cwd=scratch,
        check=True,
        capture_output=True,
        text=True,
    )
    contents = {}
    with tarfile.open(scratch / packed.stdout.strip()) as archive:
        for inside, name in {"LICENSE": "LICENSE", **package.wanted}.items():
            member = archive.extractfile(f"package/{inside}")
            if member is None:
                message = f"{package.package} {package.version} has no {inside}"
                raise FileNotFoundError(message)
            contents[name] = member.read()
    for name, licence in package.inside.items():
        contents[f"LICENSE.{name}"] = (distribution(name).read_text(licence) or "").encode()
    return contents


def main() -> None:
    """Fetch everything anew."""
    _fetch_into(VENDOR, PACKAGES)
    _fetch_into(FOR_TESTS, PACKAGES_FOR_TESTS)


def _fetch_into(home: Path, packages: tuple[Package, ...]) -> None:
    listed = []
    for package in packages:
        with tempfile.TemporaryDirectory() as scratch:
            contents = _fetched(package, Path(scratch))
        folder = home / package.folder
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            (folder / name).write_bytes(content)
        entry = asdict(package)
        del entry["wanted"], entry["inside"]
        entry["files"] = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(contents.items())}
        listed.append(entry)
    (home / "VENDOR.json").write_text(json.dumps(listed, indent=2) + "\n")


if __name__ == "__main__":
    main()
