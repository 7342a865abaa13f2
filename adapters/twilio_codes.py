"""What Twilio's message statuses and error codes say in our words: one line per code, odd ones commented.

Sources: the OpenAPI description of the Message resource (statuses), Twilio's error dictionary (codes). A status that is
not here becomes `UNRECOGNISED`, a code that is not here a failure whose cause we do not know.
"""

from adapters.faults import Fault, Meaning
from delivery.domain.event import EventKind

STATUSES = {
    "accepted": EventKind.SUBMITTED,
    "scheduled": EventKind.SUBMITTED,
    "queued": EventKind.SUBMITTED,
    "sending": EventKind.SUBMITTED,
    "sent": EventKind.SENT,  # the next carrier took it; many carriers report nothing after this
    "delivered": EventKind.DELIVERED,
    "read": EventKind.READ,  # channels with read receipts only; may follow "delivered"
    "undelivered": EventKind.FAILED,  # left Twilio, and the carrier's receipt says no
    "failed": EventKind.FAILED,  # never left Twilio
    "canceled": EventKind.FAILED,
    # "partially_delivered" stays out: some segments of a legal notice arrived, and a person must look.
}

CANCELLED = Meaning(Fault.OURS, "cancelled")
UNEXPLAINED = Meaning(Fault.UNKNOWN, "undeliverable")
REFUSED = Meaning(Fault.UNKNOWN, "refused")

ERRORS = {
    20003: Meaning(Fault.OURS, "credentials_refused"),
    20429: Meaning(Fault.PASSING, "rate_limited"),
    21211: Meaning(Fault.ADDRESS, "address_invalid"),
    21408: Meaning(Fault.OURS, "region_not_enabled"),
    21604: Meaning(Fault.ADDRESS, "address_missing"),
    21606: Meaning(Fault.OURS, "sender_not_allowed"),
    21608: Meaning(Fault.OURS, "account_on_trial"),  # a trial account reaches verified numbers only
    21610: Meaning(Fault.RECIPIENT, "opted_out"),  # answered STOP, until they answer START
    21612: Meaning(Fault.ROUTE, "not_routable"),
    21614: Meaning(Fault.ADDRESS, "not_a_mobile"),
    21635: Meaning(Fault.ADDRESS, "not_a_mobile"),
    30001: Meaning(Fault.PASSING, "queue_overflow"),
    30002: Meaning(Fault.OURS, "account_suspended"),
    30003: Meaning(Fault.PASSING, "handset_unreachable"),  # off or out of reach; often again means a dead number
    30004: Meaning(Fault.RECIPIENT, "blocked"),
    30005: Meaning(Fault.ADDRESS, "unknown_number"),
    30006: Meaning(Fault.ADDRESS, "not_a_mobile"),  # or a carrier that cannot be reached
    30007: Meaning(Fault.CONTENT, "filtered"),
    30008: Meaning(Fault.PASSING, "carrier_error"),  # "unknown error"
    30009: Meaning(Fault.PASSING, "segment_missing"),
    30010: Meaning(Fault.OURS, "price_over_limit"),
    63014: Meaning(Fault.RECIPIENT, "blocked"),  # in the app of a channel, by the user
}
