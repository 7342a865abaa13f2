"""The words of an e-mail, in both languages: the recipient's own first, the other below it.

There is room for it, and whoever opens the mailbox may read the other one: counsel's clerk, a relative, an interpreter.
"""

import html
from collections.abc import Mapping, Sequence

from delivery.domain.plan import Purpose
from delivery.store.courts import Court
from delivery.wording import LANGUAGES, say

_RULE = "—" * 12
_ROOM = {"zh": 24, "en": 48}
"""Characters of a text that may go to the titles of papers: more would be one more text to pay and to read."""


def court_name(court: Court, language: str) -> str:
    """The court's name in a language."""
    return court.name if language == "zh" else court.name_en


def named(titles: Sequence[str], language: str) -> str:
    """The papers by their titles; where there are none to be told, only that they are court papers."""
    return ("、" if language == "zh" else ", ").join(titles) or say(language, "message.papers")


def briefly(titles: Sequence[str], language: str) -> str:
    """The papers by their titles where a text has room for them, else how many there are."""
    whole = named(titles, language)
    if len(whole) <= _ROOM[language]:
        return whole
    return say(language, "message.papers_counted", count=len(titles))


def in_both_languages(
    court: Court, purpose: Purpose, language: str, fields: Mapping[str, str], titles: Sequence[str]
) -> str:
    """The plain text. `fields` are the values that are the same in both: case, link, code, check, phone."""
    parts: list[str] = []
    for one in sorted(LANGUAGES, key=lambda other: other != language):
        values = {**fields, "court": court_name(court, one), "papers": named(titles, one)}
        words = say(one, f"message.email.{purpose}", **values)
        parts.append(f"{say(one, 'message.email.both')}\n\n{words}" if parts else words)
    return f"\n\n{_RULE}\n\n".join(parts)


def as_html(text: str, link: str) -> str:
    """The same words as simple HTML: paragraphs, and the link as a link."""
    escaped = html.escape(text)
    anchor = f'<a href="{html.escape(link)}">{html.escape(link)}</a>'
    paragraphs = "".join(f"<p>{part}</p>" for part in escaped.replace(html.escape(link), anchor).split("\n") if part)
    return f'<!doctype html><html><body style="font:16px/1.6 sans-serif">{paragraphs}</body></html>'
