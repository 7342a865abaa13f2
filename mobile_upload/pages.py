"""The plain pages of field staff, and the mail desk's: what is to be done, and a form to say what happened.

They need no scripts and stand in the console's frame. Those of field staff work on any phone, beside the installable
page (`mobile_upload.field_app`). Everything that a form says goes through `field_reports`, as over the API.
"""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from delivery.domain.errors import RequestError
from delivery.field_reports import SLIP_RESULTS, VISIT_RESULTS, record_slip, report_visit
from delivery.signing_in import Role
from delivery.visiting import open_visits, visit_of
from delivery.web.faults import words_for
from delivery.web.rendering import page, word
from delivery.web.request_state import court_id, note_read, now, person, session, zone

blueprint = Blueprint("field", __name__, template_folder="templates")

_MOST = 200
_SIGNERS = (
    "recipient", "family", "named_collector", "litigation_agent", "legal_representative", "principal", "office_staff",
    "mail_room_staff", "duty_room_staff", "property_guard", "neighbour", "unknown",
)  # fmt: skip
_PLACES = ("residence", "workplace", "registered_office", "court", "elsewhere")
_MEDIA = ("none", "single_photo", "photos", "video")
_RETURNS = ("unclaimed", "moved", "no_such_person", "no_such_address", "refused")


@blueprint.get("/field/visit/")
def listing() -> ResponseReturnValue:
    """The doors to go to, those due first on top."""
    visits = sorted(
        open_visits(session(), court_id(), limit=_MOST, server=_server()),
        key=lambda visit: (visit.due_on is None, visit.due_on, visit.id),
    )
    note_read("visits_listed")
    return page("field/list.html", visits=visits, today=now().astimezone(zone()).date())


@blueprint.get("/field/visit/<uuid:visit>")
def visit(visit: UUID) -> ResponseReturnValue:
    """One door and the form for what happened there."""
    return _visit_page(visit, {}, None)


@blueprint.post("/field/visit/<uuid:visit>")
def report(visit: UUID) -> ResponseReturnValue:
    """Take the report; wrong input comes back with what was typed."""
    told = _told()
    visit_of(session(), court_id(), visit, server=_server())
    try:
        report_visit(session(), court_id(), visit, told, by=person().account_id, now=now())
    except RequestError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            raise
        return _visit_page(visit, dict(request.form), words_for(error.code, error.arguments)), error.status
    return redirect(url_for("field.listing", done=1), HTTPStatus.SEE_OTHER)


def _server() -> UUID | None:
    """Field servers see what is given to them or to nobody; a dispatcher sees every door."""
    return person().account_id if person().role is Role.FIELD_SERVER else None


def _visit_page(visit_id: UUID, typed: Mapping[str, str], wrong: str | None) -> str:
    found = visit_of(session(), court_id(), visit_id, server=_server())
    note_read("visit_read", found.id)
    return page(
        "field/visit.html",
        visit=found,
        typed=typed,
        wrong=wrong,
        codes=VISIT_RESULTS,
        signers=_worded("person_role", _SIGNERS),
        places=_worded("result", _PLACES),
        media=_worded("result", _MEDIA),
        today=now().astimezone(zone()),
    )


def _told() -> dict[str, Any]:
    """The form as a report; who signed or refused only where the result has somebody."""
    form = request.form
    told: dict[str, Any] = {
        "at": _moment(form.get("at", "")),
        "result": form.get("result", ""),
        "note": form.get("note", ""),
    }
    _keep(told, "place", "process_media", "meaning", "signed_on", "report_id")
    someone = {"role": form.get("role", "unknown"), "id_checked": "id_checked" in form, "adult": "adult" in form}
    if form.get("role") == "family":
        someone["co_resident"] = "co_resident" in form
    if told["result"] == "signed":
        told["signer"] = someone
        told.setdefault("signed_on", told["at"].astimezone(zone()).date().isoformat())
    elif told["result"] == "refused":
        told["refused_by"] = someone
        if "meaning" in told:
            # A posting that met somebody who refuses is papers left in place.
            told.update(result="posted", meaning="left_in_place", trigger="refused")
    told["noted_by"] = ["contractor"]
    return told


def _keep(told: dict[str, Any], *names: str) -> None:
    told.update({name: request.form[name] for name in names if request.form.get(name)})


def _moment(text: str) -> datetime:
    """When it happened, as typed in court time; an empty field means now."""
    if not text:
        return now()
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone())
    except ValueError:
        raise RequestError("moment_malformed", status=HTTPStatus.UNPROCESSABLE_ENTITY) from None


@blueprint.get("/slips")
def slips() -> ResponseReturnValue:
    """The form for a paper slip."""
    return _slip_page({}, None, done=request.args.get("done", ""))


@blueprint.post("/slips")
def take_slip() -> ResponseReturnValue:
    """Record a slip; wrong input comes back with what was typed."""
    form = request.form
    told: dict[str, Any] = {"result": form.get("result", ""), "note": form.get("note", "")}
    if told["result"] == "signed":
        told["signer"] = {
            "role": form.get("role", "unknown"),
            "id_checked": "id_checked" in form,
            "adult": "adult" in form,
        }
        if form.get("role") == "family":
            told["signer"]["co_resident"] = "co_resident" in form
        _keep(told, "signed_on")
    elif told["result"] == "returned":
        _keep(told, "return_reason", "marked_return_on")
        told["attempts_on"] = sorted(set(form.getlist("attempts_on")) - {""})
        told["contact_attempted"] = "contact_attempted" in form
    waybill = form.get("waybill", "").strip()
    try:
        record_slip(session(), court_id(), waybill, told, by=person().account_id, now=now())
    except RequestError as error:
        return _slip_page(dict(form), words_for(error.code, error.arguments)), error.status
    return redirect(url_for("field.slips", done=waybill[-4:]), HTTPStatus.SEE_OTHER)


def _slip_page(typed: Mapping[str, str], wrong: str | None, done: str = "") -> str:
    return page(
        "field/slip.html",
        typed=typed,
        wrong=wrong,
        done=done,
        codes=SLIP_RESULTS,
        attempts=request.form.getlist("attempts_on"),
        signers=_worded("person_role", _SIGNERS),
        reasons=_worded("reason", _RETURNS),
    )


def _worded(table: str, codes: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(code, word(table, code)) for code in codes]
