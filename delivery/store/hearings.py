"""Hearings as they were set: one row each time a case is given a day, with what became of that day.

`Case.hearing_at` says when the hearing is; these rows remember the days that were given up, so that a figure can say
how often a court moved in time and how often it came to a hearing with somebody unserved.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Index, String, bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from delivery.store.cases import Case, Recipient
from delivery.store.ids import new_id
from delivery.store.model import InCourt, Model, in_same_court
from delivery.store.orders import ServiceOrder
from delivery.store.parties import Party

TO_COME = ""
RESULTS = ("met", "moved_in_time", "moved_late", "vacated", "dropped")
PAGE = 50


class Hearing(InCourt, Model):
    """One day given to a case. `result` is empty while it stands, then one of `RESULTS`.

    `lost_on` is the day on which the platform first said that it can no longer be met, `lost_order_id` the order that
    it said so of. `woken_by` is the order that will look again at the hour of the hearing.
    """

    __tablename__ = "hearing"
    __table_args__ = (
        in_same_court("case_id", "case"),
        in_same_court("lost_order_id", "service_order"),
        Index(None, "court_id", "hearing_at"),
        Index(None, "court_id", "case_id"),
    )

    case_id: Mapped[UUID]
    hearing_at: Mapped[datetime]
    set_at: Mapped[datetime]
    set_by: Mapped[UUID | None]
    woken_by: Mapped[UUID | None]
    lost_on: Mapped[date | None] = mapped_column(Date)
    lost_order_id: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    result: Mapped[str] = mapped_column(String(16), default=TO_COME)


@dataclass(frozen=True, slots=True)
class HearingRow:
    """One hearing with its case and, where one stood in its way, the recipient."""

    hearing: Hearing
    case: Case
    order: ServiceOrder | None
    party: Party | None


def set_hearing(session: Session, case: Case, *, by: UUID | None, at: datetime) -> None:
    """Remember the day that the case has now."""
    assert case.hearing_at is not None
    session.add(
        Hearing(court_id=case.court_id, id=new_id(), case_id=case.id, hearing_at=case.hearing_at, set_at=at, set_by=by)
    )


# Built once, because every look at an order asks it.
_STANDING = (
    select(Hearing)
    .where(Hearing.court_id == bindparam("court"), Hearing.case_id == bindparam("case"), Hearing.result == TO_COME)
    .order_by(Hearing.set_at.desc(), Hearing.id.desc())
    .limit(1)
)


def standing_hearing(session: Session, court_id: UUID, case_id: UUID) -> Hearing | None:
    """The day that a case has, as long as nothing has become of it."""
    return session.scalar(_STANDING, {"court": court_id, "case": case_id})


def lock_hearing(session: Session, hearing: Hearing) -> Hearing:
    """The same row as it is now, locked until the transaction ends. Whoever locks orders too locks them first."""
    return session.get_one(Hearing, (hearing.court_id, hearing.id), with_for_update=True, populate_existing=True)


def _in_span(court_id: UUID, since: datetime, until: datetime) -> list[ColumnElement[bool]]:
    return [Hearing.court_id == court_id, Hearing.hearing_at >= since, Hearing.hearing_at < until]


def count_by_result(session: Session, court_id: UUID, since: datetime, until: datetime) -> dict[str, int]:
    """Result -> how many of the hearings whose day lies in the span; those to come under the empty word."""
    rows = session.execute(
        select(Hearing.result, func.count()).where(*_in_span(court_id, since, until)).group_by(Hearing.result)
    )
    return {row[0]: row[1] for row in rows}


def list_hearings(
    session: Session,
    court_id: UUID,
    since: datetime,
    until: datetime,
    *,
    results: Sequence[str] = (),
    after: int = 0,
) -> list[HearingRow]:
    """The hearings whose day lies in the span, by their day, one more than a page of them from number `after` on."""
    query = (
        select(Hearing, Case, ServiceOrder, Party)
        .join(Case, (Case.court_id == Hearing.court_id) & (Case.id == Hearing.case_id))
        .outerjoin(
            ServiceOrder,
            (ServiceOrder.court_id == Hearing.court_id) & (ServiceOrder.id == Hearing.lost_order_id),
        )
        .outerjoin(
            Recipient, (Recipient.court_id == ServiceOrder.court_id) & (Recipient.id == ServiceOrder.recipient_id)
        )
        .outerjoin(Party, (Party.court_id == Recipient.court_id) & (Party.id == Recipient.party_id))
        .where(*_in_span(court_id, since, until))
        .order_by(Hearing.hearing_at, Hearing.id)
        .offset(after)
        .limit(PAGE + 1)
    )
    if results:
        query = query.where(Hearing.result.in_(results))
    return [HearingRow(*row) for row in session.execute(query)]
