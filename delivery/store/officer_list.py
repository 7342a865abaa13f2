"""The officer's desk as a list: what only a court officer decides, the nearest hearing first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVarTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from delivery.store.cases import Case, Recipient
from delivery.store.desk import COUNT_LIMIT, DeskItem
from delivery.store.order_list import EFFECTIVE
from delivery.store.orders import ServiceOrder
from delivery.store.parties import Party

PAGE = 100
Columns = TypeVarTuple("Columns")
# In the order in which the chips stand.
KINDS = ("confirm_outcome", "approve_notice", "court_review", "objection", "contradiction", "effect_changed")


@dataclass(frozen=True, slots=True)
class OfficerRow:
    """One question to an officer, with the order that it is about."""

    item: DeskItem
    order: ServiceOrder
    case: Case
    recipient: Recipient
    party: Party


def waiting_for_officer(court_id: UUID, kind: str = "") -> ColumnElement[bool]:
    """What awaits an officer: a contradiction only where it shakes a day that counts."""
    kinds = (kind,) if kind in KINDS else KINDS
    shaken = or_(DeskItem.kind != "contradiction", ServiceOrder.outcome.in_(EFFECTIVE))
    return and_(DeskItem.court_id == court_id, DeskItem.closed_at.is_(None), DeskItem.kind.in_(kinds), shaken)


def list_for_officer(
    session: Session, court_id: UUID, *, kind: str = "", page: int = 0, limit: int = PAGE
) -> Sequence[OfficerRow]:
    """One page, and one row more when another follows: by hearing, then by how long it has been waiting."""
    query = (
        _joined(select(DeskItem, ServiceOrder, Case, Recipient, Party))
        .where(waiting_for_officer(court_id, kind))
        .order_by(Case.hearing_at.is_(None), Case.hearing_at, DeskItem.opened_at, DeskItem.id)
        .limit(limit + 1)
        .offset(page * limit)
    )
    return [OfficerRow(*row) for row in session.execute(query)]


def row_of_item(session: Session, court_id: UUID, item_id: UUID) -> OfficerRow | None:
    """One question, also when it is settled; None when it is none for an officer."""
    found = session.execute(
        _joined(select(DeskItem, ServiceOrder, Case, Recipient, Party)).where(
            DeskItem.court_id == court_id, DeskItem.id == item_id, DeskItem.kind.in_(KINDS)
        )
    ).one_or_none()
    return None if found is None else OfficerRow(*found)


def next_for_officer(session: Session, row: OfficerRow, kind: str = "") -> UUID | None:
    """The question that follows this one in the list, of one kind if named; after the last one, the first."""
    rows = _joined(select(DeskItem.id, Case.hearing_at, DeskItem.opened_at)).where(
        waiting_for_officer(row.item.court_id, kind), DeskItem.id != row.item.id
    )
    follows = or_(Case.hearing_at > row.case.hearing_at, Case.hearing_at.is_(None)) if row.case.hearing_at else None
    same = Case.hearing_at == row.case.hearing_at if row.case.hearing_at else Case.hearing_at.is_(None)
    later = or_(
        DeskItem.opened_at > row.item.opened_at,
        and_(DeskItem.opened_at == row.item.opened_at, DeskItem.id > row.item.id),
    )
    after = and_(same, later) if follows is None else or_(follows, and_(same, later))
    ordered = rows.order_by(Case.hearing_at.is_(None), Case.hearing_at, DeskItem.opened_at, DeskItem.id).limit(1)
    following = session.execute(ordered.where(after)).first() or session.execute(ordered).first()
    return None if following is None else following[0]


def count_for_officer(session: Session, court_id: UUID) -> dict[str, int]:
    """Kind -> how many wait, in the order of `KINDS`; kinds without any are left out."""
    some = (
        select(DeskItem.kind)
        .join(ServiceOrder, and_(ServiceOrder.court_id == DeskItem.court_id, ServiceOrder.id == DeskItem.order_id))
        .where(waiting_for_officer(court_id))
        .limit(COUNT_LIMIT)
        .subquery()
    )
    found = {row[0]: row[1] for row in session.execute(select(some.c.kind, func.count()).group_by(some.c.kind))}
    return {kind: found[kind] for kind in KINDS if kind in found}


def _joined(query: Select[*Columns]) -> Select[*Columns]:
    return (
        query.select_from(DeskItem)
        .join(ServiceOrder, and_(ServiceOrder.court_id == DeskItem.court_id, ServiceOrder.id == DeskItem.order_id))
        .join(Case, and_(Case.court_id == ServiceOrder.court_id, Case.id == ServiceOrder.case_id))
        .join(Recipient, and_(Recipient.court_id == ServiceOrder.court_id, Recipient.id == ServiceOrder.recipient_id))
        .join(Party, and_(Party.court_id == Recipient.court_id, Party.id == Recipient.party_id))
    )
