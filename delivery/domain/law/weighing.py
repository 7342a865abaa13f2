"""From findings about single acts to one verdict about the set of papers.

The earliest valid act fixes the day of each paper (ONL 31(4), HKM 10), the last of the papers completes the set, and
the weakest one names the outcome. An act that is not valid never blocks one that is. Order of arrival plays no part:
ties are broken by strength, then by what the act is, then by its id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from delivery.domain.law.acts import Act, AnyAct, PublicNotice
from delivery.domain.law.effect import Finding, LegalEffect, Outcome, Reason, Strength, doubtful, nothing, served
from delivery.domain.law.matter import Matter
from delivery.domain.law.vocabulary import Document, Jurisdiction

RULED_SERVED = "ruled_served"
"""The reason of an act that a court officer declared service."""


@dataclass(frozen=True, slots=True)
class Found:
    """One act, the papers it speaks of, and what was found."""

    act: AnyAct
    documents: frozenset[Document]
    finding: Finding

    @property
    def day(self) -> date:
        """The day of service; what serves nobody has none, and comes after everything."""
        return self.finding.on or date.max

    @property
    def order(self) -> tuple[date, int, bool, str]:
        """The earliest first; on one day the stronger, then anything but a notice."""
        return self.day, -self.finding.strength, isinstance(self.act, PublicNotice), self.act.id


@dataclass(frozen=True, slots=True)
class Verdict:
    """`decided` holds, for each paper that is served, the act that served it; `deciding` completes the set."""

    outcome: Outcome
    found: tuple[Found, ...]
    decided: Mapping[Document, Found]
    deciding: Found | None

    @property
    def valid(self) -> bool:
        return self.deciding is not None


def settle(matter: Matter, act: AnyAct, finding: Finding) -> Finding:
    """What holds in every jurisdiction: a superseded text serves nobody, and what has not happened yet is not there."""
    finding = _as_ruled(matter, act, _unless_doubted(act, finding))
    if finding.strength is Strength.NOTHING:
        return finding
    corrected_on = matter.facts.documents_corrected_on
    text_of = matter.left_court_on(act) or finding.on or date.max
    if corrected_on is not None and text_of < corrected_on:
        mainland = matter.facts.jurisdiction is Jurisdiction.CN_CIVIL
        rules = ("PROC-14", *finding.cites) if mainland else finding.cites
        return nothing("superseded_text", *rules, advice=("serve_again",), missing=("corrected_text",))
    as_of = matter.facts.as_of
    if as_of is not None and finding.on is not None and finding.on > as_of:
        return nothing("not_yet", *finding.cites, args=(("on", finding.on.isoformat()),))
    return finding


def _unless_doubted(act: AnyAct, finding: Finding) -> Finding:
    """What would be service by its facts is for the court to decide while its proof is in doubt."""
    if not (act.proof_doubted and finding.valid):
        return finding
    return doubtful("proof_in_doubt", *finding.cites, advice=("review_photos",), missing=("accepted_photos",))


def _as_ruled(matter: Matter, act: AnyAct, finding: Finding) -> Finding:
    """A court officer's own decision about an act stands before what the rules find in it, and needs nobody else."""
    ruling = matter.ruling(act)
    if ruling is None:
        return finding
    if ruling.served_on is None:
        return nothing("ruled_not_served", *finding.cites)
    return served(ruling.served_on, RULED_SERVED, *finding.cites)


def weigh(matter: Matter, found: Sequence[Found]) -> Verdict:
    """The verdict on the whole set."""
    ordered = tuple(sorted(found, key=lambda one: (one.act.id, one.order, one.finding.code)))
    decided: dict[Document, Found] = {}
    for one in ordered:
        if one.finding.valid:
            for document in one.documents:
                if document not in decided or one.order < decided[document].order:
                    decided[document] = one
    wanted = set(matter.facts.documents)
    if wanted <= decided.keys():
        last = max((decided[document] for document in wanted), key=lambda one: one.order)
        weakest = min(decided[document].finding.strength for document in wanted)
        return Verdict(Outcome.SERVED if weakest is Strength.FIXED else Outcome.PRESUMED, ordered, decided, last)
    doubt = any(one.finding.strength is Strength.DOUBTFUL for one in ordered)
    return Verdict(Outcome.COURT_REVIEW if doubt else Outcome.NOT_SERVED, ordered, decided, None)


def effect_of(matter: Matter, verdict: Verdict) -> LegalEffect:
    """The legal effect as far as every jurisdiction shares it.

    Deadlines and standing advice are added by its own rules.
    """
    deciding = verdict.deciding
    reasons = tuple(dict.fromkeys(map(_reason, verdict.found)))
    effect = LegalEffect(
        facts_id=matter.facts.id,
        outcome=verdict.outcome,
        cites=tuple(sorted({rule for one in verdict.found for rule in one.finding.cites})),
        reasons=reasons,
        facts_used=_facts_used(matter, verdict),
    )
    if deciding is None:
        return replace(
            effect,
            advice=tuple(sorted({code for one in verdict.found for code in one.finding.advice})),
            missing=tuple(
                sorted({code for one in verdict.found for code in one.finding.missing} | _uncovered(verdict))
            ),
        )
    decided = tuple(
        {verdict.decided[document].act.id: verdict.decided[document] for document in matter.facts.documents}.values()
    )
    return replace(
        effect,
        effective_on=deciding.finding.on,
        by_act=deciding.act.id,
        by_reason=deciding.finding.code,
        method=type(deciding.act).METHOD,
        basis=tuple(dict.fromkeys(deciding.finding.cites)),
        defeaters=tuple(sorted({code for one in decided for code in one.finding.defeaters})),
        needs_confirmation=any(one.finding.deemed for one in decided),
    )


def _reason(one: Found) -> Reason:
    finding = one.finding
    return Reason(
        finding.code,
        one.act.id,
        finding.args,
        in_doubt=finding.strength is Strength.DOUBTFUL,
        rules=tuple(dict.fromkeys(finding.cites)),
    )


def _uncovered(verdict: Verdict) -> set[str]:
    """Some papers are served and others are not: the set is not."""
    return {"remaining_papers"} if verdict.decided else set()


def _facts_used(matter: Matter, verdict: Verdict) -> tuple[str, ...]:
    """Paths of the facts that the verdict rests on: the deciding acts, or all that were carried out."""
    acts: list[Act] = [one.act for one in (verdict.decided.values() if verdict.valid else verdict.found)]
    used = {f"acts.{act.id}" for act in acts}
    used |= {f"addresses.{act.address}" for act in acts if act.address in matter.addresses}
    ids = {act.id for act in acts}
    used |= {f"rebuttals.{item.kind.value}" for item in matter.facts.rebuttals if item.proved and item.act in ids}
    return tuple(sorted(used))
