"""Mainland civil service of process, put together.

Every act to its method, the verdict, the deadlines, the standing advice.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from delivery.domain.law.acts import (
    Acknowledged,
    Affixed,
    AnyAct,
    CollectedAtCourt,
    Direct,
    Electronic,
    Entrusted,
    Forwarded,
    JudicialAssistance,
    LeftInPlace,
    Post,
    Pronouncement,
    ProofFiled,
    PublicNotice,
    Substituted,
    Telephone,
)
from delivery.domain.law.cn_civil import abroad, advice, deadlines
from delivery.domain.law.cn_civil.electronic import electronic
from delivery.domain.law.cn_civil.forwarding import entrusted, forwarded, past_the_unit
from delivery.domain.law.cn_civil.handover import collected_at_court, direct
from delivery.domain.law.cn_civil.leaving import left_in_place
from delivery.domain.law.cn_civil.notice import public_notice
from delivery.domain.law.cn_civil.post import post
from delivery.domain.law.cn_civil.procedure import DECISIONS, HEARING_PAPERS, is_summary
from delivery.domain.law.cn_civil.pronouncement import pronouncement
from delivery.domain.law.cn_civil.telephone import telephone
from delivery.domain.law.effect import Finding, LegalEffect, nothing
from delivery.domain.law.matter import Matter
from delivery.domain.law.vocabulary import Document
from delivery.domain.law.weighing import Found, Verdict, effect_of, settle, weigh


def assess(matter: Matter) -> LegalEffect:
    """The legal effect under mainland law. Raises `CalendarMissing`."""
    verdict = weigh(matter, [*_found(matter)])
    effect = effect_of(matter, verdict)
    standing = advice.standing(matter, verdict)
    owed = deadlines.owed(matter, verdict)
    return replace(
        effect,
        deadlines=owed.days,
        advice=tuple(sorted({*effect.advice, *standing.codes})),
        address_id=standing.address_id,
        cites=tuple(sorted({*effect.cites, *standing.cites, *owed.cites})),
        default_judgment_allowed=_default_judgment(matter, verdict),
    )


def _found(matter: Matter) -> Iterator[Found]:
    for act in matter.facts.acts:
        if act.planned:
            continue
        for documents in _alike(matter, act):
            finding = past_the_unit(matter, act, _find(matter, act, documents))
            yield Found(act, documents, settle(matter, act, deadlines.unless_lapsed(matter, documents, finding)))


def _alike(matter: Matter, act: AnyAct) -> list[frozenset[Document]]:
    """The papers of an act in groups that the law treats alike, so that the bar of one does not fall on the others."""
    documents = matter.documents(act)
    if len(documents) == 1:
        return [frozenset(documents)]
    address = matter.address(act) if isinstance(act, Electronic) else None
    consent = address.consent if address is not None else None
    groups: dict[tuple[bool, bool, bool, bool], set[Document]] = {}
    for document in documents:
        key = (
            document in DECISIONS,
            document is Document.MEDIATION_STATEMENT,
            document is Document.PAYMENT_ORDER,
            consent is None or consent.covers(document),
        )
        groups.setdefault(key, set()).add(document)
    return [frozenset(group) for group in groups.values()]


def _find(matter: Matter, act: AnyAct, documents: frozenset[Document]) -> Finding:  # noqa: C901, PLR0911, PLR0912 - a line per method
    match act:
        case Direct():
            return direct(matter, act, documents)
        case LeftInPlace():
            return left_in_place(matter, act, documents)
        case CollectedAtCourt():
            return collected_at_court(matter, act, documents)
        case Electronic():
            return electronic(matter, act, documents)
        case Telephone():
            return telephone(matter, act, documents)
        case Post():
            return post(matter, act, documents)
        case Entrusted():
            return entrusted(matter, act, documents)
        case Forwarded():
            return forwarded(matter, act, documents)
        case JudicialAssistance():
            return abroad.judicial_assistance(matter, act, documents)
        case PublicNotice():
            return public_notice(matter, act, documents)
        case Pronouncement():
            return pronouncement(matter, act, documents)
        case Substituted() | Affixed() | ProofFiled() | Acknowledged():
            return nothing("method_unknown_here", "CPL-88")
        case _:
            assert_never(act)


def _default_judgment(matter: Matter, verdict: Verdict) -> bool | None:
    """INT 261(2), SIM 18: a summary hearing notice supports a default judgment once receipt is confirmed or proved."""
    if not is_summary(matter) or not HEARING_PAPERS.intersection(matter.facts.documents):
        return None
    return all(document in verdict.decided for document in HEARING_PAPERS.intersection(matter.facts.documents))
