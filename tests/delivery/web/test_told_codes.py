"""Every code that people may meet on a page is put into words, in both languages."""

import ast
from collections.abc import Iterable
from pathlib import Path

import pytest

from delivery.desk_work import ACTIONS
from delivery.domain import beginnings, limits
from delivery.domain.address import AddressKind, Basis
from delivery.domain.case import Instance, PartyKind, PartyRole, Procedure
from delivery.domain.event import Channel, EventKind
from delivery.domain.law.act_vocabulary import ReturnReason
from delivery.domain.law.effect import Outcome
from delivery.domain.mail import MailReason
from delivery.domain.order import AttemptStatus, OrderStatus
from delivery.domain.paper import DocumentKind
from delivery.domain.plan import Purpose
from delivery.domain.plan_choice import PlanReason
from delivery.domain.posting import PostingMeaning
from delivery.field_reports import SLIP_RESULTS, VISIT_RESULTS
from delivery.link_visiting import LinkRole
from delivery.order_life import CANCEL_REASONS, HOLD_REASONS
from delivery.outcomes import UNANSWERED
from delivery.planning import plan_templates
from delivery.reporting import MEASURES
from delivery.signing_in import Role
from delivery.web.console.orders import tier_names
from delivery.wording import knows
from tests.infrastructure.tree import ROOT, modules, name, parsed


def _desk_kinds() -> set[str]:
    """Every `kind="..."` that some module puts on the desk, and every one that a decision refers to."""
    found = set(ACTIONS)
    for path in modules("delivery", "webhooks"):
        for node in ast.walk(parsed(path)):
            if not isinstance(node, ast.Call):
                continue
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called == "put_on_desk":
                given = [k.value for k in node.keywords if k.arg == "kind"]
                found |= {str(value.value) for value in given if isinstance(value, ast.Constant)}
            if called == "Refer" and node.args and isinstance(node.args[0], ast.Constant):
                found.add(str(node.args[0].value))
    return {str(kind) for kind in found}


def _skip_reasons() -> set[str]:
    """Every code for which a tier, a step or an address may be passed over."""
    found = set()
    for module in (Path(beginnings.__file__), Path(limits.__file__)):
        for node in ast.walk(parsed(module)):
            if getattr(node, "name", "") not in {"beginning_of", "_why_not", "_passed", "barred_at", "bar"}:
                continue
            for part in ast.walk(node):
                match part:
                    case ast.Return() | ast.Dict() | ast.Call(func=ast.Name(id="Beginning" | "PassedOver")):
                        found |= {n.value for n in ast.walk(part) if isinstance(n, ast.Constant)}
    return {str(code) for code in found if isinstance(code, str) and code}


TABLES: dict[str, Iterable[str]] = {
    "journal": EventKind,
    "order_status": (*OrderStatus, "late"),
    "attempt_status": AttemptStatus,
    "outcome": Outcome,
    "channel": Channel,
    "purpose": Purpose,
    "tier": tier_names(),
    "plan": plan_templates(),
    "plan_reason": PlanReason,
    "field.meaning": PostingMeaning,
    "basis": (*Basis, "counsel"),
    "address_kind": AddressKind,
    "party_role": PartyRole,
    "party_kind": PartyKind,
    "procedure": Procedure,
    "instance": Instance,
    "paper": DocumentKind,
    "person_role": LinkRole,
    "role": Role,
    "measure": MEASURES,
    "reason": (
        *(*HOLD_REASONS, *CANCEL_REASONS, *_skip_reasons()),
        *(*VISIT_RESULTS, *SLIP_RESULTS, *MailReason, *ReturnReason, UNANSWERED),
    ),
    "desk": _desk_kinds(),
    "action": {action for actions in ACTIONS.values() for action in actions},
}


@pytest.mark.parametrize("table", TABLES)
def test_no_code_is_left_without_words(table: str) -> None:
    assert [code for code in TABLES[table] if not knows(f"{table}.{code}")] == []


def _codes_raised() -> set[tuple[str, str]]:
    """Codes of errors that a page may show: literals in what is raised, and in `code = ...` before it."""
    errors = {"RequestError", "NotFound", "Conflict", "Forbidden"}
    found = set()
    for path in modules("delivery"):
        if path.is_relative_to(ROOT / "delivery" / "domain") or "/api/" in str(path):
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in errors and node.args:
                match node.args[0]:
                    case ast.Constant(value=str(code)):
                        found.add((name(path), code))
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "code":
                match node.value:
                    case ast.Constant(value=str(code)):
                        found.add((name(path), code))
    return found


def test_every_error_that_a_page_may_show_has_words() -> None:
    raised = _codes_raised()
    assert len(raised) > 20
    assert [
        item
        for item in sorted(raised)
        if not knows(f"error.{item[1]}") and not knows(f"import.problem.{item[1]}.message")
    ] == []
