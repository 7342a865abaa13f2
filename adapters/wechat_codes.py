"""What WeChat's error codes and the statuses of its template messages say in our words: one line a code.

Sources: the platform's global return codes; the event TEMPLATESENDJOBFINISH. What is not here becomes a refusal or a
failure of unknown cause, or `UNRECOGNISED`.
"""

from datetime import timedelta

from adapters.faults import Fault, Meaning
from delivery.domain.event import EventKind

ERRORS = {
    -1: Meaning(Fault.PASSING, "provider_busy"),
    40001: Meaning(Fault.OURS, "credentials_refused"),  # after a new token was fetched: see `wechat_account`
    40002: Meaning(Fault.OURS, "credentials_refused"),
    40003: Meaning(Fault.ADDRESS, "address_invalid"),  # an OpenID of another account, or none at all
    40013: Meaning(Fault.OURS, "credentials_refused"),
    40014: Meaning(Fault.OURS, "credentials_refused"),
    40036: Meaning(Fault.OURS, "template_unknown"),
    40037: Meaning(Fault.OURS, "template_unknown"),
    40125: Meaning(Fault.OURS, "credentials_refused"),
    40164: Meaning(Fault.OURS, "caller_not_allowed"),  # our network address is not on the account's list
    41001: Meaning(Fault.OURS, "credentials_refused"),
    41002: Meaning(Fault.OURS, "credentials_refused"),
    41004: Meaning(Fault.OURS, "credentials_refused"),
    42001: Meaning(Fault.OURS, "credentials_refused"),
    43004: Meaning(Fault.RECIPIENT, "not_following"),  # only followers can be written to; they may come back
    43101: Meaning(Fault.RECIPIENT, "blocked"),
    45002: Meaning(Fault.CONTENT, "too_big"),
    45009: Meaning(Fault.PASSING, "rate_limited"),  # of the day
    45011: Meaning(Fault.PASSING, "rate_limited"),  # of the minute
    47003: Meaning(Fault.CONTENT, "field_refused"),  # a value does not fit its place in the template
    48001: Meaning(Fault.OURS, "not_authorised"),
    48004: Meaning(Fault.OURS, "account_suspended"),
    50002: Meaning(Fault.OURS, "account_suspended"),
    61004: Meaning(Fault.OURS, "caller_not_allowed"),
}
WAITS = {-1: timedelta(minutes=1), 45009: timedelta(hours=1), 45011: timedelta(minutes=1)}

# The platform writes these with uneven blanks ("failed:user block", "failed: system failed"): compare without any.
STATUSES = {
    "success": EventKind.DELIVERED,  # it reached the person's WeChat, which says nothing of reading
    "failed:userblock": EventKind.FAILED,
    "failed:systemfailed": EventKind.FAILED,
}
FAILURES = {
    "failed:userblock": Meaning(Fault.RECIPIENT, "blocked"),
    "failed:systemfailed": Meaning(Fault.PASSING, "carrier_error"),
}
