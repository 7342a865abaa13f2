"""Settling what lies on the desk: each kind of item has its actions, each action who may take it and what it does."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.domain.errors import Conflict, Forbidden, NotFound, RequestError
from delivery.domain.event import EventKind, Report
from delivery.domain.order import AttemptStatus
from delivery.domain.search import Source
from delivery.exhausting import issue
from delivery.mail_following import SIGNERS
from delivery.outcomes import put_off
from delivery.party_merging import merge
from delivery.runtime import Runtime
from delivery.searching import ask_again, open_searches, required_of, start_searches
from delivery.store.desk import DeskItem
from delivery.store.orders import Attempt, ServiceOrder, lock_order
from delivery.store.tasks import Task, schedule
from delivery.tracking import record_fact

# kind of item -> actions that settle it, the usual one first. "done" means: a person has seen to it.
ACTIONS: dict[str, tuple[str, ...]] = {
    "confirm_outcome": ("confirm", "send_back"),
    "court_review": ("serve_again", "done"),
    "approve_notice": ("approve_notice", "decline_notice"),
    "ladder_exhausted": ("done",),
    "outcome_unknown": ("was_sent", "was_not_sent"),
    "papers_missing": ("done",),
    "provider_paused": ("done",),
    "contradiction": ("done",),
    "effect_changed": ("reopen", "done"),
    "task_buried": ("run_again", "done"),
    "party_candidate": ("same", "different"),
    "who_signed": tuple(SIGNERS),
    "search_overdue": ("ask_again",),
    "search_address": ("start_search", "done"),
}
_OTHERS = ("done",)
OFFICER_ONLY = frozenset({"confirm", "send_back", "approve_notice", "decline_notice"})
OFFICER_ROLES = frozenset({"court_officer"})

_FACTS = {
    "confirm": EventKind.OUTCOME_CONFIRMED,
    "approve_notice": EventKind.NOTICE_APPROVED,
    "decline_notice": EventKind.NOTICE_DECLINED,
    "reopen": EventKind.ORDER_REOPENED,
}


def actions_of(kind: str) -> tuple[str, ...]:
    """What can be done about an item of this kind."""
    return ACTIONS.get(kind, _OTHERS)


def resolve_item(
    runtime: Runtime,
    session: Session,
    court_id: UUID,
    item_id: UUID,
    *,
    action: str,
    reason: str,
    by: UUID | None,
    roles: frozenset[str],
    now: datetime,
) -> DeskItem:
    """Settle one item.

    Raises `NotFound`, `Conflict` (somebody was faster), `Forbidden` (a court officer's act), `RequestError`.
    """
    item = session.get(DeskItem, (court_id, item_id), with_for_update=True, populate_existing=True)
    if item is None:
        raise NotFound
    if item.closed_at is not None:
        code = "item_already_settled"
        raise Conflict(code, resolution=item.resolution)
    if action not in actions_of(item.kind):
        code = "action_unknown"
        raise RequestError(code, status=422, allowed=", ".join(actions_of(item.kind)))
    if action in OFFICER_ONLY and not roles & OFFICER_ROLES:
        code = "court_officer_only"
        raise Forbidden(code)
    item.closed_at, item.closed_by, item.resolution, item.note = now, by, action, reason[:400]
    session.flush()
    if action == "same":
        merge(session, court_id, UUID(str(item.args["party"])), UUID(str(item.args["candidate"])), by=by, now=now)
    order = lock_order(session, court_id, item.order_id) if item.order_id else None
    if order is not None:
        _act(runtime, session, order, item, action, by, now)
    elif action == "run_again":
        _run_again(session, item, now)
    return item


def _act(
    runtime: Runtime, session: Session, order: ServiceOrder, item: DeskItem, action: str, by: UUID | None, now: datetime
) -> None:
    args: dict[str, str] = {"by": str(by)} if by else {}
    if action == "approve_notice":
        args["certificate"] = issue(runtime, session, order, now)
    if action == "start_search":
        start_searches(runtime, session, order, required_of(session, order), by=by, now=now)
    if action == "ask_again":
        for row in open_searches(session, order, Source(str(item.args["source"]))):
            ask_again(runtime, session, order.court_id, row.id, by=by, now=now)
    if action in {"was_sent", "was_not_sent"}:
        _settle_unknown(session, order, item, action, args, now)
    if action == "confirm":
        # What was confirmed is what the item asked about, whatever the law engine says by now.
        args["fingerprint"] = item.subject.rpartition(":")[2]
        order.confirmed_by, order.confirmed_at = by, now
    if action in SIGNERS:
        _name_signer(session, order, item, action, args, now)
        return
    kind = _FACTS.get(action)
    if kind is not None:
        record_fact(session, order, Report(kind, f"desk:{item.id}", now, args=args), now=now)
    else:
        schedule(session, order.court_id, "advance_order", order.id, due_at=now, created_at=now)


def _name_signer(
    session: Session, order: ServiceOrder, item: DeskItem, action: str, args: dict[str, str], now: datetime
) -> None:
    """Who signed for a mail, as a fact about that mail; the slip alone makes it service."""
    attempt = session.get_one(Attempt, (order.court_id, UUID(item.subject.rpartition(":")[2])))
    fact = Report(
        EventKind.SIGNER_NAMED, f"desk:{item.id}", now, args={**args, "signer": dict(SIGNERS[action]), "answer": action}
    )
    record_fact(session, order, fact, now=now, attempt=attempt)


def _settle_unknown(
    session: Session, order: ServiceOrder, item: DeskItem, action: str, args: dict[str, str], now: datetime
) -> None:
    """A person found out what no machine could tell: the message went out, or it did not and may go now."""
    attempt = session.get(Attempt, (order.court_id, UUID(item.subject.rpartition(":")[2])))
    if attempt is None or attempt.status != AttemptStatus.UNKNOWN:
        return
    if action == "was_not_sent":
        put_off(session, attempt, now, now)
        return
    report = Report(EventKind.SUBMITTED, f"desk:{item.id}", attempt.submitted_at or now, args=args)
    record_fact(session, order, report, now=now, attempt=attempt)


def _run_again(session: Session, item: DeskItem, now: datetime) -> None:
    """Give a buried task five new tries."""
    task = session.get(Task, UUID(str(item.args["task"])))
    if task is not None and task.status == "buried":
        task.status, task.tries, task.due_at = "ready", 0, now
