"""Text as people and spreadsheets write it, brought into one form before any rule looks at it.

Dockets are typed on Chinese keyboards, exported from other systems and pasted from web pages: full-width digits,
invisible direction marks, non-breaking spaces and soft hyphens are everyday input, and none of them is ever meant.
"""

import re
import unicodedata

_LINE_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_BLANKS = re.compile(r"[^\S\n]+")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Cn"})


def tidy(text: str) -> str:
    """The same text without invisible characters and needless blanks; line breaks stay as newlines."""
    if text.isprintable() and "  " not in text:
        return text.strip()  # nearly every cell of a large docket ends here
    text = _LINE_BREAKS.sub("\n", text)
    if not text.isprintable():
        text = "".join(c for c in text if c in "\n\t" or c.isspace() or unicodedata.category(c) not in _INVISIBLE)
    return _BLANKS.sub(" ", text).strip()


def half_width(text: str) -> str:
    """Compatibility forms folded (NFKC): full-width digits, letters, brackets and punctuation become the ASCII ones."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def compact(text: str) -> str:
    """For codes and numbers: tidied, half-width, without any blank."""
    return "".join(half_width(tidy(text)).split())
