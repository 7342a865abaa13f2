"""Plan templates: read from the package, chosen for an order, frozen onto it when it starts."""

import tomllib
from functools import cache
from importlib.resources import files

from delivery.domain.errors import RequestError
from delivery.domain.plan import Plan, read_plan

DEFAULT = "standard"


@cache
def plan_templates() -> dict[str, Plan]:
    """All templates by name."""
    found: dict[str, Plan] = {}
    for entry in sorted(files("delivery.plans").iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".toml"):
            plan = read_plan(tomllib.loads(entry.read_text(encoding="utf-8")))
            found[plan.name] = plan
    return found


def plan_named(name: str) -> Plan:
    """The template with this name. Raises `RequestError` (plan_unknown) naming it."""
    plan = plan_templates().get(name)
    if plan is None:
        code = "plan_unknown"
        raise RequestError(code, status=422, plan=name)
    return plan


@cache
def frozen_text(plan: Plan) -> str:
    """What is stored on the orders that start with this plan."""
    return plan.frozen()
