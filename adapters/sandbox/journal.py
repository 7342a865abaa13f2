"""What is still to happen in the town, what people did, and the tallies.

The order of happenings is by due time, then by whom it concerns, never by arrival, so that parallel requests leave
no trace in what follows.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from adapters.sandbox.happening import Act, Happening
from adapters.sandbox.memory import Memory


class State(StrEnum):
    """What has become of a happening."""

    PENDING = "pending"
    DONE = "done"
    GIVEN_UP = "given_up"


class Journal:
    """The town's course of events. Every method is atomic and safe to call from any thread."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def count(self, name: str, by: int = 1) -> int:
        """Add to a tally; the new total."""
        row = self._memory.first(
            "insert into tally values (?, ?) on conflict (name) do update set count = count + ? returning count",
            (name, by, by),
        )
        return int(row[0]) if row else by

    def tallies(self) -> dict[str, int]:
        """Every tally by name."""
        return {str(name): int(count) for name, count in self._memory.all("select name, count from tally", ())}

    def next_ordinal(self, key: str) -> int:
        """How often this key was asked for before: 0 the first time."""
        return self.count(f"ordinal:{key}") - 1

    def recall(self, key: str) -> str | None:
        """What was last remembered under the key."""
        row = self._memory.first("select value from seen where key = ?", (key,))
        return None if row is None else str(row[0])

    def remember(self, key: str, value: str = "") -> None:
        """Keep one text under the key."""
        self._memory.run(
            "insert into seen values (?, ?) on conflict (key) do update set value = excluded.value", (key, value)
        )

    def plan(self, happenings: Sequence[Happening], about: str = "") -> None:
        """Note what is to happen; `about` groups what can be called off together."""
        self._memory.run_many(
            "insert into happening (due_at, key, act, args, tries, state, about) values (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    _text(entry.due_at),
                    entry.key,
                    entry.act.value,
                    _json(entry.args),
                    entry.tries,
                    State.PENDING,
                    about,
                )
                for entry in happenings
            ],
        )

    def due(self, now: datetime) -> tuple[int, Happening] | None:
        """The next happening that is due, with its number."""
        row = self._memory.first(
            "select id, due_at, key, act, args, tries from happening where state = ? and due_at <= ?"
            " order by due_at, key, act, args, id limit 1",
            (State.PENDING, _text(now)),
        )
        if row is None:
            return None
        number, due_at, key, act, args, tries = row
        return number, Happening(datetime.fromisoformat(due_at), key, Act(act), json.loads(args), tries)

    def next_due(self) -> datetime | None:
        """When the next happening falls due."""
        row = self._memory.first("select min(due_at) from happening where state = ?", (State.PENDING,))
        return datetime.fromisoformat(row[0]) if row and row[0] else None

    def settle(self, number: int, state: State) -> None:
        """A happening is over. What is done is forgotten, what was given up is kept for whoever asks why."""
        if state is State.DONE:
            self._memory.run("delete from happening where id = ?", (number,))
        else:
            self._memory.run("update happening set state = ? where id = ?", (state, number))

    def postpone(self, number: int, until: datetime) -> None:
        """Try a happening again later."""
        self._memory.run("update happening set due_at = ?, tries = tries + 1 where id = ?", (_text(until), number))

    def call_off(self, about: str) -> None:
        """Nothing of this group will happen any more."""
        self._memory.run("delete from happening where about = ? and state = ?", (about, State.PENDING))

    def note_fault(self, at: datetime, kind: str, about: str) -> None:
        """Write down what went wrong, and by which of the platform's keys the message goes that it befell."""
        self._memory.run("insert into fault (at, kind, about) values (?, ?, ?)", (_text(at), kind, about))

    def faults(self) -> list[tuple[datetime, str, str]]:
        """What went wrong, in the order of happening: when, what, the message's key."""
        rows = self._memory.all("select at, kind, about from fault order by id", ())
        return [(datetime.fromisoformat(at), kind, about) for at, kind, about in rows]

    def note(self, at: datetime, who: str, what: str, more: Mapping[str, Any]) -> None:
        """Write down what a person did."""
        self._memory.run(
            "insert into deed (at, who, what, more) values (?, ?, ?, ?)", (_text(at), who, what, _json(more))
        )

    def latest_deeds(self, limit: int) -> list[tuple[datetime, str, str]]:
        """What people did last, newest first: when, who, what."""
        rows = self._memory.all("select at, who, what from deed order by id desc limit ?", (limit,))
        return [(datetime.fromisoformat(at), who, what) for at, who, what in rows]

    def deeds(self, limit: int = 100_000) -> list[tuple[datetime, str, str, Mapping[str, Any]]]:
        """What people did, in the order of doing."""
        rows = self._memory.all("select at, who, what, more from deed order by id limit ?", (limit,))
        return [(datetime.fromisoformat(row[0]), row[1], row[2], json.loads(row[3])) for row in rows]


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
