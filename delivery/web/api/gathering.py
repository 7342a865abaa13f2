"""Orders that come in at the same moment are written together: one transaction and one commit for all that wait.

Whoever comes first writes; who comes meanwhile waits and is written with the next. A caller alone waits for nobody. An
order that cannot be taken spoils nothing for the others: then each is taken by itself, and only its own caller hears
why it is refused.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from flask import current_app
from flask.blueprints import BlueprintSetupState

from delivery.intake import Opened, open_orders
from delivery.intake_entries import OrderEntry
from delivery.runtime import Runtime
from delivery.store.courts import Court
from delivery.web.races import once_more

LOG = logging.getLogger(__name__)
MOST_TOGETHER = 50
_PLACE = "songda_gathering"


@dataclass(slots=True, eq=False)
class _Waiting:
    """One entry, until it is opened or refused."""

    court: Court
    entry: OrderEntry
    is_taken: bool = False
    opened: Opened | None = None
    error: Exception | None = None
    done: threading.Event = field(default_factory=threading.Event)


class Gathering:
    """Where the entries of one process meet."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._waiting: list[_Waiting] = []
        self._listing = threading.Lock()
        self._writing = threading.Lock()

    def take(self, court: Court, entry: OrderEntry) -> Opened:
        """Open the orders of one entry; when this returns, they are committed. Raises what `open_orders` raises."""
        mine = _Waiting(court, entry)
        with self._listing:
            self._waiting.append(mine)
        with self._writing:
            self._write(self._next(mine))
        mine.done.wait()
        if mine.error is not None:
            raise mine.error
        assert mine.opened is not None
        return mine.opened

    def _next(self, first: _Waiting) -> list[_Waiting]:
        """This one, and others of its court who wait with it; nobody when somebody else has taken this one along."""
        with self._listing:
            if first.is_taken:
                return []
            others = [one for one in self._waiting if one is not first and one.court.id == first.court.id]
            chosen = [first, *others[: MOST_TOGETHER - 1]]
            for one in chosen:
                one.is_taken = True
            self._waiting = [one for one in self._waiting if not one.is_taken]
            return chosen

    def _write(self, together: Sequence[_Waiting]) -> None:
        try:
            if len(together) > 1:
                self._open(together)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is one entry's; the others are to be kept
            LOG.info("taken_one_by_one", extra={"error": type(error).__name__})
        for one in together:
            try:
                if one.opened is None:
                    once_more(partial(self._open, [one]))
            except Exception as error:  # noqa: BLE001 -- it is raised again where its caller waits
                one.error = error
            one.done.set()

    def _open(self, together: Sequence[_Waiting]) -> None:
        with self._runtime.transaction() as session:
            entries = [one.entry for one in together]
            taken = open_orders(session, together[0].court, entries, now=self._runtime.now())
        for one, opened in zip(together, taken, strict=True):
            one.opened = opened


def prepare(state: BlueprintSetupState) -> None:
    """Give an application its gathering."""
    state.app.extensions[_PLACE] = Gathering(state.app.extensions["songda"])


def gathering() -> Gathering:
    """The one of this application."""
    found = current_app.extensions[_PLACE]
    assert isinstance(found, Gathering)
    return found
