"""Where people land after signing in: the page that their role works on."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from delivery.signing_in import Role
from delivery.web.request_state import person

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def start() -> ResponseReturnValue:
    """Lead on to the desk of the role."""
    match person().role:
        case None:
            return redirect(url_for("sign_in.memberships"))
        case Role.LAW_FIRM:
            return redirect("/firm")
        case Role.FIELD_SERVER:
            return redirect("/field/")
        case Role.CALLER:
            return redirect("/calls")
        case Role.COURT_OFFICER:
            return redirect("/officer")
        case Role.CLERK | Role.DISPATCHER | Role.SUPERVISOR | Role.ADMINISTRATOR:
            return redirect("/orders")
