"""Plan templates: read from the package, chosen for an order, frozen onto it when it starts.

Which template an order gets is decided in the rules (`domain.plan_choice`); here it is looked up, and a plan that
somebody named is refused when the law bars what it offers.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from delivery.domain.case import Instance, Procedure
from delivery.domain.errors import RequestError
from delivery.domain.paper import DocumentKind
from delivery.domain.plan import Plan
from delivery.domain.plan_choice import (
    Occasion,
    PlanReason,
    Template,
    barred_methods,
    choose_plan,
    lasting_limits,
    read_template,
)
from delivery.store.cases import Case


@dataclass(frozen=True, slots=True)
class ChosenPlan:
    """A plan and why an order has it."""

    plan: Plan
    reason: PlanReason


@cache
def templates() -> dict[str, Template]:
    """All templates by name, each with what it is for."""
    found: dict[str, Template] = {}
    for entry in sorted(files("delivery.plans").iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".toml"):
            template = read_template(tomllib.loads(entry.read_text(encoding="utf-8")))
            found[template.plan.name] = template
    return found


@cache
def plan_templates() -> dict[str, Plan]:
    """The plans of all templates by name."""
    return {name: template.plan for name, template in templates().items()}


def plan_named(name: str) -> Plan:
    """The template with this name. Raises `RequestError` (plan_unknown) naming it."""
    plan = plan_templates().get(name)
    if plan is None:
        code = "plan_unknown"
        raise RequestError(code, status=422, plan=name)
    return plan


def plan_for(occasion: Occasion, today: date, *, named: str = "", setting: str = "") -> ChosenPlan:
    """The plan of an order: the one that somebody `named`, else the court's own `setting`, else what the rules choose.

    `today` is court-local. Raises `RequestError`: `plan_unknown`; `plan_forbidden` when the named plan offers what the
    law bars for these papers whatever the procedure becomes (`methods` names it). A court's setting is for all its
    orders, so that what is barred for some of them is passed over there, step by step.
    """
    if named:
        plan = plan_named(named)
        limits = lasting_limits(occasion.papers, occasion.procedure, today, confidential=occasion.confidential)
        if barred := barred_methods(plan, limits):
            code = "plan_forbidden"
            raise RequestError(code, status=422, plan=named, methods=", ".join(barred))
        return ChosenPlan(plan, PlanReason.NAMED)
    if setting:
        return ChosenPlan(plan_named(setting), PlanReason.COURT_SETTING)
    choice = choose_plan(occasion)
    return ChosenPlan(plan_named(choice.template), choice.reason)


def occasion_of(case: Case, papers: Iterable[DocumentKind], today: date, zone: ZoneInfo) -> Occasion:
    """What the choice of a plan looks at, for papers in this case; `today` is court-local."""
    return Occasion(
        papers=frozenset(papers),
        procedure=Procedure(case.procedure),
        instance=Instance(case.instance),
        confidential=case.confidential,
        days_to_hearing=(case.hearing_at.astimezone(zone).date() - today).days if case.hearing_at else None,
    )


@cache
def frozen_text(plan: Plan) -> str:
    """What is stored on the orders that start with this plan."""
    return plan.frozen()
