"""What an installation does now and then by itself, whatever the court's calendar says: a thread on machine time."""

import logging
import threading
from collections.abc import Callable, Sequence
from itertools import count

from delivery.cohort_summing import sum_cohorts
from delivery.retiring import retire
from delivery.runtime import Runtime
from delivery.upload_keeping import tidy_uploads

LOG = logging.getLogger(__name__)

ROUNDS: Sequence[Callable[[Runtime], object]] = (sum_cohorts, tidy_uploads)
HOURLY: Sequence[Callable[[Runtime], object]] = (retire,)
PAUSE = 10.0
_ROUNDS_AN_HOUR = 360


class Housekeeping(threading.Thread):
    """Every `pause` seconds, one round of everything in `rounds`, until stopped. What fails is tried next time."""

    def __init__(
        self, runtime: Runtime, *, rounds: Sequence[Callable[[Runtime], object]] = ROUNDS, pause: float = PAUSE
    ) -> None:
        super().__init__(name="songda-housekeeping", daemon=True)
        self._runtime = runtime
        self._rounds = (*rounds, *runtime.rounds)
        self._pause = pause
        self._stopping = threading.Event()

    def run(self) -> None:
        """Until stopped."""
        for number in count():
            if self._stopping.wait(self._pause):
                return
            for one in (*self._rounds, *(HOURLY if number % _ROUNDS_AN_HOUR == 0 else ())):
                try:
                    one(self._runtime)
                except Exception as error:  # noqa: BLE001 -- the house is kept whatever one round meets
                    LOG.warning("housekeeping_failed", extra={"round": one.__name__, "error": type(error).__name__})

    def stop(self) -> None:
        """Finish the round in hand, then end."""
        self._stopping.set()
        self.join(timeout=30)
