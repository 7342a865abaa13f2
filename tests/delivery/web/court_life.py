"""A small court in the middle of its work, for pages to show."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.clock import SteppedClock
from delivery.dispatch import ask_attempt, submit_attempt
from delivery.domain.event import Channel, EventKind, Report
from delivery.domain.paper import DocumentKind
from delivery.field_reports import record_slip, report_visit
from delivery.importing import ImportRows
from delivery.intake import open_orders
from delivery.intake_entries import AddressEntry, OrderEntry, PaperEntry
from delivery.link_acts import acknowledge, open_papers
from delivery.link_visiting import LinkRole, Visitor
from delivery.order_life import cancel_order, hold_order, order_to_change
from delivery.progress import advance_order
from delivery.providers import Capabilities, Message, Submission
from delivery.runtime import Handler, Runtime
from delivery.store.cases import LawFirm
from delivery.store.courts import Court
from delivery.store.desk import put_on_desk
from delivery.store.links import ServiceLink
from delivery.store.orders import Attempt, ServiceOrder, lock_order
from delivery.store.parties import Address
from delivery.tasks import run_due
from delivery.tracking import record_fact
from delivery.visiting import open_visits

MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
FIRM = "云衡律师事务所"
NAMES = (
    "陆知微",
    "方以宁",
    "程望舒",
    "苏景行",
    "叶清和",
    "顾长风",
    "沈砚秋",
    "林疏影",
    "江渡",
    "许南枝",
    "白鹿鸣",
    "钟灵毓",
)
CAUSES = ("买卖合同纠纷", "民间借贷纠纷", "物业服务合同纠纷", "机动车交通事故责任纠纷")


class Carrier:
    """A way out that accepts everything and remembers nothing but how many."""

    def __init__(self, name: str, channel: Channel) -> None:
        self.name = name
        self.capabilities = Capabilities(channel, idempotent=False, askable=False)
        self._numbers = count(1)

    def submit(self, message: Message) -> Submission:
        """Accept it."""
        return Submission(f"{self.name}-{message.channel}-{next(self._numbers):05}")

    def ask(self, _message: Message) -> Submission | None:
        """Never asked, because it says that it cannot be."""
        return None


def carriers() -> dict[str, Carrier]:
    """One for text messages, one for e-mail, one for court mail."""
    ways = (("twilio", Channel.SMS), ("smtp", Channel.EMAIL), ("ems", Channel.POST))
    return {name: Carrier(name, channel) for name, channel in ways}


def handlers() -> dict[str, Handler]:
    """The tasks of the ladder."""
    return {
        "advance_order": advance_order,
        "submit_attempt": submit_attempt,
        "ask_attempt": ask_attempt,
        "import_rows": ImportRows(),
    }


@dataclass
class CourtLife:
    """The court and what was opened in it; `orders` in the order of `NAMES`."""

    runtime: Runtime
    clock: SteppedClock
    court_id: UUID
    orders: list[UUID] = field(default_factory=list)
    firm_id: UUID | None = None
    neighbour_order: UUID | None = None

    def work_until(self, moment: datetime) -> None:
        """Let the court's tasks run, hour by hour, until then."""
        while True:
            while run_due(self.runtime, "court-life"):
                pass
            if self.clock.now() >= moment:
                return
            self.clock.step_to(min(self.clock.now() + timedelta(hours=3), moment))


