"""What the law bars for these papers in these proceedings: asked of the law engine itself, once per set of papers.

A method is barred when even a faultless act of it serves nobody. So the ladder knows before it starts what the engine
would say afterwards, and no list of prohibitions is kept beside the rules. What confidentiality forbids is no question
of effect and stands here: a sheet on a door tells the neighbours (CPL 71, 137).
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from delivery.domain.case import Procedure
from delivery.domain.event import Channel
from delivery.domain.law.acts import Act, Direct, Electronic, LeftInPlace, Post, PublicNotice, Telephone
from delivery.domain.law.calendar import Calendar
from delivery.domain.law.cn_civil.electronic import electronic
from delivery.domain.law.cn_civil.handover import direct
from delivery.domain.law.cn_civil.leaving import left_in_place
from delivery.domain.law.cn_civil.notice import public_notice
from delivery.domain.law.cn_civil.post import post
from delivery.domain.law.cn_civil.procedure import DECISIONS
from delivery.domain.law.cn_civil.telephone import telephone
from delivery.domain.law.effect import Finding
from delivery.domain.law.matter import Matter, matter_of
from delivery.domain.law.reading import parse_facts
from delivery.domain.law.vocabulary import Document
from delivery.domain.paper import DocumentKind
from delivery.domain.plan import Purpose, Step


class Method(StrEnum):
    """送达方式, as far as a step of a plan may amount to it; the words are those of the facts format."""

    ELECTRONIC = "electronic"
    TELEPHONE = "telephone"
    DIRECT = "direct"
    POST = "post"
    LEFT_IN_PLACE = "left_in_place"
    PUBLIC_NOTICE = "public_notice"


_METHODS: Mapping[Channel, Method] = MappingProxyType(
    {
        Channel.SMS: Method.ELECTRONIC,
        Channel.EMAIL: Method.ELECTRONIC,
        Channel.WECHAT: Method.ELECTRONIC,
        Channel.VOICE: Method.TELEPHONE,
        Channel.IN_PERSON: Method.DIRECT,
        Channel.POST: Method.POST,
        Channel.POSTING: Method.LEFT_IN_PLACE,
        Channel.PUBLICATION: Method.PUBLIC_NOTICE,
    }
)


def method_of(step: Step) -> Method | None:
    """The method that a step is meant to be; None for a mere question, which serves nobody."""
    if step.purpose is Purpose.CONFIRM_ADDRESS:
        return None
    if step.channel is Channel.POSTING and step.purpose is Purpose.PUBLIC_NOTICE:
        return Method.PUBLIC_NOTICE
    return _METHODS[step.channel]


def forbidden_methods(papers: AbstractSet[DocumentKind], procedure: Procedure, on: date) -> Mapping[Method, str]:
    """Each method that serves nobody with these papers in this procedure on that day, with the rule that says so.

    For a natural person at home in the mainland. A bar on one of the papers is a bar on all that travel together.
    """
    return _forbidden(frozenset(papers), procedure, on)


@lru_cache(maxsize=4096)
def _forbidden(papers: frozenset[DocumentKind], procedure: Procedure, on: date) -> Mapping[Method, str]:
    documents = frozenset(Document(paper) for paper in papers)
    facts = parse_facts(_faultless(sorted(papers), procedure, on))
    matter = matter_of(facts, Calendar({}))
    barred = {}
    for act in facts.acts:
        finding = _find(matter, act, documents)
        if finding is not None and not finding.valid:
            barred[Method(act.METHOD)] = finding.cites[0]
    return MappingProxyType(barred)


def _find(matter: Matter, act: Act, documents: frozenset[Document]) -> Finding | None:
    match act:
        case Electronic():
            return electronic(matter, act, documents)
        case Telephone():
            return telephone(matter, act, documents)
        case Direct() if act.id != "tried":
            return direct(matter, act, documents)
        case Post() if act.id != "returned":
            return post(matter, act, documents)
        case LeftInPlace():
            return left_in_place(matter, act, documents)
        case PublicNotice():
            return public_notice(matter, act, documents)
        case _:
            return None


def _faultless(papers: list[DocumentKind], procedure: Procedure, on: date) -> dict[str, Any]:
    """Facts with one act of each method in which nothing is wrong but what the law itself forbids."""
    day, noon = on.isoformat(), f"{on.isoformat()}T12:00:00+08:00"
    consent = {"given": True, "source": "express", "scope": "all", "given_on": day}
    own = {"role": "recipient", "id_checked": True}
    return {
        "id": "limits",
        "jurisdiction": "cn_civil",
        "case": {"procedure": procedure},
        "recipient": {"kind": "natural_person", "whereabouts": "unknown"},
        "documents": papers,
        "addresses": [
            {"id": "home", "kind": "postal", "basis": "confirmed", "given_on": day},
            {"id": "mobile", "kind": "mobile", "basis": "confirmed", "given_on": day, "consent": consent},
        ],
        "acts": [
            {"id": "tried", "method": "direct", "address": "home", "on": day, "result": "nobody_home"},
            {
                "id": "returned", "method": "post", "address": "home", "carrier": "state_post", "posted_on": day,
                "result": "returned", "marked_return_on": day,
            },
            {
                "id": "e", "method": "electronic", "address": "mobile", "sent_at": noon, "success_at": noon,
                "delivered_at": noon, "read_at": noon, "acted_at": noon,
            },
            {
                "id": "call", "method": "telephone", "at": noon, "reached": True, "recorded": True,
                "contents_told": True, "confirmed_by_recipient": True,
            },
            {
                "id": "visit", "method": "direct", "address": "home", "on": day, "place": "residence",
                "result": "signed", "signer": own, "signed_on": day,
            },
            {
                "id": "mail", "method": "post", "address": "home", "carrier": "state_post", "posted_on": day,
                "result": "signed", "signer": own, "signed_on": day,
            },
            {
                "id": "left", "method": "left_in_place", "address": "home", "on": day, "place": "residence",
                "trigger": "refused", "refused_by": own, "process_media": "video", "noted_by": ["clerk"],
            },
            {
                "id": "notice", "method": "public_notice", "content": list(_WHOLE_CONTENT), "reason_recorded": True,
                "history_recorded": True, "postings": [{"place": "newspaper", "on": day, "process_media": "video"}],
            },
        ],
    }  # fmt: skip


_WHOLE_CONTENT = (
    "reason", "claim_points", "answer_period", "consequence_of_no_answer", "hearing_time", "hearing_place",
    "consequence_of_absence", "main_content", "appeal_right", "appeal_period", "appeal_court",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """What may not be done with the papers of one order.

    `forbidden` names the rule of each barred method; with `consent_needed` electronic service waits for a consent that
    covers the papers (CPL 90, ONL 4); with `no_door_sheet` nothing is posted on a door.
    """

    forbidden: Mapping[Method, str] = field(default_factory=lambda: MappingProxyType({}))
    consent_needed: bool = False
    no_door_sheet: bool = False

    def bar(self, step: Step) -> str:
        """The reason code why a step may not start at all, or an empty string."""
        method = method_of(step)
        if method is not None and method in self.forbidden:
            return "forbidden_for_papers"
        if self.no_door_sheet and step.channel is Channel.POSTING:
            return "confidential_at_the_door"
        return ""

    def needs_consent(self, step: Step) -> bool:
        """Whether a step may only go to an address with consent."""
        return self.consent_needed and method_of(step) is Method.ELECTRONIC


def limits_of(
    papers: AbstractSet[DocumentKind], procedure: Procedure, on: date, *, confidential: bool = False
) -> Limits:
    """The limits for papers that are served on that (court-local) day.

    Decisions are served electronically only with consent: what is said of simple ways in summary procedure (INT 261)
    and of presumed receipt does not reach them.
    """
    decisions = any(Document(paper) in DECISIONS for paper in papers)
    return Limits(forbidden_methods(papers, procedure, on), decisions, confidential)
