"""The orders list: what is late and due first, filtered and searched, page by page."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from delivery.domain.event import Channel
from delivery.planning import plan_templates
from delivery.store.order_list import STATUSES, count_by_status, list_orders
from delivery.web.console.order_query import cursor_text, find, read_cursor, read_query
from delivery.web.rendering import page, shown_count, word
from delivery.web.request_state import court_id, note_read, now, session, zone

blueprint = Blueprint("orders", __name__)


@blueprint.get("/orders")
def listing() -> ResponseReturnValue:
    """One page of orders. A search is recorded, without its words: they may be a name."""
    query = read_query(request.args)
    today = now().astimezone(zone()).date()
    matches = find(session(), court_id(), query.q) if query.q else None
    found = list_orders(
        session(),
        court_id(),
        query.filter(today),
        matches=matches,
        after=read_cursor(request.args.get("after", "")),
    )
    note_read("search_orders" if query.q else "list_orders", shown=len(found.rows))
    counts = count_by_status(session(), court_id(), today)
    return page(
        "console/orders.html",
        query=query,
        rows=found.rows,
        today=today,
        counts={name: shown_count(counts.get(name, 0)) for name in (*STATUSES, "late")},
        next=query.address(after=cursor_text(found.next)) if found.next else "",
        first=query.address() if request.args.get("after") else "",
        tiers=[(name, word("tier", name)) for name in tier_names()],
        channels=[(channel.value, word("channel", channel)) for channel in Channel],
    )


def tier_names() -> list[str]:
    """The tiers of all templates, in the order of the ladder."""
    names: dict[str, None] = {}
    for plan in sorted(plan_templates().values(), key=lambda plan: -len(plan.tiers)):
        names.update(dict.fromkeys(tier.name for tier in plan.tiers))
    return list(names)
