"""The page behind the code of a sheet that hangs at a door: which court it is from, and the way to the identity check.

Anybody who passes may scan it, so it shows nothing of the case and opens nothing. A code that is not ours is counted
against where it comes from, as at /s.
"""

from http import HTTPStatus

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from delivery.domain.notice import NoticeState, standing
from delivery.message_checking import note_wrong_code, too_many_codes
from delivery.noticing import notice_behind
from delivery.store.courts import Court, all_courts
from delivery.store.links import ServiceLink
from delivery.store.notices import Notice
from delivery.web.portal_pages import shown_court
from delivery.web.rendering import page
from delivery.web.request_state import now, runtime, session

blueprint = Blueprint("portal_notice", __name__)
_GONE = frozenset({NoticeState.CANCELLED, NoticeState.EXPIRED})


@blueprint.get("/n/<code>")
def scanned(code: str) -> ResponseReturnValue:
    """What whoever scanned a sheet may know. Looking changes nothing; only a wrong code is counted."""
    address, machine_now = request.remote_addr or "", runtime().machine_now()
    if too_many_codes(session(), address, machine_now=machine_now):
        return _page(code, "too_many", HTTPStatus.TOO_MANY_REQUESTS)
    notice = notice_behind(session(), code)
    if notice is None:
        if request.method != "HEAD":
            with runtime().transaction() as writing:
                note_wrong_code(writing, address, machine_now=machine_now)
        return _page(code, "unknown", HTTPStatus.NOT_FOUND)
    state = standing(notice, now())
    if state in _GONE:
        return _page(code, state.value, HTTPStatus.GONE)
    if notice.order_id is None:
        return _page(code, "unbound", HTTPStatus.OK, notice)
    link = session().get(ServiceLink, (notice.court_id, notice.link_id)) if notice.link_id else None
    return _page(code, "open" if link is not None else "by_person", HTTPStatus.OK, notice, token=notice.code or "")


def _page(
    code: str, state: str, status: HTTPStatus, notice: Notice | None = None, token: str = ""
) -> tuple[str, HTTPStatus]:
    courts = [shown_court(court) for court in all_courts(session())] if notice is None else []
    court = shown_court(session().get_one(Court, notice.court_id)) if notice is not None else None
    text = page(
        "portal/notice.html", state=state, court=court, courts=courts, token=token, back=request.path or f"/n/{code}"
    )
    return text, status
