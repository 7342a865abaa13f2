"""Writes `docs/plans.md` from the plan templates and the register of rules: run it after either changed."""

from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

from delivery.domain.case import Instance, Procedure
from delivery.domain.law.rules import RULES
from delivery.domain.limits import Method
from delivery.domain.paper import DocumentKind
from delivery.domain.plan import Condition, Days, Step, Tier
from delivery.domain.plan_choice import Occasion, Template, choose_plan
from delivery.explaining import say_rule
from delivery.planning import templates
from delivery.wording import say

PAGE = Path(__file__).parent.parent / "docs" / "plans.md"

HEAD = """\
# Plans

Written by `tools/write_plans.py` from `delivery/plans/*.toml`, the choice in `delivery/domain/plan_choice.py` and the
register of rules; a test holds that it is up to date.

An order gets its plan when it is opened, and the plan is frozen onto it: editing a template never changes a running
order. Nobody names a plan as a rule. The papers, the procedure, secrecy and the hearing choose it, in this order, and
the page of the order says why. A docket's program may name one over the API (`plan`), a court may set one for all its
orders; a named plan that offers what the law bars for the papers is refused (`plan_forbidden`). Whatever the plan, no
step begins that the law engine would call no service: it is passed over, with its reason, on the timeline. A hearing
that is moved to within seven days puts an order on the fast track, one that is moved away takes it off again.

Visits and postings are made in the court's own area (its setting `area`: names of provinces, cities or counties). A
door elsewhere is passed over (`outside_area`), mail goes there, and the desk is asked whether to entrust the court of
that place (CPL 91).

## Which plan

| plan | chosen for |
|---|---|
"""

WHAT = """
## What each plan never offers

| plan | never | by |
|---|---|---|
"""

LADDERS = """
## The ladders

Waits are working days of the court's calendar unless it says *calendar days*; a near hearing shortens working days.
"""

POSTINGS = """
## What a posting means

Said before anybody leaves (`delivery/domain/posting.py`), shown on the list and the form of field staff, and kept with
the attempt. A report never makes more of it, except that somebody at the door refuses.

| meaning | when | in law |
|---|---|---|
| `left_in_place` | somebody there refuses; never a mediation statement | serves that day (CPL 89) |
| `left_at_address` | the party's own address, or a presumed one of a party that dodges | may serve (OP19 7, 8) |
| `public_notice` | part of an approved public notice, where the law knows one | counts with the notice (INT 138) |
| `visit_card` | any other door; always in a confidential case | serves nobody, and leads to the address search |
"""


def page() -> str:
    """The whole document."""
    known = templates()
    order = sorted(known, key=lambda name: (name != "standard", name == "mail-only", name))
    chosen = _reasons()
    return "".join(
        [
            HEAD,
            *(f"| `{name}` {say('zh', f'plan.{name}')} | {_meant(name, chosen)} |\n" for name in order),
            WHAT,
            *(row for name in order for row in _never(known[name])),
            LADDERS,
            *(line for name in order for line in _ladder(known[name])),
            POSTINGS,
        ]
    )


def _reasons() -> dict[str, list[str]]:
    """Template -> the reasons for which it is chosen, from the choice itself."""
    found: dict[str, dict[str, None]] = {}
    for paper, procedure, instance, confidential, days in product(
        DocumentKind, Procedure, Instance, (False, True), (None, 0)
    ):
        choice = choose_plan(Occasion(frozenset({paper}), procedure, instance, confidential, days))
        found.setdefault(choice.template, {})[choice.reason] = None
    return {name: list(reasons) for name, reasons in found.items()}


def _meant(name: str, chosen: dict[str, list[str]]) -> str:
    reasons = sorted(chosen.get(name, ()))
    if not reasons:
        return "nothing by itself; for comparing policies"
    return "; ".join(
        f"{say('en', f'plan_reason.{reason}')} · {say('zh', f'plan_reason.{reason}')}" for reason in reasons
    )


def _never(template: Template) -> Iterator[str]:
    name = template.plan.name
    for never in template.never:
        posting = never.method is Method.LEFT_IN_PLACE
        method = "leaving papers by a posting at the door" if posting else say("en", f"law.method.{never.method}")
        yield f"| `{name}` | {method} | {_articles(never.rules)} |\n"
    if template.consent_rules:
        yield f"| `{name}` | electronic service without consent | {_articles(template.consent_rules)} |\n"


def _articles(rules: Iterable[str]) -> str:
    return "; ".join(f"{rule} {say_rule(rule, 'zh', short=True)}" if rule in RULES else rule for rule in rules)


def _ladder(template: Template) -> Iterator[str]:
    plan = template.plan
    yield f"\n### {say('en', f'plan.{plan.name}')} (`{plan.name}`, version {plan.version})\n\n"
    if plan.refer_after_days is not None:
        yield f"Not served after {plan.refer_after_days} calendar days: the desk.\n\n"
    yield "| tier | begins | steps | waits |\n|---|---|---|---|\n"
    for tier in plan.tiers:
        yield f"| `{tier.name}` | {_begins(tier)} | {'; '.join(map(_step, tier.steps))} | {_waits(tier)} |\n"


def _begins(tier: Tier) -> str:
    return {
        Condition.ALWAYS: "in its turn",
        Condition.ADDRESS_REUSED: "with an address from another case",
        Condition.REPRESENTED: "with counsel's firm",
        Condition.MAIL_CAME_BACK: "after mail came back",
        Condition.APPROVED: "on a court officer's decision",
    }[tier.when]


def _step(step: Step) -> str:
    told = f"{step.channel}: {say('en', f'purpose.{step.purpose}').lower()}"
    more = [
        f"{step.tries} tries" if step.tries > 1 else "",
        f"after {step.after_days} day" if step.after_days else "",
        "to the firm" if step.pool == "firm" else "",
    ]
    added = ", ".join(part for part in more if part)
    return f"{told} ({added})" if added else told


def _waits(tier: Tier) -> str:
    return f"{tier.wait_days} calendar days" if tier.counts is Days.CALENDAR else f"{tier.wait_days}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
