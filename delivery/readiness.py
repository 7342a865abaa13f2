"""Whether a case is ready for its hearing: a row for each recipient, a cell for each paper, and who stands in the way.

The case is served when all are. The orders into which the papers of one recipient were split join in one row.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.domain.errors import NotFound
from delivery.domain.ladder import Standing
from delivery.domain.order import UNFINISHED, OrderStatus
from delivery.domain.timetable import Timetable, first_hearing, plan_ends_on, timetable
from delivery.domain.ways import ways_of
from delivery.gathering import gather_facts
from delivery.officer_reading import weaknesses_of
from delivery.runtime import Runtime
from delivery.store.cases import Case, Recipient
from delivery.store.courts import Court
from delivery.store.desk import last_resolution
from delivery.store.hearings import standing_hearing
from delivery.store.journal import DeliveryEvent, journal_of
from delivery.store.order_list import OrderRow, rows_of
from delivery.store.orders import ServiceOrder, attempts_of
from delivery.store.surroundings import surroundings_of
from delivery.timetabling import (
    EFFECTIVE,
    OF_THE_WHOLE_CASE,
    CourtDays,
    Warned,
    deadlines_of,
    periods_for,
    warnings_of,
)

MOST_ORDERS = 200
_MOST_PLANS = 40  # beyond so many open orders a page does not compute each one's plan
SERVED, AWAITING, NOT_YET, CANCELLED = "served", "awaiting", "not_yet", "cancelled"

Paper = tuple[str, str]  # kind and title


@dataclass(frozen=True, slots=True)
class Prospect:
    """One order against its deadlines: the plan against the hearing, what to warn of, when the rest of it would end.

    `first_hearing_on`: the first day of hearing that the rest of the plan, with its whole time, can be in time for.
    """

    plan: Timetable | None
    warnings: tuple[Warned, ...]
    first_hearing_on: date | None = None
    weaknesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """One paper to one recipient. `weakest` is a table of words and a code, or two empty texts."""

    order_id: UUID
    state: str
    effective_on: date | None
    weakest: tuple[str, str]
    latest_start_on: date | None
    latest_tier: str


@dataclass(frozen=True, slots=True)
class Row:
    """One recipient. `number` counts those with the same role, zero when there is only one.

    `deadlines` are the recipient's own (answer, appeal, objection, evidence, the payment order's end); `blocks`
    says why the hearing cannot be held for this row: a code, empty when it can.
    """

    recipient: Recipient
    name: str
    number: int
    cells: Mapping[Paper, Cell]
    orders: tuple[OrderRow, ...]
    deadlines: Mapping[str, date]
    warnings: tuple[Warned, ...]
    blocks: str
    last_chance_on: date | None


@dataclass(frozen=True, slots=True)
class CaseReadiness:
    """`blocking` is the row to look at first; `propose_on` the day to move the hearing to, when it is lost."""

    case: Case
    papers: tuple[Paper, ...]
    rows: tuple[Row, ...]
    blocking: Row | None
    propose_at: datetime | None

    @property
    def ready(self) -> bool:
        """Whether everybody is served, and in time where a hearing is set."""
        return bool(self.rows) and self.blocking is None

    @property
    def lost(self) -> bool:
        """Whether the hearing can no longer be met."""
        return self.blocking is not None and self.blocking.blocks in {"lost", "too_late"}


def case_readiness(runtime: Runtime, session: Session, court_id: UUID, case_id: UUID) -> CaseReadiness:
    """The matrix of one case of this court. Raises `NotFound`."""
    case = session.get(Case, (court_id, case_id))
    if case is None:
        raise NotFound
    order_ids = session.scalars(
        select(ServiceOrder.id)
        .where(ServiceOrder.court_id == court_id, ServiceOrder.case_id == case_id)
        .order_by(ServiceOrder.opened_at, ServiceOrder.id)
        .limit(MOST_ORDERS)
    )
    orders = rows_of(session, court_id, list(order_ids))
    days = court_days(runtime, session, court_id)
    open_ones = [row.order.id for row in orders if row.order.status in UNFINISHED][:_MOST_PLANS]
    prospects = {
        row.order.id: prospect_of(runtime, session, row.order, days, with_plan=row.order.id in open_ones)
        for row in orders
    }
    rows = _rows(orders, prospects)
    blocking = min((row for row in rows if row.blocks), key=_urgency, default=None)
    return CaseReadiness(
        case=case,
        papers=tuple(dict.fromkeys(paper for row in orders for paper in row.papers)),
        rows=rows,
        blocking=blocking,
        propose_at=_proposal(case, prospects, days) if blocking is not None else None,
    )


def court_days(runtime: Runtime, session: Session, court_id: UUID) -> CourtDays:
    """Today at this court."""
    zone = ZoneInfo(session.get_one(Court, court_id).time_zone)
    return CourtDays(runtime.now().astimezone(zone).date(), zone, runtime.calendar.is_rest_day)


def prospect_of(
    runtime: Runtime, session: Session, order: ServiceOrder, days: CourtDays, *, with_plan: bool = True
) -> Prospect:
    """One order against its deadlines and its case's hearing, as they stand now."""
    attempts = attempts_of(session, order.court_id, order.id)
    around = surroundings_of(session, order)
    case = around.case
    hearing_on = case.hearing_at.astimezone(days.zone).date() if case.hearing_at else None
    periods = periods_for(around, hearing_on or days.today)
    sent_back = _sent_back(session, order)
    plan, first_on = None, None
    if periods is not None and order.status not in UNFINISHED:
        plan = timetable(hearing_on, periods, (), days.is_rest_day) if hearing_on else None
        if order.effective_on is not None:
            first_on = first_hearing(order.effective_on, periods, days.is_rest_day)
    elif periods is not None and with_plan:
        kinds = set(
            session.scalars(
                select(DeliveryEvent.kind)
                .where(DeliveryEvent.court_id == order.court_id, DeliveryEvent.order_id == order.id)
                .distinct()
            )
        )
        facts = gather_facts(
            runtime, session, order, around, attempts, Standing(order.outcome, sent_back=sent_back), kinds
        )
        ways = ways_of(facts, periods)
        plan = timetable(hearing_on, periods, ways, days.is_rest_day) if hearing_on else None
        if ways:
            ends_on = order.effective_on or plan_ends_on(ways, days.today, days.is_rest_day)
            first_on = first_hearing(ends_on, periods, days.is_rest_day)
    warnings = warnings_of(order, attempts, plan, days, sent_back=sent_back)
    return Prospect(plan, tuple(_since_said(session, case, warnings)), first_on, _weaknesses(session, order))


