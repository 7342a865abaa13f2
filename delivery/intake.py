"""Orders come in: from a docket, the API or a form, always as a batch of entries, and always through `open_orders`.

Whoever is known by identity number is the same party as before; a name alone never is. Papers under different gates
(a mediation statement; a judgment outside the consent) become sibling orders. The same entry again changes nothing;
one that knows more (a form signed since, bytes of a paper, a hearing that has a date now) adds just that.
"""

import hashlib
from collections.abc import Container, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from delivery.address_reuse import Wanted, attach_reused
from delivery.announcing import announce_opened
from delivery.docket_headings import Column
from delivery.domain.event import EventKind, Report
from delivery.domain.order import OrderStatus
from delivery.domain.paper import split_by_gate
from delivery.domain.plan_choice import PlanReason
from delivery.intake_addresses import AddressBook
from delivery.intake_comparing import Comparison, Difference, Standing, of_papers, stored
from delivery.intake_entries import OrderEntry, PaperEntry, consented_kinds
from delivery.intake_ledger import Ledger, is_identified
from delivery.intake_papers import Papers
from delivery.order_life import move_hearing
from delivery.parties_as_one import put_candidates_on_desk
from delivery.planning import frozen_text, occasion_of, plan_for
from delivery.store.cases import Case, Recipient
from delivery.store.courts import Court
from delivery.store.database import sent_together
from delivery.store.hearings import set_hearing
from delivery.store.ids import new_id
from delivery.store.journal import DeliveryEvent
from delivery.store.orders import ServiceOrder, lock_order
from delivery.store.parties import Party
from delivery.store.tasks import schedule
from delivery.tracking import record_fact

# A court wants its papers served within a month, and well before a hearing.
_USUAL_SPAN = timedelta(days=30)
_HEARING_MARGIN = timedelta(days=4)


@dataclass(slots=True)
class Opened:
    """What became of one entry: all its orders, those that are new, and what was added to those that are not.

    `added`: addresses (their kinds), `papers`, `counsel`, `hearing`. `differing` are titles of papers that came with
    other bytes than before: a corrected paper is put in place by a person, because it reopens service. `differences`
    name every field that tells something else than was held.
    """

    orders: list[ServiceOrder] = field(default_factory=list)
    new: list[ServiceOrder] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    @property
    def created(self) -> bool:
        """Whether the entry opened an order."""
        return bool(self.new)

    @property
    def changed(self) -> bool:
        """Whether the entry brought anything new at all."""
        return bool(self.new or self.added)


def open_orders(
    session: Session, court: Court, entries: Sequence[OrderEntry], *, now: datetime, start: bool = True
) -> list[Opened]:
    """Take a batch in, one answer per entry, in the caller's transaction.

    `start=False` only records (history brought over from elsewhere): the orders are not set going. Entries must
    already be valid; the reading of dockets and the API refuse what is not.
    """
    with session.no_autoflush:
        return _Intake(session, court, now).take(entries, start=start)


