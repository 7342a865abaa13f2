"""What Twilio's message statuses and error codes say in our words: one line per code, odd ones commented.

Sources: the OpenAPI description of the Message resource (statuses), Twilio's error dictionary (codes). A status that is
not here becomes `UNRECOGNISED`, a code that is not here a failure whose cause we do not know.
"""

from adapters.faults import NUMBER_LIMITED, Fault, Meaning
from delivery.domain.event import EventKind
from delivery.providers import CodeAnswer

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

CALL_STATUSES = {
    "queued": EventKind.SUBMITTED,
    "initiated": EventKind.SUBMITTED,
    "ringing": EventKind.SENT,
    "in-progress": EventKind.SENT,  # somebody or something picked up; who, the end of the call says
    "answered": EventKind.SENT,
    "busy": EventKind.FAILED,
    "no-answer": EventKind.FAILED,
    "failed": EventKind.FAILED,
    "canceled": EventKind.FAILED,
    # "completed" stays out: it says that the line was open, with voicemail too. `ANSWERED_BY` says what it means.
}

ANSWERED_BY = {
    "human": EventKind.DELIVERED,  # a voice; whose, nobody can tell
    "unknown": EventKind.RELAYED,
    "": EventKind.RELAYED,  # detection was not done
    "machine_start": EventKind.FAILED,
    "machine_end_beep": EventKind.FAILED,
    "machine_end_silence": EventKind.FAILED,
    "machine_end_other": EventKind.FAILED,
    "fax": EventKind.FAILED,
}

CANCELLED = Meaning(Fault.OURS, "cancelled")
UNEXPLAINED = Meaning(Fault.UNKNOWN, "undeliverable")
REFUSED = Meaning(Fault.UNKNOWN, "refused")

ERRORS = {
    14107: Meaning(Fault.PASSING, NUMBER_LIMITED),  # between our number and this one
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
    63017: Meaning(Fault.PASSING, "rate_limited"),
    63038: Meaning(Fault.PASSING, "rate_limited"),  # the account's own limit of a rolling day
}

CALL_FAILURES = {
    "busy": Meaning(Fault.PASSING, "line_busy"),
    "no-answer": Meaning(Fault.PASSING, "no_answer"),
    "failed": Meaning(Fault.UNKNOWN, "call_failed"),  # not in service, or the network gave up
    "canceled": CANCELLED,
    "machine": Meaning(Fault.PASSING, "voicemail"),
    "fax": Meaning(Fault.ADDRESS, "fax_answered"),
}

CALL_ERRORS = {
    **ERRORS,
    13223: Meaning(Fault.ADDRESS, "address_invalid"),
    13224: Meaning(Fault.ADDRESS, "address_invalid"),
    21210: Meaning(Fault.OURS, "sender_not_allowed"),  # the calling number is not verified
    21214: Meaning(Fault.ADDRESS, "not_callable"),
    21215: Meaning(Fault.OURS, "region_not_enabled"),
    21216: Meaning(Fault.OURS, "region_not_enabled"),  # blocked by the account's own list
    21217: Meaning(Fault.ADDRESS, "address_invalid"),
    21219: Meaning(Fault.OURS, "account_on_trial"),
}

VERIFY_ERRORS = {
    **ERRORS,
    20404: Meaning(Fault.OURS, "address_unusable"),  # no such Verify service in this account
    60200: Meaning(Fault.ADDRESS, "address_invalid"),
    60203: Meaning(Fault.PASSING, NUMBER_LIMITED),  # five texts, and none of them was typed in
    60204: Meaning(Fault.OURS, "sender_not_allowed"),  # the service cannot do this
    60205: Meaning(Fault.ADDRESS, "landline"),
    60207: Meaning(Fault.PASSING, "rate_limited"),  # of the whole service
    60212: Meaning(Fault.PASSING, NUMBER_LIMITED),  # several requests for one number at once
    60223: Meaning(Fault.OURS, "sender_not_allowed"),  # texting is switched off for the service
    60410: Meaning(Fault.ROUTE, "not_routable"),  # held for fraud
    60605: Meaning(Fault.OURS, "region_not_enabled"),
}

# What a question about a code is refused with. The two that answer the question are no faults of anybody.
CHECK_ERRORS = {
    **VERIFY_ERRORS,
    20404: Meaning(Fault.UNKNOWN, "code_over"),  # expired, typed in, tried too often, never made: forgotten
    60200: Meaning(Fault.UNKNOWN, "code_wrong"),  # not of the form of a code
    60202: Meaning(Fault.UNKNOWN, "code_over"),  # five wrong tries
}

VERIFICATIONS = {
    "pending": CodeAnswer.WRONG,
    "approved": CodeAnswer.RIGHT,
    "canceled": CodeAnswer.OVER,
    "max_attempts_reached": CodeAnswer.OVER,
    "deleted": CodeAnswer.OVER,
    "failed": CodeAnswer.OVER,
    "expired": CodeAnswer.OVER,
}

LINE_TYPES = {
    "mobile": "mobile",
    "landline": "landline",
    "fixedVoip": "landline",
    "nonFixedVoip": "mobile",
    "tollFree": "landline",
    "personal": "mobile",
    # "voicemail", "pager", "uan", "sharedCost", "premium", "unknown" stay out: nobody knows what a text does there.
}
