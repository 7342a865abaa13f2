"""The words of each message: final before anything is sent, kept exactly as sent, in the recipient's language.

Every message names the court, gives the short code by which it can be checked without clicking, and says what a
court never asks for. A confidential case shows neither its cause nor its papers.
"""

import html
from dataclasses import dataclass

from delivery.domain.plan import Purpose
from delivery.linking import NewLink
from delivery.store.cases import Case, Document
from delivery.store.courts import Court
from delivery.wording import say


@dataclass(frozen=True, slots=True)
class Composed:
    """A message ready to be written down."""

    subject: str
    text: str
    html: str


def compose(
    *,
    court: Court,
    case: Case,
    papers: list[Document],
    purpose: Purpose,
    language: str,
    link: NewLink,
    base_url: str,
    long_form: bool,
) -> Composed:
    """A text message (short form) or an e-mail (long form, plain and HTML)."""
    titles = "" if case.confidential else ("、" if language == "zh" else ", ").join(paper.title for paper in papers)
    values = {
        "court": court.name if language == "zh" else court.name_en,
        "case": case.number,
        "papers": titles or say(language, "message.papers"),
        "link": f"{base_url}/e/{link.token}",
        "code": f"{link.code[:4]}-{link.code[4:]}",
        "check": f"{base_url}/s",
        "phone": court.phone,
    }
    form = "email" if long_form else "sms"
    text = say(language, f"message.{form}.{purpose}", **values)
    if not long_form:
        return Composed(subject="", text=text, html="")
    subject = say(language, "message.email.subject", **values)
    return Composed(subject=subject, text=text, html=_as_html(text, values["link"]))


def _as_html(text: str, link: str) -> str:
    """The same words as simple HTML: paragraphs, and the link as a link."""
    escaped = html.escape(text)
    anchor = f'<a href="{html.escape(link)}">{html.escape(link)}</a>'
    paragraphs = "".join(f"<p>{part}</p>" for part in escaped.replace(html.escape(link), anchor).split("\n") if part)
    return f'<!doctype html><html><body style="font:16px/1.6 sans-serif">{paragraphs}</body></html>'
