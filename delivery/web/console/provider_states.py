"""The state of the ways out: which providers are set up, which are paused and why, and how the last week went."""

from datetime import timedelta
from http import HTTPStatus

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from delivery.domain.errors import NotFound
from delivery.order_life import resume_provider
from delivery.store.courts import ProviderState
from delivery.store.orders import Attempt
from delivery.web.rendering import page as render
from delivery.web.request_state import court_id, now, runtime, session

blueprint = Blueprint("providers", __name__)
_SPAN = timedelta(days=7)


@blueprint.get("/providers")
def page() -> ResponseReturnValue:
    """Every provider with its capabilities, its state and its attempts of the last seven days."""
    states = {
        state.provider: state
        for state in session().scalars(select(ProviderState).where(ProviderState.court_id == court_id()))
    }
    counts: dict[str, dict[str, int]] = {}
    rows = session().execute(
        select(Attempt.provider, Attempt.status, func.count())
        .where(Attempt.court_id == court_id(), Attempt.provider != "", Attempt.planned_at >= now() - _SPAN)
        .group_by(Attempt.provider, Attempt.status)
    )
    for provider, status, count in rows:
        counts.setdefault(provider, {})[status] = count
    configured = runtime().providers
    return render(
        "console/providers.html",
        names=sorted({*configured, *states, *counts}),
        configured=configured,
        states=states,
        counts=counts,
    )


@blueprint.post("/providers/<name>/resume")
def resume(name: str) -> ResponseReturnValue:
    """A person says that a paused provider works again."""
    if session().get(ProviderState, (court_id(), name)) is None:
        raise NotFound
    resume_provider(session(), court_id(), name, now=now())
    return redirect(url_for("providers.page"), HTTPStatus.SEE_OTHER)
