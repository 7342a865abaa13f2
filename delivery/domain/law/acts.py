"""Acts of service: one frozen value per method of the law.

The law's word for how papers were served (`ServiceMethod`) is the class of the act, so that a rule can only be asked
about the facts that its method has. `NEEDED` names what an act that was carried out must say; a planned one may leave
it open.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar

from delivery.domain.law.act_details import ConductFact, ContentsObjection, Person, Posting, Witness
from delivery.domain.law.act_vocabulary import (
    AssistanceChannel,
    AssistanceResult,
    Carrier,
    CollectionResult,
    Content,
    LeavingTrigger,
    Media,
    Noter,
    Place,
    PostResult,
    PronouncementKind,
    ReturnReason,
    Server,
    UnitKind,
    VisitResult,
)
from delivery.domain.law.vocabulary import Document

AT_LEAST_ONE = {"min_items": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What all acts say. `documents` empty: the whole set of papers. `planned`: not done yet.

    `proof_doubted`: what is there to prove it contradicts itself or waits for a person's look, so that the act counts
    only when the court says so.
    """

    METHOD: ClassVar[str] = ""
    NEEDED: ClassVar[tuple[str, ...]] = ()

    id: str
    address: str | None = None
    documents: tuple[Document, ...] = field(default=(), metadata=AT_LEAST_ONE)
    planned: bool = False
    proof_doubted: bool = False
    server: Server = Server.COURT_STAFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Direct(Act):
    """直接送达, or a visit that tried it. The date is the handwritten `signed_on`, never `uploaded_at`."""

    METHOD: ClassVar[str] = "direct"
    NEEDED: ClassVar[tuple[str, ...]] = ("result",)

    on: date | None = None
    at: datetime | None = None
    place: Place | None = None
    result: VisitResult | None = None
    signer: Person | None = None
    signed_on: date | None = None
    uploaded_at: datetime | None = None
    refused_by: Person | None = None
    process_media: Media = Media.NONE
    noted_by: tuple[Noter, ...] = ()
    card_left: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftInPlace(Act):
    """留置送达, or papers left at an address where nobody took them."""

    METHOD: ClassVar[str] = "left_in_place"
    NEEDED: ClassVar[tuple[str, ...]] = ("on", "place", "trigger")

    on: date | None = None
    place: Place | None = None
    trigger: LeavingTrigger | None = None
    refused_by: Person | None = None
    witness: Witness | None = None
    process_media: Media = Media.NONE
    noted_by: tuple[Noter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedAtCourt(Act):
    """The party was called to the court to collect."""

    METHOD: ClassVar[str] = "collected_at_court"
    NEEDED: ClassVar[tuple[str, ...]] = ("result",)

    on: date | None = None
    result: CollectionResult | None = None
    signer: Person | None = None
    signed_on: date | None = None
    refused_by: Person | None = None
    noted_by: tuple[Noter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Electronic(Act):
    """电子送达. `success_at`: the court's system shows it sent; `delivered_at`: a carrier's report."""

    METHOD: ClassVar[str] = "electronic"
    NEEDED: ClassVar[tuple[str, ...]] = ("address",)

    sent_at: datetime | None = None
    success_at: datetime | None = None
    delivered_at: datetime | None = None
    bounced_at: datetime | None = None
    read_at: datetime | None = None
    replied_at: datetime | None = None
    acted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Telephone(Act):
    """A call: service only under narrow conditions."""

    METHOD: ClassVar[str] = "telephone"
    NEEDED: ClassVar[tuple[str, ...]] = ("at", "reached")

    at: datetime | None = None
    reached: bool = False
    recorded: bool = False
    contents_told: bool = False
    confirmed_by_recipient: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Post(Act):
    """邮寄送达. `attempts_on`: the days on which the carrier tried."""

    METHOD: ClassVar[str] = "post"
    NEEDED: ClassVar[tuple[str, ...]] = ("posted_on",)

    carrier: Carrier | None = None
    posted_on: date | None = None
    attempts_on: tuple[date, ...] = ()
    contact_attempted: bool = False
    result: PostResult | None = None
    signer: Person | None = None
    signed_on: date | None = None
    return_reason: ReturnReason | None = None
    refused_by: Person | None = None
    refusal_noted: bool = False
    marked_return_on: date | None = None
    court_received_on: date | None = None
    contents_objection: ContentsObjection | None = None
    conduct_facts: tuple[ConductFact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrusted(Act):
    """委托送达 by another court."""

    METHOD: ClassVar[str] = "entrusted"
    NEEDED: ClassVar[tuple[str, ...]] = ("received_on",)

    received_on: date | None = None
    signer: Person | None = None
    signed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded(Act):
    """转交送达 by army, prison or institution; `signed_on` is the recipient's own signature."""

    METHOD: ClassVar[str] = "forwarded"
    NEEDED: ClassVar[tuple[str, ...]] = ("unit_kind",)

    unit_kind: UnitKind | None = None
    unit_received_on: date | None = None
    signed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudicialAssistance(Act):
    """Service through the authorities of another jurisdiction."""

    METHOD: ClassVar[str] = "judicial_assistance"
    NEEDED: ClassVar[tuple[str, ...]] = ("channel", "sent_on")

    channel: AssistanceChannel | None = None
    sent_on: date | None = None
    result: AssistanceResult | None = None
    signed_on: date | None = None
    conduct_facts: tuple[ConductFact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicNotice(Act):
    """公告送达."""

    METHOD: ClassVar[str] = "public_notice"
    NEEDED: ClassVar[tuple[str, ...]] = ("postings", "content")

    postings: tuple[Posting, ...] | None = field(default=None, metadata=AT_LEAST_ONE)
    content: tuple[Content, ...] | None = field(default=None, metadata={"unique": True})
    reason_recorded: bool = False
    history_recorded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pronouncement(Act):
    """宣判, and what became of the paper."""

    METHOD: ClassVar[str] = "pronouncement"
    NEEDED: ClassVar[tuple[str, ...]] = ("kind", "on")

    kind: PronouncementKind | None = None
    on: date | None = None
    attended: bool = False
    absence_excused: bool = False
    collection_terms_told: bool = False
    collect_by: date | None = None
    collected_on: date | None = None
    refused_to_sign: bool = False
    noted_in_record: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Substituted(Act):
    """Papers left with another person."""

    METHOD: ClassVar[str] = "substituted"
    NEEDED: ClassVar[tuple[str, ...]] = ("place", "left_with")

    on: date | None = None
    at: datetime | None = None
    place: Place | None = None
    left_with: Person | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Affixed(Act):
    """Papers fixed to the door."""

    METHOD: ClassVar[str] = "affixed"
    NEEDED: ClassVar[tuple[str, ...]] = ("on",)

    on: date | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofFiled(Act):
    """Proof of service was filed with the court."""

    METHOD: ClassVar[str] = "proof_filed"
    NEEDED: ClassVar[tuple[str, ...]] = ("on",)

    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged(Act):
    """The recipient signed an acknowledgment of receipt."""

    METHOD: ClassVar[str] = "acknowledged"
    NEEDED: ClassVar[tuple[str, ...]] = ("signed_on",)

    signed_on: date | None = None


AnyAct = (
    Direct
    | LeftInPlace
    | CollectedAtCourt
    | Electronic
    | Telephone
    | Post
    | Entrusted
    | Forwarded
    | JudicialAssistance
    | PublicNotice
    | Pronouncement
    | Substituted
    | Affixed
    | ProofFiled
    | Acknowledged
)

METHODS: tuple[type[Act], ...] = (
    Direct,
    LeftInPlace,
    CollectedAtCourt,
    Electronic,
    Telephone,
    Post,
    Entrusted,
    Forwarded,
    JudicialAssistance,
    PublicNotice,
    Pronouncement,
    Substituted,
    Affixed,
    ProofFiled,
    Acknowledged,
)
