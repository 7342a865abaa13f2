"""What the protocol doors share: people, journal, clock, and the faults that may befall a request or a report."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapters.sandbox.faults import Misfortune, Mishap
from adapters.sandbox.happening import Happening
from adapters.sandbox.journal import Journal
from adapters.sandbox.letterbox import Letterbox
from adapters.sandbox.memory import Memory
from adapters.sandbox.population import Population
from adapters.sandbox.reactions import Reactions


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request fares with the provider."""

    refuses: bool = False
    hangs_up: bool = False


@dataclass(frozen=True, slots=True)
class Deliveries:
    """One town's inside, as a provider sees it.

    `now` is court time; `at_once` performs a happening before it returns.
    """

    population: Population
    memory: Memory
    journal: Journal
    letterbox: Letterbox
    reactions: Reactions
    misfortune: Misfortune
    now: Callable[[], datetime]
    at_once: Callable[[Happening], None]
    platform_url: str
    has_staff: bool

    def before_taking(self, key: str, ordinal: int, about: str = "") -> Outcome:  # noqa: ARG002 - told when it is kept
        """Draw what goes wrong with this request, and wait if it is slowness."""
        mishap = self.misfortune.of_request(key, ordinal)
        if mishap is Mishap.SLOW:
            time.sleep(self.misfortune.faults.slow_seconds)
        return Outcome(refuses=mishap is Mishap.SERVER_ERROR, hangs_up=mishap is Mishap.RESET)

    def disturbed(self, reports: Sequence[Happening], about: str = "") -> list[Happening]:  # noqa: ARG002 - likewise
        """The reports with some late and some twice."""
        disturbed = []
        for number, report in enumerate(reports):
            key = f"{report.key}:{report.act}:{number}"
            late = timedelta(seconds=self.misfortune.late_seconds(key))
            disturbed.append(replace(report, due_at=report.due_at + late))
            if self.misfortune.is_doubled(key):
                disturbed.append(replace(report, due_at=report.due_at + late + timedelta(seconds=7)))
        return disturbed
