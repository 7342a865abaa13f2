"""What a person's short answer to a message sets going, besides being a fact: the same on every channel.

"Post it" and "I collect it" are read by the ladder; "I collect it" and "call me" also lie on the desk until somebody
has done them. None of them is consent, an address or service.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from delivery.domain.event import EventKind, Report
from delivery.domain.order import OrderStatus
from delivery.store.desk import put_on_desk
from delivery.store.journal import DeliveryEvent
from delivery.store.orders import Attempt, ServiceOrder

CALL_WANTED = "call_wanted"
COLLECTS = "collects_at_court"
PAPER_WANTED = "paper_wanted"
"""CPL 90: who was served electronically gets paper on request; that moves no date."""


class Choice(StrEnum):
    """What the digits and buttons of our messages stand for, apart from "not me", which is a kind of fact."""

    POST_IT = "post_it"
    I_COLLECT = "i_collect"
    CALL_ME = "call_me"


_ITEMS = {Choice.I_COLLECT: COLLECTS, Choice.CALL_ME: CALL_WANTED}


def choice_of(kind: EventKind, args: Mapping[str, object]) -> Choice | None:
    """The choice that a fact is, if it is one."""
    told = args.get("choice")
    return Choice(str(told)) if kind is EventKind.REPLIED and told in set(Choice) else None


def follow_answer(
    session: Session, order: ServiceOrder, attempt: Attempt | None, report: Report, now: datetime
) -> None:
    """Put on the desk what a person has to do about an answer."""
    choice = choice_of(report.kind, report.args)
    kind = _ITEMS.get(choice) if choice is not None else None
    if choice is Choice.POST_IT and order.status == OrderStatus.CONCLUDED:
        kind = PAPER_WANTED
    if kind is not None:
        channel = attempt.channel if attempt is not None else ""
        put_on_desk(
            session, order.court_id, kind=kind, subject=str(order.id), at=now, order_id=order.id, channel=channel
        )


def last_wish(events: Iterable[DeliveryEvent]) -> tuple[Choice, datetime] | None:
    """How the recipient last said that the papers should come, and when; a corrected paper begins anew."""
    wish: tuple[Choice, datetime] | None = None
    for event in events:
        kind = EventKind(event.kind)
        if kind is EventKind.DOCUMENT_REPLACED:
            wish = None
        elif kind is EventKind.REPLIED:
            choice = choice_of(kind, event.args)
            if choice in {Choice.POST_IT, Choice.I_COLLECT}:
                wish = (choice, event.occurred_at)
    return wish
