"""What field staff and the mail desk work with: visits to make, their reports, and paper slips.

No claims, no case details.
"""

from uuid import UUID

from flask import Blueprint, Response

from delivery.field_reports import record_slip, report_visit
from delivery.visiting import Visit, open_visits
from delivery.web.api.exchange import PAGE, answer, body_as, cursor_id, page_of, parameters, plain, repeatable
from delivery.web.api.shapes import SlipRequest, VisitReport
from delivery.web.request_state import api_caller, note_read, now, session

blueprint = Blueprint("api_visits", __name__, url_prefix="/api/v1")


@blueprint.get("/visits")
def listing() -> Response:
    """The visits and postings that wait to be made, in the order in which they were planned."""
    given = parameters("state", "cursor")
    after = cursor_id(given["cursor"]) if "cursor" in given else None
    visits = open_visits(session(), api_caller().court_id, after=after, limit=PAGE + 1)
    note_read("visits_listed")
    return page_of([_shown(visit) for visit in visits[:PAGE]], str(visits[PAGE - 1].id) if len(visits) > PAGE else None)


def _shown(visit: Visit) -> dict[str, object]:
    return {
        "id": str(visit.id),
        "order_id": str(visit.order_id),
        "channel": visit.channel,
        "meaning": visit.meaning,
        "recipient_name": visit.recipient_name,
        "address": visit.address,
        "phone": visit.phone,
        "document_titles": list(visit.document_titles),
        "due_on": visit.due_on.isoformat() if visit.due_on else None,
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
