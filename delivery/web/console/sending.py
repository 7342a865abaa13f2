"""The emergency stop: nothing leaves the court until somebody lifts it. What comes in is still recorded."""

from http import HTTPStatus

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from delivery.domain.errors import RequestError
from delivery.order_life import resume_sending, stop_sending
from delivery.store.accounts import AccessRecord
from delivery.store.courts import Court
from delivery.web.rendering import page as render
from delivery.web.request_state import court_id, now, person, session

blueprint = Blueprint("sending", __name__)


@blueprint.get("/sending")
def page() -> ResponseReturnValue:
    """Whether the court is sending."""
    return render("console/sending.html", court=session().get_one(Court, court_id()))


@blueprint.post("/sending/stop")
def stop() -> ResponseReturnValue:
    """Stop everything at once, with a reason that everybody will read."""
    reason = request.form.get("reason", "").strip()
    if not reason:
        raise RequestError("reason_needed", status=HTTPStatus.UNPROCESSABLE_ENTITY)
    stop_sending(session().get_one(Court, court_id(), with_for_update=True), reason=reason, now=now())
    return _recorded("stop_sending")


@blueprint.post("/sending/resume")
def resume() -> ResponseReturnValue:
    """Lift the stop; every open order looks again."""
    resume_sending(session(), session().get_one(Court, court_id(), with_for_update=True), now=now())
    return _recorded("resume_sending")


def _recorded(act: str) -> ResponseReturnValue:
    """Who stopped and who resumed stays known when the stop is long over."""
    someone = person()
    session().add(
        AccessRecord(
            court_id=court_id(),
            account_id=someone.account_id,
            actor=str(someone.role),
            act=act,
            subject_id=None,
            at=now(),
            args={},
        )
    )
    return redirect(url_for("sending.page"), HTTPStatus.SEE_OTHER)
