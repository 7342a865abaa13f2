"""Orders over the API: open, read with journal and effect, hold, resume, cancel, move the hearing, publish."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, Response
from sqlalchemy import select

from delivery.addressing import postal_value
from delivery.document_types import identify
from delivery.domain.address import parse_email, parse_phone, parse_wechat
from delivery.domain.case import parse_case_number
from delivery.domain.errors import BadValue, NotFound
from delivery.domain.identity import parse_identity
from delivery.domain.order import OrderStatus
from delivery.domain.paper import DocumentKind, kind_of
from delivery.domain.postal import parse_postal
from delivery.field_reports import record_publication
from delivery.intake import Opened, open_orders
from delivery.intake_comparing import PERSONAL_FIELDS, Difference
from delivery.intake_entries import AddressEntry, OrderEntry, PaperEntry
from delivery.order_life import cancel_order, hold_order, move_hearing, order_to_change, resume_order
from delivery.store.cases import Case, case_by_number
from delivery.store.journal import journal_of
from delivery.store.orders import ServiceOrder, documents_of
from delivery.web.api.exchange import (
    PAGE,
    answer,
    body_as,
    cursor_id,
    idempotency_key,
    page_of,
    parameters,
    plain,
    repeatable,
)
from delivery.web.api.gathering import gathering, prepare
from delivery.web.api.shapes import (
    AddressShape,
    HearingRequest,
    OrderRequest,
    PaperShape,
    PublicationRequest,
    ReasonRequest,
)
from delivery.web.races import once_more
from delivery.web.request_state import api_caller, note_read, now, runtime, session, with_session

blueprint = Blueprint("api_orders", __name__, url_prefix="/api/v1")


blueprint.record_once(prepare)


@blueprint.post("/orders")
def create() -> Response:
    """Open the orders of one recipient; the same again changes nothing."""
    if not idempotency_key():
        return _opened(gathering().take(api_caller().court, _entry(body_as(OrderRequest))))
    return once_more(_create_repeatably)


def _create_repeatably() -> Response:
    with with_session():
        return _create_in_session()


@repeatable
def _create_in_session() -> Response:
    entry = _entry(body_as(OrderRequest))
    return _opened(open_orders(session(), api_caller().court, [entry], now=now())[0])


def _opened(opened: Opened) -> Response:
    shown = {
        "orders": [str(order.id) for order in opened.orders],
        "created": opened.created,
        "differences": [_difference(one) for one in opened.differences],
    }
    return answer(shown, HTTPStatus.CREATED if opened.created else HTTPStatus.OK)


def _difference(one: Difference) -> dict[str, str | None]:
    """A field that tells something else than is held; of what is personal only that it differs."""
    personal = one.field in PERSONAL_FIELDS
    held, told = (None, None) if personal else (one.held, one.told)
    return {"field": one.field, "held": held, "told": told, "standing": one.standing}


def _entry(told: OrderRequest) -> OrderEntry:
    who, counsel = told.recipient, told.counsel
    identity = parse_identity(who.identity_number, who.kind) if who.identity_number else None
    return OrderEntry(
        case_number=parse_case_number(told.case.number).text,
        procedure=told.case.procedure,
        instance=told.case.instance,
        cause=told.case.cause,
        confidential=told.case.confidential,
        accepted_on=told.case.accepted_on,
        payment_order_issued_on=told.case.payment_order_issued_on,
        hearing_at=told.case.hearing_at,
        recipient_name=told.recipient.name,
        recipient_kind=told.recipient.kind,
        role=told.recipient.role,
        language=told.recipient.language,
        identity_number=identity.number if identity else "",
        identity_checked=identity.checked if identity else True,
        born_on=identity.born_on if identity else None,
        addresses=tuple(_address(item) for item in told.addresses),
        papers=tuple(_paper(item) for item in told.documents),
        firm=counsel.firm if counsel else "",
        firm_email=parse_email(counsel.email) if counsel and counsel.email else "",
        firm_wechat=parse_wechat(counsel.wechat) if counsel and counsel.wechat else "",
        lawyer=counsel.lawyer if counsel else "",
        plan=told.plan,
        move_hearing=told.move_hearing,
    )


def _address(told: AddressShape) -> AddressEntry:
    match told.kind:
        case "mobile":
            phone = parse_phone(told.value)
            if not phone.mobile:
                raise BadValue("phone_not_mobile")
            value = phone.number
        case "email":
            value = parse_email(told.value)
        case "wechat":
            value = parse_wechat(told.value)
        case "postal":
            value = postal_value(parse_postal(told.value))
    scope = "all" if "all" in told.consent_scope else ",".join(sorted(told.consent_scope))
    return AddressEntry(told.kind, value, told.basis, told.given_on, scope)


def _paper(told: PaperShape) -> PaperEntry:
    kind = told.kind or kind_of(told.title) or DocumentKind.OTHER_DOCUMENT
    if told.content is None:
        return PaperEntry(kind, told.title)
    media_type = identify(told.content)
    # Bytes first: an order that names bytes which are not kept must not exist, bytes that nobody names do no harm.
    sha256 = runtime().blobs.put(api_caller().court_id, told.content)
    return PaperEntry(kind, told.title, sha256, len(told.content), media_type)


@blueprint.get("/orders")
def listing() -> Response:
    """Orders in the order in which they were opened, by status if asked."""
    given = parameters("status", "cursor")
    query = (
        select(ServiceOrder, Case.number)
        .join(Case, (Case.court_id == ServiceOrder.court_id) & (Case.id == ServiceOrder.case_id))
        .where(ServiceOrder.court_id == api_caller().court_id)
        .order_by(ServiceOrder.id)
        .limit(PAGE + 1)
    )
    if "status" in given:
        if given["status"] not in set(OrderStatus):
            raise BadValue("status_unknown", allowed=", ".join(OrderStatus))
        query = query.where(ServiceOrder.status == given["status"])
    if "cursor" in given:
        query = query.where(ServiceOrder.id > cursor_id(given["cursor"]))
    rows = session().execute(query).all()
    items = [_shown(order, number) for order, number in rows[:PAGE]]
    note_read("orders_listed")
    return page_of(items, items[-1]["id"] if len(rows) > PAGE else None)


@blueprint.get("/orders/<uuid:order>")
def read(order: UUID) -> Response:
    """One order with its papers, its effect and its journal in codes."""
    court_id = api_caller().court_id
    found = session().get(ServiceOrder, (court_id, order))
    if found is None:
        raise NotFound
    case = session().get_one(Case, (court_id, found.case_id))
    note_read("order_read", found.id)
    return answer(
        {
            **_shown(found, case.number),
            "effect": found.effect,
            "documents": [
                {
                    "id": str(paper.id),
                    "kind": paper.kind,
                    "title": paper.title,
                    "version": paper.version,
                    "sha256": paper.sha256,
                }
                for paper in documents_of(session(), court_id, found.id)
            ],
            "journal": [
                {
                    "sequence": event.sequence,
                    "kind": event.kind,
                    "occurred_at": event.occurred_at.isoformat(),
                    "recorded_at": event.recorded_at.isoformat(),
                    "provider": event.provider,
                    "reason": event.reason,
                    "args": event.args,
                    "attempt_id": str(event.attempt_id) if event.attempt_id else None,
                    "hash": event.hash,
                }
                for event in journal_of(session(), court_id, found.id)
            ],
        }
    )


def _shown(order: ServiceOrder, case_number: str) -> dict[str, Any]:
    return {
        "id": str(order.id),
        "case_id": str(order.case_id),
        "case_number": case_number,
        "status": order.status,
        "tier": order.tier,
        "outcome": order.outcome,
        "effective_on": order.effective_on.isoformat() if order.effective_on else None,
        # A deemed day is for the court alone until an officer has confirmed it.
        "awaits_confirmation": bool(order.effect.get("needs_confirmation")) and order.confirmed_at is None,
        "opened_at": order.opened_at.isoformat(),
        "due_on": order.due_on.isoformat() if order.due_on else None,
        "finished_at": order.finished_at.isoformat() if order.finished_at else None,
    }


@blueprint.post("/orders/<uuid:order>/hold")
@repeatable
def hold(order: UUID) -> Response:
    """Stop the ladder until it is resumed."""
    found = order_to_change(session(), api_caller().court_id, order)
    hold_order(session(), found, reason=body_as(ReasonRequest).reason, by=None, now=now())
    return answer({"id": str(found.id), "status": found.status})


@blueprint.post("/orders/<uuid:order>/resume")
@repeatable
def resume(order: UUID) -> Response:
    """Let a held order go on."""
    found = order_to_change(session(), api_caller().court_id, order)
    resume_order(session(), found, by=None, now=now())
    return answer({"id": str(found.id), "status": found.status})


@blueprint.post("/orders/<uuid:order>/cancel")
@repeatable
def cancel(order: UUID) -> Response:
    """End an order without service."""
    found = order_to_change(session(), api_caller().court_id, order)
    cancel_order(session(), found, reason=body_as(ReasonRequest).reason, by=None, now=now())
    return answer({"id": str(found.id), "status": found.status})


@blueprint.post("/hearings")
@repeatable
def hearing() -> Response:
    """Set, move or clear the hearing of a case."""
    told = body_as(HearingRequest)
    case = case_by_number(session(), api_caller().court_id, parse_case_number(told.number).text)
    if case is None:
        raise NotFound
    count = move_hearing(session(), case, hearing_at=told.hearing_at, by=None, now=now())
    return answer({"number": case.number, "orders": count})


@blueprint.post("/orders/<uuid:order>/publications")
@repeatable
def publish(order: UUID) -> Response:
    """Record that an approved public notice was published."""
    told = plain(body_as(PublicationRequest))
    attempt = record_publication(session(), api_caller().court_id, order, told, by=None, now=now())
    return answer({"id": str(attempt.id), "status": attempt.status})
