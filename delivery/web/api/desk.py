"""The desk over the API: what waits for a person, and settling it in the roles that the key carries."""

from uuid import UUID

from flask import Blueprint, Response
from sqlalchemy import select

from delivery.desk_work import actions_of, resolve_item
from delivery.officer_acts import OfficerAct
from delivery.store.cases import Case, Recipient
from delivery.store.desk import DeskItem
from delivery.store.orders import ServiceOrder
from delivery.store.parties import Party
from delivery.web.api.exchange import (
    PAGE,
    answer,
    body_as,
    caller_roles,
    cursor_id,
    page_of,
    parameters,
    repeatable,
)
from delivery.web.api.shapes import ResolveRequest
from delivery.web.request_state import api_caller, note_read, now, runtime, session

blueprint = Blueprint("api_desk", __name__, url_prefix="/api/v1")


@blueprint.get("/desk")
def listing() -> Response:
    """The open items, oldest first, of one kind if asked."""
    given = parameters("kind", "cursor")
    query = (
        select(DeskItem, Case, Party.id)
        .outerjoin(ServiceOrder, (ServiceOrder.court_id == DeskItem.court_id) & (ServiceOrder.id == DeskItem.order_id))
        .outerjoin(Case, (Case.court_id == ServiceOrder.court_id) & (Case.id == ServiceOrder.case_id))
        .outerjoin(
            Recipient, (Recipient.court_id == ServiceOrder.court_id) & (Recipient.id == ServiceOrder.recipient_id)
        )
        .outerjoin(Party, (Party.court_id == Recipient.court_id) & (Party.id == Recipient.party_id))
        .where(DeskItem.court_id == api_caller().court_id, DeskItem.closed_at.is_(None))
        .order_by(DeskItem.id)
        .limit(PAGE + 1)
    )
    if "kind" in given:
        query = query.where(DeskItem.kind == given["kind"])
    if "cursor" in given:
        query = query.where(DeskItem.id > cursor_id(given["cursor"]))
    rows = session().execute(query).all()
    items = [
        {
            "id": str(item.id),
            "kind": item.kind,
            "order_id": str(item.order_id) if item.order_id else None,
            "case_id": str(case.id) if item.order_id else None,
            "case_number": case.number if item.order_id else None,
            "recipient_name": session().get_one(Party, (item.court_id, party_id)).name if item.order_id else None,
            "args": item.args,
            "actions": list(actions_of(item.kind)),
            "opened_at": item.opened_at.isoformat(),
        }
        for item, case, party_id in rows[:PAGE]
    ]
    note_read("desk_listed")
    return page_of(items, str(items[-1]["id"]) if len(rows) > PAGE else None)


@blueprint.post("/desk/<uuid:item>/resolve")
@repeatable
def resolve(item: UUID) -> Response:
    """Settle one item."""
    told = body_as(ResolveRequest)
    settled = resolve_item(
        runtime(),
        session(),
        api_caller().court_id,
        item,
        action=told.action,
        reason=told.reason,
        by=None,
        roles=caller_roles(),
        now=now(),
        officer=OfficerAct(
            presence=told.presence,
            noter=told.noter,
            outcome=told.outcome,
            effective_on=told.effective_on,
            seen=told.seen,
        ),
    )
    return answer({"id": str(settled.id), "kind": settled.kind, "resolution": settled.resolution})
