"""Which plan template serves an order: by what is served, in which procedure, how secret, and how near the hearing is.

A template says for what it is meant and which methods it never offers, with the rules; the choice between templates is
one total function, so that any order gets one and the order's page can say why. A plan that somebody names is taken as
it is, unless it offers what the law bars for the papers whatever the procedure becomes.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from delivery.domain.case import Instance, Procedure
from delivery.domain.law.cn_civil.procedure import DECISIONS
from delivery.domain.law.rules import RULES
from delivery.domain.law.vocabulary import Document
from delivery.domain.limits import Limits, Method, limits_of, method_of
from delivery.domain.paper import DocumentKind
from delivery.domain.plan import Plan, PlanMalformed, read_plan

NEAR_HEARING_DAYS = 7
# Beside the register of the law engine, which is never asked about them: what confidentiality asks of a plan.
CONFIDENTIALITY = frozenset({"CPL-71", "CPL-137"})
# SIM 8, INT 140: a case that cannot be served in summary procedure becomes an ordinary one, with all its methods.
_CONVERTIBLE = frozenset({Procedure.SUMMARY, Procedure.SMALL_CLAIMS})


class PaperGroup(StrEnum):
    """What kind of papers an order carries, as far as a plan depends on it."""

    MEDIATION_STATEMENT = "mediation_statement"
    PAYMENT_ORDER = "payment_order"
    DECISIONS = "decisions"  # judgments and rulings
    CALLING = "calling"  # complaint, summons, notices: what a party needs before a hearing


class PlanReason(StrEnum):
    """Why an order has the plan that it has."""

    MEDIATION_STATEMENT = "mediation_statement"
    PAYMENT_ORDER = "payment_order"
    NEAR_HEARING = "near_hearing"
    CONFIDENTIAL = "confidential"
    ENFORCEMENT = "enforcement"
    DECISIONS = "decisions"
    SMALL_CLAIMS = "small_claims"
    SUMMARY = "summary"
    USUAL = "usual"
    NAMED = "named"  # by the docket or the API
    COURT_SETTING = "court_setting"


# Chosen by us, and so chosen again when a hearing is moved; what somebody decided stays.
FIXED = frozenset({PlanReason.NAMED, PlanReason.COURT_SETTING})


@dataclass(frozen=True, slots=True)
class Occasion:
    """What the choice looks at. `days_to_hearing` are court-local days from today; None without a hearing."""

    papers: frozenset[DocumentKind]
    procedure: Procedure
    instance: Instance = Instance.FIRST
    confidential: bool = False
    days_to_hearing: int | None = None

    @property
    def group(self) -> PaperGroup:
        """The group of the papers: the one under the strictest rule decides."""
        if DocumentKind.MEDIATION_STATEMENT in self.papers:
            return PaperGroup.MEDIATION_STATEMENT
        if DocumentKind.PAYMENT_ORDER in self.papers:
            return PaperGroup.PAYMENT_ORDER
        decided = any(Document(paper) in DECISIONS for paper in self.papers)
        return PaperGroup.DECISIONS if decided else PaperGroup.CALLING

    @property
    def is_near(self) -> bool:
        """Whether the hearing is so near that one way after the other takes too long."""
        return self.days_to_hearing is not None and 0 <= self.days_to_hearing <= NEAR_HEARING_DAYS


@dataclass(frozen=True, slots=True)
class Choice:
    """The template's name, and why."""

    template: str
    reason: PlanReason


def choose_plan(occasion: Occasion) -> Choice:
    """The template for an occasion. Total: the papers first, then the hearing, then what the case is."""
    group, procedure, near = occasion.group, occasion.procedure, occasion.is_near
    rows = (
        (group is PaperGroup.MEDIATION_STATEMENT, "mediation_statement", PlanReason.MEDIATION_STATEMENT),
        (group is PaperGroup.PAYMENT_ORDER, "payment_order", PlanReason.PAYMENT_ORDER),
        (procedure is Procedure.PAYMENT_ORDER, "payment_order", PlanReason.PAYMENT_ORDER),
        (group is PaperGroup.CALLING and near, "fast_track", PlanReason.NEAR_HEARING),
        (occasion.confidential, "confidential", PlanReason.CONFIDENTIAL),
        (group is PaperGroup.DECISIONS, "judgment", PlanReason.DECISIONS),
        (occasion.instance is Instance.ENFORCEMENT, "enforcement", PlanReason.ENFORCEMENT),
        (procedure is Procedure.SMALL_CLAIMS, "small_claims", PlanReason.SMALL_CLAIMS),
        (procedure is Procedure.SUMMARY, "small_claims", PlanReason.SUMMARY),
        (True, "standard", PlanReason.USUAL),
    )
    return next(Choice(template, reason) for holds, template, reason in rows if holds)


@dataclass(frozen=True, slots=True)
class Never:
    """A method that a template never offers, and the rules (or the articles on confidentiality) that say so."""

    method: Method
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A plan with what it is for. `consent_rules`: why electronic service waits for consent in it, if it does."""

    plan: Plan
    papers: frozenset[PaperGroup]
    procedures: frozenset[Procedure]
    confidential: bool
    never: tuple[Never, ...]
    consent_rules: tuple[str, ...] = ()


def read_template(data: Mapping[str, Any]) -> Template:
    """A template from its parsed TOML. Raises `PlanMalformed`, also for one that offers what it says it never does."""
    plan = read_plan(data)
    try:
        meant = data["for"]
        template = Template(
            plan=plan,
            papers=frozenset(PaperGroup(item) for item in meant["papers"]),
            procedures=frozenset(Procedure(item) for item in meant["procedures"]),
            confidential=bool(meant["confidential"]),
            never=tuple(Never(Method(item["method"]), _rules(item["rules"])) for item in data.get("never", ())),
            consent_rules=_rules(data.get("consent_rules", ())),
        )
    except (KeyError, TypeError, ValueError) as error:
        message = f"plan {plan.name!r}: {error}"
        raise PlanMalformed(message) from error
    offered = set(offered_methods(plan))
    if broken := sorted(never.method for never in template.never if never.method in offered):
        message = f"plan {plan.name!r}: offers {', '.join(broken)}, which it says it never does"
        raise PlanMalformed(message)
    return template


def _rules(ids: Any) -> tuple[str, ...]:  # noqa: ANN401 -- from TOML
    unknown = [rule for rule in ids if rule not in RULES and rule not in CONFIDENTIALITY]
    if unknown:
        message = f"no such rule: {', '.join(unknown)}"
        raise ValueError(message)
    return tuple(ids)


def offered_methods(plan: Plan) -> AbstractSet[Method]:
    """The methods that the steps of a plan may amount to."""
    return {method for tier in plan.tiers for step in tier.steps if (method := method_of(step)) is not None}


def lasting_limits(
    papers: AbstractSet[DocumentKind], procedure: Procedure, on: date, *, confidential: bool = False
) -> Limits:
    """The limits that stand whatever becomes of the procedure: those of summary procedure end with its conversion."""
    lasting = Procedure.ORDINARY if procedure in _CONVERTIBLE else procedure
    return limits_of(papers, lasting, on, confidential=confidential)


def barred_methods(plan: Plan, limits: Limits) -> list[str]:
    """The methods that a plan offers against the limits, sorted."""
    found = set()
    for tier in plan.tiers:
        for step in tier.steps:
            method = method_of(step)
            if limits.bar(step) and method is not None:
                found.add(str(method))
    return sorted(found)
