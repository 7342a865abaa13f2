"""A law firm's inbox: what came, what was opened and acknowledged, and the papers of an order in one click.

Looking at the list opens nothing. Fetching papers is a person's act and is recorded in the role that the person
names; an assistant's act never counts as the lawyer's.
"""

import io
import zipfile
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from delivery.domain.errors import Conflict, NotFound
from delivery.link_acts import acknowledge as record_acknowledgement
from delivery.link_acts import note_download, open_papers
from delivery.link_identity import LinkState, state_of
from delivery.link_visiting import LinkRole, Visitor
from delivery.officer_reading import day_to_tell
from delivery.store.cases import Document
from delivery.store.firm_links import firm_inbox, items_of, newest_link
from delivery.store.links import ServiceLink
from delivery.store.orders import documents_of
from delivery.web.downloads import attachment, file_name
from delivery.web.rendering import page
from delivery.web.request_state import court_id, note_read, now, person, runtime, session

blueprint = Blueprint("firm", __name__)
_SIGNED_IN = "account"
_CLOSED = frozenset({LinkState.REVOKED, LinkState.CANCELLED})


@blueprint.get("/firm")
def inbox() -> ResponseReturnValue:
    """The firm's orders in this court, newest first."""
    before = request.args.get("before", "")
    try:
        found = firm_inbox(session(), court_id(), _firm_id(), before=UUID(before) if before else None)
    except ValueError:
        raise NotFound from None
    note_read("firm_inbox", shown=len(found.items))
    return page(
        "console/firm.html",
        items=found.items,
        next=url_for("firm.inbox", before=found.next) if found.next else "",
        first=url_for("firm.inbox") if before else "",
    )


@blueprint.get("/firm/<uuid:order_id>")
def order(order_id: UUID) -> ResponseReturnValue:
    """One order as the firm may see it."""
    link = _link(session(), order_id)
    note_read("firm_order", order_id)
    item = items_of(session(), court_id(), _firm_id(), [link])[0]
    return page(
        "console/firm_order.html",
        item=item,
        effective_on=day_to_tell(session(), item.row.order),
        papers=documents_of(session(), court_id(), order_id),
    )


@blueprint.post("/firm/<uuid:order_id>/papers")
def papers(order_id: UUID) -> Response:
    """All papers of an order as one file. It is recorded who opened and fetched them, and as what."""
    with runtime().transaction() as writing:
        visitor = _visitor(writing, order_id)
        open_papers(writing, visitor, now=now())
        found = [paper for paper in documents_of(writing, court_id(), order_id) if paper.sha256]
        if not found:
            raise NotFound("blob_missing")
        for paper in found:
            note_download(writing, visitor, paper, now=now())
        name = items_of(writing, court_id(), _firm_id(), [visitor.link])[0].row.case.number
    return attachment(_packed(found), name, "application/zip")


def _packed(found: list[Document]) -> bytes:
    """The papers in one ZIP file, numbered so that equal titles do not meet."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for number, paper in enumerate(found, start=1):
            content = runtime().blobs.get(court_id(), paper.sha256 or "")
            archive.writestr(file_name(f"{number:02} {paper.title}", paper.media_type), content)
    return packed.getvalue()


@blueprint.post("/firm/<uuid:order_id>/acknowledge")
def acknowledge(order_id: UUID) -> ResponseReturnValue:
    """Say that the papers have come; they must have been opened before, in the same role."""
    record_acknowledgement(session(), _visitor(session(), order_id), now=now())
    return redirect(url_for("firm.order", order_id=order_id), HTTPStatus.SEE_OTHER)


def _visitor(working: Session, order_id: UUID) -> Visitor:
    """The signed-in person as the one who acts through the firm's link."""
    role = LinkRole.LAWYER if request.form.get("role") == LinkRole.LAWYER else LinkRole.ASSISTANT
    link = _link(working, order_id)
    # What was sent to the wrong one, or is not to be served any more, is closed here as behind the link itself.
    if state_of(working, link, now=now(), machine_now=runtime().machine_now()) in _CLOSED:
        raise Conflict("papers_taken_back")
    return Visitor(link, role, _SIGNED_IN)


def _link(working: Session, order_id: UUID) -> ServiceLink:
    link = newest_link(working, court_id(), _firm_id(), order_id)
    if link is None:
        raise NotFound
    return link


def _firm_id() -> UUID:
    firm = person().law_firm_id
    if firm is None:
        raise NotFound
    return firm
