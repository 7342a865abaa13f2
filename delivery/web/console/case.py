"""The page of one case: its hearing, its papers with their versions, and a row for every order of every recipient."""

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from delivery.document_types import identify
from delivery.domain.errors import NotFound, RequestError
from delivery.order_life import add_bytes, move_hearing, replace_document
from delivery.store.cases import Case, Document
from delivery.store.order_list import EFFECTIVE, OrderRow, rows_of
from delivery.store.orders import ServiceOrder
from delivery.web.rendering import page as render
from delivery.web.request_state import court_id, note_read, now, person, runtime, session, zone

blueprint = Blueprint("case", __name__)
_MOST_ORDERS = 200


@blueprint.get("/cases/<uuid:case_id>")
def page(case_id: UUID) -> ResponseReturnValue:
    """The case with its orders: the case is served when all are, so the row that blocks it is named."""
    case = _case(case_id)
    order_ids = session().scalars(
        select(ServiceOrder.id)
        .where(ServiceOrder.court_id == court_id(), ServiceOrder.case_id == case_id)
        .order_by(ServiceOrder.opened_at, ServiceOrder.id)
        .limit(_MOST_ORDERS)
    )
    rows = rows_of(session(), court_id(), list(order_ids))
    papers = session().scalars(
        select(Document)
        .where(Document.court_id == court_id(), Document.case_id == case_id)
        .order_by(Document.title, Document.version.desc())
    )
    note_read("case", case_id)
    waiting = [row for row in rows if not _settled(row)]
    return render(
        "console/case.html",
        case=case,
        rows=rows,
        papers=list(papers),
        waiting=waiting,
        first=min(waiting, key=lambda row: (row.order.due_on is None, row.order.due_on, row.order.id), default=None),
        today=now().astimezone(zone()).date(),
    )


def _settled(row: OrderRow) -> bool:
    served = row.order.status == "concluded" and row.order.outcome in EFFECTIVE
    return served or row.order.status == "cancelled"


@blueprint.post("/cases/<uuid:case_id>/hearing")
def move_hearing_of(case_id: UUID) -> ResponseReturnValue:
    """Set, move or clear the hearing; the plans of all open orders are looked at again."""
    text = request.form.get("hearing_at", "").strip()
    try:
        hearing_at = datetime.fromisoformat(text).replace(tzinfo=zone()) if text else None
    except ValueError:
        raise RequestError("moment_malformed", status=HTTPStatus.UNPROCESSABLE_ENTITY) from None
    move_hearing(session(), _case(case_id), hearing_at=hearing_at, by=person().account_id, now=now())
    return redirect(url_for("case.page", case_id=case_id), HTTPStatus.SEE_OTHER)


@blueprint.post("/cases/<uuid:case_id>/papers/<uuid:document_id>")
def take_paper(case_id: UUID, document_id: UUID) -> ResponseReturnValue:
    """A paper's bytes for the first time, or a corrected version of it, which reopens service."""
    document = session().get(Document, (court_id(), document_id))
    if document is None or document.case_id != case_id:
        raise NotFound
    file = request.files.get("file")
    content = file.read() if file is not None else b""
    if not content:
        raise RequestError("file_missing", status=HTTPStatus.UNPROCESSABLE_ENTITY)
    media_type = identify(content).value
    if document.sha256 is None:
        add_bytes(runtime(), session(), document, content=content, media_type=media_type)
    else:
        replace_document(
            runtime(), session(), document, content=content, media_type=media_type, by=person().account_id, now=now()
        )
    return redirect(url_for("case.page", case_id=case_id) + "#papers", HTTPStatus.SEE_OTHER)


def _case(case_id: UUID) -> Case:
    case = session().get(Case, (court_id(), case_id))
    if case is None:
        raise NotFound
    return case
