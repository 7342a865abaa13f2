"""Whatever a provider may say can be said to a person: every reason and every fault has its words."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

from adapters.ems_codes import table
from adapters.faults import Fault

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "capabilities.md"
_OF_THE_FIRST = {"smtp", "twilio", "ems"}
ERRORS = {"Transient", "Permanent", "Misconfigured", "OutcomeUnknown", "Meaning"}


def _words(table_name: str) -> set[str]:
    files = (ROOT / "delivery" / "words").glob("*.toml")
    return {code for path in files for code in tomllib.loads(path.read_text("utf-8")).get(table_name, {})}


def _reasons_in_code() -> Iterator[str]:
    """Texts beside the name of an error: in calls, `Transient("busy")`, and in tables, `(Transient, "busy")`."""
    for path in [*(ROOT / "adapters").glob("*.py"), *(ROOT / "webhooks").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=name), args=texts) if name in ERRORS:
                    pass
                case ast.Tuple(elts=[ast.Name(id=name), *texts]) if name in ERRORS:
                    pass
                case _:
                    continue
            yield from (text.value for text in texts if isinstance(text, ast.Constant) and isinstance(text.value, str))


def test_every_reason_has_words() -> None:
    rows = [row for rows in table().values() for row in rows.values()]
    from_the_post = {row[name] for row in rows for name in ("reason", "also") if row.get(name)}
    assert (from_the_post | set(_reasons_in_code())) - _words("reason") == set()


def test_every_fault_has_words() -> None:
    assert set(Fault) - _words("fault") == set()


def test_every_provider_has_a_name() -> None:
    matrix = PAGE.read_text(encoding="utf-8").partition("## Providers")[2].partition("## ")[0]
    names = {row.split("`")[1] for row in matrix.splitlines() if row.startswith("| `")}
    assert names >= _OF_THE_FIRST
    assert names - _words("provider") == set()
