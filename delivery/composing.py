"""The words of each message: final before anything is sent, kept exactly as sent, in the recipient's language.

Every message names the court, gives the short code by which it can be checked without clicking, and says what a
court never asks for; a text also says from which number the court's texts come. A confidential case shows neither its
cause nor its papers.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from delivery.court_sender import words_on_sender
from delivery.domain.event import Channel
from delivery.domain.plan import Purpose
from delivery.linking import NewLink
from delivery.mail_writing import as_html, briefly, court_name, in_both_languages
from delivery.store.cases import Case, Document
from delivery.store.courts import Court
from delivery.wording import say

RECORD_CALLS = "record_calls"
"""The court's setting by which its calls are recorded, which they then say."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where messages lead, and the numbers from which texts come."""

    base_url: str
    numbers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Composed:
    """A message ready to be written down. `fields` are its single values, for providers that fill in forms."""

    subject: str
    text: str
    html: str
    fields: Mapping[str, str]

    def kept_fields(self) -> str:
        """The fields as they are kept with the attempt."""
        return json.dumps(dict(self.fields), ensure_ascii=False, sort_keys=True)


def kept_fields(text: str | None) -> Mapping[str, str]:
    """The fields that were kept with an attempt; none for what was written without."""
    return {str(name): str(value) for name, value in json.loads(text).items()} if text else {}


def compose(
    *,
    court: Court,
    case: Case,
    papers: list[Document],
    purpose: Purpose,
    language: str,
    link: NewLink,
    origin: Origin,
    channel: Channel,
) -> Composed:
    """An e-mail (plain and HTML), a message on WeChat, or a text message for every other channel.

    On WeChat, which passes through more hands, papers are named to nobody.
    """
    titles = () if case.confidential else tuple(paper.title for paper in papers)
    fields = {
        "court": court_name(court, language),
        "case": case.number,
        "link": f"{origin.base_url}/e/{link.token}",
        "code": f"{link.code[:4]}-{link.code[4:]}",
        "check": f"{origin.base_url}/s",
        "phone": court.phone,
    }
    match channel:
        case Channel.EMAIL:
            subject = say(language, "message.email.subject", **fields)
            text = in_both_languages(court, purpose, language, fields, titles)
            return Composed(subject, text, as_html(text, fields["link"]), fields)
        case Channel.WECHAT:
            subject = say(language, f"message.wechat.subject.{purpose}")
            return Composed(subject, say(language, f"message.wechat.{purpose}", **fields), "", fields)
        case Channel.VOICE:
            return _spoken(court, language, fields)
        case _:
            brief = {"papers": briefly(titles, language), "sender": words_on_sender(language, origin.numbers)}
            return Composed("", say(language, f"message.sms.{purpose}", **fields, **brief), "", fields)


def _spoken(court: Court, language: str, fields: Mapping[str, str]) -> Composed:
    """The announcement call, a line for each language, the recipient's own first. It names neither case nor person."""
    languages = ("zh", "en") if language == "zh" else ("en", "zh")
    recorded = court.settings.get(RECORD_CALLS) is True
    lines = []
    for one in languages:
        spoken = {
            "court": court.name if one == "zh" else court.name_en,
            "check": fields["check"].partition("://")[2],
            "code": " ".join(fields["code"]).replace(" - ", ", "),
            "phone": " ".join(court.phone),
        }
        notice = say(one, "call.recorded") + (" " if one == "en" else "") if recorded else ""
        lines.append(notice + say(one, "call.announce", **spoken))
    told = {"spoken": ",".join(languages), "recorded": "yes" if recorded else "no"}
    return Composed("", "\n".join(lines), "", told)
