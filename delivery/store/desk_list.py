"""The desk as a list: open items with their order and recipient, page by page, and how many there are of each kind."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, and_, func, literal, select, union_all
from sqlalchemy.orm import Session

from delivery.store.cases import Case, Recipient
from delivery.store.desk import COUNT_LIMIT, DeskItem
from delivery.store.orders import ServiceOrder
from delivery.store.parties import Party

PAGE = 50


@dataclass(frozen=True, slots=True)
class DeskRow:
    """One open item; what is not about an order has none of the rest."""

    item: DeskItem
    order: ServiceOrder | None
    case: Case | None
    party: Party | None


@dataclass(frozen=True, slots=True)
class DeskPage:
    """Some items, and the id after which the next page begins."""

    rows: tuple[DeskRow, ...]
    next: UUID | None


def list_open(
    session: Session, court_id: UUID, *, kind: str = "", after: UUID | None = None, limit: int = PAGE
) -> DeskPage:
    """The open items, oldest first. Ids are made in the order of time, so they sort and bound the pages."""
    query = (
        select(DeskItem, ServiceOrder, Case, Party)
        .outerjoin(ServiceOrder, and_(ServiceOrder.court_id == DeskItem.court_id, ServiceOrder.id == DeskItem.order_id))
        .outerjoin(Case, and_(Case.court_id == ServiceOrder.court_id, Case.id == ServiceOrder.case_id))
        .outerjoin(
            Recipient, and_(Recipient.court_id == ServiceOrder.court_id, Recipient.id == ServiceOrder.recipient_id)
        )
        .outerjoin(Party, and_(Party.court_id == Recipient.court_id, Party.id == Recipient.party_id))
        .where(DeskItem.court_id == court_id, DeskItem.closed_at.is_(None))
        .order_by(DeskItem.id)
        .limit(limit + 1)
    )
    if kind:
        query = query.where(DeskItem.kind == kind)
    if after is not None:
        query = query.where(DeskItem.id > after)
    rows = [DeskRow(*row) for row in session.execute(query)]
    return DeskPage(tuple(rows[:limit]), rows[limit - 1].item.id if len(rows) > limit else None)


def count_by_kind(session: Session, court_id: UUID) -> dict[str, int]:
    """Kind -> how many are open, most first: exact below `COUNT_LIMIT`, and read no further than that."""
    kinds = session.scalars(_kinds(court_id)).all()
    if not kinds:
        return {}
    counts = session.execute(union_all(*(_capped(court_id, kind) for kind in kinds)))
    found = {row[0]: row[1] for row in counts if row[1]}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _kinds(court_id: UUID) -> Select[str]:
    """Every kind that this court has ever had: each is the least one after the one before, so one index entry each."""
    least = select(func.min(DeskItem.kind)).where(DeskItem.court_id == court_id)
    kinds = least.cte("kinds", recursive=True)
    column = kinds.c[0]
    kinds = kinds.union_all(select(least.where(DeskItem.kind > column).scalar_subquery()).where(column.is_not(None)))
    return select(kinds.c[0]).where(kinds.c[0].is_not(None))


def _capped(court_id: UUID, kind: str) -> Select[str, int]:
    some = (
        select(DeskItem.id)
        .where(DeskItem.court_id == court_id, DeskItem.kind == kind, DeskItem.closed_at.is_(None))
        .limit(COUNT_LIMIT)
        .subquery()
    )
    return select(literal(kind).label("kind"), select(func.count()).select_from(some).scalar_subquery().label("number"))


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody in this court who may be the same party: their cases, and the end of their identity number."""

    cases: tuple[str, ...]
    identity_tail: str


def candidates_of(session: Session, court_id: UUID, items: Iterable[DeskItem]) -> dict[UUID, Candidate]:
    """Item -> who its argument `candidate` names. One query, or none when no item names anybody."""
    wanted = {UUID(str(item.args["candidate"])): item.id for item in items if item.args.get("candidate")}
    if not wanted:
        return {}
    cases: dict[UUID, list[str]] = {}
    tails: dict[UUID, str] = {}
    rows = session.execute(
        select(Party, Case.number)
        .outerjoin(Recipient, and_(Recipient.court_id == Party.court_id, Recipient.party_id == Party.id))
        .outerjoin(Case, and_(Case.court_id == Recipient.court_id, Case.id == Recipient.case_id))
        .where(Party.court_id == court_id, Party.id.in_(wanted))
        .order_by(Case.number)
    )
    for party, number in rows:
        cases.setdefault(party.id, []).extend([number] if number else [])
        tails.setdefault(party.id, (party.identity_number or "")[-4:])
    return {wanted[party_id]: Candidate(tuple(numbers), tails[party_id]) for party_id, numbers in cases.items()}
