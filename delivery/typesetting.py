"""Pages for paper: data set into a template as PDF, the same bytes for the same data.

The fonts come with the installation, so that a page looks alike on every machine, and they know the rare letters of
names. A letter that they do not know is named before anything is set: a name with a hole in it is no name.
"""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from delivery.domain.errors import IntegrityFault, RequestError

if TYPE_CHECKING:
    from typst import Compiler

Value = str | int | float | bool | Sequence["Value"] | Mapping[str, "Value"]

_ONE_AT_A_TIME = threading.Lock()
_MOST_NAMED = 8
_FAMILIES = {"Noto Sans SC", "Noto Serif SC"}


def typeset(template: str, data: Sequence[Mapping[str, Value]], *, made_at: datetime) -> bytes:
    """A PDF from `delivery/sheets/TEMPLATE.typ`. `made_at` goes into the file as its date.

    Raises `RequestError("letters_missing")`, which names the letters that no font here has.
    """
    check_letters(data)
    with _ONE_AT_A_TIME:  # one compiler keeps its fonts; several threads make it no faster
        made = _compiler().compile(
            input=_sheets() / f"{template}.typ",
            format="pdf",
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            timestamp=int(made_at.timestamp()),
        )
    assert isinstance(made, bytes)
    return made


def check_letters(data: Value) -> None:
    """Raises `RequestError("letters_missing")` for a letter that cannot be printed."""
    found = sorted({letter for text in _texts(data) for letter in text if not _is_known(letter)})
    if found:
        named = " ".join(f"{letter} (U+{ord(letter):04X})" for letter in found[:_MOST_NAMED])
        raise RequestError("letters_missing", status=422, letters=named)


def _texts(data: Value) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, Sequence):
        for value in data:
            yield from _texts(value)


def _is_known(letter: str) -> bool:
    return ord(letter) in _letters() or letter == "\n"


@cache
def _letters() -> frozenset[int]:
    """What both faces have, as code points."""
    from fontTools.ttLib import TTFont

    sets = []
    for path in _fonts():
        with TTFont(path, lazy=True) as font:
            sets.append(frozenset(font.getBestCmap()))
    return frozenset.intersection(*sets)


def _fonts() -> tuple[Path, ...]:
    import pylopdf_fonts_zh_cn

    return (pylopdf_fonts_zh_cn.sans_path(), pylopdf_fonts_zh_cn.serif_path())


def _sheets() -> Path:
    return Path(str(files("delivery").joinpath("sheets")))


@cache
def _compiler() -> "Compiler":
    from typst import Compiler, Fonts

    # Typst takes a folder of fonts; one that is not found would leave blank pages without a word.
    fonts = Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[_fonts()[0].parent])
    if set(fonts.families()) != _FAMILIES:
        message = f"the fonts of the installation are {fonts.families()}"
        raise IntegrityFault(message)
    return Compiler(root=_sheets(), font_paths=fonts, ignore_system_fonts=True)
