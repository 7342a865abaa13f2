"""The page on settings names exactly the variables that the code reads."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.infrastructure.tree import PACKAGES, ROOT, modules, parsed

VARIABLE: Final = re.compile(r"SONGDA_[A-Z0-9_]*[A-Z0-9]")


def _texts(path: Path) -> Iterator[str]:
    yield from (
        node.value for node in ast.walk(parsed(path)) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _read_in_groups(path: Path) -> Iterator[str]:
    """What an edge reads as `group.required("NAME")` after `Group(environ, "SONGDA_PROVIDER_", problems)`."""
    calls = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call) and node.args]
    prefixes = [
        argument.value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "Group"
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
    for call in calls:
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="group")), args=[ast.Constant(value=str(variable)), *_]):
                yield from (f"{prefix}{variable}" for prefix in prefixes)
            case _:
                pass


def test_the_page_names_what_the_code_reads() -> None:
    read = {text for path in modules(*PACKAGES, "wsgi.py") for text in _texts(path) if VARIABLE.fullmatch(text)}
    read |= {variable for path in modules(*PACKAGES) for variable in _read_in_groups(path)}
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert set(VARIABLE.findall(page)) == read
