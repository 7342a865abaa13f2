"""The code printed on a sheet that is left at a door: one random number with a short signature, as letters and digits.

Each sheet has a code of its own, so a photograph of it shows which sheet hung there. The signature keeps whoever reads
the code wrongly, or makes one up, from ever meeting another sheet's: a text that is not exactly one of ours is none at
all. Pads that are printed before anybody knows the door say so in their first letter, which a telephone without signal
can read; everything else about a sheet is in the court's records and not in its code.

Layout, 105 bits in 21 letters of five: one bit for a blank pad, 80 random bits, 24 bits of HMAC-SHA256 over the rest.
The letters are Crockford's: no I, L, O or U; read in either case, I and L taken for 1 and O for 0.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 21
ID_BYTES = 10
LONGEST_PRINTED = 50
_MAC_BITS = 24
_ID_BITS = 8 * ID_BYTES
_BITS = 5
_PURPOSE = b"songda.notice\0"
_VALUES = {letter: value for value, letter in enumerate(LETTERS)} | {"I": 1, "L": 1, "O": 0}
_GROUPS = (4, 4, 4, 4, 5)
# A code by itself as somebody types it, or at the end of the address that is printed as a QR code.
_ADDRESS = re.compile(r"https?://[^/?#\s]+/n/([0-9A-Za-z]{21})/?", re.ASCII)
_TYPED = re.compile(r"[0-9A-Za-z]{21}", re.ASCII)
_LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class NoticeCode:
    """One sheet's number: 80 random bits, and whether it was printed as a blank pad."""

    number: bytes
    blank: bool


def write(code: NoticeCode, key: bytes) -> str:
    """The 21 letters of a code. Raises `ValueError` unless the number has ten bytes."""
    if len(code.number) != ID_BYTES:
        message = f"a notice's number has {ID_BYTES} bytes"
        raise ValueError(message)
    value = int(code.blank) << _ID_BITS | int.from_bytes(code.number, "big")
    value = value << _MAC_BITS | _mac(code, key)
    return "".join(LETTERS[value >> _BITS * place & 31] for place in reversed(range(LENGTH)))


def parse(text: str) -> str | None:
    """The 21 letters, in capitals, out of what was read or typed; None if it cannot be a code of ours.

    Takes the letters alone, with blanks or hyphens between them, or the whole printed address, whatever its host: an
    installation may have moved since. The signature is not looked at.
    """
    if len(text) > _LONGEST_TEXT:
        return None
    stripped = text.strip()
    address = _ADDRESS.fullmatch(stripped)
    letters = address[1] if address else "".join(stripped.replace("-", " ").split())
    if not _TYPED.fullmatch(letters):
        return None
    upper = letters.upper()
    if any(letter not in _VALUES for letter in upper):
        return None
    return "".join(LETTERS[_VALUES[letter]] for letter in upper)


def verify(text: str, key: bytes) -> NoticeCode | None:
    """The code that was read or typed, if its signature holds; compared in constant time."""
    letters = parse(text)
    if letters is None:
        return None
    value = 0
    for letter in letters:
        value = value << _BITS | _VALUES[letter]
    mac, rest = value & (1 << _MAC_BITS) - 1, value >> _MAC_BITS
    number = (rest & (1 << _ID_BITS) - 1).to_bytes(ID_BYTES, "big")
    code = NoticeCode(number, blank=bool(rest >> _ID_BITS))
    return code if hmac.compare_digest(_bytes(mac), _bytes(_mac(code, key))) else None


def grouped(letters: str) -> str:
    """For people who read or type it: `0A1B-2C3D-4E5F-6G7H-8J9KM`."""
    parts, start = [], 0
    for length in _GROUPS:
        parts.append(letters[start : start + length])
        start += length
    return "-".join(parts)


def printed_url(base_url: str, letters: str) -> str:
    """What the QR code says. With a base address of at most 26 characters it has at most 50."""
    return f"{base_url}/n/{letters}"


def too_long_by(base_url: str) -> int:
    """How many characters shorter a base address should be for a code that phones read from a step away; 0 if none."""
    return max(0, len(printed_url(base_url, "0" * LENGTH)) - LONGEST_PRINTED)


def _mac(code: NoticeCode, key: bytes) -> int:
    text = _PURPOSE + bytes([code.blank]) + code.number
    return int.from_bytes(hmac.digest(key, text, hashlib.sha256)[: _MAC_BITS // 8], "big")


def _bytes(mac: int) -> bytes:
    return mac.to_bytes(_MAC_BITS // 8, "big")
