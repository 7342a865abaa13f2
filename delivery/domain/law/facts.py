"""Facts: everything that a rule may look at, as frozen values.

One `Facts` is one recipient and one set of papers. A missing boolean is false and a missing fact is unproved; where
"not said" and "said no" differ in law (`Address.accurate`, `Agent.may_receive`) the field is a boolean or None.
Source of the shape: the facts format of the acceptance cases. Days are court-local dates, instants are aware.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, Literal

from delivery.domain.law.acts import AnyAct
from delivery.domain.law.vocabulary import (
    AddressKind,
    Basis,
    ChangeForm,
    Confirmation,
    ConsentSource,
    Diligence,
    Document,
    Domicile,
    HmtNoticePeriod,
    Instance,
    Jurisdiction,
    Kind,
    Procedure,
    RebuttalKind,
    RequestKind,
    ReturnDate,
    Status,
    Whereabouts,
)

AT_LEAST_ONE = {"min_items": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """案件. `answer_period_days` is what the court fixed in summary or small-claims procedure."""

    number: str | None = None
    procedure: Procedure = Procedure.ORDINARY
    instance: Instance = Instance.FIRST
    nature: str | None = None
    accepted_at: date | None = None
    hearing_on: date | None = None
    answer_period_days: int | None = field(default=None, metadata={"minimum": 1, "maximum": 30})
    payment_order_issued_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """诉讼代理人 of the recipient, as the power of attorney and the confirmation form say."""

    may_receive: bool
    named_collector: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignLaw:
    """What the law of the recipient's country allows."""

    permits_post: bool = False
    forbids_electronic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """受送达人. `collection_agreed_until`: agreed to collect at court until that day."""

    kind: Kind
    role: str = "defendant"
    born_on: date | None = None
    status: Status = Status.NONE
    domicile: Domicile = Domicile.MAINLAND
    in_mainland: bool = False
    whereabouts: Whereabouts = Whereabouts.KNOWN
    address_confirmation: Confirmation = Confirmation.NOT_REQUESTED
    warned: bool = False
    agent: Agent | None = None
    collection_agreed_until: date | None = None
    cannot_sign_for_good_reason: bool = False
    foreign_law: ForeignLaw | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of address, as told to the court."""

    form: ChangeForm
    on: date
    new_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Consent to electronic service at one address; a scope of documents or all."""

    given: bool
    source: ConsentSource
    scope: Literal["all"] | tuple[Document, ...] = field(metadata=AT_LEAST_ONE)
    given_on: date
    withdrawn_on: date | None = None

    def covers(self, document: Document) -> bool:
        return self.scope == "all" or document in self.scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """送达地址 with its basis. `moved_on`: the recipient left it that day."""

    id: str
    kind: AddressKind
    basis: Basis
    given_on: date | None = None
    confirmed_in_instance: Instance | None = None
    for_court_papers: bool = False
    ownership_shown: bool = False
    accurate: bool | None = None
    moved_on: date | None = None
    changes: tuple[Change, ...] = ()
    consent: Consent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request of the recipient to the court."""

    kind: RequestKind
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuttal:
    """What the recipient says against the effect of one act. Only a proved one changes anything."""

    kind: RebuttalKind
    act: str
    at: datetime | None = None
    proved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a court officer decided about one act, otherwise than the rules: served that day, or (None) not at all."""

    act: str
    served_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a court has found."""

    diligence: Diligence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Options that courts choose where the law leaves or disputes them."""

    notice_expiry_rolls: bool = False
    post_return_date: ReturnDate = ReturnDate.MARKED_ON_SLIP
    hmt_notice_period: HmtNoticePeriod = HmtNoticePeriod.THREE_MONTHS


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One recipient, one set of papers. `as_of` None: all facts are in and nothing is running."""

    CASE_NEEDED_IN: ClassVar[frozenset[Jurisdiction]] = frozenset({Jurisdiction.CN_CIVIL})

    id: str
    jurisdiction: Jurisdiction
    as_of: date | None = None
    case: Case = Case()
    recipient: Recipient
    documents: tuple[Document, ...] = field(metadata=AT_LEAST_ONE)
    documents_corrected_on: date | None = None
    addresses: tuple[Address, ...] = ()
    acts: tuple[AnyAct, ...]
    requests: tuple[Request, ...] = ()
    rebuttals: tuple[Rebuttal, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    findings: Findings = Findings()
    settings: Settings = Settings()
