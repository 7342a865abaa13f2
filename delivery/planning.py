"""Plan templates: read from the package, chosen for an order, frozen onto it when it starts.

Which template an order gets is decided in the rules (`domain.plan_choice`); here it is looked up, and a plan that
somebody named is refused when the law bars what it offers.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.domain.case import Instance, Procedure
from delivery.domain.errors import RequestError
from delivery.domain.event import EventKind, Report
from delivery.domain.paper import DocumentKind
from delivery.domain.plan import Plan
from delivery.domain.plan_choice import (
    FIXED,
    Occasion,
    PlanReason,
    Template,
    barred_methods,
    choose_plan,
    lasting_limits,
    read_template,
)
from delivery.store.cases import Case
from delivery.store.courts import Court
from delivery.store.journal import DeliveryEvent
from delivery.store.orders import ServiceOrder, documents_of
from delivery.tracking import record_fact

FAST_TRACK = "fast_track"
_PLANNED_BY = (EventKind.ORDER_OPENED, EventKind.PLAN_CHANGED)


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


def reason_of(events: Iterable[DeliveryEvent]) -> PlanReason | None:
    """Why an order has its plan, from its journal; None for one that was opened before reasons were kept."""
    told = [event.args.get("plan_reason") for event in events if event.kind in _PLANNED_BY]
    return PlanReason(told[-1]) if told and told[-1] else None


def replan(session: Session, order: ServiceOrder, case: Case, *, by: UUID | None, now: datetime) -> bool:
    """Give a locked order the plan that its case's hearing asks for now; whether that is another one than before.

    Only to the fast track and back: what was tried stays tried, and the rest of a ladder is not begun anew. What
    somebody named stays, and so does the plan of an order that never said why it has it.
    """
    events = session.scalars(
        select(DeliveryEvent)
        .where(
            DeliveryEvent.court_id == order.court_id,
            DeliveryEvent.order_id == order.id,
            DeliveryEvent.kind.in_(_PLANNED_BY),
        )
        .order_by(DeliveryEvent.sequence)
    )
    reason = reason_of(events)
    if reason is None or reason in FIXED:
        return False
    zone = ZoneInfo(session.get_one(Court, order.court_id).time_zone)
    today = now.astimezone(zone).date()
    papers = {DocumentKind(paper.kind) for paper in documents_of(session, order.court_id, order.id)}
    chosen = plan_for(occasion_of(case, papers, today, zone), today)
    if chosen.plan.name == order.plan_name or FAST_TRACK not in {chosen.plan.name, order.plan_name}:
        return False
    order.plan, order.plan_name = frozen_text(chosen.plan), chosen.plan.name
    args = {"plan": chosen.plan.name, "plan_reason": str(chosen.reason), "by": str(by or "")}
    record_fact(session, order, Report(EventKind.PLAN_CHANGED, "", now, args=args), now=now)
    return True


@cache
def frozen_text(plan: Plan) -> str:
    """What is stored on the orders that start with this plan."""
    return plan.frozen()
