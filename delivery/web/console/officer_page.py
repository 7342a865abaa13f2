"""What the page of one question to an officer shows: the act, the articles, the evidence, and what would undo it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.domain.event import EventKind
from delivery.officer_reading import Confirmed, acts_in_doubt, confirmation_of, mark_of, weaknesses_of
from delivery.store.desk import DeskItem
from delivery.store.evidence import Evidence
from delivery.store.officer_list import OfficerRow
from delivery.store.orders import Attempt
from delivery.web.console.order_reading import OrderView, masked, read_order
from delivery.web.console.reasoning import Reasoning, reasoning_of
from delivery.web.narrating import Line, names_of, narrate
from delivery.web.rendering import instant, t, word

# What tells of the act itself: where, by whom, how. The rest of the attempt is its evidence.
_THE_ACT = frozenset(
    {
        EventKind.VISITED,
        EventKind.NOTICE_POSTED,
        EventKind.NOTICE_PUBLISHED,
        EventKind.SLIP_RECORDED,
        EventKind.POST_RETURNED,
        EventKind.POST_DELIVERED,
        EventKind.LINK_OPENED,
        EventKind.READ,
        EventKind.REPLIED,
        EventKind.ACKNOWLEDGED,
        EventKind.CALLED,
        EventKind.DELIVERED,
    }
)
_OF_DOUBT = ("objection", "contradiction", "effect_changed")


@dataclass(frozen=True, slots=True)
class Doubt:
    """An objection or contradiction: what it says, when, and how it was decided, if it was."""

    text: str
    at: str
    decided: str


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that a question turns on. `defeaters` are pairs of words and whether somebody raised it."""

    view: OrderView
    reasoning: Reasoning
    attempt: Attempt | None
    where: str
    act: Line | None
    lines: Sequence[Line]
    files: Sequence[Evidence]
    defeaters: Sequence[tuple[str, bool]]
    doubts: Sequence[Doubt]
    confirmed: str
    mark: str


def question_of(session: Session, row: OfficerRow) -> Question:
    """The question with its order, read in a fixed number of queries."""
    order = row.order
    view = read_order(session, order.court_id, order.id)
    attempt = _attempt(row.item, view)
    events = [event for event in view.events if attempt is not None and event.attempt_id == attempt.id]
    telling = [event for event in events if event.kind in _THE_ACT]
    address = view.address_by_id.get(attempt.address_id) if attempt is not None and attempt.address_id else None
    files = select(Evidence).where(Evidence.court_id == order.court_id, Evidence.order_id == order.id)
    return Question(
        view=view,
        reasoning=reasoning_of(order.effect, weaknesses_of(order, view.events)),
        attempt=attempt,
        where=masked(address.kind, address.value or "") if address is not None else "",
        act=next(iter(narrate(session, telling[-1:], view.channels)), None),
        lines=narrate(session, events, view.channels),
        files=list(session.scalars(files.order_by(Evidence.created_at, Evidence.id))),
        defeaters=_defeaters(view),
        doubts=doubts_in_words(session, view),
        confirmed=confirmed_words(session, confirmation_of(order, view.events)),
        mark=mark_of(session, order),
    )


def _attempt(item: DeskItem, view: OrderView) -> Attempt | None:
    """The attempt that is in question: what fixed the day, what is in doubt, or what the item itself names."""
    named = item.subject.rpartition(":")[2] if item.kind == "contradiction" else ""
    act = named or str(view.order.effect.get("by_act") or "") or next(iter(acts_in_doubt(view.order)), "")
    return next((attempt for attempt in view.attempts if act and act.startswith(str(attempt.id))), None)


def _defeaters(view: OrderView) -> list[tuple[str, bool]]:
    raised = {str(event.args.get("objection", "")) for event in view.events if event.kind == EventKind.OBJECTED}
    codes = view.order.effect.get("defeaters", [])
    return [(word("law.defeater", code), code in raised) for code in codes] if isinstance(codes, list) else []


def doubts_in_words(session: Session, view: OrderView) -> list[Doubt]:
    """The objections and contradictions of an order, decided or not, oldest first."""
    items = session.scalars(
        select(DeskItem)
        .where(
            DeskItem.court_id == view.order.court_id,
            DeskItem.order_id == view.order.id,
            DeskItem.kind.in_(_OF_DOUBT),
        )
        .order_by(DeskItem.opened_at, DeskItem.id)
    )
    return [
        Doubt(
            text=" · ".join(
                part for part in (word("desk", item.kind), word("reason", item.args.get("objection", ""))) if part
            ),
            at=instant(item.opened_at),
            decided=word("action", item.resolution) if item.closed_at else "",
        )
        for item in items
    ]


def confirmed_words(session: Session, confirmed: Confirmed | None) -> str:
    """Who confirmed, when, and how much of the act that officer saw; empty when nobody has."""
    if confirmed is None:
        return ""
    name = names_of(session, [confirmed.by]).get(confirmed.by, "") or t("officer.program")
    told = t("officer.confirmed", name=name, at=instant(confirmed.at))
    return f"{told} · {word('presence', confirmed.presence)}" if confirmed.presence else told


def settled_words(session: Session, item: DeskItem) -> str:
    """Who was faster, and what they decided."""
    at = instant(item.closed_at)
    if item.closed_by is None and item.resolution == "settled_by_itself":
        return t("officer.settled_by_itself", at=at)
    name = name_of(session, item.closed_by)
    return t("officer.settled", name=name, at=at, action=word("action", item.resolution))


def name_of(session: Session, account_id: UUID | None) -> str:
    """The name of an account, or that a program did it."""
    return names_of(session, [account_id]).get(str(account_id), "") or t("officer.program")
