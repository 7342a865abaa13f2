"""What WeCom's error codes and the buttons of our cards say in our words: one line a code.

Source: WeCom's global error codes. What is not here becomes a refusal of unknown cause, or `UNRECOGNISED`.
"""

from datetime import timedelta

from adapters.faults import Fault, Meaning
from delivery.domain.event import EventKind

ERRORS = {
    -1: Meaning(Fault.PASSING, "provider_busy"),
    40001: Meaning(Fault.OURS, "credentials_refused"),
    40003: Meaning(Fault.ADDRESS, "address_invalid"),
    40013: Meaning(Fault.OURS, "credentials_refused"),
    40014: Meaning(Fault.OURS, "credentials_refused"),  # after a new token was fetched: see `wechat_account`
    40031: Meaning(Fault.ADDRESS, "address_invalid"),
    40056: Meaning(Fault.OURS, "sender_not_allowed"),
    41001: Meaning(Fault.OURS, "credentials_refused"),
    41011: Meaning(Fault.OURS, "sender_not_allowed"),
    42001: Meaning(Fault.OURS, "credentials_refused"),
    43004: Meaning(Fault.RECIPIENT, "not_following"),
    45002: Meaning(Fault.CONTENT, "too_big"),
    45009: Meaning(Fault.PASSING, "rate_limited"),
    45033: Meaning(Fault.PASSING, "rate_limited"),  # too many calls at once
    46004: Meaning(Fault.ADDRESS, "address_invalid"),
    48002: Meaning(Fault.OURS, "not_authorised"),
    60011: Meaning(Fault.OURS, "not_authorised"),
    60020: Meaning(Fault.OURS, "caller_not_allowed"),
    60111: Meaning(Fault.ADDRESS, "address_invalid"),
    81013: Meaning(Fault.ROUTE, "not_routable"),  # unknown, or outside the application's range: not told apart
    82001: Meaning(Fault.ROUTE, "not_routable"),
    301002: Meaning(Fault.OURS, "sender_not_allowed"),
}
WAITS = {-1: timedelta(minutes=1), 45009: timedelta(minutes=10), 45033: timedelta(minutes=1)}

# The buttons of a card by their keys. A press is an answer by whoever holds the account, never a consent.
BUTTONS = {
    "received": EventKind.REPLIED,
    "post_it": EventKind.REPLIED,
    "i_collect": EventKind.REPLIED,
    "call_me": EventKind.REPLIED,
    "not_me": EventKind.NOT_ME,
}
