"""The supervisor's page of the field day: phones, revoked here when they are lost, and the court's choices."""

import re
from http import HTTPStatus
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from delivery.domain.door_codes import Policy
from delivery.domain.errors import BadValue
from delivery.field_day import choose_policy, policy_of
from delivery.field_devices import phones, revoke
from delivery.store.courts import Court
from delivery.web.rendering import page
from delivery.web.request_state import court_id, note_read, now, person, runtime, session

blueprint = Blueprint("field_devices", __name__, template_folder="templates")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?")


@blueprint.get("/field/devices")
def listing() -> ResponseReturnValue:
    """Every phone of the court, and what the court chose for its doors."""
    court = session().get_one(Court, court_id())
    return page(
        "field/devices.html", phones=phones(session(), court_id()), policy=policy_of(court), choices=tuple(Policy)
    )


@blueprint.post("/field/devices/<uuid:device>/revoke")
def revoke_device(device: UUID) -> ResponseReturnValue:
    """A phone is lost."""
    revoke(session(), court_id(), device, by=person().account_id, now=now(), machine_now=runtime().machine_now())
    note_read("field_device_revoked", device)
    return redirect(url_for("field_devices.listing", revoked=1), HTTPStatus.SEE_OTHER)


@blueprint.post("/field/choices")
def choose() -> ResponseReturnValue:
    """What the court wants at its doors."""
    tile_url = request.form.get("tile_url", "").strip()
    if tile_url and not _is_tile_url(tile_url):
        raise BadValue("tile_url_malformed")
    court = session().get_one(Court, court_id(), with_for_update=True)
    choose_policy(court, tile_url, {choice for choice in Policy if choice in request.form})
    return redirect(url_for("field_devices.listing", saved=1), HTTPStatus.SEE_OTHER)


def _is_tile_url(text: str) -> bool:
    """Its host stands in the page's policy as it is, so it may hold nothing but a host."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    fits = parts.scheme == "https" and _HOST.fullmatch(parts.netloc) is not None
    return fits and all(place in text for place in ("{z}", "{x}", "{y}"))
