"""The words that people read: one key, one text in Chinese and one in English, with places for values.

They lie in `delivery/words/*.toml`, a file per area; nested tables are dotted keys, and a leaf is `{zh = "...", en =
"..."}`. Nothing else in the program holds a sentence for people, so that a third language is a matter of these files
alone.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("zh", "en")


def say(language: str, key: str, /, **args: object) -> str:
    """The text of `key` in `language`, its places filled by name. `KeyError` for an unknown key or open place."""
    return _words()[key][language].format_map(args)


def unfilled(language: str, key: str) -> str:
    """The text with its places left open, for a page that fills them in by itself. `KeyError` for an unknown key."""
    return _words()[key][language]


def knows(key: str) -> bool:
    """Whether there is a text under this key: for codes that may come from elsewhere (a provider, an old entry)."""
    return key in _words()


def keys_under(prefix: str) -> Iterator[str]:
    """The keys directly or deeper below a table."""
    return (key for key in _words() if key.startswith(f"{prefix}."))


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for file in files("delivery").joinpath("words").iterdir():
        if file.name.endswith(".toml"):
            found.update(_leaves(tomllib.loads(file.read_text(encoding="utf-8"))))
    return found


def _leaves(table: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    for key, value in table.items():
        here = f"{path}.{key}" if path else key
        if all(isinstance(value.get(language), str) for language in LANGUAGES):
            yield here, value
        else:
            yield from _leaves(value, here)
