"""Every word that people read: in both languages, with the same places for values; none that is asked for is absent."""

import ast
import re
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter
from typing import Any, Final

from tests.infrastructure.tree import PACKAGES, ROOT, files, modules, name, parsed

LANGUAGES: Final = {"zh", "en"}
HANZI: Final = re.compile(r"[\u3400-\u9fff]")

# What a page may carry as it stands: our name, and the languages' own names for themselves.
PLAIN_TEXT: Final = {"Songda", "送达", "中文", "English", "Songda 送达"}

# t("a.key") and t('a.key'), and t("a." ~ code), which asks for something below a.
TEMPLATE_KEY: Final = re.compile(r"""(?<![\w.])t\(\s*(["'])(?P<key>[^"']*)\1\s*(?P<more>~)?""")


def _leaves(table: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    for key, value in table.items():
        here = f"{path}.{key}" if path else key
        assert isinstance(value, dict), f"{here} is neither a table nor a pair of languages"
        if set(value) & LANGUAGES and all(isinstance(text, str) for text in value.values()):
            yield here, value
        else:
            yield from _leaves(value, here)


def _words() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for path in sorted((ROOT / "delivery" / "words").glob("*.toml")):
        for key, texts in _leaves(tomllib.loads(path.read_text(encoding="utf-8"))):
            assert key not in found, f"{key} stands in two files"
            found[key] = texts
    return found


WORDS: Final = _words()


def _places(text: str) -> set[str | None]:
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}


def test_every_key_has_both_languages() -> None:
    assert {
        key: sorted(texts) for key, texts in WORDS.items() if set(texts) != LANGUAGES or not all(texts.values())
    } == {}


def test_both_languages_have_the_same_named_places() -> None:
    unequal = {key: texts for key, texts in WORDS.items() if _places(texts["zh"]) != _places(texts["en"])}
    assert unequal == {}
    assert [key for key, texts in WORDS.items() if {"", None} & _places(texts["zh"])] == []


def test_english_is_english() -> None:
    """It may quote what stands on Chinese paper, but not be made of it; whoever reads it may read no Chinese."""
    quoting = {key: texts["en"] for key, texts in WORDS.items() if HANZI.search(texts["en"])}
    assert {
        key: text for key, text in quoting.items() if len(HANZI.findall(text)) * 2 > len(re.findall(r"[A-Za-z]", text))
    } == {}


def _asked_in_templates() -> Iterator[tuple[str, str, bool]]:
    for path in files():
        if path.suffix in {".html", ".txt", ".xml"} and "templates" in path.parts:
            for match in TEMPLATE_KEY.finditer(path.read_text(encoding="utf-8")):
                yield name(path), match["key"], bool(match["more"])


def _asked_in_code() -> Iterator[tuple[str, str, bool]]:
    """Keys in calls of say(language, key) and t(key); of an f-string, what stands before its first value."""
    for path in modules(*PACKAGES, "wsgi.py"):
        for node in ast.walk(parsed(path)):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = {"t": 0, "say": 1}.get(called)
            if place is None or len(node.args) <= place:
                continue
            match node.args[place]:
                case ast.Constant(value=str(key)):
                    yield f"{name(path)}:{node.lineno}", key, False
                case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]):
                    yield f"{name(path)}:{node.lineno}", start, True
                case _:
                    pass


def test_every_word_that_is_asked_for_is_there() -> None:
    absent = [
        f"{place} {key}"
        for place, key, is_start in (*_asked_in_templates(), *_asked_in_code())
        if not (any(known.startswith(key) for known in WORDS) if is_start else key in WORDS)
    ]
    assert absent == []


class _PlainText(HTMLParser):
    """Collects what a template shows as it stands, outside scripts and styles."""

    shown_attributes: Final = {"title", "placeholder", "alt", "aria-label", "aria-description"}

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style", "code"}
        self.found += [value for key, value in attrs if key in self.shown_attributes and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style", "code"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def _sentences(path: Path) -> Iterator[str]:
    source = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    reader = _PlainText()
    reader.feed(source)
    shown = {" ".join(text.split()) for text in reader.found} - PLAIN_TEXT
    yield from (
        f"{name(path)}: {text}" for text in sorted(shown) if HANZI.search(text) or re.search(r"[A-Za-z]{3,}", text)
    )


def test_templates_carry_no_sentences_of_their_own() -> None:
    templates = (path for path in files() if path.suffix == ".html" and "templates" in path.parts)
    assert [sentence for path in templates for sentence in _sentences(path)] == []
