"""The state of the ways out: which providers are set up, which are paused and why, and how the last week went."""

from http import HTTPStatus

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from delivery.domain.errors import NotFound
from delivery.order_life import resume_provider
from delivery.provider_reading import standings
from delivery.store.courts import Court, ProviderState
from delivery.web.rendering import page as render
from delivery.web.request_state import court_id, now, runtime, session

blueprint = Blueprint("providers", __name__)


@blueprint.get("/providers")
def page() -> ResponseReturnValue:
    """Every provider with its capabilities, how it stands, and its attempts of the last hour and week."""
    court = session().get_one(Court, court_id())
    return render("console/providers.html", providers=standings(runtime(), session(), court, now()))


@blueprint.post("/providers/<name>/resume")
def resume(name: str) -> ResponseReturnValue:
    """A person says that a paused provider works again."""
    if session().get(ProviderState, (court_id(), name)) is None:
        raise NotFound
    resume_provider(session(), court_id(), name, now=now())
    return redirect(url_for("providers.page"), HTTPStatus.SEE_OTHER)
