"""What programs send, as pydantic models: the one source of validation and of the OpenAPI document.

Unknown fields are refused, so that a misspelt one is not lost in silence. Instants carry an offset; days are
`YYYY-MM-DD`.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field

from delivery.domain.address import Basis
from delivery.domain.announcement import CHOICES, EventType
from delivery.domain.case import Instance, PartyKind, PartyRole, Procedure
from delivery.domain.law.act_vocabulary import Content, Media, Noter, Place, PostingPlace, WitnessKind
from delivery.domain.law.vocabulary import Relation, Role
from delivery.domain.paper import DocumentKind
from delivery.domain.search import Answer
from delivery.officer_acts import Presence

Text = Annotated[str, Field(min_length=1, max_length=200)]
Line = Annotated[str, Field(max_length=400)]


class Shape(BaseModel):
    """The base of all bodies: strict, closed, immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CaseShape(Shape):
    """The case. `number` is the 案号 in any usual spelling."""

    number: Text
    procedure: Procedure
    instance: Instance = Instance.FIRST
    cause: Annotated[str, Field(max_length=60)] = ""
    confidential: bool = False
    accepted_on: date | None = None
    payment_order_issued_on: date | None = None
    hearing_at: AwareDatetime | None = None


class RecipientShape(Shape):
    """Whom to serve. `identity_number` is checked by its own check digit."""

    name: Text
    kind: PartyKind
    role: PartyRole = PartyRole.DEFENDANT
    identity_number: Annotated[str, Field(max_length=40)] = ""
    language: Literal["zh", "en"] = "zh"


class AddressShape(Shape):
    """One destination with the right to use it. `consent_scope`: `["all"]`, document kinds, or nothing."""

    kind: Literal["mobile", "email", "wechat", "postal"]
    value: Text
    basis: Basis = Basis.PLAINTIFF_SUPPLIED
    given_on: date | None = None
    consent_scope: Annotated[list[Literal["all"] | DocumentKind], Field(max_length=12)] = []


class PaperShape(Shape):
    """One paper. Without `content` (base64) its bytes can be put later; nothing that carries it starts before."""

    title: Text
    kind: DocumentKind | None = None
    content: Base64Bytes | None = None


class CounselShape(Shape):
    """The firm that represents the recipient in this case."""

    firm: Text
    email: Annotated[str, Field(max_length=200)] = ""
    wechat: Annotated[str, Field(max_length=80)] = ""
    lawyer: Annotated[str, Field(max_length=60)] = ""


class OrderRequest(Shape):
    """Serve these papers on this recipient in this case; with `move_hearing` another hearing than before is moved."""

    case: CaseShape
    recipient: RecipientShape
    addresses: Annotated[list[AddressShape], Field(max_length=20)] = []
    documents: Annotated[list[PaperShape], Field(min_length=1, max_length=40)]
    counsel: CounselShape | None = None
    plan: Annotated[str, Field(max_length=40)] = ""
    move_hearing: bool = False


class SearchReplyRequest(Shape):
    """What a source answered. `kind`, `value` and `basis` belong to `found`; without `basis` the source's usual one."""

    answer: Answer
    kind: Literal["", "postal", "mobile", "email", "landline"] = ""
    value: Annotated[str, Field(max_length=300)] = ""
    basis: Literal["", "plaintiff_supplied", "registry", "habitual_residence", "found"] = ""
    note: Line = ""


class ReasonRequest(Shape):
    """Why an order is held or cancelled: a code."""

    reason: Annotated[str, Field(max_length=60)]


class HearingRequest(Shape):
    """The hearing of a case, or null when it has none."""

    number: Text
    hearing_at: AwareDatetime | None


class PersonShape(Shape):
    """Who took or refused the papers. `adult` as the server saw it."""

    role: Role
    relation: Relation | None = None
    co_resident: bool | None = None
    named_collector: bool | None = None
    opposing_party: bool | None = None
    opposing_party_relative: bool | None = None
    id_checked: bool | None = None
    adult: bool | None = None


class WitnessShape(Shape):
    """The witness of leaving service (CPL 89)."""

    kind: WitnessKind
    invited: bool | None = None
    attended: bool | None = None
    signed: bool | None = None
    unwillingness_noted: bool | None = None


class VisitReport(Shape):
    """What happened at a door. The same `report_id` again changes nothing."""

    result: Literal["signed", "refused", "nobody_home", "not_found", "moved", "unsafe", "posted"]
    at: AwareDatetime
    place: Place | None = None
    meaning: Literal["left_in_place", "left_at_address", "public_notice", "visit_card"] | None = None
    signer: PersonShape | None = None
    signed_on: date | None = None
    refused_by: PersonShape | None = None
    witness: WitnessShape | None = None
    process_media: Media | None = None
    noted_by: Annotated[list[Noter], Field(max_length=4)] = []
    card_left: bool | None = None
    note: Line = ""
    report_id: Annotated[str, Field(max_length=60)] = ""


class SlipRequest(Shape):
    """The paper receipt of a mail item, as read by a person."""

    waybill: Annotated[str, Field(min_length=4, max_length=40)]
    result: Literal["signed", "returned", "no_proof"]
    signer: PersonShape | None = None
    signed_on: date | None = None
    return_reason: Literal["refused", "moved", "no_such_person", "no_such_address", "unclaimed"] | None = None
    refused_by: PersonShape | None = None
    refusal_noted: bool | None = None
    marked_return_on: date | None = None
    court_received_on: date | None = None
    attempts_on: Annotated[list[date], Field(max_length=10)] = []
    contact_attempted: bool | None = None
    note: Line = ""


class PostingShape(Shape):
    """One place where a public notice hangs or stands (INT 138)."""

    place: PostingPlace
    on: date
    process_media: Media | None = None


class PublicationRequest(Shape):
    """Where a public notice was published and what it says (INT 138, 139)."""

    postings: Annotated[list[PostingShape], Field(min_length=1, max_length=8)]
    content: Annotated[list[Content], Field(max_length=20)]


class ResolveRequest(Shape):
    """How an item on the desk is settled.

    The rest is a court officer's: how much of the act the officer saw, as what a note on a refusal is signed (INT 131),
    what is decided instead, and the mark of the facts that were looked at.
    """

    action: Annotated[str, Field(min_length=1, max_length=40)]
    reason: Line = ""
    presence: Presence = Presence.AFTERWARDS
    noter: Literal["judge", "clerk"] = "clerk"
    outcome: Literal["", "SERVED", "NOT_SERVED"] = ""
    effective_on: date | None = None
    seen: Annotated[str, Field(max_length=16)] = ""


class WebhookRequest(Shape):
    """Where a court's program listens, and to what: one type of event or more."""

    url: Annotated[str, Field(min_length=1, max_length=500)]
    description: Annotated[str, Field(min_length=1, max_length=120)]
    types: Annotated[list[EventType], Field(min_length=1, max_length=len(CHOICES))]


class ReplayRequest(Shape):
    """What failed or was stopped since then is to be sent once more."""

    since: AwareDatetime
