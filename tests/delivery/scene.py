"""A court with one order on its ladder, carriers that do as they are told, and a clock that a test steps."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.clock import SteppedClock
from delivery.dispatch import ask_attempt, submit_attempt
from delivery.domain.event import Channel, EventKind, Report
from delivery.domain.law.calendar import Calendar, Territory
from delivery.domain.paper import DocumentKind
from delivery.domain.search import Answer
from delivery.intake import open_orders
from delivery.intake_entries import AddressEntry, OrderEntry, PaperEntry
from delivery.link_ending import HANDLERS as OF_LINKS
from delivery.mail_tending import HANDLERS as OF_MAIL
from delivery.progress import advance_order
from delivery.providers import Capabilities, Message, Submission
from delivery.runtime import Calendars, Handler, Runtime
from delivery.searching import Reply, record_reply
from delivery.settings import Settings
from delivery.store.courts import Court, Installation
from delivery.store.desk import DeskItem
from delivery.store.journal import DeliveryEvent, journal_of
from delivery.store.orders import Attempt, ServiceOrder, TierRun, attempts_of, lock_order, tier_runs_of
from delivery.store.searches import AddressSearch
from delivery.store.tasks import Task, next_due_at
from delivery.store.vault import generate_keys
from delivery.tasks import run_due
from delivery.tracking import record_fact, record_report
from tests.infrastructure.engines import lent_engine
from tests.infrastructure.tables import make_tables

MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # Monday, nine o'clock in Shanghai
WEEKENDS = Calendar(
    {
        Territory.MAINLAND: {
            year: frozenset(
                day for day in (date(year, 1, 1) + timedelta(days=n) for n in range(366)) if day.weekday() >= 5
            )
            for year in range(2024, 2029)
        }
    }
)
PAPER = b"%PDF-1.7 the complaint"


class Died(BaseException):
    """The worker process is gone, at this very point."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The next call ends in this error; `taken` says whether the other side had accepted the message by then."""

    error: BaseException
    taken: bool = False


@dataclass
class Carrier:
    """A provider with a memory: `sent` is what people get, one entry per message that really went out."""

    name: str
    capabilities: Capabilities
    sent: list[Message] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    ask_faults: deque[BaseException] = field(default_factory=deque)
    meanwhile: Callable[[], None] | None = None
    calls: int = 0

    def submit(self, message: Message) -> Submission:
        """Take the message, or fail as told."""
        self.calls += 1
        fault = self.faults.popleft() if self.faults else None
        if fault is None or fault.taken:
            known = any(one.idempotency_key == message.idempotency_key for one in self.sent)
            if not (known and self.capabilities.idempotent):
                self.sent.append(message)
        if self.meanwhile is not None:
            act, self.meanwhile = self.meanwhile, None
            act()
        if fault is not None:
            raise fault.error
        return Submission(reference=f"{self.name}-{message.idempotency_key}")

    def ask(self, message: Message) -> Submission | None:
        """Whether the key is known."""
        if self.ask_faults:
            raise self.ask_faults.popleft()
        if any(one.idempotency_key == message.idempotency_key for one in self.sent):
            return Submission(reference=f"{self.name}-{message.idempotency_key}")
        return None


def text_carrier(*, idempotent: bool = False, askable: bool = True) -> Carrier:
    return Carrier("texts", Capabilities(Channel.SMS, idempotent=idempotent, askable=askable))


def mail_relay() -> Carrier:
    return Carrier("mails", Capabilities(Channel.EMAIL, idempotent=False, askable=False))


def post_office() -> Carrier:
    return Carrier("ems", Capabilities(Channel.POST, idempotent=True, askable=False))


MOBILE = AddressEntry("mobile", "+8613800138000", "confirmed", date(2026, 2, 20), "all")
EMAIL = AddressEntry("email", "li@mail.example", "confirmed", date(2026, 2, 20), "all")
HOME = AddressEntry("postal", "云东省|云州市|青河区|滨河路8号|650000", "confirmed", date(2026, 2, 20))


