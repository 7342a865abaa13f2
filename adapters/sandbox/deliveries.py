"""What the protocol doors share: people, journal, clock, and the faults that may befall a request or a report."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapters.sandbox.chance import Chance
from adapters.sandbox.faults import Misfortune, Mishap
from adapters.sandbox.happening import Happening
from adapters.sandbox.journal import Journal
from adapters.sandbox.letterbox import Letterbox
from adapters.sandbox.memory import Memory
from adapters.sandbox.people import PhoneState
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

    def mishap_of(self, key: str, ordinal: int, about: str) -> Mishap:
        """What goes wrong with this request; `about` is the platform's key of the message."""
        mishap = self.misfortune.of_request(key, ordinal)
        if mishap is not Mishap.NONE:
            self.journal.note_fault(self.now(), mishap, about)
        return mishap

    def before_taking(self, key: str, ordinal: int, about: str) -> Outcome:
        """Draw what goes wrong with this request, and wait if it is slowness."""
        mishap = self.mishap_of(key, ordinal, about)
        if mishap is Mishap.SLOW:
            time.sleep(self.misfortune.faults.slow_seconds)
        return Outcome(refuses=mishap is Mishap.SERVER_ERROR, hangs_up=mishap is Mishap.RESET)

    def is_undeliverable(self, number: str) -> bool:
        """Whether no text reaches this number: the published 93% hold over all numbers, so the rest are all dead."""
        phone = self.population.phones.get(number)
        if phone is None or phone.state is not PhoneState.DEAD:
            return False
        numbers = self.population.parameters
        whole = numbers.phone_his + numbers.phone_dead + numbers.phone_stranger + numbers.phone_silent
        share = (1 - numbers.sms_delivered) * whole / numbers.phone_dead
        return Chance(self.population.seed).happens(share, number, "undeliverable")

    def is_early(self, key: str, ordinal: int, about: str) -> bool:
        """Whether the first report of this request comes before its answer."""
        early = self.misfortune.is_early(key, ordinal)
        if early:
            self.journal.note_fault(self.now(), "callback_before_response", about)
        return early

    def disturbed(self, reports: Sequence[Happening], about: str) -> list[Happening]:
        """The reports with some overtaken by the next and some twice; the last of them may only be late."""
        disturbed = []
        for number, report in enumerate(reports):
            key = f"{report.key}:{report.act}:{number}"
            due_at, behind = report.due_at, self.misfortune.late_seconds(key)
            if behind:
                self.journal.note_fault(self.now(), "reorder", about)
                due_at = reports[min(number + 1, len(reports) - 1)].due_at + timedelta(seconds=behind)
            disturbed.append(replace(report, due_at=due_at))
            if self.misfortune.is_doubled(key):
                self.journal.note_fault(self.now(), "duplicate", about)
                disturbed.append(replace(report, due_at=due_at + timedelta(seconds=7)))
        return disturbed
