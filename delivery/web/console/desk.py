"""The desk: everything that needs a person, by kind, oldest first, settled on the spot."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from delivery.desk_work import buttons_of
from delivery.domain.errors import Conflict
from delivery.store.desk import DeskItem
from delivery.store.desk_list import candidates_of, count_by_kind, list_open
from delivery.web.console.officer_page import settled_words
from delivery.web.console.settling import settle_as_told
from delivery.web.narrating import told
from delivery.web.rendering import page, shown_count
from delivery.web.request_state import court_id, note_read, now, person, session, zone

blueprint = Blueprint("desk", __name__)


@blueprint.get("/desk")
def listing() -> ResponseReturnValue:
    """The open items of one kind, or of all."""
    return _listing(request.args.get("kind", "")[:40], request.args.get("after", ""))


def _listing(kind: str, after: str = "", second: DeskItem | None = None) -> str:
    """The list; `second` is the item that somebody else settled before whoever is asking."""
    found = list_open(session(), court_id(), kind=kind, after=_id(after))
    counts = count_by_kind(session(), court_id())
    note_read("desk", shown=len(found.rows))
    return page(
        "console/desk.html",
        kind=kind,
        rows=[(row, list(told(row.item.args)), buttons_of(row.item, row.order, person().role)) for row in found.rows],
        candidates=candidates_of(session(), court_id(), [row.item for row in found.rows]),
        counts={name: shown_count(number) for name, number in counts.items()},
        total=shown_count(sum(counts.values())),
        next=url_for("desk.listing", kind=kind or None, after=found.next) if found.next else "",
        first=url_for("desk.listing", kind=kind or None) if after else "",
        today=now().astimezone(zone()).date(),
        second=second,
        settled=settled_words(session(), second) if second is not None else "",
    )


@blueprint.post("/desk/<uuid:item_id>")
def resolve(item_id: UUID) -> ResponseReturnValue:
    """Settle one item, then go back to where it was settled from. Who comes second hears who was faster."""
    kind = request.form.get("kind", "")[:40]
    try:
        settle_as_told(item_id)
    except Conflict as refused:
        if refused.code != "item_already_settled":
            raise
        return _listing(kind, second=session().get_one(DeskItem, (court_id(), item_id))), HTTPStatus.CONFLICT
    order = _id(request.form.get("order", ""))
    if order is None or request.form.get("back") == "desk":
        return redirect(url_for("desk.listing", kind=kind or None), HTTPStatus.SEE_OTHER)
    return redirect(url_for("order.page", order_id=order), HTTPStatus.SEE_OTHER)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
