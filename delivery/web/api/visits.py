"""What field staff and the mail desk work with: visits to make, their reports, and paper slips.

No claims, no case details.
"""

from uuid import UUID

from flask import Blueprint, Response
from sqlalchemy import select

from delivery.addressing import shown_address
from delivery.domain.event import Channel
from delivery.field_reports import posting_meaning, record_slip, report_visit
from delivery.store.cases import Case, Recipient
from delivery.store.orders import Attempt, ServiceOrder, documents_of
from delivery.store.parties import Address, AddressBasis, Party
from delivery.web.api.exchange import PAGE, answer, body_as, cursor_id, page_of, parameters, plain, repeatable
from delivery.web.api.shapes import SlipRequest, VisitReport
from delivery.web.request_state import api_caller, note_read, now, session

blueprint = Blueprint("api_visits", __name__, url_prefix="/api/v1")


@blueprint.get("/visits")
def listing() -> Response:
    """The visits and postings that wait to be made, in the order in which they were planned."""
    given = parameters("state", "cursor")
    court_id = api_caller().court_id
    query = (
        select(Attempt, ServiceOrder, Recipient, Case)
        .join(ServiceOrder, (ServiceOrder.court_id == Attempt.court_id) & (ServiceOrder.id == Attempt.order_id))
        .join(Recipient, (Recipient.court_id == Attempt.court_id) & (Recipient.id == ServiceOrder.recipient_id))
        .join(Case, (Case.court_id == Attempt.court_id) & (Case.id == ServiceOrder.case_id))
        .where(
            Attempt.court_id == court_id,
            Attempt.channel.in_((Channel.IN_PERSON, Channel.POSTING)),
            Attempt.status == "planned",
            ServiceOrder.status == "open",
        )
        .order_by(Attempt.id)
        .limit(PAGE + 1)
    )
    if "cursor" in given:
        query = query.where(Attempt.id > cursor_id(given["cursor"]))
    rows = session().execute(query).all()
    items = [_visit(attempt, order, recipient, case) for attempt, order, recipient, case in rows[:PAGE]]
    note_read("visits_listed")
    return page_of(items, str(items[-1]["id"]) if len(rows) > PAGE else None)


def _visit(attempt: Attempt, order: ServiceOrder, recipient: Recipient, case: Case) -> dict[str, object]:
    party = session().get_one(Party, (order.court_id, recipient.party_id))
    address = session().get_one(Address, (order.court_id, attempt.address_id)) if attempt.address_id else None
    phone = session().scalar(
        select(Address)
        .join(AddressBasis, (AddressBasis.court_id == Address.court_id) & (AddressBasis.address_id == Address.id))
        .where(
            Address.court_id == order.court_id,
            Address.party_id == party.id,
            Address.kind == "mobile",
            AddressBasis.case_id == case.id,
        )
        .order_by(Address.created_at, Address.id)
        .limit(1)
    )
    papers = documents_of(session(), order.court_id, order.id)
    return {
        "id": str(attempt.id),
        "order_id": str(order.id),
        "channel": attempt.channel,
        "meaning": posting_meaning(session(), attempt, order) if attempt.channel == Channel.POSTING else None,
        "recipient_name": party.name,
        "address": shown_address(address.kind, address.value or "") if address else "",
        "phone": phone.value if phone else "",
        "document_titles": [] if case.confidential else [paper.title for paper in papers],
        "due_on": attempt.due_on.isoformat() if attempt.due_on else None,
    }


@blueprint.post("/visits/<uuid:visit>/report")
@repeatable
def report(visit: UUID) -> Response:
    """Take the report of a visit or posting."""
    told = body_as(VisitReport)
    attempt = report_visit(session(), api_caller().court_id, visit, {**plain(told), "at": told.at}, by=None, now=now())
    return answer({"id": str(attempt.id), "status": attempt.status, "reason": attempt.reason})


@blueprint.post("/slips")
@repeatable
def slip() -> Response:
    """Take a paper slip as a person read it."""
    told = body_as(SlipRequest)
    attempt = record_slip(session(), api_caller().court_id, told.waybill, plain(told), by=None, now=now())
    return answer({"id": str(attempt.id), "status": attempt.status, "reason": attempt.reason})
