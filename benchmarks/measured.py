"""What a benchmark says: one line a figure, with the bound that it is held to, and a failure when one does not hold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `is_least`: the bound is the smallest allowed value, else the largest."""

    name: str
    value: float
    bound: float
    is_least: bool = True
    remark: str = ""

    @property
    def holds(self) -> bool:
        """Whether the value keeps its bound."""
        return self.value >= self.bound if self.is_least else self.value <= self.bound

    def __str__(self) -> str:
        """Name, measured, bound, ok."""
        sign, verdict = (">=" if self.is_least else "<="), ("ok" if self.holds else "FAILS")
        remark = f"  ({self.remark})" if self.remark else ""
        return f"{self.name:58} {self.value:10.2f}  {sign} {self.bound:<8g} {verdict}{remark}"


def tell(measure: Callable[[], Sequence[Figure]]) -> int:
    """Measure, print, and answer the exit status: 1 when a bound fails."""
    figures = measure()
    for figure in figures:
        print(figure)
    return 0 if all(figure.holds for figure in figures) else 1
