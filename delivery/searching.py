"""Address search: asking where a party is, keying the answer, asking again when nobody answers.

A question and its answer count for every order of the party in the case; each of those that is under way gets them as
facts. An address that a source names enters the ledger like any other, under the right that this source gives.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from delivery.address_acts import Given, add_address
from delivery.domain.errors import BadValue, Conflict, NotFound, RequestError
from delivery.domain.event import EventKind, Report
from delivery.domain.order import UNFINISHED
from delivery.domain.search import ANSWER_DAYS, BASES, KINDS, Answer, Need, Sought, Source, sources_for
from delivery.domain.waiting import add_working_days
from delivery.gathering import sought_of
from delivery.runtime import Runtime
from delivery.store.cases import Recipient
from delivery.store.courts import Court
from delivery.store.desk import close_item
from delivery.store.evidence import Evidence
from delivery.store.ids import new_id
from delivery.store.orders import ServiceOrder, lock_orders
from delivery.store.searches import AddressSearch, searches_of
from delivery.store.surroundings import surroundings_of
from delivery.tracking import record_fact


@dataclass(frozen=True, slots=True)
class Reply:
    """What a source said. With `found`: the destination as written, and the right that it comes with."""

    answer: Answer
    kind: str = ""
    written: str = ""
    basis: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A paper that came with an answer."""

    content: bytes
    media_type: str


def start_searches(
    runtime: Runtime,
    session: Session,
    order: ServiceOrder,
    sources: Iterable[Source],
    *,
    by: UUID | None,
    now: datetime,
) -> list[AddressSearch]:
    """Ask each source that applies to the recipient and that nobody is asking; returns the new questions.

    The order is locked by the caller. Raises `RequestError` (source_not_applicable).
    """
    recipient = session.get_one(Recipient, (order.court_id, order.recipient_id))
    applying = {item.source: item for item in sources_for(_sought(session, order))}
    being_asked = {row.source for row in open_searches(session, order)}
    rows = []
    for source in sources:
        if applying[source].need is Need.NOT_APPLICABLE:
            code = "source_not_applicable"
            raise RequestError(code, status=422, source=source)
        if source in being_asked:
            continue
        row = AddressSearch(
            court_id=order.court_id,
            id=new_id(),
            order_id=order.id,
            case_id=order.case_id,
            party_id=recipient.party_id,
            source=source,
            requested_at=now,
            requested_by=by,
            due_on=_due_on(runtime, session, order.court_id, source, now),
        )
        if _is_first(session, row):
            rows.append(row)
            record_fact(session, order, _asked(row, by, now), now=now)
    return rows


