"""Reading facts: from decoded JSON to `Facts`, or to an error that names the place.

The frozen values are the schema: a reader per class is built once from its annotations, so that shape and check
cannot drift apart. Unknown keys, wrong types, days that do not exist and words outside the lists are refused with the
path of the culprit.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from delivery.domain.errors import SongdaError
from delivery.domain.law.acts import METHODS, Act, AnyAct
from delivery.domain.law.facts import Facts

Reader = Callable[[object, str], Any]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})")


class FactsInvalid(SongdaError):
    """The facts are not of the documented form.

    `path` is where (`acts[2].result`), `problem` a code, `detail` the culprit.
    """

    def __init__(self, path: str, problem: str, detail: str = "") -> None:
        super().__init__(f"{path}: {problem} {detail}")
        self.path = path
        self.problem = problem
        self.detail = detail


def parse_facts(raw: object) -> Facts:
    """`Facts` from one decoded JSON object. Raises `FactsInvalid`."""
    facts: Facts = _read_record(Facts, raw, "")
    if facts.jurisdiction in Facts.CASE_NEEDED_IN:
        case = raw.get("case") if isinstance(raw, Mapping) else None
        if case is None:
            raise FactsInvalid("case", "missing")
        if "procedure" not in case:
            raise FactsInvalid("case.procedure", "missing")
    return facts


def _read_act(raw: object, path: str) -> Act:
    """The method of the act decides which fields it has."""
    if not isinstance(raw, Mapping):
        raise FactsInvalid(path, "not_object")
    if "method" not in raw:
        raise FactsInvalid(f"{path}.method", "missing")
    method = raw["method"]
    act_class = _act_classes().get(method) if isinstance(method, str) else None
    if act_class is None:
        raise FactsInvalid(f"{path}.method", "unknown_word", repr(method))
    act: Act = _read_record(act_class, {key: value for key, value in raw.items() if key != "method"}, path)
    if "planned" not in raw:
        for name in act_class.NEEDED:
            if name not in raw:
                raise FactsInvalid(f"{path}.{name}", "missing")
    return act


@cache
def _act_classes() -> Mapping[str, type[Act]]:
    return {act_class.METHOD: act_class for act_class in METHODS}


@dataclass(frozen=True, slots=True)
class _Shape:
    readers: Mapping[str, Reader]
    needed: tuple[str, ...]


@cache
def _shape(record: type[Any]) -> _Shape:
    hints = get_type_hints(record)
    declared = fields(record)
    return _Shape(
        readers={declaration.name: _reader(hints[declaration.name], declaration) for declaration in declared},
        needed=tuple(declaration.name for declaration in declared if declaration.default is MISSING),
    )


def _read_record(record: type[Any], raw: object, path: str) -> Any:  # noqa: ANN401 - a value of that class
    if not isinstance(raw, Mapping):
        raise FactsInvalid(path, "not_object")
    shape = _shape(record)  # type: ignore[arg-type] # every class can be hashed
    inside = f"{path}." if path else ""
    values = {}
    for key, value in raw.items():
        reader = shape.readers.get(key)
        if reader is None:
            raise FactsInvalid(f"{inside}{key}", "unknown_key")
        values[key] = reader(value, f"{inside}{key}")
    for name in shape.needed:
        if name not in values:
            raise FactsInvalid(f"{inside}{name}", "missing")
    return record(**values)


def _reader(hint: Any, declaration: Field[Any]) -> Reader:  # noqa: ANN401 - annotations are values of any type
    """The reader for one field; None is never accepted from outside, it only stands for "not said"."""
    if get_origin(hint) in {Union, UnionType}:
        options = [option for option in get_args(hint) if option is not NoneType]
        if len(options) > 1:
            return _literal_or(options, declaration)
        hint = options[0]
    if get_origin(hint) is tuple:
        return _list_reader(_item_reader(get_args(hint)[0], declaration), declaration)
    return _item_reader(hint, declaration)


def _literal_or(options: list[Any], declaration: Field[Any]) -> Reader:
    word = next(get_args(option)[0] for option in options if get_origin(option) is Literal)
    other = _reader(next(option for option in options if get_origin(option) is not Literal), declaration)

    def read(raw: object, path: str) -> object:
        return word if raw == word else other(raw, path)

    return read


def _list_reader(item: Reader, declaration: Field[Any]) -> Reader:
    least: int = declaration.metadata.get("min_items", 0)
    unique: bool = declaration.metadata.get("unique", False)

    def read(raw: object, path: str) -> tuple[Any, ...]:
        if not isinstance(raw, list):
            raise FactsInvalid(path, "not_list")
        if len(raw) < least:
            raise FactsInvalid(path, "empty")
        found = tuple([item(value, f"{path}[{index}]") for index, value in enumerate(raw)])
        if unique and len(set(found)) < len(found):
            raise FactsInvalid(path, "repeated")
        return found

    return read


def _item_reader(hint: Any, declaration: Field[Any]) -> Reader:  # noqa: ANN401
    if hint == AnyAct:
        return _read_act
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _word_reader({word.value: word for word in hint})
    if hint is int:
        return _number_reader(declaration.metadata["minimum"], declaration.metadata["maximum"])
    simple: Mapping[Any, Reader] = {str: _read_text, bool: _read_flag, date: _read_day, datetime: _read_instant}
    if hint in simple:
        return simple[hint]

    def read(raw: object, path: str) -> object:
        return _read_record(hint, raw, path)

    return read


def _word_reader(words: Mapping[str, StrEnum]) -> Reader:
    def read(raw: object, path: str) -> StrEnum:
        word = words.get(raw) if isinstance(raw, str) else None
        if word is None:
            raise FactsInvalid(path, "unknown_word", repr(raw))
        return word

    return read


def _number_reader(least: int, most: int) -> Reader:
    def read(raw: object, path: str) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int) or not least <= raw <= most:
            raise FactsInvalid(path, "not_number", f"{least}-{most}")
        return raw

    return read


def _read_text(raw: object, path: str) -> str:
    if not isinstance(raw, str) or not raw:
        raise FactsInvalid(path, "not_text")
    return raw


def _read_flag(raw: object, path: str) -> bool:
    if not isinstance(raw, bool):
        raise FactsInvalid(path, "not_flag")
    return raw


def _read_day(raw: object, path: str) -> date:
    try:
        if isinstance(raw, str) and _DAY.fullmatch(raw):
            return date.fromisoformat(raw)
    except ValueError:
        pass
    raise FactsInvalid(path, "not_day", repr(raw))


def _read_instant(raw: object, path: str) -> datetime:
    try:
        if isinstance(raw, str) and _INSTANT.fullmatch(raw):
            return datetime.fromisoformat(raw)
    except ValueError:
        pass
    raise FactsInvalid(path, "not_instant", repr(raw))
