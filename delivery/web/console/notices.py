"""Sheets for doors: what waits to be printed, a print run, the text of a public notice, and blank pads."""

import json
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from delivery.domain.errors import NotFound, RequestError
from delivery.domain.law.act_vocabulary import Content
from delivery.domain.notice import NoticeKind
from delivery.domain.public_notice import LONGEST_TEXT, lacking, needed, to_write
from delivery.notice_list import batches, waiting
from delivery.notice_sheets import pages, written_of
from delivery.notice_text import subject_of
from delivery.noticing import MOST_PADS, cancel_pads, kind_for, mint, mint_pads, standing_sheet
from delivery.store.cases import Case, Recipient
from delivery.store.notices import Notice, pads_of
from delivery.store.orders import Attempt, ServiceOrder
from delivery.store.parties import Party
from delivery.web.downloads import shown
from delivery.web.rendering import page as render
from delivery.web.rendering import t
from delivery.web.request_state import court_id, note_read, now, person, runtime, session
from delivery.wording import say

blueprint = Blueprint("notices", __name__, url_prefix="/notices")
_MOST = 200


@blueprint.get("")
def listing() -> ResponseReturnValue:
    """What waits to be printed, and the blank pads."""
    note_read("notices_listed")
    return render(
        "console/notices.html",
        rows=waiting(session(), court_id(), limit=_MOST, now=now()),
        batches=batches(session(), court_id()),
        most=_MOST,
        most_pads=MOST_PADS,
        voided=request.args.get("void", ""),
    )


@blueprint.post("/print")
def print_run() -> ResponseReturnValue:
    """Make the sheets of the chosen visits, then show them as one file."""
    chosen = [_id(text) for text in request.form.getlist("visit")[:_MOST]]
    made = [_sheet_of(attempt_id) for attempt_id in chosen]
    if not made:
        raise RequestError("nothing_chosen", status=HTTPStatus.UNPROCESSABLE_ENTITY)
    first, *others = [notice.id for notice in made]
    return redirect(url_for("notices.sheet", notice_id=first, more=others), HTTPStatus.SEE_OTHER)


@blueprint.get("/sheets/<uuid:notice_id>")
def sheet(notice_id: UUID) -> ResponseReturnValue:
    """A sheet, and `more` of the same run, as one PDF; looking at it again prints the same."""
    wanted = [notice_id, *(_id(text) for text in request.args.getlist("more")[:_MOST])]
    found = [session().get(Notice, (court_id(), one)) for one in wanted]
    if None in found:
        raise NotFound
    return _file([notice for notice in found if notice is not None])


@blueprint.get("/visits/<uuid:attempt_id>/text")
def text(attempt_id: UUID) -> ResponseReturnValue:
    """What a public notice says, as far as a person writes it."""
    order, attempt = _public(attempt_id)
    before = standing_sheet(session(), attempt, now())
    kept = json.loads(before.content or "{}") if before is not None else {}
    note_read("notice_text", order.id)
    return _text_page(order, attempt, {"reason": say("zh", "notices.text.reason_usual"), **kept}, tried=False)


@blueprint.post("/visits/<uuid:attempt_id>/text")
def write(attempt_id: UUID) -> ResponseReturnValue:
    """Keep the text and print it; what is missing comes back with what was written."""
    order, attempt = _public(attempt_id)
    written = {part.value: request.form.get(part.value, "").strip() for part in to_write(subject_of(session(), order))}
    too_long = any(len(words) > LONGEST_TEXT for words in written.values())
    if too_long or lacking(subject_of(session(), order), written):
        page = _text_page(order, attempt, written, tried=True)
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    content = written_of(session(), order, written)
    notice = mint(session(), court_id(), attempt.id, by=person().account_id, now=now(), content=content)
    return redirect(url_for("notices.sheet", notice_id=notice.id), HTTPStatus.SEE_OTHER)


@blueprint.post("/pads")
def make_pads() -> ResponseReturnValue:
    """Make a batch of blank pads, then show it."""
    typed = request.form.get("count", "")
    count = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < len("9999") else 0
    batch_id = mint_pads(session(), court_id(), count, by=person().account_id, now=now())
    return redirect(url_for("notices.pads", batch_id=batch_id), HTTPStatus.SEE_OTHER)


@blueprint.get("/pads/<uuid:batch_id>")
def pads(batch_id: UUID) -> ResponseReturnValue:
    """The pads of a batch that hang nowhere yet, as a PDF."""
    blank = [pad for pad in pads_of(session(), court_id(), batch_id) if pad.state == "minted"]
    if not blank:
        raise NotFound
    return _file(blank)


@blueprint.post("/pads/<uuid:batch_id>/lost")
def lose_pads(batch_id: UUID) -> ResponseReturnValue:
    """Unused pads of a batch were lost or spoiled."""
    if not pads_of(session(), court_id(), batch_id):
        raise NotFound
    count = cancel_pads(session(), court_id(), batch_id, now=now())
    return redirect(url_for("notices.listing", void=count), HTTPStatus.SEE_OTHER)


def _sheet_of(attempt_id: UUID) -> Notice:
    """The sheet of a visit, made if need be; a public notice must have been written before."""
    attempt = session().get(Attempt, (court_id(), attempt_id))
    if attempt is None:
        raise NotFound
    order = session().get_one(ServiceOrder, (court_id(), attempt.order_id))
    content = None
    if kind_for(session(), order, attempt) is NoticeKind.PUBLIC_NOTICE_SHEET:
        before = standing_sheet(session(), attempt, now())
        if before is None:
            raise RequestError("notice_text_missing", status=HTTPStatus.UNPROCESSABLE_ENTITY)
        content = before.content
    return mint(session(), court_id(), attempt_id, by=person().account_id, now=now(), content=content)


def _public(attempt_id: UUID) -> tuple[ServiceOrder, Attempt]:
    attempt = session().get(Attempt, (court_id(), attempt_id))
    if attempt is None:
        raise NotFound
    order = session().get_one(ServiceOrder, (court_id(), attempt.order_id))
    if kind_for(session(), order, attempt) is not NoticeKind.PUBLIC_NOTICE_SHEET:
        raise NotFound
    return order, attempt


def _text_page(order: ServiceOrder, attempt: Attempt, written: dict[str, str], *, tried: bool) -> str:
    subject = subject_of(session(), order)
    case = session().get_one(Case, (order.court_id, order.case_id))
    recipient = session().get_one(Recipient, (order.court_id, order.recipient_id))
    missing = lacking(subject, written) if tried else ()
    return render(
        "console/notice_text.html",
        order=order,
        attempt=attempt,
        case=case,
        party=session().get_one(Party, (order.court_id, recipient.party_id)),
        parts=to_write(subject),
        written=written,
        missing=missing,
        long=[name for name, words in written.items() if len(words) > LONGEST_TEXT],
        most=LONGEST_TEXT,
        wants_hearing=Content.HEARING_TIME in needed(subject),
    )


def _file(notices: list[Notice]) -> Response:
    content = pages(session(), notices, base_url=runtime().settings.base_url)
    for notice in notices:
        note_read("notice_printed", notice.order_id, notice=str(notice.id))
    return shown(content, t("notices.title"), "application/pdf")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None
