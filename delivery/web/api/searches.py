"""Address searches over the API: what waits for an answer, and the answers that registers and people give."""

from uuid import UUID

from flask import Blueprint, Response

from delivery.domain.search import BASES, KINDS, Source
from delivery.searching import Reply, record_reply
from delivery.store.search_list import listed_searches
from delivery.web.api.exchange import PAGE, answer, body_as, cursor_id, page_of, parameters, repeatable
from delivery.web.api.shapes import SearchReplyRequest
from delivery.web.request_state import api_caller, note_read, now, runtime, session

blueprint = Blueprint("api_searches", __name__, url_prefix="/api/v1")


@blueprint.get("/searches")
def listing() -> Response:
    """The searches in the order of asking: those of one `order`, or those in one `state` (open, answered)."""
    given = parameters("state", "order", "cursor")
    after = cursor_id(given["cursor"]) if "cursor" in given else None
    order = cursor_id(given["order"]) if "order" in given else None
    rows = listed_searches(
        session(), api_caller().court_id, state=given.get("state", ""), order=order, after=after, limit=PAGE + 1
    )
    items = [
        {
            "id": str(row.search.id),
            "order_id": str(row.search.order_id),
            "case_number": row.case_number,
            "recipient_name": row.party.name,
            "source": row.search.source,
            "requested_at": row.search.requested_at.isoformat(),
            "due_on": row.search.due_on.isoformat(),
            "answer": row.search.answer or None,
            "replied_at": row.search.replied_at.isoformat() if row.search.replied_at else None,
            "kinds": list(KINDS[Source(row.search.source)]),
            "bases": list(BASES[Source(row.search.source)]),
        }
        for row in rows[:PAGE]
    ]
    note_read("searches_listed")
    return page_of(items, str(items[-1]["id"]) if len(rows) > PAGE else None)


@blueprint.post("/searches/<uuid:search>/reply")
@repeatable
def reply(search: UUID) -> Response:
    """Take an answer; an address that was found enters the ledger under the right that this source gives."""
    told = body_as(SearchReplyRequest)
    row = record_reply(
        runtime(),
        session(),
        api_caller().court_id,
        search,
        Reply(told.answer, told.kind, told.value, told.basis, told.note),
        by=None,
        now=now(),
    )
    return answer({"id": str(row.id), "source": row.source, "answer": row.answer})
