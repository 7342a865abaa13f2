"""The port through which providers tell us things: what an inbound request is, and what every receiver must do with it.

A receiver never touches the store. The inbox verifies, keeps the request verbatim together with its task in one
transaction, and answers only after the commit; the task later asks the receiver to read what was kept. So `verify` sees
bytes from anybody, and `event_reports` only bytes that were verified, perhaps long ago.

How to add one: write `webhooks/NAME.py` beside `adapters/NAME.py`, import codec and tables from there, instantiate the
suite of `tests/webhooks/contract.py`, and register it in `wsgi.py`. Junk of any kind has two outcomes only:
verified, or `InvalidSignature`. A code that is not in the table becomes `UNRECOGNISED`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol, runtime_checkable
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from sqlalchemy.orm import Session

from delivery.domain.errors import InvalidSignature
from delivery.domain.event import NOTHING, Report

_MOST_FIELDS = 200


@dataclass(frozen=True, slots=True)
class InboundRequest:
    """One request as it arrived. `url` is whole or begins at the path; the query in it is as received, not decoded."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    body: bytes = b""
    received_at: datetime = field(kw_only=True)
    remote: str = ""

    def header(self, name: str) -> str:
        """Give a header by its name, in any case; empty when absent."""
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), "")

    def query(self) -> dict[str, str]:
        """Give the decoded query; empty when it cannot be read. Of a repeated name the last value counts."""
        try:
            return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
        except ValueError:
            return {}

    def path(self) -> str:
        """Give the path of the address; empty when the address cannot be read."""
        try:
            return urlsplit(self.url).path
        except ValueError:
            return ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider is told after the commit; providers that get something else call again."""

    status: int = 200
    body: str = ""
    content_type: str = "text/plain; charset=utf-8"


class Receiver(Protocol):
    """One provider's way in."""

    @property
    def name(self) -> str:
        """The name of the provider, the same as that of its module in `adapters/`."""

    def verify(self, request: InboundRequest) -> None:
        """Return when the request proves that it comes from the provider, else raise `InvalidSignature`."""

    def event_reports(self, request: InboundRequest) -> list[Report]:
        """Read a verified request, with no I/O and no clock. Raises `MalformedCallback`.

        The same request gives the same reports, and a repeated fact the same `event_id`.
        """

    def acknowledge(self, request: InboundRequest) -> Answer:
        """Say what the provider wants to hear for a verified request that is safely kept."""


@runtime_checkable
class Dialogue(Protocol):
    """A receiver whose provider wants an answer that depends on what it said: a check of our address, a dialogue."""

    def reply(self, session: Session, request: InboundRequest) -> Answer | None:
        """Give the answer to a verified request that is safely kept; None: it is merely acknowledged.

        Runs after the commit, with a session that only reads, while the provider waits: two seconds at the most.
        """


@runtime_checkable
class Hinting(Protocol):
    """A receiver whose requests prove too little: what they say is asked for before it is believed."""

    only_hints: ClassVar[bool]


@runtime_checkable
class Telling(Protocol):
    """A receiver that tells of what a provider of another name carries: a further form of its news, or a watcher's."""

    carrier: ClassVar[str]


def public_url(base_url: str, request: InboundRequest) -> str:
    """Rebuild the address that the provider called, from our configured base URL and the request's path and query.

    What the request says of scheme and host is a proxy's or a stranger's word. Raises `InvalidSignature` for an address
    that cannot be taken apart.
    """
    try:
        base, seen = urlsplit(base_url), urlsplit(request.url)
    except ValueError:
        raise InvalidSignature("address") from None
    prefix = base.path.rstrip("/")
    path = seen.path if not prefix or seen.path.startswith(f"{prefix}/") else prefix + seen.path
    return urlunsplit((base.scheme, base.netloc, path, seen.query, ""))


def form(request: InboundRequest) -> list[tuple[str, str]]:
    """Decode the fields of a form body, blanks included, in their order. Raises `InvalidSignature` for any other body.

    Bytes that are not UTF-8 are replaced: whoever sent them did not sign them.
    """
    try:
        text = request.body.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise InvalidSignature("body") from None