def _since_said(session: Session, case: Case, warnings: Sequence[Warned]) -> Iterator[Warned]:
    """A lost hearing counts from the day on which it was said: what is left of a plan points ever further back."""
    for warned in warnings:
        hearing = standing_hearing(session, case.court_id, case.id) if warned.code == "hearing_lost" else None
        yield replace(warned, on=hearing.lost_on) if hearing is not None and hearing.lost_on is not None else warned


def _weaknesses(session: Session, order: ServiceOrder) -> tuple[str, ...]:
    """What is weak about how a court officer confirmed it; nobody confirmed most orders, and they cost no query."""
    if order.confirmed_at is None:
        return ()
    return weaknesses_of(order, journal_of(session, order.court_id, order.id))


def _sent_back(session: Session, order: ServiceOrder) -> bool:
    if order.outcome not in EFFECTIVE or order.status not in UNFINISHED:
        return False
    asked = f"confirm_outcome:{order.id}:{order.effect.get('fingerprint', '')}"
    return last_resolution(session, order.court_id, asked) == "send_back"


def _rows(orders: Sequence[OrderRow], prospects: Mapping[UUID, Prospect]) -> tuple[Row, ...]:
    """A row for every recipient, in the order of their roles' first appearance."""
    by_recipient: dict[UUID, list[OrderRow]] = {}
    for row in orders:
        by_recipient.setdefault(row.recipient.id, []).append(row)
    roles = [rows[0].recipient.role for rows in by_recipient.values()]
    seen: dict[str, int] = {}
    found = []
    for siblings in by_recipient.values():
        role = siblings[0].recipient.role
        seen[role] = seen.get(role, 0) + 1
        found.append(_row(siblings, prospects, seen[role] if roles.count(role) > 1 else 0))
    return tuple(found)