def entry(index: int, *, sha256: str | None, prefix: str = "云0102") -> OrderEntry:
    """The recipient with this number: every third is represented, every fourth confirmed an address with consent."""
    confirmed = index % 4 == 0
    addresses = [
        AddressEntry(
            "mobile",
            f"+86139001{index:05}",
            "confirmed" if confirmed else "plaintiff_supplied",
            given_on=date(2026, 2, 20) if confirmed else None,
            consent_scope="all" if confirmed else "",
        ),
        AddressEntry("postal", f"云州省|云州市|青河区|梧桐路{index + 1}号2单元301室|", "plaintiff_supplied"),
    ]
    if index % 2 == 0:
        addresses.append(
            AddressEntry(
                "email",
                f"reader{index}@mail.example",
                addresses[0].basis,
                given_on=addresses[0].given_on,
                consent_scope=addresses[0].consent_scope,
            )
        )
    represented = index % 3 == 2
    return OrderEntry(
        case_number=f"（2026）{prefix}民初{101 + index}号",
        procedure="ordinary" if index % 2 else "summary",
        recipient_name=NAMES[index % len(NAMES)] + ("" if index < len(NAMES) else str(index)),
        recipient_kind="natural_person",
        role="defendant",
        papers=(
            PaperEntry(DocumentKind.COMPLAINT_COPY, "起诉状副本", sha256, len(PDF), "application/pdf"),
            PaperEntry(DocumentKind.SUMMONS, "传票", sha256, len(PDF), "application/pdf"),
        ),
        addresses=tuple(addresses),
        cause=CAUSES[index % len(CAUSES)],
        accepted_on=date(2026, 2, 26),
        hearing_at=MORNING + timedelta(days=24 + index, hours=1),
        firm=FIRM if represented else "",
        firm_email="papers@yunheng.example" if represented else "",
        firm_wechat="wecom:daizhigang" if represented else "",
        lawyer="戴律师" if represented else "",
    )


def live(runtime: Runtime, clock: SteppedClock, *, size: int = len(NAMES)) -> CourtLife:
    """Open `size` orders and let three weeks pass in which people act; another court has one order of its own."""
    with runtime.transaction() as session:
        court = session.scalars(select(Court).where(Court.code == "qinghe")).one()
        neighbour = session.scalars(select(Court).where(Court.code == "baishan")).one()
        life = CourtLife(runtime, clock, court.id)
        sha256, other = (runtime.blobs.put(one.id, PDF) for one in (court, neighbour))
        entries = [entry(index, sha256=None if index == 9 else sha256) for index in range(size)]
        life.orders = [opened.orders[0].id for opened in open_orders(session, court, entries, now=runtime.now())]
        theirs = open_orders(session, neighbour, [entry(0, sha256=other, prefix="云0103")], now=runtime.now())
        life.neighbour_order = theirs[0].orders[0].id
        firm = session.scalars(select(LawFirm).where(LawFirm.court_id == court.id)).first()
        life.firm_id = None if firm is None else firm.id
    life.work_until(MORNING + timedelta(hours=6))
    _first_week(life)
    life.work_until(MORNING + timedelta(days=8))
    _doors(life)
    life.work_until(MORNING + timedelta(days=15))
    _mail(life)
    life.work_until(MORNING + timedelta(days=19))
    return life


def _first_week(life: CourtLife) -> None:
    with life.runtime.transaction() as session:
        now = life.runtime.now()
        by = None
        _messages(session, life, now)
        _link_act(session, life, life.orders[0], LinkRole.RECIPIENT, now)
        _link_act(session, life, life.orders[2], LinkRole.ASSISTANT, now)
        hold_order(
            session, order_to_change(session, life.court_id, life.orders[7]), reason="settlement_talks", by=by, now=now
        )
        cancel_order(
            session, order_to_change(session, life.court_id, life.orders[10]), reason="withdrawn", by=by, now=now
        )


def _messages(session: Session, life: CourtLife, now: datetime) -> None:
    """The carriers report: delivered, a dead number, a reply in the recipient's own words."""
    attempts = session.scalars(select(Attempt).where(Attempt.court_id == life.court_id, Attempt.status == "submitted"))
    for attempt in list(attempts):
        number = life.orders.index(attempt.order_id)
        order = order_to_change(session, life.court_id, attempt.order_id)
        report = Report(EventKind.DELIVERED, f"d:{attempt.id}", now, raw_code="delivered")
        if number in {1, 5} and attempt.channel == Channel.SMS:
            report = Report(
                EventKind.FAILED, f"f:{attempt.id}", now, reason="unknown_number", args={"fault": "address"}
            )
        record_fact(session, order, report, now=now, provider=attempt.provider, attempt=attempt)
        if number == 4 and attempt.channel == Channel.SMS:
            detail = {"from": "+8613900100004", "text": "收到，谢谢"}
            reply = Report(EventKind.REPLIED, f"r:{attempt.id}", now + timedelta(minutes=5), detail=detail)
            record_fact(session, order, reply, now=now + timedelta(minutes=5), provider="twilio", attempt=attempt)


