"""What a view may ask about the request in hand: the runtime, the open session, who is calling, in which language.

The application fills these before a view runs; a view that asks for a person where the policy let none in is a bug
and fails.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import current_app, g
from sqlalchemy.orm import Session

from delivery.runtime import Runtime
from delivery.signing_in import Person
from delivery.store.courts import Court

COURT_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class ApiCaller:
    """A program with a key of one court; `court` is as it was when the request came, and belongs to no session."""

    court: Court
    key_id: UUID
    scopes: frozenset[str]

    @property
    def court_id(self) -> UUID:
        """The court whose rows it may see."""
        return self.court.id


@dataclass(frozen=True, slots=True)
class Read:
    """One thing that was read, to be recorded after the response."""

    act: str
    subject_id: UUID | None
    args: dict[str, object]


def runtime() -> Runtime:
    """The runtime of this application."""
    found = current_app.extensions["songda"]
    assert isinstance(found, Runtime)
    return found


def session() -> Session:
    """The session of this request: reading for GET, one writing transaction for everything else."""
    found = g.session
    assert isinstance(found, Session)
    return found


@contextmanager
def with_session(*, reads: bool = False) -> Iterator[None]:
    """Let `session()` be an open one: reading, or a transaction that is committed at the end."""
    with runtime().reading() if reads else runtime().transaction() as opened:
        g.session = opened
        try:
            yield
        finally:
            g.pop("session", None)


def visitor() -> Person | None:
    """Who is signed in, if anybody."""
    found = g.get("person")
    assert found is None or isinstance(found, Person)
    return found


def person() -> Person:
    """Who is signed in."""
    found = visitor()
    assert found is not None
    return found


def court_id() -> UUID:
    """The court in which the signed-in person works."""
    return person().court_id


def api_caller() -> ApiCaller:
    """The program that calls."""
    found = g.api_caller
    assert isinstance(found, ApiCaller)
    return found


def language() -> str:
    """The language of the page: zh or en."""
    return str(g.get("language", "zh"))


def zone() -> ZoneInfo:
    """The time zone of the court in hand."""
    found = visitor()
    return COURT_ZONE if found is None or found.court is None else ZoneInfo(found.court.time_zone)


def is_secure() -> bool:
    """Whether people reach us by https, whatever a proxy in front speaks to us: cookies are marked so."""
    return runtime().settings.base_url.startswith("https://")


def now() -> datetime:
    """Court time, the same throughout the request."""
    if "now" not in g:
        g.now = runtime().now()
    found = g.now
    assert isinstance(found, datetime)
    return found


def note_read(act: str, subject_id: UUID | None = None, **args: object) -> None:
    """Have it recorded, after the response, that this person read this."""
    g.setdefault("reads", []).append(Read(act, subject_id, args))
