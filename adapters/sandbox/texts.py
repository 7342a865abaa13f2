"""What people in the town can tell from the words of a message: which case, which link, whether they may answer.

The essence of a text is what stays the same when the same thing is sent in another run: links and codes are random,
the case number and the Chinese words are not. Fates hang on the essence, never on a link, a code or a message's
number.
"""

import re
from hashlib import blake2b

_CASE_NUMBER = re.compile(r"[（(]\d{4}[）)][^\s，。；、,;（()）]{1,20}?\d+号")
_ADDRESS = re.compile(r"https?://[^\s\"'<>，。；、（）]+")
_CHECK_CODE = re.compile(r"(?<![0-9A-Za-z-])[0-9A-Z]{4}-[0-9A-Z]{4}(?![0-9A-Za-z-])")
_ASCII_WORD = re.compile(r"[!-~]+")
_OFFERS_REPLY = re.compile(r"(回复|答复|reply|answer)\s*[:：]?\s*[1-4]", re.IGNORECASE)


def case_number(text: str) -> str:
    """The first case number that the text names, empty if none."""
    found = _CASE_NUMBER.search(text)
    return found.group() if found else ""


def essence(*texts: str) -> str:
    """A short name for what the texts say, the same in every run: 16 hexadecimal digits."""
    whole = "\n".join(texts)
    numbers = _CASE_NUMBER.findall(whole)
    words = "".join(_ASCII_WORD.sub("", _CASE_NUMBER.sub("", whole)).split())
    return blake2b(f"{numbers}|{words}".encode(), digest_size=8).hexdigest()


def digest(*parts: str) -> str:
    """A short name for words in which nothing is random, digits included: 16 hexadecimal digits."""
    return blake2b("\x1f".join(parts).encode(), digest_size=8).hexdigest()


def links(text: str, platform: str) -> list[str]:
    """Addresses of the platform's e-service pages in the text, each once, in order."""
    prefix = f"{platform.rstrip('/')}/e/"
    return list(dict.fromkeys(link for link in _ADDRESS.findall(text) if link.startswith(prefix)))


def all_links(text: str) -> list[str]:
    """Every address in the text, each once, in order."""
    return list(dict.fromkeys(_ADDRESS.findall(text)))


def pieces(text: str) -> list[tuple[str, bool]]:
    """The text cut at its addresses: each piece, and whether it is one."""
    cut: list[tuple[str, bool]] = []
    end = 0
    for found in _ADDRESS.finditer(text):
        cut += [(text[end : found.start()], False), (found.group(), True)]
        end = found.end()
    return [*cut, (text[end:], False)]


def check_code(text: str) -> str:
    """The short code by which the message can be checked, empty if it has none."""
    found = _CHECK_CODE.search(text)
    return found.group() if found else ""


def offers_reply(text: str) -> bool:
    """Whether the text says that one may answer with a digit."""
    return _OFFERS_REPLY.search(text) is not None