def _is_first(session: Session, row: AddressSearch) -> bool:
    """Write the question, unless another order of the party asks the same at this very moment."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    return True


def _asked(row: AddressSearch, by: UUID | None, now: datetime, **more: str) -> Report:
    args = {**_told(row, by), "due_on": row.due_on.isoformat(), **more}
    return Report(EventKind.SEARCH_REQUESTED, "", now, args=args)


def _sought(session: Session, order: ServiceOrder) -> Sought:
    around = surroundings_of(session, order)
    return sought_of(around.recipient, around.party)


def required_of(session: Session, order: ServiceOrder) -> list[Source]:
    """The sources without whose answer there is no public notice to the recipient of this order."""
    return [item.source for item in sources_for(_sought(session, order)) if item.need is Need.REQUIRED]


def open_searches(session: Session, order: ServiceOrder, source: Source | None = None) -> list[AddressSearch]:
    """The questions about the recipient that nobody has answered, of one source if named."""
    recipient = session.get_one(Recipient, (order.court_id, order.recipient_id))
    rows = searches_of(session, order.court_id, order.case_id, recipient.party_id)
    return [row for row in rows if not row.answer and source in {None, row.source}]


def record_reply(
    runtime: Runtime,
    session: Session,
    court_id: UUID,
    search_id: UUID,
    reply: Reply,
    *,
    page: Page | None = None,
    by: UUID | None,
    now: datetime,
) -> AddressSearch:
    """Key what a source answered; what it found enters the ledger. A second answer is refused: ask again first.

    Raises `NotFound`, `Conflict` (search_answered), `BadValue` (found_address_missing, found_address_misplaced,
    found_basis_misplaced, address_kind_unknown, and what reading the address raises).
    """
    row = session.get(AddressSearch, (court_id, search_id), with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    if row.answer:
        code = "search_answered"
        raise Conflict(code)
    args = _told(row, by) | {"search_result": str(reply.answer)}
    if reply.answer is Answer.FOUND:
        row.address_id, basis = _enter(session, row, reply, by, now)
        args |= {"kind": reply.kind, "basis": basis}
    elif reply.written:
        raise BadValue("found_address_misplaced")
    row.answer, row.replied_at, row.replied_by = reply.answer, now, by
    row.note = reply.note or None
    if page is not None:
        row.evidence_id = _keep(runtime, session, row, page, now)
    for order_id in _tell(session, row, Report(EventKind.SEARCH_REPLIED, "", now, args=args), now):
        close_item(session, court_id, f"search_overdue:{order_id}:{row.source}", at=now, resolution="answered")
    return row


def ask_again(
    runtime: Runtime, session: Session, court_id: UUID, search_id: UUID, *, by: UUID | None, now: datetime
) -> AddressSearch:
    """Remind a source that has not answered: it gets its days once more. Raises `NotFound`, `Conflict`."""
    row = session.get(AddressSearch, (court_id, search_id), with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    if row.answer:
        code = "search_answered"
        raise Conflict(code)
    row.due_on = _due_on(runtime, session, court_id, Source(row.source), now)
    for order_id in _tell(session, row, _asked(row, by, now, again="true"), now):
        close_item(session, court_id, f"search_overdue:{order_id}:{row.source}", at=now, resolution="asked_again")
    return row


def _due_on(runtime: Runtime, session: Session, court_id: UUID, source: Source, now: datetime) -> date:
    today = now.astimezone(ZoneInfo(session.get_one(Court, court_id).time_zone)).date()
    return add_working_days(today, ANSWER_DAYS[source], runtime.calendar.is_rest_day)


def _enter(session: Session, row: AddressSearch, reply: Reply, by: UUID | None, now: datetime) -> tuple[UUID, str]:
    """Put the found address into the ledger, under the right that this source gives."""
    source = Source(row.source)
    if not reply.written.strip():
        raise BadValue("found_address_missing")
    if reply.kind not in KINDS[source]:
        raise BadValue("address_kind_unknown", allowed=", ".join(KINDS[source]))
    basis = reply.basis or BASES[source][0]
    if basis not in BASES[source]:
        raise BadValue("found_basis_misplaced", allowed=", ".join(BASES[source]))
    court = session.get_one(Court, row.court_id)
    today = now.astimezone(ZoneInfo(court.time_zone)).date()
    recipient_id = _recipient_id(session, row)
    given = Given(reply.kind, reply.written, basis, today)
    return add_address(session, row.court_id, recipient_id, given, by=by, now=now), str(basis)


def _recipient_id(session: Session, row: AddressSearch) -> UUID:
    order = session.get_one(ServiceOrder, (row.court_id, row.order_id))
    return order.recipient_id


def _keep(runtime: Runtime, session: Session, row: AddressSearch, page: Page, now: datetime) -> UUID:
    """The paper as evidence of the order that asked."""
    evidence = Evidence(
        court_id=row.court_id,
        id=new_id(),
        order_id=row.order_id,
        kind="search_reply",
        sha256=runtime.blobs.put(row.court_id, page.content),
        size=len(page.content),
        media_type=page.media_type,
        capture={"search": str(row.id)},
        created_at=now,
    )
    session.add(evidence)
    session.flush()
    return evidence.id


def _told(row: AddressSearch, by: UUID | None) -> dict[str, str]:
    return {"source": row.source, "search": str(row.id), **({"by": str(by)} if by else {})}


def _tell(session: Session, row: AddressSearch, report: Report, now: datetime) -> list[UUID]:
    """A fact in every order of the party in this case that is under way, and in the one that asked; their ids."""
    concerned = ServiceOrder.status.in_(UNFINISHED) | (ServiceOrder.id == row.order_id)
    told = []
    for order in lock_orders(
        session, row.court_id, ServiceOrder.recipient_id == _recipient_id(session, row), concerned
    ):
        record_fact(session, order, report, now=now)
        told.append(order.id)
    return told
