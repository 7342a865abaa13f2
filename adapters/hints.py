"""What lets an unsigned callback be taken for a hint, and what people answer to a text: shared by the text carriers.

A carrier that does not sign gets our own proof on the way out, a reference that only we can have made, and gives it
back with its reports. That makes a report worth asking about; it does not make it true.
"""

import base64
import hashlib
import hmac
import ipaddress
import re

from delivery.domain.event import EventKind

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_MAC_CHARACTERS = 16
_REFERENCE = re.compile(r"([0-9a-f-]{1,36})\.([a-z2-7]{16})")

# What people answer. The digits are those that our messages offer; the words are the carriers' own for leaving: the
# standard list abroad, and T, TD, R and 退订 in the mainland.
CHOICES = {"1": "post_it", "2": "i_collect", "3": "not_me", "4": "call_me"}
OPT_OUT = {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "t", "td", "r", "退订"}
_FULL_WIDTH = str.maketrans("１２３４ＴＤＲ", "1234TDR")


def sign_reference(key: str, secret: str) -> str:
    """Make the reference that goes out with a message: our key, and a proof that only we can have made it."""
    digest = hmac.new(secret.encode(), f"reference|{key}".encode(), hashlib.sha256).digest()
    return f"{key}.{base64.b32encode(digest)[:_MAC_CHARACTERS].decode('ascii').lower()}"


def read_reference(text: object, secrets: tuple[str, ...]) -> str:
    """Give the key of a genuine reference, made with any active secret; empty for anything else."""
    match = _REFERENCE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return ""
    key = match.group(1)
    genuine = any(hmac.compare_digest(sign_reference(key, secret), match.group()) for secret in secrets)
    return key if genuine else ""


def meaning_of_answer(text: str) -> tuple[EventKind, str]:
    """Read what a person wrote back: the kind of fact, and the choice, empty for free text.

    A choice counts only when it is the whole answer: "1楼没有人" is free text, and a person reads it.
    """
    word = text.strip().translate(_FULL_WIDTH).rstrip("。.!！").lower()
    if word in OPT_OUT:
        return EventKind.OPTED_OUT, ""
    choice = CHOICES.get(word, "")
    return (EventKind.NOT_ME if choice == "not_me" else EventKind.REPLIED), choice
