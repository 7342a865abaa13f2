"""Whatever code a program or a person may be answered with, its words are there in both languages."""

import ast
from collections.abc import Iterator

from delivery.wording import knows
from tests.infrastructure.tree import modules, parsed

RAISED = {"RequestError", "Conflict", "NotFound", "Forbidden", "BadValue"}


def _codes() -> Iterator[str]:
    """Codes as they are written where they are raised, or given to the base by an error of its own kind."""
    for path in modules("delivery", "webhooks"):
        for node in ast.walk(parsed(path)):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first = node.args[0]
            own_kind = called == "__init__" and any(word.arg == "status" for word in node.keywords)
            if (called in RAISED or own_kind) and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def _has_words(code: str) -> bool:
    return knows(f"error.{code}") or knows(f"import.problem.{code}.message") or knows(f"portal.problem.{code}")


def test_every_code_that_is_raised_has_words() -> None:
    codes = set(_codes())
    assert {"json_invalid", "cursor_invalid", "still_running", "sign_in_needed", "id_checksum"} <= codes
    assert sorted(code for code in codes if not _has_words(code)) == []
