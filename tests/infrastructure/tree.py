"""The files of the project, as the checks on the tree itself read them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ("delivery", "adapters", "webhooks", "mobile_upload")
VENDORED: Final = (ROOT / "delivery" / "web" / "static" / "vendor", ROOT / "tests" / "fixtures" / "vendor")

_OTHER_FOLDERS: Final = {".git", ".venv", "var", "build", "htmlcov", "__pycache__", "node_modules"}
_BINARY_SUFFIXES: Final = {
    *(".jpg", ".png", ".webp", ".heic", ".woff2", ".wasm", ".ico"),
    *(".zip", ".xlsx", ".db", ".gz", ".pdf", ".tar"),
}


@cache
def files() -> tuple[Path, ...]:
    """Every file that is part of the project: no environment, no caches, no run-time data."""

    def walk(folder: Path) -> Iterator[Path]:
        for entry in sorted(folder.iterdir()):
            if entry.is_dir():
                hidden = entry.name.startswith(".") and entry.name != ".ci"
                if not hidden and entry.name not in _OTHER_FOLDERS and not entry.name.endswith(".egg-info"):
                    yield from walk(entry)
            elif entry.name not in {".coverage", ".build-env.lock"} and not entry.name.startswith(".coverage."):
                yield entry

    return tuple(walk(ROOT))


def text_files() -> Iterator[Path]:
    """The files that people write: text, not vendored."""
    return (
        path
        for path in files()
        if path.suffix not in _BINARY_SUFFIXES and not any(path.is_relative_to(folder) for folder in VENDORED)
    )


def modules(*tops: str) -> Iterator[Path]:
    """Python modules, all of them or those below the named folders (or the named files) of the root."""
    for path in files():
        if path.suffix == ".py" and (not tops or path.relative_to(ROOT).parts[0] in tops):
            yield path


def name(path: Path) -> str:
    """Path as a reader of a failed test wants to see it."""
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(path: Path) -> Iterator[str]:
    """Dotted names of the modules that a module imports, wherever in it; `from a import b` gives a.b."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