def _link_act(session: Session, life: CourtLife, order_id: UUID, role: LinkRole, now: datetime) -> None:
    link = session.scalars(
        select(ServiceLink).where(ServiceLink.court_id == life.court_id, ServiceLink.order_id == order_id)
    ).first()
    assert link is not None
    visitor = Visitor(link, role, "id_number")
    open_papers(session, visitor, now=now)
    acknowledge(session, visitor, now=now + timedelta(minutes=2))


def _doors(life: CourtLife) -> None:
    """Servers report: signed, refused, nobody home, moved."""
    reports = (
        {"result": "signed", "place": "residence", "signer": {"role": "recipient", "id_checked": True, "adult": True}},
        {"result": "nobody_home", "place": "residence"},
        {"result": "moved", "place": "residence"},
        {"result": "refused", "place": "residence", "refused_by": {"role": "recipient"}, "process_media": "video"},
    )
    with life.runtime.transaction() as session:
        for number, visit in enumerate(open_visits(session, life.court_id)):
            report = {**reports[number % len(reports)], "at": life.runtime.now(), "note": "门口有快递柜"}
            report_visit(session, life.court_id, visit.id, report, by=None, now=life.runtime.now())


def _mail(life: CourtLife) -> None:
    """The post brings things back, a slip is keyed, and two things need a person."""
    with life.runtime.transaction() as session:
        now = life.runtime.now()
        mail = select(Attempt).where(Attempt.court_id == life.court_id, Attempt.channel == "post").order_by(Attempt.id)
        for number, attempt in enumerate(session.scalars(mail).all()):
            order = order_to_change(session, life.court_id, attempt.order_id)
            for kind, hours in ((EventKind.POSTED, 50), (EventKind.POST_OUT, 26), (EventKind.POST_ATTEMPT_FAILED, 24)):
                reason = "absent" if kind is EventKind.POST_ATTEMPT_FAILED else ""
                at = now - timedelta(hours=hours)
                report = Report(kind, f"{kind}:{attempt.id}", at, reason=reason)
                record_fact(session, order, report, now=now, provider="ems", attempt=attempt)
            if number % 2 == 0:
                returned = Report(EventKind.POST_RETURNED, f"back:{attempt.id}", now, reason="unclaimed")
                record_fact(session, order, returned, now=now, provider="ems", attempt=attempt)
            else:
                slip = {
                    "result": "signed",
                    "signer": {"role": "family", "relation": "spouse"},
                    "signed_on": "2026-03-16",
                }
                record_slip(session, life.court_id, attempt.reference, slip, by=None, now=now)
        put_on_desk(
            session,
            life.court_id,
            kind="outcome_unknown",
            subject="probe",
            at=now,
            order_id=life.orders[3],
            channel="email",
            provider="smtp",
        )


def statuses(session: Session, court_id: UUID) -> dict[str, int]:
    """How many orders have each status."""
    found: dict[str, int] = {}
    for status in session.scalars(select(ServiceOrder.status).where(ServiceOrder.court_id == court_id)):
        found[status] = found.get(status, 0) + 1
    return found


def ask_to_be_called(runtime: Runtime) -> str:
    """Somebody who was texted in our court, and whose order is open, answers: call me."""
    with runtime.transaction() as session:
        found = session.scalars(
            select(Attempt)
            .join(ServiceOrder, (ServiceOrder.court_id == Attempt.court_id) & (ServiceOrder.id == Attempt.order_id))
            .join(Address, (Address.court_id == Attempt.court_id) & (Address.id == Attempt.address_id))
            .where(Attempt.channel == "sms", ServiceOrder.status == "open", Address.standing == "good")
            .order_by(Attempt.id)
        ).first()
        assert found is not None
        order = lock_order(session, found.court_id, found.order_id)
        assert order is not None
        report = Report(EventKind.REPLIED, "x|reply", runtime.now(), args={"choice": "call_me"})
        record_fact(session, order, report, now=runtime.now(), attempt=found)
        return str(order.id)
