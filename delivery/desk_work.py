"""Settling what lies on the desk: each kind of item has its actions, each action who may take it and what it does."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.answering import COLLECTS
from delivery.attempt_planning import send_new_link
from delivery.counter import hand_over
from delivery.docket_changes import DESK_KIND
from delivery.domain.errors import Conflict, NotFound, RequestError
from delivery.domain.event import EventKind, Report
from delivery.domain.order import AttemptStatus
from delivery.domain.search import Source
from delivery.exhausting import issue
from delivery.field_syncing import HELD, take_held
from delivery.hint_checking import ANSWER_UNCONFIRMED, take_answer
from delivery.mail_following import SIGNERS
from delivery.officer_acts import (
    OFFICER_ACTIONS,
    OFFICER_ONLY,
    ON_OFFICERS_PAGE,
    OfficerAct,
    check_act,
    do_act,
    hand_in_again,
    is_officers,
    require_officer,
)
from delivery.outcomes import put_off
from delivery.party_merging import merge
from delivery.photo_proving import REVIEW
from delivery.runtime import Runtime
from delivery.searching import ask_again, open_searches, required_of, start_searches
from delivery.signing_in import Role
from delivery.store.desk import DeskItem
from delivery.store.orders import Attempt, ServiceOrder, lock_order
from delivery.store.tasks import Task, schedule
from delivery.tracking import record_fact

# kind of item -> actions that settle it, the usual one first. "done" means: a person has seen to it.
ACTIONS: dict[str, tuple[str, ...]] = {
    **OFFICER_ACTIONS,
    "court_review": ("serve_again", *OFFICER_ACTIONS["court_review"], "done"),
    "contradiction": (*OFFICER_ACTIONS["contradiction"], "done"),
    "effect_changed": ("reopen", *OFFICER_ACTIONS["effect_changed"], "done"),
    "sent_back": ("hand_in_again",),
    "ladder_exhausted": ("done",),
    "entrust_service": ("entrusted", "done"),
    "fast_track_unserved": ("done",),
    "outcome_unknown": ("was_sent", "was_not_sent"),
    "link_expired": ("send_link", "done"),
    "papers_missing": ("done",),
    "provider_paused": ("done",),
    ANSWER_UNCONFIRMED: ("take_answer", "done"),
    "task_buried": ("run_again", "done"),
    "party_candidate": ("same", "different"),
    "who_signed": tuple(SIGNERS),
    "search_overdue": ("ask_again",),
    COLLECTS: ("handed_over", "did_not_come"),
    "search_address": ("start_search", "done"),
    HELD: ("take_report", "done"),
    REVIEW: (),  # on the page of the photos, by a supervisor
    DESK_KIND: (),  # on the page of the import, row by row
}
_OTHERS = ("done",)


def actions_of(kind: str) -> tuple[str, ...]:
    """What can be done about an item of this kind."""
    return ACTIONS.get(kind, _OTHERS)


def buttons_of(item: DeskItem, order: ServiceOrder | None, role: Role | None) -> tuple[str, ...]:
    """What somebody in this role may do about an item with one click; the rest has a page of its own."""
    officer = role is Role.COURT_OFFICER
    return tuple(
        action
        for action in actions_of(item.kind)
        if action not in ON_OFFICERS_PAGE and (officer or not is_officers(item, order, action))
    )


def resolve_item(  # noqa: PLR0913 -- who, what, why and when of one act
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
    officer: OfficerAct | None = None,
) -> DeskItem:
    """Settle one item. `officer` is what a court officer says besides.

    Raises `NotFound`, `Conflict` (somebody was faster, or the facts changed), `Forbidden` (a court officer's act),
    `RequestError`.
    """
    item, order = _locked(session, court_id, item_id)
    if item.closed_at is not None:
        code = "item_already_settled"
        raise Conflict(code, resolution=item.resolution)
    if action not in actions_of(item.kind):
        code = "action_unknown"
        raise RequestError(code, status=422, allowed=", ".join(actions_of(item.kind)))
    if is_officers(item, order, action):
        require_officer(session, by, roles)
        check_act(session, order, item, action, reason, officer or OfficerAct())
    if action == "approve_notice" and order is not None:
        officer = replace(officer or OfficerAct(), certificate=issue(runtime, session, order, now))
    item.closed_at, item.closed_by, item.resolution, item.note = now, by, action, reason[:400]
    session.flush()
    if action == "same":
        merge(session, court_id, UUID(str(item.args["party"])), UUID(str(item.args["candidate"])), by=by, now=now)
    if order is not None:
        if action in OFFICER_ONLY:
            do_act(session, order, item, action, reason, officer or OfficerAct(), by=by, now=now)
        elif action == "take_answer":
            take_answer(session, order, item.args, by=by, now=now)
        else:
            _act(runtime, session, order, item, action, by, now)
    elif action == "run_again":
        _run_again(session, item, now)
    return item


def _locked(session: Session, court_id: UUID, item_id: UUID) -> tuple[DeskItem, ServiceOrder | None]:
    """The item and its order, both locked: the order first, as everybody who changes an order does.

    Raises `NotFound`.
    """
    found = session.get(DeskItem, (court_id, item_id))
    if found is None:
        raise NotFound
    order = lock_order(session, court_id, found.order_id) if found.order_id else None
    session.refresh(found, with_for_update=True)
    return found, order


def _act(
    runtime: Runtime, session: Session, order: ServiceOrder, item: DeskItem, action: str, by: UUID | None, now: datetime
) -> None:
    args: dict[str, str] = {"by": str(by)} if by else {}
    if action == "handed_over":
        hand_over(session, order, by=by, now=now)
    if action == "did_not_come":
        schedule(session, order.court_id, "advance_order", order.id, due_at=now, created_at=now)
    if action == "send_link":
        send_new_link(runtime, session, order, UUID(item.subject.rpartition(":")[2]), by=by, now=now)
    if action == "start_search":
        start_searches(runtime, session, order, required_of(session, order), by=by, now=now)
    if action == "ask_again":
        for row in open_searches(session, order, Source(str(item.args["source"]))):
            ask_again(runtime, session, order.court_id, row.id, by=by, now=now)
    if action == "take_report":
        take_held(session, order.court_id, UUID(item.subject.rpartition(":")[2]), now)
    if action in {"was_sent", "was_not_sent"}:
        _settle_unknown(session, order, item, action, args, now)
    if action in SIGNERS:
        _name_signer(session, order, item, action, args, now)
        return
    if action == "hand_in_again":
        hand_in_again(session, order, item, item.note, now)
    if action == "reopen":
        record_fact(session, order, Report(EventKind.ORDER_REOPENED, f"desk:{item.id}", now, args=args), now=now)
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
