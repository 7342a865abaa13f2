"""Geometry of the inline charts: where the bars stand; the template draws them as SVG, without scripts or styles."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from delivery.reporting import Week

WIDTH = 1060
HEIGHT = 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 6, 8, 24
_SERIES = {"initiated": "a", "finished": "b", "reached": "d", "effective": "c"}
_MOST_LABELS = 9


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle; `shade` names its colour, `number` is a measure of the week that begins on a day."""

    x: float
    y: float
    width: float
    height: float
    shade: str
    number: int
    measure: str
    begins_on: date


@dataclass(frozen=True, slots=True)
class Label:
    """A text below the axis or beside a grid line."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of `width` by `height`, with grid lines at the heights of `rows`."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    rows: tuple[Label, ...]
    columns: tuple[Label, ...]
    right: int = WIDTH - _RIGHT
    left: int = _LEFT


def weekly(weeks: Sequence[Week]) -> Chart:
    """The four denominators side by side for each week of opening."""
    most = nice_top(max((week.counts.initiated for week in weeks), default=0))
    room, tall = (WIDTH - _LEFT - _RIGHT) / max(1, len(weeks)), HEIGHT - _TOP - _BOTTOM
    thick = min(26.0, room * 0.8 / len(_SERIES))
    bars, columns = [], []
    every = -(-len(weeks) // _MOST_LABELS)
    for index, week in enumerate(weeks):
        middle = _LEFT + room * (index + 0.5)
        for place, (name, shade) in enumerate(_SERIES.items()):
            number = getattr(week.counts, name)
            height = tall * number / most
            x = middle + thick * (place - len(_SERIES) / 2)
            y = _TOP + tall - height
            size = (round(x, 1), round(y, 1), round(thick - 1, 1), round(height, 1))
            bars.append(Bar(*size, shade, number, name, week.begins_on))
        if index % every == 0:
            columns.append(Label(round(middle, 1), HEIGHT - 6, week.begins_on.strftime("%m-%d")))
    rows = tuple(Label(_LEFT - 6, round(_TOP + tall * (1 - part), 1), f"{most * part:g}") for part in (0, 0.5, 1))
    return Chart(WIDTH, HEIGHT, tuple(bars), rows, tuple(columns))


def nice_top(value: int) -> int:
    """A round, even number at or above `value` for the top of an axis."""
    size = 1
    while True:
        for step in (2, 4, 6, 10):
            if step * size >= value:
                return step * size
        size *= 10
