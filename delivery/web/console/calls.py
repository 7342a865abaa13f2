"""The call sheet: whom to call, the words to say, and a form for what came of it."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from delivery.calling import CallOutcome, CallReport, CallToMake, SpokeWith, calls_to_make, record_call
from delivery.domain.errors import NotFound, RequestError
from delivery.store.courts import Court
from delivery.store.orders import ServiceOrder
from delivery.web.rendering import page, word
from delivery.web.request_state import court_id, note_read, now, person, runtime, session
from delivery.wording import say

blueprint = Blueprint("calls", __name__)
_Kind = TypeVar("_Kind", CallOutcome, SpokeWith)
_LONGEST = 300
_AUDIO = {".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".wav": "audio/wav", ".ogg": "audio/ogg", ".amr": "audio/amr"}


@blueprint.get("/calls")
def listing() -> ResponseReturnValue:
    """Everybody whom a person is to call, who asked for it first."""
    calls = calls_to_make(session(), court_id())
    note_read("calls", shown=len(calls))
    return page(
        "console/calls.html",
        calls=calls,
        outcomes=[(outcome, word("call_outcome", outcome)) for outcome in CallOutcome],
        people=[(who, word("person_role", who)) for who in SpokeWith],
        script=_script,
        done="done" in request.args,
    )


def _script(call: CallToMake) -> str:
    """What to say, in the recipient's language."""
    court = session().get_one(Court, court_id())
    named = court.name if call.language == "zh" else court.name_en
    told = {"court": named, "name": call.recipient_name, "case": call.case_number, "phone": court.phone}
    return say(call.language, "calls.script_text", **told)


@blueprint.post("/calls/<uuid:order_id>")
def log(order_id: UUID) -> ResponseReturnValue:
    """Take down one call."""
    if session().get(ServiceOrder, (court_id(), order_id)) is None:
        raise NotFound
    form = request.form
    said = CallReport(
        outcome=_one_of(CallOutcome, form.get("outcome", "")),
        number_id=_number(form.get("number", "")),
        spoke_with=_one_of(SpokeWith, form.get("spoke_with", SpokeWith.OTHER)),
        call_back_at=form.get("call_back_at", "")[:16],
        note=form.get("note", "").strip()[:_LONGEST],
        recording=_recording(),
    )
    ticked: dict[str, Any] = {name: name in form for name in _TICKED}
    told = replace(said, **ticked)
    record_call(runtime(), session(), court_id(), order_id, told, by=person().account_id, now=now())
    return redirect(url_for("calls.listing", done=1), HTTPStatus.SEE_OTHER)


_TICKED = (
    "identity_checked", "contents_told", "confirms_receipt", "scope_told", "effect_told", "confirms_number", "consents",
)  # fmt: skip


def _one_of(kind: type[_Kind], text: str) -> _Kind:
    try:
        return kind(text)
    except ValueError:
        raise RequestError("reason_unknown", status=HTTPStatus.UNPROCESSABLE_ENTITY, reason=text[:40]) from None


def _number(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise RequestError("call_number_unknown", status=HTTPStatus.UNPROCESSABLE_ENTITY) from None


def _recording() -> tuple[bytes, str] | None:
    """The uploaded recording with its type, by the ending of its name. Raises `RequestError` for anything else."""
    file = request.files.get("recording")
    content = file.read() if file is not None else b""
    if file is None or not content:
        return None
    ending = f".{(file.filename or '').rpartition('.')[2].lower()}"
    if ending not in _AUDIO:
        raise RequestError("recording_unreadable", status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return content, _AUDIO[ending]
