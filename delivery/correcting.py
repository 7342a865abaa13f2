"""What is wrong with a value or a file, and what a person can do about it, in their language.

Codes and arguments are what is stored; the sentences are made here each time somebody looks. Every code has a message
and a cure, because an error that does not say what to do next is a telephone call to the service centre.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from delivery.wording import say


@dataclass(frozen=True, slots=True)
class Correction:
    """One problem as a person reads it."""

    message: str
    cure: str


def correction(language: str, code: str, arguments: Mapping[str, object]) -> Correction:
    """The words for a `BadValue`, a `RowError` or what was stored of them. `KeyError` for a code without words."""
    values = dict(arguments)
    if code == "headings_wrong":
        values = {"details": _headings(language, values)}
    elif code == "address_incomplete":
        values = {"missing": say(language, f"import.part.{values['missing']}")}
    key = f"import.problem.{code}"
    return Correction(say(language, f"{key}.message", **values), say(language, f"{key}.cure", **values))


def column_name(language: str, column: str) -> str:
    """The name of a docket's column; it is also a heading that the import understands."""
    return say(language, f"import.column.{column}")


def _headings(language: str, values: Mapping[str, object]) -> str:
    """Missing, unknown and mistyped headings, each kind in a sentence."""
    joint = "、" if language == "zh" else ", "
    missing, unknown, nearest = (str(values.get(name, "")) for name in ("missing", "unknown", "nearest"))
    parts = []
    if missing:
        names = joint.join(column_name(language, column) for column in missing.split(";"))
        parts.append(say(language, "import.headings.missing", missing=names))
    if unknown:
        parts.append(say(language, "import.headings.unknown", unknown=joint.join(unknown.split(";"))))
    for pair in filter(None, nearest.split(";")):
        written, _, column = pair.rpartition("=")
        heading = column_name(language, column)
        parts.append(say(language, "import.headings.nearest", written=written, heading=heading))
    return ("" if language == "zh" else " ").join(parts)
