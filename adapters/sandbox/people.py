"""Who and what the town is made of: people, organisations, firms, and the truth about each telephone, mailbox and door.

The truth is fixed before the first message goes out and knows nothing of how the court will try. The docket's rows
are what the court believes; everything else here is hidden from it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Kind(StrEnum):
    """What kind of party."""

    NATURAL = "natural"
    ORGANISATION = "organisation"


class Side(StrEnum):
    """On which side of the case."""

    PLAINTIFF = "plaintiff"
    DEFENDANT = "defendant"


class PhoneState(StrEnum):
    """The truth about a number."""

    HIS = "his"
    SILENT = "silent"  # his, but he never picks up an unknown number
    DEAD = "dead"  # off or no longer assigned
    STRANGER = "stranger"


class DoorState(StrEnum):
    """The truth about a postal address as the party's."""

    RIGHT = "right"
    MOVED = "moved"
    VOID = "void"  # no such place


class BoxKind(StrEnum):
    """Whose mailbox."""

    FIRM = "firm"
    COMPANY = "company"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Place:
    """A postal address in its parts; `text` is the whole as a docket writes it."""

    province: str
    city: str
    county: str
    street: str

    @property
    def text(self) -> str:
        return f"{self.province}{self.city}{self.county}{self.street}"


@dataclass(frozen=True, slots=True)
class Party:
    """A person or organisation as it really is."""

    key: str
    kind: Kind
    name: str
    id_number: str
    mobile: str
    email: str
    home: Place

    @property
    def digits(self) -> str:
        """What the party types when it is asked who it is: the last four of its number."""
        return self.id_number[-4:]


@dataclass(frozen=True, slots=True)
class Phone:
    """A number and who holds it; `holder` is a party's key, empty for nobody whom the court looks for."""

    number: str
    state: PhoneState
    holder: str


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An e-mail address; `holder` is a party's or a firm's key."""

    address: str
    kind: BoxKind
    bounces: bool
    holder: str


@dataclass(frozen=True, slots=True)
class Door:
    """A postal address; `resident` is the key of the party that is looked for there."""

    place: Place
    state: DoorState
    resident: str
    in_area: bool


@dataclass(frozen=True, slots=True)
class Firm:
    """A law firm with its members, its one mailbox for court papers and, perhaps, an account in the court's WeCom."""

    key: str
    name: str
    email: str
    lawyers: tuple[str, ...]
    wechat: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """One recipient row of a docket: what the court believes of a party in a case. Empty text: not known."""

    key: str
    party: str
    side: Side
    id_number: str
    mobile: str
    email: str
    address: str
    basis: str
    confirmed_on: date | None
    consents: bool | None
    firm: str
    lawyer: str
    documents: tuple[str, ...]
    wechat: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A case with its recipients. `settled_on` and `hearing_moved_on`: what will happen to it while service runs."""

    number: str
    cause: str
    procedure: str
    accepted_on: date
    hearing_at: datetime | None
    orders: tuple[Order, ...]
    closed: bool = False
    settled_on: date | None = None
    hearing_moved_on: date | None = None
