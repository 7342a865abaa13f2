"""Sheets for doors: minted for a visit, printed blank in batches and bound later, ended when what they are for ends.

A code is known here by its hash; the sheet's own row says what it is for. It opens nothing by itself: whoever scans it
is led to the identity check of an e-service link that lives and dies with the sheet.
"""

import os
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.domain.errors import Conflict, NotFound, RequestError
from delivery.domain.event import Channel, EventKind
from delivery.domain.notice import (
    AFTER_BINDING,
    LIFETIMES,
    EndReason,
    NoticeFinding,
    NoticeKind,
    NoticeResult,
    NoticeState,
    finding,
    standing,
)
from delivery.domain.notice_code import ID_BYTES, NoticeCode, parse, verify, write
from delivery.domain.order import ENDED, UNFINISHED, AttemptStatus
from delivery.domain.posting import PostingMeaning
from delivery.doors import planned_meaning
from delivery.linking import hashed, link_for_notice
from delivery.store.courts import Court
from delivery.store.ids import new_id
from delivery.store.links import ServiceLink
from delivery.store.model import vault_of
from delivery.store.notices import (
    Notice,
    NoticeBinding,
    highest_number,
    lock_notice,
    notice_anywhere,
    notice_by_hash,
    notices_of,
    notices_of_attempts,
    pads_of,
)
from delivery.store.orders import Attempt, ServiceOrder, lock_order

KEY_PURPOSE = "notice.code"
MOST_PADS = 200
_WITH_SHEET = frozenset({Channel.IN_PERSON, Channel.POSTING, Channel.PUBLICATION})
_LIVE = frozenset({NoticeState.MINTED, NoticeState.BOUND})
# Facts that say that somebody was at the door: its sheet may hang there.
_MADE = frozenset({EventKind.NOTICE_POSTED, EventKind.NOTICE_PUBLISHED, EventKind.VISITED})
_ORDER_ENDS = frozenset({EventKind.ORDER_CONCLUDED, EventKind.ORDER_CANCELLED})


def kind_for(session: Session, order: ServiceOrder, attempt: Attempt) -> NoticeKind:
    """Which sheet belongs on this door: the text of a notice only where the posting is part of one."""
    public = attempt.channel == Channel.PUBLICATION or (
        attempt.channel == Channel.POSTING and planned_meaning(session, order, attempt) is PostingMeaning.PUBLIC_NOTICE
    )
    return NoticeKind.PUBLIC_NOTICE_SHEET if public else NoticeKind.PRIVACY_NOTICE


def mint(
    session: Session, court_id: UUID, attempt_id: UUID, *, by: UUID | None, now: datetime, content: str | None = None
) -> Notice:
    """The sheet of a visit that waits to be made; the one that it has already, if it still stands.

    `content` is what a public notice says; other words make another sheet, and the one before is worth nothing.
    Raises `NotFound`, or `Conflict` when the visit or its order is over.
    """
    order, attempt = _waiting(session, court_id, attempt_id)
    kind = kind_for(session, order, attempt)
    sheet = standing_sheet(session, attempt, now)
    if sheet is not None and sheet.kind == kind and sheet.content == content:
        return sheet
    if sheet is not None:
        _cancel(session, sheet, EndReason.PRINTED_ANEW, now)
    notice = _new(session, court_id, kind, by=by, now=now)
    notice.order_id, notice.attempt_id, notice.content = order.id, attempt.id, content
    _lead_to_papers(session, notice, order, now)
    return notice


def standing_sheet(session: Session, attempt: Attempt, now: datetime) -> Notice | None:
    """The sheet that was minted for a visit and still stands; a pad that was bound to it is none of these."""
    found = [
        sheet
        for sheet in notices_of_attempts(session, attempt.court_id, [attempt.id])
        if sheet.kind != NoticeKind.PAD and standing(sheet, now) is NoticeState.MINTED
    ]
    return found[-1] if found else None


def mint_pads(session: Session, court_id: UUID, count: int, *, by: UUID | None, now: datetime) -> UUID:
    """Mint blank pads, numbered on from the court's last one. Returns the batch.

    Raises `RequestError("pads_out_of_range")` unless 1 to 200 are asked for.
    """
    if not 1 <= count <= MOST_PADS:
        raise RequestError("pads_out_of_range", status=422, most=MOST_PADS)
    session.get_one(Court, court_id, with_for_update=True)
    batch_id, first = new_id(), highest_number(session, court_id) + 1
    for number in range(first, first + count):
        pad = _new(session, court_id, NoticeKind.PAD, by=by, now=now)
        pad.batch_id, pad.number = batch_id, number
    session.flush()
    return batch_id


def cancel_pads(session: Session, court_id: UUID, batch_id: UUID, *, now: datetime) -> int:
    """Pads of a batch were lost or spoiled: those that hang nowhere yet are worth nothing. Returns how many."""
    blank = [pad for pad in pads_of(session, court_id, batch_id) if pad.state == NoticeState.MINTED]
    for pad in blank:
        _cancel(session, pad, EndReason.PAD_LOST, now)
    return len(blank)


