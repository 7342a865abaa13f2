"""Where the recipient of an order may be found: whom the court asked, asking, reminding, and keying the answer."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from delivery.document_types import identify
from delivery.domain.errors import NotFound, RequestError
from delivery.domain.search import BASES, KINDS, Answer, Source
from delivery.exhausting import certificate_of
from delivery.order_life import order_to_change
from delivery.searching import Page, Reply, ask_again, open_searches, record_reply, start_searches
from delivery.store.evidence import Evidence
from delivery.store.searches import AddressSearch, searches_of
from delivery.web.console.address_use import article
from delivery.web.console.order_reading import OrderView, read_order
from delivery.web.downloads import attachment
from delivery.web.narrating import names_of
from delivery.web.rendering import page as render
from delivery.web.rendering import word
from delivery.web.request_state import court_id, note_read, now, person, runtime, session, zone

blueprint = Blueprint("searches", __name__, url_prefix="/orders/<uuid:order_id>/searches")
_LONGEST = 300


@blueprint.get("")
def page(order_id: UUID) -> ResponseReturnValue:
    """Every source with whether it is needed, what was asked of it and what it answered."""
    view = _view(order_id)
    rows = searches_of(session(), court_id(), view.case.id, view.party.id)
    note_read("searches", order_id)
    return render(
        "console/searches.html",
        view=view,
        lines=certificate_of(runtime(), session(), view.order).sources,
        asked={source: [row for row in reversed(rows) if row.source == source] for source in Source},
        names=names_of(session(), [row.replied_by for row in rows]),
        kinds={source: [(kind, word("address_kind", kind)) for kind in KINDS[source]] for source in Source},
        bases={source: [(basis, word("basis", basis)) for basis in BASES[source]] for source in Source},
        answers=[(answer, word("search_result", answer)) for answer in Answer],
        article=article,
        unfinished=view.order.status in ("open", "held"),
        today=now().astimezone(zone()).date(),
    )


@blueprint.post("")
def start(order_id: UUID) -> ResponseReturnValue:
    """Ask one source, or remind it when it has been asked."""
    order = order_to_change(session(), court_id(), order_id)
    source = _source(request.form.get("source", ""))
    waiting = open_searches(session(), order, source)
    for row in waiting:
        ask_again(runtime(), session(), court_id(), row.id, by=person().account_id, now=now())
    if not waiting:
        start_searches(runtime(), session(), order, [source], by=person().account_id, now=now())
    return _back(order_id)


@blueprint.post("/<uuid:search_id>")
def reply(order_id: UUID, search_id: UUID) -> ResponseReturnValue:
    """Key what a source answered, with the paper that came, if any."""
    row = _search(order_id, search_id)
    form = request.form
    answer = form.get("answer", "")
    if answer not in set(Answer):
        raise RequestError("reason_unknown", status=HTTPStatus.UNPROCESSABLE_ENTITY, reason=answer[:40])
    found = answer == Answer.FOUND
    told = Reply(
        Answer(answer),
        form.get("kind", "") if found else "",
        form.get("value", "").strip()[:_LONGEST],
        form.get("basis", "") if found else "",
        form.get("note", "").strip()[:_LONGEST],
    )
    record_reply(runtime(), session(), court_id(), row.id, told, page=_page(), by=person().account_id, now=now())
    return _back(order_id)


@blueprint.get("/<uuid:search_id>/paper")
def paper(order_id: UUID, search_id: UUID) -> Response:
    """The paper that came with an answer."""
    row = _search(order_id, search_id)
    evidence = session().get(Evidence, (court_id(), row.evidence_id)) if row.evidence_id else None
    if evidence is None:
        raise NotFound
    note_read("search_paper", order_id, search=str(search_id))
    content = runtime().blobs.get(court_id(), evidence.sha256)
    return attachment(content, word("source", row.source), evidence.media_type)


def _view(order_id: UUID) -> OrderView:
    return read_order(session(), court_id(), order_id)


def _search(order_id: UUID, search_id: UUID) -> AddressSearch:
    """A search that counts for this order. Raises `NotFound`."""
    view = _view(order_id)
    row = session().get(AddressSearch, (court_id(), search_id))
    if row is None or (row.case_id, row.party_id) != (view.case.id, view.party.id):
        raise NotFound
    return row


def _source(code: str) -> Source:
    try:
        return Source(code)
    except ValueError:
        raise RequestError("source_unknown", status=HTTPStatus.UNPROCESSABLE_ENTITY) from None


def _page() -> Page | None:
    file = request.files.get("paper")
    content = file.read() if file is not None else b""
    return Page(content, identify(content).value) if content else None


def _back(order_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("searches.page", order_id=order_id), HTTPStatus.SEE_OTHER)
