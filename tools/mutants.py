"""Change the law engine in one place at a time and see whether the tables notice.

A period longer by a day, a branch gone, a comparison turned: each such change is a mutant, and a table that still
comes out right with it has a gap. The tables are the worked cases and the invalid facts, nothing else; texts are not
changed. Prints the survivors and fails when fewer than the wanted share of a seeded sample is killed.
"""

import argparse
import ast
import importlib
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from delivery.calendars import court_calendar
from tests.domain.law.tables import cases, differences, invalid_facts, refusal_of, result_of

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "delivery.domain.law"
FOLDER = ROOT / "delivery" / "domain" / "law"
# Lists of words, and the register of titles that the generated legal basis is compared with.
NOT_RULES = {"vocabulary.py", "act_vocabulary.py", "rules.py"}
SECONDS_FOR_ONE = 5.0

Change = Callable[[], None]

SWAPS: Mapping[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
TWINS = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """One change: the module, the node by its place in the walk, and which of the node's changes."""

    module: str
    path: Path
    node: int
    change: int
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line} {self.what}"


def changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """What can be changed at one node, each with a function that does it in place."""
    match node:
        case ast.Constant():
            yield from _of_value(node)
        case ast.Compare() | ast.BoolOp() | ast.BinOp():
            yield from _of_operator(node)
        case ast.If() | ast.IfExp():
            yield "condition turned", lambda: setattr(node, "test", _not(node.test))
            if isinstance(node, ast.If):
                yield "branch dropped", lambda: setattr(node, "body", [ast.Pass()])
        case ast.UnaryOp(op=ast.Not()):
            yield "not dropped", lambda: setattr(node, "operand", _not(node.operand))
        case ast.comprehension():
            for index, condition in enumerate(node.ifs):
                yield f"filter {index} turned", _put(node.ifs, index, _not(condition))
        case ast.Call(func=ast.Name(id=name)) if name in TWINS:
            yield f"{name} -> {TWINS[name]}", lambda: setattr(node.func, "id", TWINS[name])
        case ast.Set() | ast.Tuple() if len(node.elts) > 1 and all(map(_is_word, node.elts)):
            for index, element in enumerate(node.elts):
                yield f"{ast.unparse(element)} dropped", _drop(node.elts, index)
        case _:
            pass


def _of_value(node: ast.Constant) -> Iterator[tuple[str, Change]]:
    value = node.value
    if isinstance(value, bool):
        yield f"{value} -> {not value}", lambda: setattr(node, "value", not value)
    elif isinstance(value, int):
        yield f"{value} -> {value + 1}", lambda: setattr(node, "value", value + 1)
        yield f"{value} -> {value - 1}", lambda: setattr(node, "value", value - 1)


def _of_operator(node: ast.Compare | ast.BoolOp | ast.BinOp) -> Iterator[tuple[str, Change]]:
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            yield f"{type(operator).__name__} turned", _put(node.ops, index, SWAPS[type(operator)]())
    elif type(node.op) in SWAPS:
        yield f"{type(node.op).__name__} turned", lambda: setattr(node, "op", SWAPS[type(node.op)]())
    if isinstance(node, ast.BoolOp):
        for index in range(len(node.values)):
            neutral = ast.Constant(isinstance(node.op, ast.And))
            yield f"operand {index} of {type(node.op).__name__} dropped", _put(node.values, index, neutral)


def _is_word(node: ast.expr) -> bool:
    """A member of an enumeration, or a constant of ours."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)


def _not(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _put(items: list[Any], index: int, item: ast.AST) -> Change:
    return lambda: items.__setitem__(index, item)


def _drop(items: list[ast.expr], index: int) -> Change:
    return lambda: items.__delitem__(index)


def walk(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node that decides something: no annotations, no decorators, no unions of types."""
    for field, value in ast.iter_fields(tree):
        if field in {"annotation", "returns", "decorator_list"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_about_types(child):
                yield child
                yield from walk(child)


def _is_about_types(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0]) == "AnyAct"
    return isinstance(node, ast.Call) and ast.unparse(node.func) in {"isinstance", "assert_never"}


def all_mutants() -> list[Mutant]:
    """Every mutant of the engine, in a fixed order."""
    found = []
    for path in sorted(FOLDER.rglob("*.py")):
        if path.name in NOT_RULES:
            continue
        parts = path.relative_to(ROOT).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        for place, node in enumerate(walk(ast.parse(path.read_text(encoding="utf-8")))):
            line = getattr(node, "lineno", 0) or getattr(getattr(node, "target", None), "lineno", 0)
            for number, (what, _) in enumerate(changes(node)):
                found.append(Mutant(module, path, place, number, line, what))
    return found


