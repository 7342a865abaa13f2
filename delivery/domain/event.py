"""One vocabulary for everything that happens to a service order, whoever tells it.

Carriers, people, law firms, staff, ourselves. A fact is recorded once, in these words, with their clock (`occurred_at`)
and ours (`recorded_at`). Codes only: personal data travels in `detail`, which the store seals apart from the journal.
"Delivered" here is a carrier's word, never "served".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Channel(StrEnum):
    """How a message moves (渠道). What the law calls it is another question."""

    VOICE = "voice"
    SMS = "sms"
    EMAIL = "email"
    WECHAT = "wechat"
    IN_PERSON = "in_person"
    POST = "post"
    POSTING = "posting"
    PUBLICATION = "publication"


class EventKind(StrEnum):
    """Every kind of fact in an order's journal, one line each on what it says and what it does not."""

    # The order's own life.
    ORDER_OPENED = "order_opened"  # papers, recipient and plan are fixed
    ADDRESS_REUSED = "address_reused"  # an address from another case was attached; says nothing of consent here
    ADDRESS_RECORDED = "address_recorded"  # a docket, a clerk or the API entered one, or keyed a signed form
    SEARCH_REQUESTED = "search_requested"  # a source is asked where the party is; `args.source`
    SEARCH_REPLIED = "search_replied"  # what the source said: found, nothing, refused; the address lies in the ledger
    TIER_STARTED = "tier_started"
    TIER_SKIPPED = "tier_skipped"  # with the reason: no address, no channel, outside the area ...
    ADDRESS_PASSED_OVER = "address_passed_over"  # a tier went on without one address or firm; `reason` says why
    PLAN_CHANGED = "plan_changed"  # a hearing moved near or away; `args.plan` from now on, `args.plan_reason`
    ATTEMPT_PLANNED = "attempt_planned"
    ORDER_HELD = "order_held"
    ORDER_RESUMED = "order_resumed"
    ORDER_CANCELLED = "order_cancelled"  # settled, withdrawn ...
    HEARING_MOVED = "hearing_moved"
    DETAILS_CORRECTED = "details_corrected"  # of the case, the recipient or counsel; `args.field` names which
    ORDER_REASSIGNED = "order_reassigned"
    DOCUMENT_REPLACED = "document_replaced"  # a corrected version reopens service
    REFERRED = "referred"  # a person must look; the desk item names why
    NOTICE_APPROVED = "notice_approved"  # a court officer allows public notice
    NOTICE_DECLINED = "notice_declined"
    EFFECT_DERIVED = "effect_derived"  # the law engine's answer changed
    OUTCOME_CONFIRMED = "outcome_confirmed"  # a court officer confirmed a deemed outcome
    OUTCOME_DECIDED = "outcome_decided"  # a court officer decided otherwise than the law engine about `args.act`
    OUTCOME_SENT_BACK = "outcome_sent_back"  # a court officer wants more first; `args.asked` is the question
    OFFICER_NOTED = "officer_noted"  # a judge's or clerk's note on a refusal (INT 131), on `args.act`
    DOUBT_DECIDED = "doubt_decided"  # a court officer dismissed or upheld an objection or a contradiction
    ORDER_CONCLUDED = "order_concluded"
    ORDER_REOPENED = "order_reopened"
    # Sending.
    SUBMITTED = "submitted"  # the provider took it from us
    SENT = "sent"  # the provider passed it on
    DELIVERED = "delivered"  # the carrier says it reached the device or mailbox; not service
    RELAYED = "relayed"  # handed to a next hop that reports nothing more
    DELAYED = "delayed"
    FAILED = "failed"  # it did not and will not arrive; `reason` says why
    OUTCOME_UNKNOWN = "outcome_unknown"  # we do not know whether it was sent
    READ = "read"  # the system reports it read
    REPLIED = "replied"  # the recipient answered on the same channel
    OPTED_OUT = "opted_out"
    # The e-service link, after an identity check.
    LINK_OPENED = "link_opened"
    DOCUMENT_DOWNLOADED = "document_downloaded"
    ACKNOWLEDGED = "acknowledged"
    DECLINED = "declined"  # the recipient refuses e-service, with a reason
    NOT_ME = "not_me"  # whoever holds this address says that it is not the party's
    ADDRESS_CONFIRMED = "address_confirmed"
    ADDRESS_CHANGED = "address_changed"
    IDENTITY_FAILED = "identity_failed"
    OBJECTED = "objected"
    # Post, in the carrier's order.
    POST_ACCEPTED = "post_accepted"  # a waybill number exists
    POST_CANCELLED = "post_cancelled"
    POSTED = "posted"  # in the hands of the post
    POST_IN_TRANSIT = "post_in_transit"
    POST_AT_OFFICE = "post_at_office"
    POST_OUT = "post_out"
    POST_ATTEMPT_FAILED = "post_attempt_failed"  # `reason` says why: absent, address_wrong ...
    POST_AWAITING_COLLECTION = "post_awaiting_collection"
    POST_DELIVERED = "post_delivered"  # `args.recipient_class` says to whom; lockers are not people
    POST_REFUSED = "post_refused"
    POST_RETURNING = "post_returning"
    POST_RETURNED = "post_returned"
    POST_ADDRESS_CHANGED = "post_address_changed"
    POST_LOST = "post_lost"
    POST_DAMAGED = "post_damaged"
    POST_EXCEPTION = "post_exception"
    POST_REVERSED = "post_reversed"  # `args.reverses` names the raw code that it voids
    POST_PROOF_AVAILABLE = "post_proof_available"
    SLIP_RECORDED = "slip_recorded"  # the paper receipt as keyed by a person: signer, handwritten date
    SIGNER_NAMED = "signer_named"  # who signed for a mail, as a person found out; `args.signer`, beside the slip
    # People on the ground and publication.
    VISITED = "visited"  # `args.result`: signed, refused, nobody_home, not_found, moved, unsafe
    NOTICE_POSTED = "notice_posted"  # `args.meaning`: left_in_place, left_at_address, public_notice, visit_card
    PHOTOS_GRADED = "photos_graded"  # what the pictures of one record prove: `args.letter`, `args.standing`
    PHOTOS_RULED = "photos_ruled"  # a person looked at them: `args.standing`
    NOTICE_PUBLISHED = "notice_published"
    CALLED = "called"  # a telephone call, made by a person or a machine
    # What we could not read.
    INFORMATION = "information"
    UNRECOGNISED = "unrecognised"  # an unknown code: shown to a person, never guessed


@dataclass(frozen=True, slots=True)
class Report:
    """One fact as a provider, a person or a page reports it, before it is matched to an order.

    `reference` is the provider's own name for the thing (message SID, waybill number, our VERP token). `event_id` is
    what makes a repeated report the same report: it is unique per court and provider. `args` holds codes only, `detail`
    personal data.
    """

    kind: EventKind
    event_id: str
    occurred_at: datetime
    reference: str = ""
    raw_code: str = ""
    reason: str = ""
    args: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    detail: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
