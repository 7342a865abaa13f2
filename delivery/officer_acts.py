"""What only a court officer may do: confirm, send back, decide otherwise, note a refusal, decide an objection.

Each act is one fact in the journal with who did it. What was decided otherwise reaches the law engine as a ruling about
one act, so that no later look at the order turns it round. Nobody outside the court can do any of this, whichever door
they come through.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.domain.errors import Conflict, Forbidden, RequestError
from delivery.domain.event import EventKind, Report
from delivery.domain.order import OrderStatus
from delivery.officer_reading import acts_in_doubt, mark_of, note_is_missing
from delivery.signing_in import Role
from delivery.store.accounts import Membership
from delivery.store.desk import DeskItem, put_on_desk
from delivery.store.order_list import EFFECTIVE
from delivery.store.orders import Attempt, ServiceOrder
from delivery.tracking import record_fact

LONGEST_REASON = 400
OFFICER_ROLES = frozenset({"court_officer"})
# Whoever works for the contractor or a firm is no officer, even with a second post in the court.
OUTSIDE_ROLES = frozenset({Role.DISPATCHER, Role.FIELD_SERVER, Role.LAW_FIRM, Role.CALLER})
# Kind of item -> what an officer may do about it, the usual act first.
OFFICER_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "confirm_outcome": ("confirm", "send_back", "decide_otherwise"),
    "approve_notice": ("approve_notice", "send_back", "decline_notice"),
    "court_review": ("write_note", "decide_otherwise", "send_back"),
    "objection": ("dismiss", "uphold"),
    "contradiction": ("stands", "decide_otherwise"),
    "effect_changed": ("accept", "decide_otherwise"),
}
OFFICER_ONLY = frozenset(action for actions in OFFICER_ACTIONS.values() for action in actions)
# These ask for more than a click and a reason: they are done on the officer's own page.
ON_OFFICERS_PAGE = frozenset({"write_note", "decide_otherwise", "uphold"})
# The marks of a doubt about a day that the court has already taken for good.
DOUBTS = frozenset({"objection", "contradiction", "effect_changed"})
_NEED_REASON = frozenset({"send_back", "decide_otherwise", "uphold", "dismiss", "stands"})


class Presence(StrEnum):
    """How the officer saw the act: on the spot, by live video, or only from what was recorded of it."""

    PRESENT = "present"
    LIVE_VIDEO = "live_video"
    AFTERWARDS = "afterwards"


@dataclass(frozen=True, slots=True)
class OfficerAct:
    """What an officer says besides the action and the reason. All of it is optional for programs.

    `seen`: the mark of the facts that the page showed. `noter`: as what the note on a refusal is signed (judge, clerk).
    `outcome` (SERVED, NOT_SERVED) and `effective_on`: what is decided instead. `certificate`: the sha256 of the
    exhaustion certificate that an approval rests on, filled in when it is drawn up.
    """

    presence: Presence = Presence.AFTERWARDS
    noter: str = "clerk"
    outcome: str = ""
    effective_on: date | None = None
    seen: str = ""
    certificate: str = ""


def require_officer(session: Session, by: UUID | None, roles: frozenset[str]) -> None:
    """Raise `Forbidden` unless this is a court officer without a post outside the court.

    `by` None is a program, whose key carries the role.
    """
    if not roles & OFFICER_ROLES:
        raise Forbidden("court_officer_only")
    if by is None:
        return
    held = session.scalars(select(Membership.role).where(Membership.account_id == by, Membership.ended_at.is_(None)))
    if OUTSIDE_ROLES.intersection(held):
        raise Forbidden("officer_is_outsider")


def is_officers(item: DeskItem, order: ServiceOrder | None, action: str) -> bool:
    """Whether only an officer may settle this item so: a doubt about a day that counts is never just "seen to"."""
    counts = order is not None and order.outcome in EFFECTIVE
    return action in OFFICER_ONLY or (item.kind in DOUBTS and counts)


def check_act(
    session: Session, order: ServiceOrder | None, item: DeskItem, action: str, reason: str, act: OfficerAct
) -> None:
    """Whether the act can be done on these facts.

    Raises `RequestError` (reason_missing, decision_unclear, act_unknown) or `Conflict("facts_changed")`.
    """
    if action in _NEED_REASON and not reason.strip():
        raise RequestError("reason_missing", status=422)
    if order is None:
        return
    if act.seen and act.seen != mark_of(session, order):
        raise Conflict("facts_changed")
    if action == "confirm" and item.subject.rpartition(":")[2] != order.effect.get("fingerprint"):
        raise Conflict("facts_changed")
    if action in {"decide_otherwise", "uphold"}:
        _check_decision(order, act)
    if action == "write_note" and (not note_is_missing(order) or act.noter not in {"judge", "clerk"}):
        raise RequestError("act_unknown", status=422)


def _check_decision(order: ServiceOrder, act: OfficerAct) -> None:
    if act.outcome not in {"SERVED", "NOT_SERVED"} or (act.outcome == "SERVED") != (act.effective_on is not None):
        raise RequestError("decision_unclear", status=422)
    if _decided_act(order) is None:
        raise RequestError("act_unknown", status=422)


def do_act(
    session: Session,
    order: ServiceOrder,
    item: DeskItem,
    action: str,
    reason: str,
    act: OfficerAct,
    *,
    by: UUID | None,
    now: datetime,
) -> None:
    """Write the act down. The order is locked, and `check_act` has passed."""
    journal = _Journal(session, order, item, by, reason.strip()[:LONGEST_REASON], now)
    match action:
        case "confirm" | "accept":
            journal.confirm(act.presence)
        case "send_back":
            journal.send_back()
        case "approve_notice":
            journal.write(EventKind.NOTICE_APPROVED, certificate=act.certificate)
        case "decline_notice":
            journal.write(EventKind.NOTICE_DECLINED)
        case "write_note":
            for act_id in acts_in_doubt(order):
                journal.write(EventKind.OFFICER_NOTED, act_id, act=act_id, noted_by=act.noter, presence=act.presence)
        case "dismiss" | "stands":
            journal.write(EventKind.DOUBT_DECIDED, doubt=item.kind, decision="dismissed")
        case "uphold":
            journal.write(EventKind.DOUBT_DECIDED, doubt=item.kind, decision="upheld")
            journal.decide_otherwise(act)
        case "decide_otherwise":
            journal.decide_otherwise(act)
        case _:
            message = f"{action} is no act of an officer"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class _Journal:
    """One officer's pen over one order's journal."""

    session: Session
    order: ServiceOrder
    item: DeskItem
    by: UUID | None
    reason: str
    now: datetime

    def write(self, kind: EventKind, act_id: str = "", **args: Any) -> None:  # noqa: ANN401 -- codes of any shape
        """One fact, once per item and act; the officer's own words lie sealed beside it."""
        if self.by is not None:
            args["by"] = str(self.by)
        report = Report(
            kind,
            f"desk:{self.item.id}:{kind}:{act_id}"[:120],
            self.now,
            args=args,
            detail={"note": self.reason} if self.reason else {},
        )
        attempt = _attempt(self.session, self.order, act_id)
        record_fact(self.session, self.order, report, now=self.now, attempt=attempt)

    def confirm(self, presence: Presence) -> None:
        """The engine's answer stands; `presence` says how much the officer saw of the act itself."""
        fingerprint = self.order.effect.get("fingerprint", "")
        self.order.confirmed_by, self.order.confirmed_at = self.by, self.now
        self.write(EventKind.OUTCOME_CONFIRMED, fingerprint=fingerprint, presence=presence)

    def send_back(self) -> None:
        """The contractor's desk gets it with the reason; until it is handed in again nobody asks the officer."""
        put_on_desk(
            self.session,
            self.order.court_id,
            kind="sent_back",
            subject=self.item.subject,
            at=self.now,
            order_id=self.order.id,
            asked=self.item.kind,
            said=self.reason,
        )
        self.write(EventKind.OUTCOME_SENT_BACK, asked=self.item.kind)

    def decide_otherwise(self, act: OfficerAct) -> None:
        """A ruling about the deciding act. What it takes away from a concluded order is served anew."""
        on = act.effective_on.isoformat() if act.effective_on else ""
        decided = _decided_act(self.order)
        self.write(
            EventKind.OUTCOME_DECIDED,
            act=decided,
            outcome=act.outcome,
            effective_on=on,
            presence=act.presence,
        )
        if act.outcome == "NOT_SERVED" and self.order.status == OrderStatus.CONCLUDED:
            self.write(EventKind.ORDER_REOPENED)


def hand_in_again(session: Session, order: ServiceOrder, item: DeskItem, note: str, now: datetime) -> None:
    """The contractor has done what was asked: the officer's question is open again, with the answer beside it."""
    asked = str(item.args["asked"])
    subject = item.subject.removeprefix(f"sent_back:{asked}:")
    put_on_desk(
        session, order.court_id, kind=asked, subject=subject, at=now, order_id=order.id, answered=note[:LONGEST_REASON]
    )


def _decided_act(order: ServiceOrder) -> str | None:
    """The act that a decision is about: the one that fixed the day, else the first in doubt."""
    by_act = order.effect.get("by_act")
    return str(by_act) if by_act else next(iter(acts_in_doubt(order)), None)


def _attempt(session: Session, order: ServiceOrder, act_id: str) -> Attempt | None:
    """The attempt that an act of the law engine is part of; its id begins with the attempt's."""
    return session.get(Attempt, (order.court_id, UUID(act_id[:36]))) if act_id else None
