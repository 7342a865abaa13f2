"""What the repository promises: nothing unfinished, no machine's traces, honest locks, pages that load nothing else."""

import hashlib
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.infrastructure.tree import ROOT, VENDORED, files, name, text_files

# Written with brackets so that this file does not find itself.
UNFINISHED: Final = re.compile(r"\b(TO[D]O|FIX[M]E|X[X]X|raise NotImplemented[E]rror)\b")
TRACES: Final = re.compile(
    r"[/]work/|[/]root/|[/]home/[a-z]|[/]opt/pypi|py[p]i\.org|python[h]osted|registry\.npm[j]s|deb\.[d]ebian\.org"
)
ELSEWHERE: Final = re.compile(
    r"""(?:src|href|action|data|poster|url|import|from|fetch)\s*[=(]?\s*["'(]\s*(?:https?:)?//(?!www\.w3\.org/)"""
)

LOCKS: Final = sorted(ROOT.glob("requirements*.txt"))


def _lines_with(pattern: re.Pattern[str], *suffixes: str) -> list[str]:
    return [
        f"{name(path)}:{number} {line.strip()[:100]}"
        for path in text_files()
        if not suffixes or path.suffix in suffixes
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]


def test_nothing_is_left_unfinished() -> None:
    assert _lines_with(UNFINISHED, ".py", ".js", ".html", ".css", ".toml", ".md") == []


def test_no_trace_of_a_machine_or_an_index() -> None:
    assert _lines_with(TRACES) == []


@pytest.mark.parametrize("lock", LOCKS, ids=name)
def test_locks_pin_by_digest_and_name_no_address(lock: Path) -> None:
    entries = lock.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    packages = [entry for entry in entries if entry.strip() and not entry.startswith("#")]
    assert packages
    assert [
        entry
        for entry in packages
        if not re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+ .*--hash=sha256:[0-9a-f]{64}", entry)
    ] == []
    assert "://" not in lock.read_text(encoding="utf-8")


def test_the_tools_lock_agrees_with_the_running_one() -> None:
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^\S+==\S+", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))

    assert pins("requirements.txt") <= pins("requirements-dev.txt")


@pytest.mark.parametrize("folder", VENDORED, ids=name)
def test_vendored_files_are_the_ones_that_were_fetched(folder: Path) -> None:
    listed = {
        f"{package['folder']}/{file}": digest
        for package in json.loads((folder / "VENDOR.json").read_text(encoding="utf-8"))
        for file, digest in package["files"].items()
    }
    present = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files()
        if path.is_relative_to(folder) and path.name != "VENDOR.json"
    }
    assert present == listed


@pytest.mark.parametrize("folder", VENDORED, ids=name)
def test_every_vendored_package_brings_its_licence(folder: Path) -> None:
    for package in json.loads((folder / "VENDOR.json").read_text(encoding="utf-8")):
        assert package["licence"]
        assert "LICENSE" in package["files"]


def test_pages_load_from_here_alone() -> None:
    assert _lines_with(ELSEWHERE, ".html", ".css", ".js") == []


def test_the_readme_names_the_two_commands_and_the_makefile_has_them() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("run", "test"):
        assert f"make {target}" in readme
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_every_make_target_that_is_written_about_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        target
        for path in text_files()
        if path.suffix == ".md"
        for target in re.findall(r"`make ([a-z-]+)", path.read_text(encoding="utf-8"))
    }
    assert named <= targets


def test_scripts_can_be_run_and_read_by_bash() -> None:
    scripts = [
        path for path in files() if path.suffix in {"", ".sh"} and path.read_bytes().startswith(b"#!/usr/bin/env bash")
    ]
    assert len(scripts) >= 4
    for script in scripts:
        assert os.access(script, os.X_OK), f"{name(script)} is not executable"
        subprocess.run(["bash", "-n", str(script)], check=True)
