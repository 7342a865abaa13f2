"""The hearings behind a number of the success page: each leads to its case."""

from datetime import date
from functools import partial

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from delivery.domain.errors import NotFound
from delivery.hearing_figures import COUNTED, SET, hearings_behind
from delivery.store.hearings import PAGE
from delivery.web.rendering import page as render
from delivery.web.request_state import court_id, note_read, now, session, zone

blueprint = Blueprint("hearings", __name__)


@blueprint.get("/success/hearings")
def listing() -> ResponseReturnValue:
    """The hearings of a span with one result, by their day; `set` are all. Raises `NotFound` for another word."""
    result = request.args.get("result", SET)
    if result not in {SET, *COUNTED}:
        raise NotFound
    today = now().astimezone(zone()).date()
    since, until = (_day(request.args.get(name, ""), today) for name in ("since", "until"))
    after = _number(request.args.get("skip", ""))
    found = hearings_behind(session(), court_id(), since, until, zone(), result=result, after=after)
    note_read("hearings", shown=min(len(found), PAGE))
    address = partial(url_for, "hearings.listing", result=result, since=since.isoformat(), until=until.isoformat())
    return render(
        "console/hearings.html",
        rows=found[:PAGE],
        result=result,
        since=since,
        until=until,
        first=address() if after else "",
        next=address(skip=after + PAGE) if len(found) > PAGE else "",
    )


def _day(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return otherwise


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004 -- no such page