def _row(siblings: Sequence[OrderRow], prospects: Mapping[UUID, Prospect], number: int) -> Row:
    first = siblings[0]
    chances = [
        plan.last_chance_on
        for row in siblings
        if row.order.status in UNFINISHED and (plan := prospects[row.order.id].plan) and plan.last_chance_on
    ]
    return Row(
        recipient=first.recipient,
        name=first.party.name or "",
        number=number,
        cells={paper: _cell(row.order, prospects[row.order.id]) for row in siblings for paper in row.papers},
        orders=tuple(siblings),
        deadlines={
            name: on
            for row in siblings
            for name, on in deadlines_of(row.order).items()
            if name not in OF_THE_WHOLE_CASE
        },
        warnings=tuple(dict.fromkeys(warned for row in siblings for warned in prospects[row.order.id].warnings)),
        blocks=min((_blocks(row.order, prospects[row.order.id]) for row in siblings), key=_RANK.__getitem__),
        last_chance_on=min(chances, default=None),
    )


_RANK = {"lost": 0, "too_late": 1, "not_served": 2, "awaiting": 3, "": 4}


def _blocks(order: ServiceOrder, prospect: Prospect) -> str:
    codes = {warned.code for warned in prospect.warnings}
    if order.status == OrderStatus.CANCELLED:
        return ""
    if "hearing_lost" in codes:
        return "lost"
    if "served_too_late" in codes:
        return "too_late"
    state = state_of(order)
    return "" if state == SERVED else "awaiting" if state == AWAITING else "not_served"


def _urgency(row: Row) -> tuple[int, bool, date, str]:
    chance = row.last_chance_on
    return _RANK[row.blocks], chance is None, chance or date.max, str(row.recipient.id)


def state_of(order: ServiceOrder) -> str:
    """Where an order's papers stand: served, presumed and awaiting confirmation, not yet, or cancelled."""
    if order.status == OrderStatus.CANCELLED:
        return CANCELLED
    if order.outcome not in EFFECTIVE:
        return NOT_YET
    return SERVED if order.status == OrderStatus.CONCLUDED else AWAITING


def _cell(order: ServiceOrder, prospect: Prospect) -> Cell:
    best = prospect.plan.best if prospect.plan is not None and state_of(order) == NOT_YET else None
    return Cell(
        order_id=order.id,
        state=state_of(order),
        effective_on=order.effective_on,
        weakest=weakest_point(order, prospect.weaknesses),
        latest_start_on=best.last_on if best else None,
        latest_tier=best.tier if best else "",
    )


def weakest_point(order: ServiceOrder, weaknesses: Sequence[str] = ()) -> tuple[str, str]:
    """The first of what is missing, weak about the confirmation, or would defeat it: a table of words and a code."""
    missing, defeaters = (order.effect.get(name) or () for name in ("missing", "defeaters"))
    for table, codes in (("law.missing", missing), ("weakness", weaknesses), ("law.defeater", defeaters)):
        if isinstance(codes, list | tuple) and codes:
            return table, str(codes[0])
    return "", ""


def _proposal(case: Case, prospects: Mapping[UUID, Prospect], days: CourtDays) -> datetime | None:
    """The hour of today's hearing on the first day that every order's rest of the plan can be in time for."""
    if case.hearing_at is None:
        return None
    local = case.hearing_at.astimezone(days.zone)
    first = [prospect.first_hearing_on for prospect in prospects.values() if prospect.first_hearing_on is not None]
    stuck = any(
        prospect.first_hearing_on is None and any(warned.code == "hearing_lost" for warned in prospect.warnings)
        for prospect in prospects.values()
    )
    if stuck or not first or max(first) <= local.date():
        return None
    return datetime.combine(max(first), local.timetz())
