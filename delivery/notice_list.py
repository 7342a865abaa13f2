"""What waits to be printed: the visits, postings and public notices that nobody has made yet, each with its sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from delivery.addressing import shown_address
from delivery.domain.event import Channel
from delivery.domain.notice import NoticeKind, NoticeState, standing
from delivery.domain.order import UNFINISHED, AttemptStatus
from delivery.noticing import kind_for
from delivery.store.cases import Case, Recipient
from delivery.store.notices import Notice, notices_of_attempts
from delivery.store.orders import Attempt, ServiceOrder
from delivery.store.parties import Address, Party

_CHANNELS = (Channel.IN_PERSON, Channel.POSTING, Channel.PUBLICATION)
_BATCHES = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """One visit that waits, as the page of prints shows it. `sheet_id` is the sheet that stands, if any."""

    attempt_id: UUID
    order_id: UUID
    case_number: str
    recipient: str
    address: str
    due_on: date | None
    kind: NoticeKind
    sheet_id: UUID | None
    printed_at: datetime | None
    written: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """Pads that were made together, and what became of them."""

    id: UUID
    first: int
    last: int
    made_at: datetime
    unused: int
    taken: int
    void: int


def waiting(session: Session, court_id: UUID, *, limit: int, now: datetime) -> list[Waiting]:
    """What waits to be made, those due first on top."""
    rows = session.execute(
        select(Attempt, ServiceOrder, Case, Party)
        .join(ServiceOrder, (ServiceOrder.court_id == Attempt.court_id) & (ServiceOrder.id == Attempt.order_id))
        .join(Case, (Case.court_id == Attempt.court_id) & (Case.id == ServiceOrder.case_id))
        .join(Recipient, (Recipient.court_id == Attempt.court_id) & (Recipient.id == ServiceOrder.recipient_id))
        .join(Party, (Party.court_id == Attempt.court_id) & (Party.id == Recipient.party_id))
        .where(
            Attempt.court_id == court_id,
            Attempt.channel.in_(_CHANNELS),
            Attempt.status == AttemptStatus.PLANNED,
            ServiceOrder.status.in_(UNFINISHED),
        )
        .order_by(Attempt.due_on.is_(None), Attempt.due_on, Attempt.id)
        .limit(limit)
    ).all()
    sheets = _standing_sheets(session, court_id, [attempt.id for attempt, *_ in rows], now)
    return [_waiting(session, *row, sheets.get(row[0].id)) for row in rows]


def batches(session: Session, court_id: UUID) -> list[Batch]:
    """The newest batches of blank pads."""
    blank, void = Notice.state == NoticeState.MINTED, Notice.state == NoticeState.CANCELLED
    rows = session.execute(
        select(
            Notice.batch_id,
            func.min(Notice.number),
            func.max(Notice.number),
            func.min(Notice.minted_at),
            func.sum(case((blank, 1), else_=0)),
            func.sum(case((void, 1), else_=0)),
            func.count(),
        )
        .where(Notice.court_id == court_id, Notice.batch_id.is_not(None))
        .group_by(Notice.batch_id)
        .order_by(func.max(Notice.number).desc())
        .limit(_BATCHES)
    )
    return [
        Batch(batch, first, last, made_at, unused, count - unused - void, void)
        for batch, first, last, made_at, unused, void, count in rows
    ]


def _waiting(
    session: Session, attempt: Attempt, order: ServiceOrder, its_case: Case, party: Party, sheet: Notice | None
) -> Waiting:
    address = session.get(Address, (attempt.court_id, attempt.address_id)) if attempt.address_id else None
    return Waiting(
        attempt_id=attempt.id,
        order_id=order.id,
        case_number=its_case.number,
        recipient=party.name or "",
        address=shown_address(address.kind, address.value or "") if address else "",
        due_on=attempt.due_on,
        kind=kind_for(session, order, attempt),
        sheet_id=sheet.id if sheet else None,
        printed_at=sheet.minted_at if sheet else None,
        written=bool(sheet and sheet.content),
    )


def _standing_sheets(session: Session, court_id: UUID, attempts: Sequence[UUID], now: datetime) -> dict[UUID, Notice]:
    """Visit -> the newest sheet that was made for it; a pad is no print of this page."""
    return {
        sheet.attempt_id: sheet
        for sheet in notices_of_attempts(session, court_id, list(attempts))
        if sheet.attempt_id is not None and sheet.kind != NoticeKind.PAD and standing(sheet, now) is NoticeState.MINTED
    }
