"""The port through which everything leaves.

What a provider is given, what it answers, and what it must be honest about. How to add one: write `adapters/NAME.py`
with a frozen settings dataclass, the mapping table of the provider's codes to `EventKind` (the table is the
documentation: one line per code, odd ones commented), the codec (`sign` beside `verify`), and a class that satisfies
`Provider`. Write `webhooks/NAME.py` if it calls back. Instantiate the suite of `tests/adapters/contract.py`, and
register both in `wsgi.py`. Nothing in `delivery` changes.

The rule for errors, in one line: raise by what the other side may have received. A refused connection or a documented
"try later" is `Transient`; a documented "this address will never work" is `Permanent`; "your account, key or sender is
wrong" is `Misconfigured`; anything after the request may have left us without a clear answer is `OutcomeUnknown`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable
from uuid import UUID

from delivery.domain.event import NOTHING, Channel, EventKind, Report
from delivery.domain.postal import PostalParts

# A postal destination in China Post's parts; `street` is the whole rest of the address.
PostalAddress = PostalParts


@dataclass(frozen=True, slots=True)
class Template:
    """What a carrier of registered templates is given beside the words: which template, and what goes into it.

    `name` is purpose and language (`e_service.zh`), `court` the court's code, `signature` the registered name that
    stands before the text. `variables` are at most six characters each, in the order of the template, and no addresses:
    the domain is part of the registered words.
    """

    court: str
    name: str
    signature: str
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who posts a mail, and where it comes back to."""

    name: str
    phone: str
    address: PostalAddress


@dataclass(frozen=True, slots=True)
class Message:
    """One attempt, ready to leave. All text is final: providers format, they never compose.

    `to` is an E.164 number, an e-mail address, or empty when `postal` is set. `idempotency_key` is the same whenever
    the same attempt is submitted again and is at most 36 characters of `[0-9a-f-]`. `callback_url` is where reports
    should go. `template` is set for texts that were written by a template; `text` is then the same, filled in.
    `fields` are the single values that the text was made of (court, case, code, check, phone, link), for providers that
    fill in forms of their own. `sender` is set where the court posts from an address of its own.
    """

    court_id: UUID
    attempt_id: UUID
    idempotency_key: str
    channel: Channel
    language: str
    recipient_name: str
    to: str = ""
    postal: PostalAddress | None = None
    phone: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    document_titles: tuple[str, ...] = ()
    callback_url: str = ""
    not_before: datetime | None = None
    written_at: datetime | None = None
    template: Template | None = None
    fields: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    sender: Sender | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """What the provider said when it took the message: its reference, and `SUBMITTED` or more.

    Price in CNY if it named one.
    """

    reference: str
    kind: EventKind = EventKind.SUBMITTED
    price: Decimal | None = None
    args: Mapping[str, str] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do, as facts that the core may act on.

    `idempotent`: the same key again never makes a second message. `askable`: `ask` can tell whether a message was
    accepted. `abroad`: data leaves the mainland. `text_limit` in characters, 0 for none. `templated`: it carries
    registered templates only, so that a message needs a `Template`. `prefix` begins the addresses that it serves, where
    a channel has several kinds of them (`openid:`, `wecom:`). `watches`: it carries nothing, but tells of what another
    provider of the channel carries; a message to it names the other's reference in `to`. `codes`: it texts one-time
    codes of its own making, and carries nothing else.
    """

    channel: Channel
    idempotent: bool
    askable: bool
    abroad: bool = False
    text_limit: int = 0
    templated: bool = False
    prefix: str = ""
    watches: bool = False
    codes: bool = False

    @property
    def carries(self) -> bool:
        """Whether messages of ours can go this way at all."""
        return not self.watches and not self.codes


class Provider(Protocol):
    """One configured way out."""

    @property
    def name(self) -> str:
        """The name of the module in `adapters/`, and of its receiver in `webhooks/`."""

    @property
    def capabilities(self) -> Capabilities:
        """Facts about the provider, constant for the life of the process."""

    def submit(self, message: Message) -> Submission:
        """Hand one message over, within bounded time. Raises a `SendError`."""

    def ask(self, message: Message) -> Submission | None:
        """Was this message (by its idempotency key) accepted? None means surely not.

        Called only if `capabilities.askable`. Raises `Transient` or `OutcomeUnknown` when it can't be told.
        """


class CodeAnswer(StrEnum):
    """Whether a one-time code was typed right. `OVER`: there is none to compare with any more, a new one is needed."""

    RIGHT = "right"
    WRONG = "wrong"
    OVER = "over"


@runtime_checkable
class CodeTexting(Provider, Protocol):
    """A provider that texts one-time codes (`submit`) and says whether what somebody typed is the one."""

    def check(self, to: str, code: str) -> CodeAnswer:
        """Compare with the code that was last texted to this E.164 number.

        Within bounded time, because a person waits. Raises a `SendError`, which says nothing about the code.
        """


@runtime_checkable
class NumberShowing(Protocol):
    """A carrier of texts that knows which number its recipients see."""

    @property
    def shown_number(self) -> str:
        """The number or short code in the form in which telephones show it; empty when the carrier picks one."""


@runtime_checkable
class Answering(Protocol):
    """A provider whose callbacks prove nothing, and which can be asked instead: what it answers are facts."""

    def reports(self, message: Message, reference: str) -> tuple[Report, ...]:
        """What became of the message, by our key or by its own `reference`; empty when it knows nothing yet.

        `message.written_at` is when it was submitted. Raises a `SendError`, which says nothing about the message.
        """

    def answers(self, message: Message) -> tuple[Report, ...]:
        """What was written back from `message.to` since the message was submitted.

        Raises a `SendError`: `OutcomeUnknown("not_askable")` when the provider keeps no list of answers.
        """


@runtime_checkable
class MailCarrier(Protocol):
    """A provider of court mail, which can be asked about one item, take it back, and give its label."""

    def label(self, reference: str) -> bytes:
        """The label as PDF. Raises a `SendError`."""

    def cancel(self, key: str, reference: str) -> None:
        """Take back what has not been posted, by our key and the carrier's reference.

        Raises a `SendError`: `Transient("refused")` when the carrier has it already.
        """

    def track(self, reference: str) -> tuple[Report, ...]:
        """All that the carrier knows of an item; what of it cannot be read is `UNRECOGNISED`. Raises a `SendError`."""


@runtime_checkable
class SlipKeeper(Protocol):
    """A carrier of court mail that photographs the signed slips."""

    @property
    def keeps_slips(self) -> bool:
        """Whether the agreement includes the pictures; where it does not, nobody asks."""

    def slip(self, reference: str) -> tuple[bytes, str] | None:
        """The picture of an item's signed slip and its media type; None as long as there is none.

        Raises a `SendError`: `OutcomeUnknown("slip_unreadable")` for what is given but is no whole picture.
        """


def unconfigured(provider: str) -> str:
    """The stable reason code with which a provider without credentials raises `Misconfigured`."""
    return f"{provider}_not_configured"