def code_of(mutant: Mutant) -> CodeType:
    """The mutated module, compiled."""
    tree = ast.parse(mutant.path.read_text(encoding="utf-8"))
    node = next(node for place, node in enumerate(walk(tree)) if place == mutant.node)
    [*changes(node)][mutant.change][1]()
    return compile(ast.fix_missing_locations(tree), str(mutant.path), "exec")


class _Codes(MetaPathFinder, Loader):
    """Imports the engine from compiled code, one module of it changed."""

    def __init__(self, sound: Mapping[str, tuple[CodeType, bool]], changed: Mapping[str, CodeType]) -> None:
        self._sound = sound
        self._changed = changed

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        del path, target
        if fullname not in self._sound:
            return None
        return ModuleSpec(fullname, self, is_package=self._sound[fullname][1])

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        exec(self._changed.get(name, self._sound[name][0]), module.__dict__)  # noqa: S102 - that is what a loader does


def sound_codes() -> dict[str, tuple[CodeType, bool]]:
    """The engine as it is, compiled once; whether each module is a package."""
    codes = {}
    for path in sorted(FOLDER.rglob("*.py")):
        package = path.name == "__init__.py"
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if package else parts)
        codes[name] = (compile(path.read_text(encoding="utf-8"), str(path), "exec"), package)
    return codes


def engine_of(sound: Mapping[str, tuple[CodeType, bool]], changed: Mapping[str, CodeType]) -> ModuleType:
    """A second engine beside the one in use."""
    parent = importlib.import_module(PACKAGE.rpartition(".")[0])
    kept = {name: module for name, module in sys.modules.items() if f"{name}.".startswith(f"{PACKAGE}.")}
    attribute = parent.__dict__["law"]
    finder = _Codes(sound, changed)
    for name in kept:
        del sys.modules[name]
    sys.meta_path.insert(0, finder)
    try:
        return importlib.import_module(PACKAGE)
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if f"{name}.".startswith(f"{PACKAGE}.")]:
            del sys.modules[name]
        sys.modules.update(kept)
        parent.__dict__["law"] = attribute


def noticed(engine: Any) -> str | None:  # noqa: ANN401 - a package
    """The first row of the tables that comes out wrong, or None."""
    calendar = engine.Calendar(court_calendar().rest_days)
    for case in cases():
        if [*differences(result_of(case["facts"], calendar, engine), case["expect"])]:
            return str(case["facts"]["id"])
    for case in invalid_facts():
        if refusal_of(case["facts"], engine) != (case["path"], case["problem"]):
            return f"{case['path']} {case['problem']}"
    return None


class _TooLong(Exception):
    """The mutant does not come to an end."""


def ring(_signal: int, _frame: FrameType | None) -> None:
    """The alarm."""
    raise _TooLong


def killed_by(mutant: Mutant, sound: Mapping[str, tuple[CodeType, bool]]) -> str | None:
    """What noticed the mutant: a row, a crash, or endlessness. None: nothing did."""
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS_FOR_ONE)
    try:
        return noticed(engine_of(sound, {mutant.module: code_of(mutant)}))
    except Exception as error:  # noqa: BLE001 - a mutant may break in any way, and that is noticing it
        return type(error).__name__
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def sample(size: int, seed: int) -> list[Mutant]:
    """A seeded sample, in reading order; 0: all of them."""
    everything = all_mutants()
    if not 0 < size < len(everything):
        return everything
    chosen = set(random.Random(seed).sample(range(len(everything)), size))  # noqa: S311 - not for secrets
    return [mutant for number, mutant in enumerate(everything) if number in chosen]


def main() -> int:
    """Run a sample; the exit status."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sample", type=int, default=1000, help="how many mutants; 0: all")
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--least", type=float, default=0.95, help="the share that must be killed")
    asked = options.parse_args()
    signal.signal(signal.SIGVTALRM, ring)
    sound = sound_codes()
    if noticed(engine_of(sound, {})) is not None:
        print("the tables do not hold for the engine as it is")
        return 2
    began = time.monotonic()
    mutants = sample(asked.sample, asked.seed)
    survivors = []
    for mutant in mutants:
        if killed_by(mutant, sound) is None:
            survivors.append(mutant)
            print(f"survived: {mutant}", flush=True)
    share = 1 - len(survivors) / len(mutants)
    print(f"{len(mutants)} of {len(all_mutants())} mutants, {len(survivors)} survived, {share:.1%} killed")
    print(f"{time.monotonic() - began:.0f} s")
    return 0 if share >= asked.least else 1


if __name__ == "__main__":
    sys.exit(main())
