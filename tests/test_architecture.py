"""The shape of the house, held by tests: layers, sizes, and the manners of the tests themselves."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from importlinter.cli import lint_imports

from tests.infrastructure.tree import PACKAGES, ROOT, imports, modules, name, parsed

WANTED_LINES: Final = 330  # "about three hundred"
MOST_LINES: Final = 400  # for tests, and for what LONG_MODULES explains
MOST_FUNCTION_LINES: Final = 50  # "about forty", without the docstring

# Modules between the two limits, each with the reason why splitting it would make it harder to read.
LONG_MODULES: Final[dict[str, str]] = {
    "wsgi.py": "the composition root: what there is stands in one place, a line or two for each thing",
}

# In adapters/, but no provider's own: the words in which every mapping table says whose fault a failure is, and what
# makes an unsigned callback worth asking about.
SHARED_BY_PROVIDERS: Final = {"documents", "faults", "hints", "wechat_crypto"}

# The rules may use these and the standard library; none reads or writes anything (cryptography: to check signatures).
PURE_LIBRARIES: Final = {"cryptography", "phonenumbers", "stdnum"}


def test_the_layers_hold() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_nothing_imports_the_composition_root() -> None:
    importers = [
        name(path) for path in modules(*PACKAGES) if "wsgi" in {found.split(".")[0] for found in imports(path)}
    ]
    assert importers == []


def test_nothing_but_the_composition_root_knows_the_sandbox_town() -> None:
    town = ROOT / "adapters" / "sandbox"
    visitors = [
        f"{name(path)} imports {found}"
        for path in modules(*PACKAGES)
        if not path.is_relative_to(town)
        for found in imports(path)
        if found.startswith("adapters.sandbox")
    ]
    assert visitors == []


def _is_own_adapter(receiver: str, found: str) -> bool:
    """Whether what webhooks/NAME.py imports is adapters/NAME.py or a table beside it (adapters/NAME_codes.py)."""
    module = found.split(".")[1]
    return module in {receiver, *SHARED_BY_PROVIDERS} or module.startswith(f"{receiver}_")


def test_a_receiver_knows_only_the_adapter_of_its_own_name() -> None:
    strangers = [
        f"{name(path)} imports {found}"
        for path in modules("webhooks")
        for found in imports(path)
        if found.startswith("adapters.") and not _is_own_adapter(path.stem, found)
    ]
    assert strangers == []


def test_the_rules_use_pure_libraries_only() -> None:
    allowed = PURE_LIBRARIES | sys.stdlib_module_names
    strangers = [
        f"{name(path)} imports {found}"
        for path in modules("delivery")
        if path.is_relative_to(ROOT / "delivery" / "domain")
        for found in imports(path)
        if not found.startswith("delivery.domain") and found.split(".")[0] not in allowed
    ]
    assert strangers == []


def _lists_of_words() -> Iterator[tuple[str, frozenset[str]]]:
    for path in modules("delivery"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef) and "StrEnum" in {ast.unparse(parent) for parent in node.bases}:
                values = [item.value for item in node.body if isinstance(item, ast.Assign)]
                yield (
                    f"{name(path)} {node.name}",
                    frozenset(str(value.value) for value in values if isinstance(value, ast.Constant)),
                )


def test_no_list_of_words_stands_twice() -> None:
    lists = list(_lists_of_words())
    assert len(lists) > 50
    doubled = [
        (one, other) for place, (one, words) in enumerate(lists) for other, same in lists[:place] if words == same
    ]
    assert doubled == []


def test_modules_are_short_enough_to_be_read_at_once() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    limits = {path: MOST_LINES if path.startswith("tests/") else WANTED_LINES for path in lengths}
    long = {path: lines for path, lines in lengths.items() if lines > limits[path] and "/versions/" not in path}
    unexplained = {path: lines for path, lines in long.items() if path not in LONG_MODULES or lines > MOST_LINES}
    assert unexplained == {}
    assert set(LONG_MODULES) <= set(long), "these are short again: strike them from the list"


def _function_lengths(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            yield f"{name(path)}:{node.lineno} {node.name}", (node.end_lineno or 0) - first.lineno + 1


def test_functions_are_short_enough_to_be_read_at_once() -> None:
    long = {
        function: lines
        for path in modules()
        if "migrations/versions" not in name(path)
        for function, lines in _function_lengths(path)
        if lines > MOST_FUNCTION_LINES
    }
    assert long == {}


def test_names_say_what_a_module_is_about() -> None:
    empty_words = {"utils", "util", "helpers", "helper", "manager", "managers", "base", "common", "misc"}
    assert [name(path) for path in modules() if path.stem in empty_words or path.parent.name in empty_words] == []


def test_every_module_says_why_it_exists() -> None:
    silent = [
        name(path)
        for path in modules()
        if path.read_text(encoding="utf-8").strip() and not ast.get_docstring(parsed(path))
    ]
    assert silent == []


def _bad_manners(path: Path) -> Iterator[str]:
    """Faking the inside of the code, not running a test, and waiting by guess."""
    fakes = {"patch", "MagicMock", "Mock", "AsyncMock", "setattr"}
    skips = {"skip", "skipif", "xfail", "importorskip"}
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            if node.attr == "sleep" or (node.attr in skips and owner in {"pytest", "pytest.mark"}):
                yield f"{name(path)}:{node.lineno} {owner}.{node.attr}"
            if node.attr in fakes and owner in {"mock", "monkeypatch", "unittest.mock"}:
                yield f"{name(path)}:{node.lineno} {owner}.{node.attr}"
    yield from (
        f"{name(path)} imports {found}" for found in imports(path) if found.startswith(("unittest.mock", "mock."))
    )
    yield from (f"{name(path)} imports {found}" for found in imports(path) if found in {"time.sleep", "asyncio.sleep"})


def test_tests_go_through_the_doors_that_users_have() -> None:
    assert [fault for path in modules("tests") for fault in _bad_manners(path)] == []
