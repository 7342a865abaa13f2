"""The page of one order: where it stands and why, what happens next, its journal, and what people may do about it."""

from collections.abc import Callable
from datetime import date, datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from delivery.addressing import shown_address
from delivery.desk_work import buttons_of
from delivery.domain.errors import NotFound
from delivery.mail_folding import tried_on
from delivery.mail_tending import LABEL_KIND
from delivery.officer_reading import weaknesses_of
from delivery.order_life import CANCEL_REASONS, HOLD_REASONS, cancel_order, hold_order, order_to_change, resume_order
from delivery.readiness import court_days, prospect_of
from delivery.slip_fetching import SLIP_IMAGE
from delivery.store.cases import Document
from delivery.store.evidence import evidence_by_attempt
from delivery.store.orders import ServiceOrder
from delivery.web.console.address_use import uses_of
from delivery.web.console.order_reading import OrderView, detail_of, masked, read_order
from delivery.web.console.reasoning import reasoning_of
from delivery.web.downloads import attachment
from delivery.web.narrating import narrate
from delivery.web.rendering import page as render
from delivery.web.rendering import word
from delivery.web.request_state import court_id, note_read, now, person, runtime, session, zone

blueprint = Blueprint("order", __name__)


@blueprint.get("/orders/<uuid:order_id>")
def page(order_id: UUID) -> ResponseReturnValue:
    """The order. `?reveal=ID` shows one address, message or entry in full, and is recorded as such."""
    view = read_order(session(), court_id(), order_id)
    revealed = _revealed(view)
    note_read("order", order_id)
    # As things happened, not as we heard of them: what came late says so on its line.
    happened = sorted(view.events, key=lambda event: (event.occurred_at, event.sequence))
    return render(
        "console/order.html",
        view=view,
        order=view.order,
        course=_course(view.order),
        lines=narrate(session(), happened, view.channels),
        events=happened[::-1],
        reasoning=reasoning_of(view.order.effect, weaknesses_of(view.order, view.events)),
        shown=lambda address: _shown(address.id, address.kind, address.value, revealed),
        firm_mail=lambda firm: _shown(firm.id, "email", firm.email, revealed),
        firm_chat=lambda firm: masked("wechat", firm.wechat),
        revealed=revealed,
        prospect=prospect_of(runtime(), session(), view.order, court_days(runtime(), session(), court_id())),
        hold_reasons=[(code, word("reason", code)) for code in HOLD_REASONS],
        cancel_reasons=[(code, word("reason", code)) for code in CANCEL_REASONS],
        buttons_of=lambda item: buttons_of(item, view.order, person().role),
        labels=evidence_by_attempt(session(), court_id(), order_id, LABEL_KIND),
        slip_images=evidence_by_attempt(session(), court_id(), order_id, SLIP_IMAGE),
        tries=tried_on(view.events, zone()),
        uses=uses_of(view.addresses, now().astimezone(zone()).date()),
        today=now().astimezone(zone()).date(),
    )


def _course(order: ServiceOrder) -> tuple[tuple[str, date | datetime | None], ...]:
    """What the figures count, of this order: the measure and when it came true, None if it has not."""
    return (
        ("initiated", order.opened_at),
        ("sent", order.first_sent_at),
        ("reached", order.reached_at),
        ("effective", order.effective_on),
        ("finished", order.finished_at),
    )


def _revealed(view: OrderView) -> dict[str, Any]:
    """What was asked to be shown in full, if it belongs to this order: id and content. Recorded."""
    try:
        wanted = UUID(request.args.get("reveal", ""))
    except ValueError:
        return {"id": None, "detail": {}, "text": ""}
    attempt = next((item for item in view.attempts if item.id == wanted), None)
    event = next((item for item in view.events if item.id == wanted), None)
    if attempt is None and event is None and wanted not in view.address_by_id and wanted not in view.firm_by_id:
        raise NotFound
    note_read("reveal", view.order.id, what=str(wanted))
    return {
        "id": wanted,
        "detail": detail_of(session(), court_id(), wanted) if event is not None else {},
        "text": (attempt.text or "") if attempt is not None else "",
    }


def _shown(subject: UUID, kind: str, value: str | None, revealed: dict[str, Any]) -> str:
    if not value:
        return ""
    return shown_address(kind, value) if revealed["id"] == subject else masked(kind, value)


@blueprint.get("/orders/<uuid:order_id>/papers/<uuid:document_id>")
def paper(order_id: UUID, document_id: UUID) -> Response:
    """The bytes of one paper of the order's case."""
    view = read_order(session(), court_id(), order_id)
    document = session().get(Document, (court_id(), document_id))
    if document is None or document.case_id != view.case.id or document.sha256 is None:
        raise NotFound
    note_read("paper", order_id, document=str(document_id))
    content = runtime().blobs.get(court_id(), document.sha256)
    return attachment(content, document.title, document.media_type)


@blueprint.get("/orders/<uuid:order_id>/labels/<uuid:attempt_id>")
def label(order_id: UUID, attempt_id: UUID) -> Response:
    """The label of one mail, for the mail room to print."""
    return _kept_of_mail(order_id, attempt_id, LABEL_KIND, "label")


@blueprint.get("/orders/<uuid:order_id>/slips/<uuid:attempt_id>")
def slip_image(order_id: UUID, attempt_id: UUID) -> Response:
    """The carrier's picture of the slip that was signed for one mail, for whoever keys it."""
    return _kept_of_mail(order_id, attempt_id, SLIP_IMAGE, "slip_image")


def _kept_of_mail(order_id: UUID, attempt_id: UUID, kind: str, name: str) -> Response:
    found = evidence_by_attempt(session(), court_id(), order_id, kind).get(attempt_id)
    if found is None:
        raise NotFound
    note_read(name, order_id, attempt=str(attempt_id))
    return attachment(runtime().blobs.get(court_id(), found.sha256), word("mail", name), found.media_type)


@blueprint.post("/orders/<uuid:order_id>/hold")
def hold(order_id: UUID) -> ResponseReturnValue:
    """Stop the ladder until somebody resumes it."""
    reason = request.form.get("reason", "")
    return _act(order_id, lambda s, order: hold_order(s, order, reason=reason, by=person().account_id, now=now()))


@blueprint.post("/orders/<uuid:order_id>/resume")
def resume(order_id: UUID) -> ResponseReturnValue:
    """Let a held order go on."""
    return _act(order_id, lambda s, order: resume_order(s, order, by=person().account_id, now=now()))


@blueprint.post("/orders/<uuid:order_id>/cancel")
def cancel(order_id: UUID) -> ResponseReturnValue:
    """End the order without service."""
    reason = request.form.get("reason", "")
    return _act(order_id, lambda s, order: cancel_order(s, order, reason=reason, by=person().account_id, now=now()))


def _act(order_id: UUID, act: Callable[[Session, ServiceOrder], None]) -> ResponseReturnValue:
    act(session(), order_to_change(session(), court_id(), order_id))
    return redirect(url_for("order.page", order_id=order_id), HTTPStatus.SEE_OTHER)
