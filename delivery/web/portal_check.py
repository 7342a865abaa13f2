"""The page /s: type the short code of a message and learn whether a court really sent it, without clicking a link."""

from http import HTTPStatus

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from delivery.message_checking import check_code, note_wrong_code, too_many_codes
from delivery.store.courts import all_courts
from delivery.web.portal_forms import form_is_ours, form_token
from delivery.web.portal_pages import shown_court
from delivery.web.rendering import page
from delivery.web.request_state import runtime, session

blueprint = Blueprint("portal_check", __name__)
_SUBJECT = "code_check"


@blueprint.get("/s")
def form() -> ResponseReturnValue:
    """The form, always empty: a code that came in the address would prove nothing about who typed it."""
    return _page("")


@blueprint.post("/s")
def check() -> ResponseReturnValue:
    """The answer. Nothing is opened by it, and nothing about the case is shown."""
    address, machine_now = request.remote_addr or "", runtime().machine_now()
    if not form_is_ours(_SUBJECT):
        return _page("stale", HTTPStatus.UNPROCESSABLE_ENTITY)
    if not request.form.get("code", "").strip():
        return _page("empty", HTTPStatus.UNPROCESSABLE_ENTITY)
    if too_many_codes(session(), address, machine_now=machine_now):
        return _page("too_many", HTTPStatus.TOO_MANY_REQUESTS)
    found = check_code(session(), request.form["code"])
    if found is None:
        note_wrong_code(session(), address, machine_now=machine_now)
        return _page("unknown")
    court = shown_court(found.court)
    shown = {"court": court, "sent": court.local(found.sent_at), "channel": found.channel, "to": found.to}
    return _page("withdrawn" if found.withdrawn else "genuine", genuine=shown)


def _page(
    answer: str, status: HTTPStatus = HTTPStatus.OK, *, genuine: dict[str, object] | None = None
) -> tuple[str, HTTPStatus]:
    courts = [shown_court(court) for court in all_courts(session())] if answer in {"unknown", "too_many"} else []
    text = page(
        "portal/check.html", answer=answer, genuine=genuine, courts=courts, form=form_token(_SUBJECT), back="/s"
    )
    return text, status
