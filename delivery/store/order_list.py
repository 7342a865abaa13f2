"""Lists of orders: filtered, searched, page by page, at a cost that does not grow with the court.

An unsearched list is merged from one index range per status, each read no further than the page needs; a search
first finds the few cases and recipients that match and lists their orders. Counts stop at a limit. The same
conditions serve the figures, so that a number and the list behind it cannot disagree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from delivery.domain.order import UNFINISHED
from delivery.store.cases import Case, Document, Recipient
from delivery.store.order_search import Matches
from delivery.store.orders import Attempt, OrderDocument, ServiceOrder, TierRun
from delivery.store.parties import AddressBasis, Party

PAGE = 50
COUNT_LIMIT = 1000
STATUSES = ("open", "held", "concluded", "cancelled")
EFFECTIVE = ("SERVED", "PRESUMED")
_NEVER = date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders. Empty fields leave everything in; `statuses` is never empty.

    `tier` is where an order stands now, `ran` a tier that it went through, `channel` one that was tried, `used` the
    basis of an address that was tried, `failed` the reason for which an attempt failed; `via`, `at_tier` and `basis`
    are what served it. `measure` is one of the figures. The days of opening are court-local, both included.
    """

    statuses: tuple[str, ...] = UNFINISHED
    tier: str = ""
    channel: str = ""
    late_on: date | None = None
    measure: str = ""
    without_notice: bool = False
    ran: str = ""
    used: str = ""
    failed: str = ""
    via: str = ""
    at_tier: str = ""
    basis: str = ""
    opened_since: date | None = None
    opened_until: date | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last order of the page before."""

    due_on: date
    order_id: UUID


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One line of a list; `papers` are pairs of kind and title."""

    order: ServiceOrder
    case: Case
    recipient: Recipient
    party: Party
    papers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Some lines, and where the next page begins."""

    rows: tuple[OrderRow, ...]
    next: Cursor | None


def measured(measure: str) -> ColumnElement[bool]:
    """The condition behind one figure."""
    match measure:
        case "finished":
            return ServiceOrder.finished_at.is_not(None)
        case "reached":
            return ServiceOrder.reached_at.is_not(None)
        case "effective":
            return and_(ServiceOrder.status == "concluded", ServiceOrder.outcome.in_(EFFECTIVE))
        case "censored":
            return ServiceOrder.status.in_(UNFINISHED)
        case "cancelled":
            return ServiceOrder.status == "cancelled"
        case _:
            return literal(value=True)


def used_basis() -> ColumnElement[str]:
    """The basis of the address that an attempt used, in the words of `ServiceOrder.effect_basis`."""
    return case(
        (Attempt.law_firm_id.is_not(None), literal("counsel")),
        (AddressBasis.source_case_id.is_not(None), literal("reused_") + AddressBasis.source_basis),
        else_=func.coalesce(AddressBasis.basis, literal("")),
    )


def attempts_with_basis() -> Select[UUID, UUID, str]:
    """Court, order and basis of every attempt that used an address or went to a firm."""
    return (
        select(Attempt.court_id, Attempt.order_id, used_basis().label("basis"))
        .join(ServiceOrder, and_(ServiceOrder.court_id == Attempt.court_id, ServiceOrder.id == Attempt.order_id))
        .outerjoin(
            AddressBasis,
            and_(
                AddressBasis.court_id == Attempt.court_id,
                AddressBasis.address_id == Attempt.address_id,
                AddressBasis.case_id == ServiceOrder.case_id,
            ),
        )
        .where(or_(Attempt.address_id.is_not(None), Attempt.law_firm_id.is_not(None)))
    )


def conditions(court_id: UUID, wanted: OrderFilter) -> list[ColumnElement[bool]]:
    """Everything but the statuses."""
    found: list[ColumnElement[bool]] = [ServiceOrder.court_id == court_id]
    plain = (
        (ServiceOrder.tier, wanted.tier),
        (ServiceOrder.effect_channel, wanted.via),
        (ServiceOrder.effect_tier, wanted.at_tier),
        (ServiceOrder.effect_basis, wanted.basis),
    )
    found += [column == value for column, value in plain if value]
    if wanted.measure:
        found.append(measured(wanted.measure))
    if wanted.without_notice:
        found.append(ServiceOrder.effect_channel != "publication")
    if wanted.late_on is not None:
        found.append(ServiceOrder.due_on < wanted.late_on)
    if wanted.opened_since is not None:
        found.append(ServiceOrder.opened_on >= wanted.opened_since)
    if wanted.opened_until is not None:
        found.append(ServiceOrder.opened_on <= wanted.opened_until)
    return [*found, *_of_attempts(court_id, wanted)]


def _of_attempts(court_id: UUID, wanted: OrderFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.channel:
        found.append(
            select(Attempt.id)
            .where(Attempt.court_id == court_id, Attempt.order_id == ServiceOrder.id, Attempt.channel == wanted.channel)
            .exists()
        )
    if wanted.failed:
        found.append(
            select(Attempt.id)
            .where(
                Attempt.court_id == court_id,
                Attempt.order_id == ServiceOrder.id,
                Attempt.status == "failed",
                Attempt.reason == wanted.failed,
            )
            .exists()
        )
    if wanted.ran:
        found.append(
            select(TierRun.id)
            .where(
                TierRun.court_id == court_id,
                TierRun.order_id == ServiceOrder.id,
                TierRun.tier == wanted.ran,
                TierRun.skipped_reason == "",
            )
            .exists()
        )
    if wanted.used:
        used = attempts_with_basis().where(Attempt.court_id == court_id, used_basis() == wanted.used).subquery()
        found.append(ServiceOrder.id.in_(select(used.c.order_id)))
    return found


def list_orders(
    session: Session,
    court_id: UUID,
    wanted: OrderFilter,
    *,
    matches: Matches | None = None,
    after: Cursor | None = None,
    limit: int = PAGE,
) -> OrderPage:
    """One page, by due date; orders without one come last. Three queries, however many orders there are."""
    if matches is None:
        branches = [_branch(court_id, wanted, [ServiceOrder.status == s], after, limit) for s in wanted.statuses]
    else:
        ours = or_(
            ServiceOrder.case_id.in_(matches.case_ids or (court_id,)),
            ServiceOrder.recipient_id.in_(matches.recipient_ids or (court_id,)),
        )
        branches = [_branch(court_id, wanted, [ours, ServiceOrder.status.in_(wanted.statuses)], after, limit)]
    merged = union_all(*(part for branch in branches for part in branch)).subquery()
    keys = session.execute(select(merged.c.due, merged.c.id).order_by(merged.c.due, merged.c.id).limit(limit + 1)).all()
    shown = keys[:limit]
    cursor = Cursor(shown[-1].due, shown[-1].id) if len(keys) > limit else None
    return OrderPage(rows_of(session, court_id, [key.id for key in shown]), cursor)


def _branch(
    court_id: UUID, wanted: OrderFilter, extra: list[ColumnElement[bool]], after: Cursor | None, limit: int
) -> list[Select[date, UUID]]:
    """One index range with due dates, and one of the orders without."""
    parts = []
    base = [*conditions(court_id, wanted), *extra]
    if after is None or after.due_on < _NEVER:
        dated = [*base, ServiceOrder.due_on.is_not(None)]
        if after is not None:
            # The first comparison bounds the index range, the second cuts inside the cursor's day.
            dated.append(ServiceOrder.due_on >= after.due_on)
            dated.append(or_(ServiceOrder.due_on > after.due_on, ServiceOrder.id > after.order_id))
        query = (
            select(ServiceOrder.due_on.label("due"), ServiceOrder.id.label("id"))
            .where(*dated)
            .order_by(ServiceOrder.due_on, ServiceOrder.id)
            .limit(limit + 1)
        )
        parts.append(select(query.subquery()))
    undated = [*base, ServiceOrder.due_on.is_(None)]
    if after is not None and after.due_on >= _NEVER:
        undated.append(ServiceOrder.id > after.order_id)
    query = (
        select(literal(_NEVER).label("due"), ServiceOrder.id.label("id"))
        .where(*undated)
        .order_by(ServiceOrder.id)
        .limit(limit + 1)
    )
    parts.append(select(query.subquery()))
    return parts


def rows_of(session: Session, court_id: UUID, order_ids: Sequence[UUID]) -> tuple[OrderRow, ...]:
    """These orders with what a list shows of them, in the order given."""
    if not order_ids:
        return ()
    found = {
        row[0].id: row
        for row in session.execute(
            select(ServiceOrder, Case, Recipient, Party)
            .join(Case, and_(Case.court_id == ServiceOrder.court_id, Case.id == ServiceOrder.case_id))
            .join(
                Recipient,
                and_(Recipient.court_id == ServiceOrder.court_id, Recipient.id == ServiceOrder.recipient_id),
            )
            .join(Party, and_(Party.court_id == Recipient.court_id, Party.id == Recipient.party_id))
            .where(ServiceOrder.court_id == court_id, ServiceOrder.id.in_(order_ids))
        )
    }
    papers: dict[UUID, list[tuple[str, str]]] = {}
    for order_id, kind, title in session.execute(
        select(OrderDocument.order_id, Document.kind, Document.title)
        .join(Document, and_(Document.court_id == OrderDocument.court_id, Document.id == OrderDocument.document_id))
        .where(
            OrderDocument.court_id == court_id,
            OrderDocument.order_id.in_(order_ids),
            Document.replaced_at.is_(None),
        )
        .order_by(OrderDocument.order_id, OrderDocument.position)
    ):
        papers.setdefault(order_id, []).append((kind, title))
    return tuple(
        OrderRow(order, case_, recipient, party, tuple(papers.get(order.id, ())))
        for order, case_, recipient, party in (found[order_id] for order_id in order_ids)
    )


def count_by_status(session: Session, court_id: UUID, late_on: date) -> dict[str, int]:
    """How many orders have each status, and how many unfinished ones are `late`: exact up to `COUNT_LIMIT`."""
    ranges = {status: (ServiceOrder.status == status,) for status in STATUSES}
    parts = [_capped(court_id, name, given) for name, given in ranges.items()]
    parts += [_capped(court_id, "late", (ServiceOrder.status == s, ServiceOrder.due_on < late_on)) for s in UNFINISHED]
    counts: dict[str, int] = {}
    for row in session.execute(union_all(*parts)):
        counts[row[0]] = counts.get(row[0], 0) + row[1]
    return counts


def _capped(court_id: UUID, name: str, given: tuple[ColumnElement[bool], ...]) -> Select[str, int]:
    some = select(ServiceOrder.id).where(ServiceOrder.court_id == court_id, *given).limit(COUNT_LIMIT).subquery()
    return select(literal(name).label("name"), select(func.count()).select_from(some).scalar_subquery().label("n"))