class _Intake:
    """One batch on its way in, level by level: parents are written before what refers to them."""

    def __init__(self, session: Session, court: Court, now: datetime) -> None:
        self._session = session
        self._court = court
        self._now = now
        self._zone = ZoneInfo(court.time_zone)
        self._ledger = Ledger(session, court, now)
        self._book = AddressBook(session, court, now)
        self._papers = Papers(session, court, now)
        self._comparison = Comparison(session, court, self._ledger, self._book)
        self._reasons: dict[UUID, PlanReason] = {}

    def take(self, entries: Sequence[OrderEntry], *, start: bool) -> list[Opened]:
        ledger, session = self._ledger, self._session
        ledger.look_up(entries)
        self._book.look_up(ledger.party_ids, ledger.case_ids)
        self._papers.look_up(ledger.case_ids)
        heard = [self._set_hearing(entry) for entry in entries]
        with sent_together(session) if self._are_unheard_of(entries) else nullcontext():
            taken = self._write(entries, start=start)
        for one, (hearing, moved) in zip(taken, heard, strict=True):
            one.opened.added += ["hearing"] if hearing else []
            one.opened.differences[:0] = moved
        self._connect(entries, [one.opened for one in taken])
        session.flush()
        announce_opened(session, [order for one in taken for order in one.opened.new], self._now)
        return [one.opened for one in taken]

    def _are_unheard_of(self, entries: Sequence[OrderEntry]) -> bool:
        """Whether writing these entries makes new rows and changes none."""
        if len({entry.case_number for entry in entries}) < len(entries):
            return False
        return all(
            self._ledger.known_case(entry) is None
            and not (entry.firm or entry.dispute)
            and not any(address.basis == "confirmed" for address in entry.addresses)
            for entry in entries
        )

    def _write(self, entries: Sequence[OrderEntry], *, start: bool) -> "list[_Taken]":
        """All rows of the entries, parents before what refers to them."""
        ledger, session = self._ledger, self._session
        for entry in entries:
            ledger.case_of(entry)
            ledger.party_of(entry)
            ledger.firm_of(entry)
        session.flush()
        for case in ledger.new_cases if start else ():
            if case.hearing_at is not None:
                set_hearing(session, case, by=None, at=self._now)
        for entry in entries:
            ledger.recipient_of(entry)
            for address in entry.addresses:
                self._book.address_of(ledger.party_of(entry), address)
        session.flush()
        self._book.write()
        for entry in entries:
            self._book.confirm(entry.addresses, *self._place(entry))
        taken = [self._orders_of(entry) for entry in entries]
        for entry, one in zip(entries, taken, strict=True):
            one.opened.differences[:0] = self._comparison.of(entry, self._place(entry))
        opening = [(order, entry) for entry, one in zip(entries, taken, strict=True) for order in one.opened.new]
        events = [self._open(order, entry) for order, entry in opening]
        session.flush()
        session.add_all(events)
        for order in (order for order, _ in opening if start):
            schedule(session, order.court_id, "advance_order", order.id, due_at=self._now, created_at=self._now)
        for entry, one in zip(entries, taken, strict=True):
            self._bind(entry, one)
        session.flush()
        self._book.write()
        self._papers.write()
        return taken

    def _place(self, entry: OrderEntry) -> tuple[Case, Recipient, Party]:
        ledger = self._ledger
        return ledger.case_of(entry), ledger.recipient_of(entry), ledger.party_of(entry)

    def _set_hearing(self, entry: OrderEntry) -> tuple[bool, list[Difference]]:
        """A known case whose hearing has a date now; another date than before is moved only by who says so."""
        case = self._ledger.known_case(entry)
        if case is None or entry.hearing_at in {None, case.hearing_at}:
            return False, []
        if case.hearing_at is not None and not entry.move_hearing:
            return False, []
        was, told = stored(case.hearing_at), stored(entry.hearing_at)
        move_hearing(self._session, case, hearing_at=entry.hearing_at, by=None, now=self._now)
        return True, [Difference(Column.HEARING_AT, was, told, Standing.APPLIED, case.id)] if was else []

    def _orders_of(self, entry: OrderEntry) -> "_Taken":
        """The entry's orders, new or known, each with its papers."""
        _, recipient, _ = self._place(entry)
        taken = _Taken()
        # The same papers under another consent than before, and so in other groups, are still the same papers.
        titles = [paper.title for paper in entry.papers]
        before = [order for order in self._ledger.orders_of(recipient) if self._papers.titles_of(order) & set(titles)]
        held = set().union(*map(self._papers.titles_of, before))
        taken.known = [(order, entry.papers) for order in before]
        taken.opened.orders = before
        taken.opened.differences = of_papers(recipient.case_id, recipient.id, held, titles)
        if before and held >= set(titles):
            return taken
        groups = split_by_gate([paper for paper in entry.papers if paper.title not in held], consented_kinds(entry))
        keys = [self._intake_key(entry, papers) for papers in groups]
        for key, papers in zip(keys, groups, strict=True):
            order = self._ledger.orders.get(key)
            if order is None:
                order = self._new_order(entry, papers, recipient, key)
                taken.opened.new.append(order)
                taken.new.append((order, papers))
            elif order not in taken.opened.new:
                taken.known.append((order, papers))
            taken.opened.orders.append(order)
        return taken

    def _new_order(
        self, entry: OrderEntry, papers: Sequence[PaperEntry], recipient: Recipient, key: str
    ) -> ServiceOrder:
        today = self._now.astimezone(self._zone).date()
        occasion = occasion_of(self._ledger.case_of(entry), {paper.kind for paper in papers}, today, self._zone)
        setting = str(self._court.settings.get("plan") or "")
        chosen = plan_for(occasion, today, named=entry.plan, setting=setting)
        order = ServiceOrder(
            court_id=self._court.id,
            id=new_id(),
            case_id=recipient.case_id,
            recipient_id=recipient.id,
            intake_key=key,
            status=OrderStatus.OPEN,
            plan=frozen_text(chosen.plan),
            plan_name=chosen.plan.name,
            opened_at=self._now,
            opened_on=self._now.astimezone(self._zone).date(),
            due_on=self._due_on(entry),
            effect={},
            outcome="NOT_SERVED",
            journal_length=0,
            journal_head="",
        )
        self._session.add(order)
        self._ledger.add_order(order)
        self._reasons[order.id] = chosen.reason
        return order

    def _due_on(self, entry: OrderEntry) -> date:
        usual = self._now.astimezone(self._zone).date() + _USUAL_SPAN
        if entry.hearing_at is None:
            return usual
        return min(usual, (entry.hearing_at.astimezone(self._zone) - _HEARING_MARGIN).date())

    def _intake_key(self, entry: OrderEntry, papers: Sequence[PaperEntry]) -> str:
        """The same recipient, case and papers are the same order, however often they come in."""
        listed = sorted(f"{paper.kind}:{paper.title}" for paper in papers)
        parts = [entry.case_number, self._ledger.party_key(entry), *listed]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _bind(self, entry: OrderEntry, taken: "_Taken") -> None:
        """What ties addresses, firm and papers to the case and its orders."""
        place = self._place(entry)
        recipient = place[1]
        kinds = self._book.bind(entry.addresses, *place)
        counsel = self._ledger.represent(entry)
        if recipient.id not in self._ledger.new_recipients:
            taken.opened.added += [*kinds, *(["counsel"] if counsel else [])]
            if kinds:
                self._tell(recipient, kinds, {order.id for order in taken.opened.new})
        for order, papers in taken.new:
            self._papers.enlist(order, papers)
        for order, papers in taken.known:
            came, differing = self._papers.complete(order, papers)
            taken.opened.added += ["papers"] if came else []
            taken.opened.differing += differing

    def _tell(self, recipient: Recipient, kinds: Sequence[str], new: Container[UUID]) -> None:
        """A fact in each order of the recipient that is under way: where it can be reached has changed."""
        for known in self._ledger.orders_of(recipient):
            if known.id in new or known.status not in {OrderStatus.OPEN, OrderStatus.HELD}:
                continue
            order = lock_order(self._session, known.court_id, known.id)
            assert order is not None
            report = Report(EventKind.ADDRESS_RECORDED, "", self._now, args={"kinds": list(kinds), "by": ""})
            record_fact(self._session, order, report, now=self._now)

    def _open(self, order: ServiceOrder, entry: OrderEntry) -> DeliveryEvent:
        """The first fact of a new order, held back until the order is written."""
        args = {
            "plan": order.plan_name,
            "plan_reason": str(self._reasons[order.id]),
            "papers": [str(paper.kind) for paper in entry.papers],
        }
        report = Report(EventKind.ORDER_OPENED, "", self._now, args=args)
        event = record_fact(self._session, order, report, now=self._now, look_again=False)
        assert event is not None
        self._session.expunge(event)
        return event

    def _connect(self, entries: Sequence[OrderEntry], opened: Sequence[Opened]) -> None:
        """What is known from elsewhere: addresses to be reused, and parties that may be one."""
        wanted: dict[tuple[UUID, UUID], Wanted] = {}
        first: dict[UUID, ServiceOrder] = {}
        cases: dict[UUID, set[UUID]] = {}
        for entry in entries:
            case, _, party = self._place(entry)
            cases.setdefault(party.id, set()).add(case.id)
        for entry, result in zip(entries, opened, strict=True):
            case, _, party = self._place(entry)
            for order in result.new:
                first.setdefault(party.id, order)
                if party.id not in self._ledger.new_parties or is_identified(party):
                    known_here = party.id not in self._ledger.new_parties or len(cases[party.id]) > 1
                    wanted.setdefault((case.id, party.id), Wanted(party, case, known_here)).orders.append(order)
        if self._court.settings.get("reuse", True):
            attach_reused(self._session, self._court, list(wanted.values()), self._now)
        put_candidates_on_desk(self._session, self._court.id, self._ledger.new_parties, first, self._now)


@dataclass(slots=True)
class _Taken:
    """One entry on its way in: its orders, each with the papers that it serves."""

    opened: Opened = field(default_factory=Opened)
    new: list[tuple[ServiceOrder, Sequence[PaperEntry]]] = field(default_factory=list)
    known: list[tuple[ServiceOrder, Sequence[PaperEntry]]] = field(default_factory=list)