class Scene:
    """What a test of the core holds in its hands."""

    def __init__(
        self, url: str, blobs: str, carriers: tuple[Carrier, ...], start: datetime = MORNING, keys: str | None = None
    ) -> None:
        self.clock = SteppedClock(start)
        self.carriers = {carrier.name: carrier for carrier in carriers}
        handlers: Mapping[str, Handler] = {
            **OF_MAIL,
            **OF_LINKS,
            "advance_order": advance_order,
            "submit_attempt": submit_attempt,
            "ask_attempt": ask_attempt,
        }
        settings = Settings(url, "http://127.0.0.1:8100", keys or generate_keys(), blobs)
        self.runtime = Runtime(settings, Calendars(WEEKENDS), self.carriers, dict(handlers), self.clock)
        self._lent = ExitStack()
        self._lent.enter_context(lent_engine(self.runtime))
        make_tables(self.runtime.database)
        with self.runtime.transaction() as session:
            session.add(Installation(sandbox=True, created_at=start))
            court = Court(code="qinghe", name="云州市青河区人民法院", name_en="Qinghe District Court", phone="12368")
            session.add(court)
            session.flush()
            self.court_id = court.id
        self.order_id = UUID(int=0)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def handle(self, name: str, handler: Handler) -> None:
        """Add a handler of the test's own."""
        handlers = self.runtime.handlers
        assert isinstance(handlers, dict)
        handlers[name] = handler

    def open(self, *addresses: AddressEntry, **more: Any) -> UUID:  # noqa: ANN401 -- fields of an entry
        """Open an order to Li Wei at these addresses and set it going."""
        with self.runtime.transaction() as session:
            court = session.get_one(Court, self.court_id)
            papers = more.pop("papers", None) or (
                PaperEntry(
                    DocumentKind.COMPLAINT_COPY,
                    "起诉状副本",
                    self.runtime.blobs.put(self.court_id, PAPER),
                    len(PAPER),
                    "application/pdf",
                ),
            )
            entry = OrderEntry(
                **{
                    "case_number": "（2026）云0102民初1号",
                    "procedure": "ordinary",
                    "recipient_name": "李伟",
                    "recipient_kind": "natural_person",
                    "role": "defendant",
                    "identity_number": "11010519491231002X",
                    "papers": papers,
                    "addresses": addresses,
                    **more,
                }
            )
            opened = open_orders(session, court, [entry], now=self.now)[0]
            self.order_id = opened.orders[0].id
        return self.order_id

    def run(self, owner: str = "worker", most: int = 50) -> int:
        """Run everything that is due now."""
        count = 0
        for _ in range(most):
            claimed = run_due(self.runtime, owner)
            count += claimed
            if not claimed:
                return count
        message = "tasks never come to rest"
        raise AssertionError(message)

    def step(self, span: timedelta) -> None:
        """Let time pass and run what came due, in its order."""
        self.run_until(self.now + span)

    def run_until(self, moment: datetime) -> None:
        """Go from due task to due task, as time does."""
        self.run()
        while True:
            with self.runtime.reading() as session:
                due = next_due_at(session)
            if due is None or due > moment:
                break
            self.clock.step_to(due)
            self.run()
        self.clock.step_to(moment)
        self.run()

    @contextmanager
    def looking(self) -> Iterator[Session]:
        """A reading session whose rows can be looked at afterwards."""
        with self.runtime.reading() as session:
            yield session
            session.expunge_all()

    def order(self) -> ServiceOrder:
        with self.looking() as session:
            return session.get_one(ServiceOrder, (self.court_id, self.order_id))

    def attempts(self, channel: Channel | None = None) -> list[Attempt]:
        with self.looking() as session:
            found = attempts_of(session, self.court_id, self.order_id)
        return [attempt for attempt in found if channel is None or attempt.channel == channel]

    def attempt(self, channel: Channel) -> Attempt:
        (found,) = self.attempts(channel)
        return found

    def journal(self) -> list[DeliveryEvent]:
        with self.looking() as session:
            return journal_of(session, self.court_id, self.order_id)

    def kinds(self) -> list[str]:
        return [event.kind for event in self.journal()]

    def tiers(self) -> list[TierRun]:
        with self.looking() as session:
            return tier_runs_of(session, self.court_id, self.order_id)

    def desk(self) -> list[str]:
        """The kinds of what is open on the desk."""
        with self.looking() as session:
            open_ones = select(DeskItem).where(DeskItem.closed_at.is_(None)).order_by(DeskItem.opened_at, DeskItem.id)
            return [item.kind for item in session.scalars(open_ones)]

    def searches(self) -> list[AddressSearch]:
        """Whom the court asked where the recipient is, oldest first."""
        with self.looking() as session:
            return list(session.scalars(select(AddressSearch).order_by(AddressSearch.requested_at, AddressSearch.id)))

    def answer_searches(self, reply: Reply = Reply(Answer.NOTHING)) -> None:  # noqa: B008 -- a frozen value
        """Whoever was asked answers, one after the other, all the same."""
        for search in self.searches():
            if not search.answer:
                with self.runtime.transaction() as session:
                    record_reply(self.runtime, session, self.court_id, search.id, reply, by=None, now=self.now)
        self.run()

    def tasks(self, *statuses: str) -> list[Task]:
        with self.looking() as session:
            query = select(Task).where(Task.status.in_(statuses or ("ready", "leased"))).order_by(Task.due_at, Task.id)
            return list(session.scalars(query))

    def change(self, act: Callable[[Session, ServiceOrder], object]) -> None:
        """Do something to the order, locked, in a transaction."""
        with self.runtime.transaction() as session:
            order = lock_order(session, self.court_id, self.order_id)
            assert order is not None
            act(session, order)

    def tell(self, kind: EventKind, attempt: Attempt | None = None, **report: Any) -> None:  # noqa: ANN401
        """Record a fact about the order, as a person or page does."""
        made = Report(kind, report.pop("event_id", ""), report.pop("occurred_at", self.now), **report)
        with self.runtime.transaction() as session:
            order = lock_order(session, self.court_id, self.order_id)
            assert order is not None
            mine = session.get(Attempt, (self.court_id, attempt.id)) if attempt else None
            record_fact(session, order, made, now=self.now, attempt=mine)

    def report(self, carrier: Carrier, kind: EventKind, **report: Any) -> None:  # noqa: ANN401
        """Record what a carrier reports, by its own reference."""
        reference = report.pop("reference", "")
        if not reference and carrier.sent:
            reference = f"{carrier.name}-{carrier.sent[-1].idempotency_key}"
        made = Report(
            kind,
            report.pop("event_id", f"{reference}|{kind}"),
            report.pop("occurred_at", self.now),
            reference=reference,
            **report,
        )
        with self.runtime.transaction() as session:
            record_report(session, self.court_id, carrier.name, made, self.now)

    def close(self) -> None:
        self._lent.close()
