"""What is served: the kinds of papers that the law tells apart, their titles, and which may travel together.

The kinds are the law's own. One service order carries papers under one gate only, because it has one legal effect: a
mediation statement must reach the party in person (INT 133), a payment order the debtor (INT 429) and never by public
notice, and a paper outside the party's consent to e-service (ONL 4) must not ride on papers inside it.
"""

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol, TypeVar

from delivery.domain.law.vocabulary import Document as DocumentKind
from delivery.domain.text import compact, tidy

__all__ = [
    "TITLES",
    "DocumentKind",
    "Gate",
    "Paper",
    "clean_title",
    "gate_of",
    "kind_of",
    "known_titles",
    "split_by_gate",
]


# The first title of each kind is the one that we print. Rulings that cannot be appealed (preservation, enforcement)
# are other documents: `ruling` starts an appeal period.
TITLES = MappingProxyType(
    {
        DocumentKind.COMPLAINT_COPY: (
            "起诉状副本", "起诉状", "民事起诉状", "民事起诉状副本", "起诉书副本", "诉状副本", "民事诉状", "反诉状",
            "反诉状副本", "complaint", "copy of complaint",
        ),
        DocumentKind.APPEAL_COPY: (
            "上诉状副本", "上诉状", "民事上诉状", "民事上诉状副本", "notice of appeal", "copy of appeal",
        ),
        DocumentKind.ANSWER_COPY: (
            "答辩状副本", "答辩状", "民事答辩状", "民事答辩状副本", "answer", "copy of answer",
        ),
        DocumentKind.SUMMONS: ("传票", "开庭传票", "法院传票", "民事传票", "summons"),
        DocumentKind.HEARING_NOTICE: (
            "开庭通知书", "开庭通知", "出庭通知书", "庭审通知书", "hearing notice", "notice of hearing",
        ),
        DocumentKind.EVIDENCE_NOTICE: ("举证通知书", "举证通知", "举证期限通知书", "evidence notice"),
        DocumentKind.JUDGMENT: ("民事判决书", "判决书", "一审判决书", "judgment", "judgement"),
        DocumentKind.RULING: ("民事裁定书", "裁定书", "ruling"),
        DocumentKind.MEDIATION_STATEMENT: ("民事调解书", "调解书", "mediation statement"),
        DocumentKind.PAYMENT_ORDER: ("支付令", "payment order"),
        DocumentKind.CLAIM_FORM: ("诉讼请求书", "claim form"),
        DocumentKind.OTHER_DOCUMENT: (
            "应诉通知书", "应诉通知", "证据材料", "证据副本", "证据", "证据材料副本", "证据清单",
            "诉讼权利义务告知书", "权利义务告知书", "合议庭组成人员通知书", "审判人员通知书", "变更审判人员通知书",
            "送达地址确认书", "诉讼风险提示书", "告知书", "廉政监督卡", "受理案件通知书", "受理通知书", "缴费通知书",
            "交纳诉讼费用通知书", "询问通知书", "谈话通知书", "延期开庭通知书", "参加诉讼通知书", "执行通知书",
            "报告财产令", "限制消费令", "执行裁定书", "保全裁定书", "财产保全裁定书", "财产保全通知书", "查封通知书",
            "评估报告", "拍卖通知书", "小额诉讼程序告知书", "简易程序告知书", "转换程序通知书", "异议权利告知书",
            "其他", "其他文书", "notice to respond", "evidence", "notice of rights", "other document",
        ),
    }
)  # fmt: skip

_COPIES = re.compile(
    r"[(（]?(?:[x×*ｘ＊]\d{1,3}|(?:各|共)?(?:\d{1,3}|[一二两三四五六七八九十]{1,3})份)[)）]?$", re.IGNORECASE
)
_NUMBERING = re.compile(r"^(?:\d{1,2}[.、)）]|[(（]\d{1,2}[)）]|[①-⑳])\s*")
_BRACKETS = re.compile(r"[《》〈〉「」“”\"]")


def _key(title: str) -> str:
    return compact(title).casefold()


_KINDS = MappingProxyType({_key(title): kind for kind, titles in TITLES.items() for title in titles})
_CODES = frozenset(kind.value for kind in DocumentKind)


def clean_title(written: str) -> str:
    """A title as a docket lists it, without brackets, numbering and count: `1.《起诉状副本》2份` is `起诉状副本`."""
    title = _BRACKETS.sub("", tidy(written))
    title = _NUMBERING.sub("", title)
    return _COPIES.sub("", title).strip()


def kind_of(title: str) -> DocumentKind | None:
    """The kind of the paper with this (cleaned) title, or of this code; None when we know no such title."""
    key = _key(title)
    if key in _CODES:
        return DocumentKind(key)
    return _KINDS.get(key)


def known_titles() -> tuple[str, ...]:
    """Every Chinese title that `kind_of` understands, for suggestions."""
    return tuple(title for titles in TITLES.values() for title in titles if not title.isascii())


class Gate(StrEnum):
    """Why papers may not share a service order."""

    OPEN = "open"
    OUTSIDE_CONSENT = "outside_consent"  # there is a consent to e-service, and it does not cover these
    DEBTOR_IN_PERSON = "debtor_in_person"  # INT 429; no public notice, and it lapses after 30 days
    PARTY_IN_PERSON = "party_in_person"  # INT 133; nobody signs for the party, and nothing is left or deemed


def gate_of(kind: DocumentKind, consented: AbstractSet[DocumentKind] | None) -> Gate:
    """The gate of one paper.

    `consented` is the scope of the party's consent to e-service, None when there is no consent.
    """
    if kind is DocumentKind.MEDIATION_STATEMENT:
        return Gate.PARTY_IN_PERSON
    if kind is DocumentKind.PAYMENT_ORDER:
        return Gate.DEBTOR_IN_PERSON
    if consented is not None and kind not in consented:
        return Gate.OUTSIDE_CONSENT
    return Gate.OPEN


class Paper(Protocol):
    """Anything with a kind."""

    @property
    def kind(self) -> DocumentKind: ...


P = TypeVar("P", bound=Paper)


def split_by_gate(papers: Iterable[P], consented: AbstractSet[DocumentKind] | None = None) -> list[tuple[P, ...]]:
    """The papers of one recipient, one group per service order; none is lost or doubled, and their order is kept.

    Covering papers (`other_document`: notices, confirmation forms) that no consent leaves out go with the open papers
    or, when there are none, with the first group: a cover never becomes an order beside the paper that it covers.
    """
    numbered = list(enumerate(papers))
    groups: dict[Gate, list[tuple[int, P]]] = {}
    covering = []
    for number, paper in numbered:
        gate = gate_of(paper.kind, consented)
        if paper.kind is DocumentKind.OTHER_DOCUMENT and gate is Gate.OPEN:
            covering.append((number, paper))
        else:
            groups.setdefault(gate, []).append((number, paper))
    if covering:
        home = Gate.OPEN if Gate.OPEN in groups or not groups else next(gate for gate in Gate if gate in groups)
        groups.setdefault(home, []).extend(covering)
    return [
        tuple(paper for _, paper in sorted(groups[gate], key=lambda pair: pair[0])) for gate in Gate if gate in groups
    ]
