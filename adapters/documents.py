"""JSON as others write it: read so that whatever stands in it can be kept.

A text may hold half a character (an emoji that a carrier cut in two) or a NUL, both of which JSON allows and no
database takes: they would be taken in and then stop whatever works with them.
"""

import json
from typing import Any


def read_json(text: str | bytes) -> Any:  # noqa: ANN401 - JSON
    """Read one document. Raises `ValueError`, or `RecursionError` for what is nested without an end."""
    return _storable(json.loads(text))


def _storable(value: Any) -> Any:  # noqa: ANN401 - JSON
    match value:
        case str():
            return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
        case list():
            return [_storable(item) for item in value]
        case dict():
            return {_storable(key): _storable(item) for key, item in value.items()}
        case _:
            return value
