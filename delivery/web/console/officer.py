"""The officer's desk: one list of what only a court officer decides, one page for each question, made for the keyboard.

The page carries the mark of the facts that it showed; when they change meanwhile, nothing is recorded and the page says
so. Whoever comes second sees who was faster. After a decision the next question's page follows.
"""

from datetime import date
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from delivery.domain.errors import Conflict, NotFound, RequestError
from delivery.officer_acts import OFFICER_ACTIONS, OfficerAct, Presence
from delivery.officer_reading import note_is_missing
from delivery.store.desk import DeskItem
from delivery.store.evidence import Evidence
from delivery.store.officer_list import (
    KINDS,
    PAGE,
    OfficerRow,
    count_for_officer,
    list_for_officer,
    next_for_officer,
    row_of_item,
)
from delivery.store.orders import ServiceOrder
from delivery.web.console.officer_page import question_of, settled_words
from delivery.web.console.settling import settle_as_told
from delivery.web.downloads import attachment
from delivery.web.faults import words_for
from delivery.web.rendering import page as render
from delivery.web.rendering import shown_count, word
from delivery.web.request_state import court_id, note_read, now, person, runtime, session, zone

blueprint = Blueprint("officer", __name__)


@blueprint.get("/officer")
def listing() -> ResponseReturnValue:
    """What awaits an officer, the nearest hearing first."""
    kind = _among()
    number = request.args.get("page", "0")
    at = int(number) if number.isdecimal() and len(number) < 4 else 0  # noqa: PLR2004 -- no list is longer
    rows = list_for_officer(session(), court_id(), kind=kind, page=at)
    counts = count_for_officer(session(), court_id())
    note_read("officer_desk", shown=len(rows[:PAGE]))
    return render(
        "console/officer_list.html",
        kind=kind,
        rows=[(row, kind_shown(row.item, row.order), _days_left(row)) for row in rows[:PAGE]],
        counts={name: shown_count(count) for name, count in counts.items()},
        total=shown_count(sum(counts.values())),
        next=url_for("officer.listing", kind=kind or None, page=at + 1) if len(rows) > PAGE else "",
        first=url_for("officer.listing", kind=kind or None) if at else "",
        done=_done(),
    )


def _among() -> str:
    """The kind of question that the officer is working through; empty for all."""
    kind = request.args.get("kind", "")
    return kind if kind in KINDS else ""


def kind_shown(item: DeskItem, order: ServiceOrder) -> str:
    """The kind as officers know it: a doubt that only lacks the note of INT 131 is a question of its own."""
    return "note_131" if item.kind == "court_review" and note_is_missing(order) else item.kind


def _days_left(row: OfficerRow) -> int | None:
    """Days until the hearing; negative once it is past."""
    if row.case.hearing_at is None:
        return None
    return (row.case.hearing_at.astimezone(zone()).date() - now().astimezone(zone()).date()).days


@blueprint.get("/officer/<uuid:item_id>")
def page(item_id: UUID) -> ResponseReturnValue:
    """One question with everything that it turns on."""
    row = _row(item_id)
    note_read("order", row.order.id)
    return _page(row)


def _page(row: OfficerRow, *, wrong: str = "", changed: bool = False) -> str:
    item, order = row.item, row.order
    # Somebody else may have written while this request was on its way here.
    session().refresh(item)
    actions = () if item.closed_at else OFFICER_ACTIONS[item.kind]
    if not note_is_missing(order):
        actions = tuple(action for action in actions if action != "write_note")
    following = next_for_officer(session(), row, _among())
    return render(
        "console/officer_item.html",
        row=row,
        item=item,
        order=order,
        kind=kind_shown(item, order),
        question=question_of(session(), row),
        first_act=actions[0] if actions else "",
        actions=actions,
        presences=tuple(Presence),
        settled=settled_words(session(), item) if item.closed_at else "",
        wrong=wrong,
        changed=changed,
        typed=request.form,
        done=_done(),
        days=_days_left(row),
        among=_among(),
        following=url_for("officer.page", item_id=following, kind=_among() or None) if following else "",
        today=now().astimezone(zone()).date(),
    )


@blueprint.post("/officer/<uuid:item_id>")
def settle(item_id: UUID) -> ResponseReturnValue:
    """Decide, then go on to the next question. A second click is not a second decision."""
    row = _row(item_id)
    try:
        item = settle_as_told(item_id, _told())
    except Conflict as refused:
        if row.item.closed_by == person().account_id and row.item.resolution == request.form.get("action"):
            return _onward(row)
        changed = refused.code == "facts_changed"
        told = "" if changed or row.item.closed_at else words_for(refused.code, refused.arguments)
        return _page(row, changed=changed, wrong=told), HTTPStatus.CONFLICT
    except RequestError as refused:
        if refused.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise
        return _page(row, wrong=words_for(refused.code, refused.arguments)), HTTPStatus.UNPROCESSABLE_ENTITY
    assert item.id == item_id
    return _onward(row)


def _onward(row: OfficerRow) -> ResponseReturnValue:
    kind = _among()
    following = next_for_officer(session(), row, kind)
    done = row.item.id
    if following is None:
        return redirect(url_for("officer.listing", kind=kind or None, done=done), HTTPStatus.SEE_OTHER)
    return redirect(url_for("officer.page", item_id=following, kind=kind or None, done=done), HTTPStatus.SEE_OTHER)


@blueprint.get("/officer/<uuid:item_id>/evidence/<uuid:evidence_id>")
def evidence(item_id: UUID, evidence_id: UUID) -> Response:
    """One picture, recording or scan of the order in question."""
    row = _row(item_id)
    found = session().get(Evidence, (court_id(), evidence_id))
    if found is None or found.order_id != row.order.id:
        raise NotFound
    note_read("evidence", row.order.id, evidence=str(found.id))
    return attachment(runtime().blobs.get(court_id(), found.sha256), found.kind, found.media_type)


def _row(item_id: UUID) -> OfficerRow:
    row = row_of_item(session(), court_id(), item_id)
    if row is None:
        raise NotFound
    return row


def _told() -> OfficerAct:
    """The form as an officer's act. Raises `RequestError` for a day that does not exist."""
    form = request.form
    day = form.get("effective_on", "").strip() if form.get("outcome") == "SERVED" else ""
    try:
        return OfficerAct(
            presence=Presence(form.get("presence") or Presence.AFTERWARDS),
            noter=form.get("noter", "clerk"),
            outcome=form.get("outcome", ""),
            effective_on=date.fromisoformat(day) if day else None,
            seen=form.get("seen", ""),
        )
    except ValueError:
        raise RequestError("decision_unclear", status=HTTPStatus.UNPROCESSABLE_ENTITY) from None


def _done() -> tuple[str, str] | None:
    """Whose question was settled just before this page, and how."""
    try:
        row = row_of_item(session(), court_id(), UUID(request.args.get("done", "")))
    except ValueError:
        return None
    if row is None or row.item.closed_at is None:
        return None
    return row.party.name or "", word("action", row.item.resolution)
