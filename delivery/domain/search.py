"""Address search: whom a court asks where a party can be found, whom it must ask, and how long it waits for an answer.

A rung of the ladder of its own. What is required follows from the law of presumed addresses and of public notice: the
register is the last presumed address (OP19 9), and a notice needs its reason and its history in the file (CPL 95), to
which belongs what the party knows that named the recipient. Pure: nothing here knows how anybody is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from delivery.domain.address import AddressKind, Basis
from delivery.domain.case import CAME_TO_COURT, PartyKind


class Source(StrEnum):
    """Whom the court asks."""

    ASK_PLAINTIFF = "ask_plaintiff"  # the party that named the recipient
    HOUSEHOLD_REGISTER = "household_register"
    COMPANY_REGISTER = "company_register"
    CARRIER_LOOKUP = "carrier_lookup"  # numbers that a telephone company holds under the identity number
    COMMITTEE_STATEMENT = "committee_statement"  # neighbourhood or village committee, employer


class Answer(StrEnum):
    """What came back."""

    FOUND = "found"
    NOTHING = "nothing"
    REFUSED = "refused"


class Need(StrEnum):
    """Whether a public notice waits for a source."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Sought:
    """Who is looked for, as far as it decides whom to ask. Values as in the facts format of the law engine.

    `identified`: an identity number is known.
    """

    kind: str
    role: str = "defendant"
    domicile: str = "mainland"
    whereabouts: str = "known"
    identified: bool = False


@dataclass(frozen=True, slots=True)
class Applies:
    """Whether one source is asked about somebody: the reason as a code, the rule by its id in the law engine."""

    source: Source
    need: Need
    reason: str
    rule: str


@dataclass(frozen=True, slots=True)
class KnownSearch:
    """A source that was asked. `by` names the account that keyed the answer, empty for a program."""

    source: Source
    requested_on: date
    due_on: date
    answer: Answer | None = None
    replied_on: date | None = None
    by: str = ""

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered yet."""
        return self.answer is None


# Working days of the court's calendar until an answer is late. No article sets them; registers and carriers are asked
# over lines that answer within days, people are given a week.
ANSWER_DAYS: Mapping[Source, int] = {
    Source.ASK_PLAINTIFF: 5,
    Source.HOUSEHOLD_REGISTER: 3,
    Source.COMPANY_REGISTER: 3,
    Source.CARRIER_LOOKUP: 5,
    Source.COMMITTEE_STATEMENT: 7,
}

# By which right an address enters the ledger that a source names, the usual one first.
BASES: Mapping[Source, tuple[Basis, ...]] = {
    Source.ASK_PLAINTIFF: (Basis.PLAINTIFF_SUPPLIED,),
    # OP19 9: the household register, or a habitual residence that is itself registered.
    Source.HOUSEHOLD_REGISTER: (Basis.REGISTRY, Basis.HABITUAL_RESIDENCE),
    Source.COMPANY_REGISTER: (Basis.REGISTRY,),
    Source.CARRIER_LOOKUP: (Basis.FOUND,),
    Source.COMMITTEE_STATEMENT: (Basis.FOUND,),
}

# What kinds of destination a source can name.
KINDS: Mapping[Source, tuple[AddressKind, ...]] = {
    Source.ASK_PLAINTIFF: (AddressKind.POSTAL, AddressKind.MOBILE, AddressKind.EMAIL, AddressKind.LANDLINE),
    Source.HOUSEHOLD_REGISTER: (AddressKind.POSTAL,),
    Source.COMPANY_REGISTER: (AddressKind.POSTAL, AddressKind.MOBILE, AddressKind.EMAIL, AddressKind.LANDLINE),
    Source.CARRIER_LOOKUP: (AddressKind.MOBILE,),
    Source.COMMITTEE_STATEMENT: (AddressKind.POSTAL, AddressKind.MOBILE, AddressKind.LANDLINE),
}


def sources_for(sought: Sought) -> tuple[Applies, ...]:
    """Every source with whether it must, may or cannot be asked about this party, in the order of asking."""
    return (_plaintiff(sought), _household(sought), _company(sought), _carrier(sought), _committee(sought))


def _plaintiff(sought: Sought) -> Applies:
    """CPL 95: the file tells what was done to find the recipient; SIM 8: the other side gives an accurate address."""
    if sought.role in CAME_TO_COURT:
        return Applies(Source.ASK_PLAINTIFF, Need.NOT_APPLICABLE, "came_to_court", "CPL-95")
    return Applies(Source.ASK_PLAINTIFF, Need.REQUIRED, "course_in_file", "CPL-95")


def _household(sought: Sought) -> Applies:
    """OP19 9: the household domicile is where a natural person is served when nothing better is known."""
    source = Source.HOUSEHOLD_REGISTER
    if sought.kind != PartyKind.NATURAL_PERSON:
        return Applies(source, Need.NOT_APPLICABLE, "organisation", "OP19-9")
    if sought.domicile != "mainland":
        return Applies(source, Need.NOT_APPLICABLE, "no_mainland_domicile", "CPL-283")
    return Applies(source, Need.REQUIRED, "last_presumed_address", "OP19-9")


def _company(sought: Sought) -> Applies:
    """OP19 9: an organisation is served at its registered or filed domicile when nothing better is known."""
    source = Source.COMPANY_REGISTER
    if sought.kind == PartyKind.NATURAL_PERSON:
        return Applies(source, Need.NOT_APPLICABLE, "natural_person", "OP19-9")
    if sought.domicile != "mainland":
        return Applies(source, Need.NOT_APPLICABLE, "no_mainland_domicile", "CPL-283")
    return Applies(source, Need.REQUIRED, "last_presumed_address", "OP19-9")


def _carrier(sought: Sought) -> Applies:
    """No article makes this a duty; a carrier finds by identity number only."""
    source = Source.CARRIER_LOOKUP
    if sought.kind != PartyKind.NATURAL_PERSON:
        return Applies(source, Need.NOT_APPLICABLE, "organisation", "CPL-95")
    if not sought.identified:
        return Applies(source, Need.NOT_APPLICABLE, "no_identity_number", "CPL-95")
    return Applies(source, Need.OPTIONAL, "court_may_ask", "CPL-95")


def _committee(sought: Sought) -> Applies:
    """CPL 95: the first ground of a notice, that the whereabouts are unknown, is shown by those who would know."""
    source = Source.COMMITTEE_STATEMENT
    if sought.kind != PartyKind.NATURAL_PERSON:
        return Applies(source, Need.NOT_APPLICABLE, "organisation", "CPL-95")
    if sought.domicile != "mainland":
        return Applies(source, Need.NOT_APPLICABLE, "no_mainland_domicile", "CPL-283")
    if sought.whereabouts == "unknown":
        return Applies(source, Need.REQUIRED, "shows_whereabouts_unknown", "CPL-95")
    return Applies(source, Need.OPTIONAL, "court_may_ask", "CPL-95")
