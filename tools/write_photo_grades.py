"""Writes the tables of `docs/photo-grades.md` from the weights and their words: run it after they changed."""

from collections.abc import Iterator
from pathlib import Path

from delivery.domain.photo_grade import AT_LEAST, CURES, WEIGHTS
from delivery.domain.photo_signals import Signal
from delivery.wording import unfilled

PAGE = Path(__file__).parent.parent / "docs" / "photo-grades.md"
BEGIN, END = "<!-- written by tools/write_photo_grades.py -->", "<!-- end -->"


def page() -> str:
    """The document with its tables made anew; what people wrote around them stays."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n".join([before + BEGIN, "", *_tables(), "", END + after])


def _tables() -> Iterator[str]:
    yield "| grade | at least |"
    yield "|---|---|"
    for letter, least in AT_LEAST.items():
        yield f"| {letter} | {least} |"
    yield ""
    yield "| signal | says | weight | cure at the door |"
    yield "|---|---|---|---|"
    for signal in Signal:
        for code, weight in WEIGHTS[signal].items():
            cure = CURES.get((signal, code))
            told = unfilled("en", f"grade.cure.{cure[0]}") if cure else ""
            name = unfilled("en", f"grade.signal.{signal}")
            yield f"| {name} | {unfilled('en', f'grade.{signal}.{code}')} | {weight:+d} | {told} |".replace("+0", "0")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
