"""Papers over the API: the bytes of a document, for the first time or as a corrected version."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, request

from delivery.document_types import identify
from delivery.domain.errors import NotFound
from delivery.order_life import add_bytes, replace_document
from delivery.store.cases import Document
from delivery.web.api.exchange import answer
from delivery.web.request_state import api_caller, now, runtime, session

blueprint = Blueprint("api_papers", __name__, url_prefix="/api/v1")


@blueprint.put("/documents/<uuid:document>/content")
def put(document: UUID) -> Response:
    """The first bytes of a paper; the same bytes again are success, other bytes a conflict."""
    found = _document(document)
    content = request.get_data()
    add_bytes(runtime(), session(), found, content=content, media_type=identify(content))
    return answer({"id": str(found.id), "sha256": found.sha256, "version": found.version})


@blueprint.post("/documents/<uuid:document>/versions")
def replace(document: UUID) -> Response:
    """A corrected version: every order that serves the paper is reopened."""
    content = request.get_data()
    newer = replace_document(
        runtime(),
        session(),
        _document(document),
        content=content,
        media_type=identify(content),
        by=None,
        now=now(),
    )
    shown = {"id": str(newer.id), "sha256": newer.sha256, "version": newer.version}
    return answer(shown, HTTPStatus.CREATED)


def _document(document: UUID) -> Document:
    found = session().get(Document, (api_caller().court_id, document))
    if found is None:
        raise NotFound
    return found
