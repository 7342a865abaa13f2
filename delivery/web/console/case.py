"""The page of one case: whether it is ready for its hearing, the matrix of recipients and papers, papers, hearing."""

from datetime import date, datetime
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from delivery.document_types import identify
from delivery.domain.errors import NotFound, RequestError
from delivery.order_life import add_bytes, issue_payment_order, move_hearing, replace_document
from delivery.readiness import CaseReadiness, Row, case_readiness
from delivery.store.cases import Case, Document
from delivery.web.rendering import day, instant, t, word
from delivery.web.rendering import page as render
from delivery.web.request_state import court_id, note_read, now, person, runtime, session, zone

blueprint = Blueprint("case", __name__)


@blueprint.get("/cases/<uuid:case_id>")
def page(case_id: UUID) -> ResponseReturnValue:
    """The case with its matrix. `?hearing=YYYY-MM-DDTHH:MM` fills the form that moves the hearing."""
    found = case_readiness(runtime(), session(), court_id(), case_id)
    papers = session().scalars(
        select(Document)
        .where(Document.court_id == court_id(), Document.case_id == case_id)
        .order_by(Document.title, Document.version.desc())
    )
    note_read("case", case_id)
    wanted = _moment(request.args.get("hearing", ""))
    return render(
        "console/case.html",
        found=found,
        case=found.case,
        papers=list(papers),
        blocked=_blocked(found),
        others=sum(1 for row in found.rows if row.blocks) - 1,
        who=_who,
        wanted=wanted,
        form_at=instant(wanted or found.case.hearing_at).replace(" ", "T"),
        proposed=instant(found.propose_at).replace(" ", "T"),
        first_order=next((row.orders[0].order.id for row in found.rows), None),
        today=now().astimezone(zone()).date(),
        weak=_weak,
        warned=lambda warned: t("timetable.warned", what=word("warning", warned.code), day=day(warned.on)),
    )


def _who(row: Row) -> str:
    """The recipient as a court speaks of it: by role, with its number where there are several, and by name."""
    role = word("party_role", row.recipient.role)
    if not row.number:
        return t("readiness.who", role=role, name=row.name)
    return t("readiness.nth", role=role, number=word("numeral", row.number), name=row.name)


def _blocked(found: CaseReadiness) -> str:
    """The one sentence on top: whose service stands in the way, and why."""
    row = found.blocking
    if row is None:
        return ""
    hearing_at = found.case.hearing_at
    if hearing_at is None or hearing_at <= now():
        return t(f"readiness.open.{'awaiting' if row.blocks == 'awaiting' else 'not_served'}", who=_who(row))
    return t(f"readiness.blocks.{row.blocks}", who=_who(row), at=instant(hearing_at))


def _weak(weakest: tuple[str, str]) -> str:
    table, code = weakest
    if not code:
        return ""
    what = word(table, code)
    return t("readiness.missing", what=what) if table == "law.missing" else t("readiness.weakest", what=what)


def _moment(text: str) -> datetime | None:
    """A court-local moment as a form gives it; None when it is none."""
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=zone())
    except ValueError:
        return None


@blueprint.post("/cases/<uuid:case_id>/hearing")
def move_hearing_of(case_id: UUID) -> ResponseReturnValue:
    """Set, move or clear the hearing; the plans of all open orders are looked at again. None is set in the past."""
    text = request.form.get("hearing_at", "").strip()
    hearing_at = _moment(text)
    if text and hearing_at is None:
        raise RequestError("moment_malformed", status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if hearing_at is not None and hearing_at <= now():
        raise RequestError("hearing_past", status=HTTPStatus.UNPROCESSABLE_ENTITY, at=instant(hearing_at))
    move_hearing(session(), _case(case_id), hearing_at=hearing_at, by=person().account_id, now=now())
    return redirect(url_for("case.page", case_id=case_id), HTTPStatus.SEE_OTHER)


@blueprint.post("/cases/<uuid:case_id>/payment-order")
def issue_order_of(case_id: UUID) -> ResponseReturnValue:
    """Record the day on which the payment order was issued."""
    case = _case(case_id)
    try:
        issued_on = date.fromisoformat(request.form.get("issued_on", "").strip())
    except ValueError:
        raise RequestError("moment_malformed", status=HTTPStatus.UNPROCESSABLE_ENTITY) from None
    issue_payment_order(session(), case, issued_on=issued_on, by=person().account_id, now=now())
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