def bind_pad(
    session: Session,
    court_id: UUID,
    text: str,
    attempt: Attempt,
    *,
    record_id: UUID,
    by: UUID | None,
    now: datetime,
) -> NoticeFinding:
    """Bind a blank sheet to the visit that it was scanned at.

    `THIS_NOTICE` says that it is this visit's sheet, now or already. Any other result is why it was refused; the first
    visit keeps its sheet. Every try is written down, so that both sides of a quarrel can be read.
    """
    order = lock_order(session, court_id, attempt.order_id)
    code_hash = _hash_of(session, text)
    sheet = lock_notice(session, court_id, code_hash) if order is not None and code_hash else None
    if sheet is None or order is None:
        return NoticeFinding(NoticeResult.UNKNOWN)
    found = finding(sheet, attempt, now)
    if found.result is NoticeResult.BLANK_UNBOUND:
        sheet.state = NoticeState.USED if attempt.status in _made_statuses() else NoticeState.BOUND
        sheet.order_id, sheet.attempt_id = order.id, attempt.id
        sheet.bound_at, sheet.bound_by, sheet.record_id = now, by, record_id
        sheet.expires_at = now + AFTER_BINDING
        _lead_to_papers(session, sheet, order, now)
        found = finding(sheet, attempt, now)
    session.add(
        NoticeBinding(
            court_id=court_id,
            id=new_id(),
            notice_id=sheet.id,
            attempt_id=attempt.id,
            record_id=record_id,
            result=found.result,
            tried_by=by,
            tried_at=now,
        )
    )
    return found


def check_code(session: Session, court_id: UUID, text: str, attempt: Attempt, *, at: datetime) -> NoticeFinding:
    """What a code that was read at a visit says about it. `at` is when the sheet was seen, as well as that is known."""
    code_hash = _hash_of(session, text)
    sheet = notice_by_hash(session, court_id, code_hash) if code_hash else None
    return finding(sheet, attempt, at)


def notice_behind(session: Session, text: str) -> Notice | None:
    """The sheet of any court with this code: for whoever stands before it. Other texts never reach the database."""
    code_hash = _hash_of(session, text)
    return notice_anywhere(session, code_hash) if code_hash else None


def codes_of(session: Session, court_id: UUID, attempts: Sequence[UUID], *, now: datetime) -> dict[UUID, str]:
    """Visit -> the letters of the newest sheet that was printed for it or bound to it, and still stands."""
    return {
        sheet.attempt_id: sheet.code or ""
        for sheet in notices_of_attempts(session, court_id, list(attempts))
        if sheet.attempt_id is not None and standing(sheet, now) in _LIVE
    }


def follow_fact(session: Session, order: ServiceOrder, attempt: Attempt | None, kind: EventKind, now: datetime) -> None:
    """Bring the sheets of an order in step with a fact: used where somebody went, cancelled where nobody will."""
    if attempt is not None and attempt.channel in _WITH_SHEET and attempt.status in ENDED:
        for sheet in notices_of_attempts(session, order.court_id, [attempt.id]):
            if sheet.state in _LIVE and kind in _MADE:
                sheet.state = NoticeState.USED
            elif sheet.state in _LIVE:
                _cancel(session, sheet, EndReason.VISIT_ENDED, now)
    if kind is EventKind.DOCUMENT_REPLACED:
        _cancel_all(session, order, EndReason.PAPER_REPLACED, now)
    elif kind in _ORDER_ENDS:
        _cancel_all(session, order, EndReason.ORDER_ENDED, now)


def _waiting(session: Session, court_id: UUID, attempt_id: UUID) -> tuple[ServiceOrder, Attempt]:
    attempt = session.get(Attempt, (court_id, attempt_id))
    if attempt is None or attempt.channel not in _WITH_SHEET:
        raise NotFound
    order = lock_order(session, court_id, attempt.order_id)
    assert order is not None
    session.refresh(attempt)
    if attempt.status != AttemptStatus.PLANNED or order.status not in UNFINISHED:
        raise Conflict("visit_is_over")
    return order, attempt


def _new(session: Session, court_id: UUID, kind: NoticeKind, *, by: UUID | None, now: datetime) -> Notice:
    key = vault_of(session).derive(KEY_PURPOSE)
    letters = write(NoticeCode(os.urandom(ID_BYTES), blank=kind is NoticeKind.PAD), key)
    notice = Notice(
        court_id=court_id,
        id=new_id(),
        code_hash=hashed(letters),
        kind=kind,
        state=NoticeState.MINTED,
        minted_at=now,
        minted_by=by,
        expires_at=now + LIFETIMES[kind],
    )
    session.add(notice)
    notice.code = letters
    return notice


def _lead_to_papers(session: Session, notice: Notice, order: ServiceOrder, now: datetime) -> None:
    """Give the sheet an e-service link whose token is the printed code, where the party can prove who it is."""
    link = link_for_notice(session, order, notice.code or "", now=now, expires_at=notice.expires_at)
    notice.link_id = link.id if link is not None else None


def _hash_of(session: Session, text: str) -> str:
    """The hash under which a code is kept; empty for what is none of ours."""
    letters = parse(text)
    if letters is None or verify(letters, vault_of(session).derive(KEY_PURPOSE)) is None:
        return ""
    return hashed(letters)


def _made_statuses() -> frozenset[str]:
    return frozenset({AttemptStatus.ANSWERED, AttemptStatus.FAILED})


def _cancel_all(session: Session, order: ServiceOrder, reason: EndReason, now: datetime) -> None:
    for sheet in notices_of(session, order.court_id, order.id):
        if sheet.state in _LIVE:
            _cancel(session, sheet, reason, now)


def _cancel(session: Session, sheet: Notice, reason: EndReason, now: datetime) -> None:
    sheet.state, sheet.reason, sheet.ended_at = NoticeState.CANCELLED, reason, now
    link = session.get(ServiceLink, (sheet.court_id, sheet.link_id)) if sheet.link_id else None
    if link is not None and link.revoked_at is None:
        link.revoked_at = now
