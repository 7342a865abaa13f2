"""The service sheet of a case (送达情况表): one printed page that a judge reads before a default judgment.

A row for every order of every recipient: outcome, day, articles, evidence, who confirmed it and how. What forbids a
default judgment stands at the top in both languages, whatever the language of the page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from delivery.domain.errors import NotFound
from delivery.domain.order import OrderStatus
from delivery.officer_reading import acts_in_doubt, confirmation_of, doubts_of, weaknesses_of
from delivery.store.cases import Case
from delivery.store.desk import DeskItem
from delivery.store.order_list import EFFECTIVE
from delivery.store.orders import ServiceOrder
from delivery.web.console.officer_page import Doubt, confirmed_words, doubts_in_words
from delivery.web.console.order_reading import OrderView, read_order
from delivery.web.console.reasoning import Reasoning, reasoning_of
from delivery.web.narrating import Line, narrate
from delivery.web.rendering import page as render
from delivery.web.request_state import court_id, note_read, now, session
from delivery.wording import LANGUAGES, say

blueprint = Blueprint("service_sheet", __name__)
_MOST_ORDERS = 200


@dataclass(frozen=True, slots=True)
class Served:
    """One order on the sheet. `default` is the code of what it means for a default judgment."""

    view: OrderView
    reasoning: Reasoning
    lines: Sequence[Line]
    confirmed: str
    doubts: Sequence[Doubt]
    default: str

    @property
    def name(self) -> str:
        """The recipient."""
        return self.view.party.name or ""


@blueprint.get("/cases/<uuid:case_id>/service-sheet")
def page(case_id: UUID) -> ResponseReturnValue:
    """The sheet. Cancelled orders are left out."""
    case = session().get(Case, (court_id(), case_id))
    if case is None:
        raise NotFound
    ids = session().scalars(
        select(ServiceOrder.id)
        .where(
            ServiceOrder.court_id == court_id(),
            ServiceOrder.case_id == case_id,
            ServiceOrder.status != OrderStatus.CANCELLED,
        )
        .order_by(ServiceOrder.opened_at, ServiceOrder.id)
        .limit(_MOST_ORDERS)
    )
    rows = [_row(order_id) for order_id in list(ids)]
    note_read("service_sheet", case_id)
    return render("console/service_sheet.html", case=case, rows=rows, warnings=warnings(rows), made=now())


def _row(order_id: UUID) -> Served:
    view = read_order(session(), court_id(), order_id)
    order = view.order
    act = str(order.effect.get("by_act") or "") or next(iter(acts_in_doubt(order)), "")
    events = [event for event in view.events if event.attempt_id and act.startswith(str(event.attempt_id))]
    return Served(
        view=view,
        reasoning=reasoning_of(order.effect, weaknesses_of(order, view.events)),
        lines=narrate(session(), events, view.channels),
        confirmed=confirmed_words(session(), confirmation_of(order, view.events)),
        doubts=doubts_in_words(session(), view),
        default=default_judgment(order, doubts_of(session(), order)),
    )


def default_judgment(order: ServiceOrder, doubts: Sequence[DeskItem]) -> str:
    """What the service of one order means for a default judgment: yes, no, doubt, unconfirmed.

    The law engine says where receipt must be proved first (INT 261(2), SIM 18); a deemed day waits for an officer, and
    an open doubt for its decision.
    """
    if doubts:
        return "doubt"
    if order.outcome not in EFFECTIVE or order.effect.get("default_judgment_allowed") is False:
        return "no"
    if order.effect.get("needs_confirmation") and order.confirmed_at is None:
        return "unconfirmed"
    return "yes"


def warnings(rows: Sequence[Served]) -> list[str]:
    """What forbids a default judgment, in both languages."""
    told = []
    for key, codes in (("sheet.warn_doubt", {"doubt"}), ("sheet.warn_open", {"no", "unconfirmed"})):
        names = list(dict.fromkeys(row.name for row in rows if row.default in codes))
        told += [say(language, key, names=say(language, "list.comma").join(names)) for language in LANGUAGES if names]
    return told
