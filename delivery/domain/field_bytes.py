"""The one way to write a record of a field server's phone, so that a browser and we hash and sign the same bytes.

JSON with sorted keys, no spaces, UTF-8 and nothing escaped that need not be. Numbers stay as they were written: the
shortest form of a float is spelt differently by different languages, and the bytes that were signed are never written
anew.
"""

import json
from typing import Any


class Refused(ValueError):
    """The bytes are no JSON."""


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


def decoded(raw: bytes) -> Any:  # noqa: ANN401 -- a JSON value
    """The JSON value. Raises `Refused` also for NaN, for bytes that are no UTF-8 and for what is nested beyond use."""
    return _loaded(raw)


def is_canonical(raw: bytes) -> bool:
    """Whether these bytes are the one way to write what they say; a key that stands twice is not."""
    try:
        return _written(_loaded(raw, parse_int=_Number, parse_float=_Number)).encode() == raw
    except (Refused, UnicodeEncodeError, RecursionError):
        return False


def canonical(content: object) -> bytes:
    """The canonical bytes of a JSON value, for whoever makes records here: tests and tools."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode()


def _loaded(raw: bytes, **numbers: Any) -> Any:  # noqa: ANN401 -- a JSON value
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_no_constant, **numbers)
    except (ValueError, RecursionError):
        raise Refused from None


def _no_constant(_name: str) -> None:
    raise ValueError


def _written(value: object) -> str:
    match value:
        case _Number():
            return str(value)
        case dict():
            return "{" + ",".join(f"{_written(key)}:{_written(value[key])}" for key in sorted(value)) + "}"
        case list():
            return "[" + ",".join(_written(item) for item in value) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)
