"""A message with an e-service link, as the ladder leaves it behind: an order, a sent attempt, and its link."""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.domain.order import AttemptStatus
from delivery.domain.paper import DocumentKind
from delivery.intake import open_orders
from delivery.intake_entries import AddressEntry, OrderEntry, PaperEntry
from delivery.linking import make_link
from delivery.runtime import Runtime
from delivery.store.cases import LawFirm
from delivery.store.courts import Court
from delivery.store.ids import new_id
from delivery.store.journal import DeliveryEvent, EventDetail, journal_of
from delivery.store.links import ServiceLink
from delivery.store.orders import Attempt, ServiceOrder
from delivery.store.parties import Address

SUMMONS = b"%PDF-1.4 summons"
PERSON = "110101199003070032"
COMPANY = "91350100M000100Y43"
MOBILE = "+8613800001234"

ENTRY = OrderEntry(
    case_number="（2026）云0102民初1001号",
    procedure="ordinary",
    cause="买卖合同纠纷",
    recipient_name="欧阳明远",
    recipient_kind="natural_person",
    role="defendant",
    identity_number=PERSON,
    papers=(PaperEntry(DocumentKind.COMPLAINT_COPY, "起诉状副本"), PaperEntry(DocumentKind.SUMMONS, "传票")),
    addresses=(
        AddressEntry("mobile", MOBILE, "plaintiff_supplied"),
        AddressEntry("postal", "云州省|云州市|青河区|旧街 1 号|", "plaintiff_supplied"),
    ),
)


@dataclass(frozen=True, slots=True)
class Served:
    """The secrets of a sent link, and what lies behind it."""

    token: str
    code: str
    court_id: UUID
    order_id: UUID
    link_id: UUID
    attempt_id: UUID

    @property
    def address(self) -> str:
        """The path of the cover."""
        return f"/e/{self.token}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What kind of message: the entry, the channel, for whom, and whether it has left."""

    entry: OrderEntry = ENTRY
    channel: str = "sms"
    purpose: str = "e_service"
    audience: str = "recipient"
    court: str = "qinghe"
    sent: bool = True
    papers: dict[str, bytes] = field(default_factory=lambda: {"起诉状副本": b"%PDF-1.4 complaint", "传票": SUMMONS})


def send_link(runtime: Runtime, wanted: Wanted | None = None) -> Served:
    """Bring an order in, with the bytes of its papers, and send one message with a link."""
    wanted = wanted or Wanted()
    now = runtime.now()
    with runtime.transaction() as session:
        court = session.scalars(select(Court).where(Court.code == wanted.court)).one()
        papers = tuple(_with_bytes(runtime, court.id, paper, wanted.papers) for paper in wanted.entry.papers)
        opened = open_orders(session, court, [replace(wanted.entry, papers=papers)], now=now)
        order = opened[0].orders[0]
        attempt = _attempt(session, order, wanted, runtime)
        firm = attempt.law_firm_id
        made = make_link(session, order, audience=wanted.audience, now=now, attempt_id=attempt.id, law_firm_id=firm)
        session.flush()
        link = session.scalars(select(ServiceLink).where(ServiceLink.attempt_id == attempt.id)).one()
        return Served(made.token, made.code, court.id, order.id, link.id, attempt.id)


def _with_bytes(runtime: Runtime, court_id: UUID, paper: PaperEntry, contents: dict[str, bytes]) -> PaperEntry:
    content = contents.get(paper.title)
    if content is None:
        return paper
    sha256 = runtime.blobs.put(court_id, content)
    return replace(paper, sha256=sha256, size=len(content), media_type="application/pdf")


def _attempt(session: Session, order: ServiceOrder, wanted: Wanted, runtime: Runtime) -> Attempt:
    kind = "mobile" if wanted.channel == "sms" else "email"
    to_firm = wanted.audience == "law_firm"
    firm = session.scalars(select(LawFirm).where(LawFirm.court_id == order.court_id)).first() if to_firm else None
    address = session.scalars(
        select(Address).where(Address.court_id == order.court_id, Address.kind == kind).order_by(Address.created_at)
    ).first()
    attempt = Attempt(
        court_id=order.court_id,
        id=new_id(),
        order_id=order.id,
        tier="electronic",
        channel=wanted.channel,
        purpose=wanted.purpose,
        address_id=address.id if address and firm is None else None,
        law_firm_id=firm.id if firm else None,
        provider="twilio" if wanted.channel == "sms" else "smtp",
        idempotency_key=str(new_id()),
        status=AttemptStatus.SUBMITTED if wanted.sent else AttemptStatus.PLANNED,
        planned_at=runtime.now(),
        submitted_at=runtime.now() if wanted.sent else None,
    )
    session.add(attempt)
    session.flush()
    return attempt


@dataclass(frozen=True, slots=True)
class Fact:
    """A journal entry as tests compare it."""

    kind: str
    reason: str
    args: dict[str, Any]
    entry: str
    attempt_id: UUID | None
    detail: str


def facts(runtime: Runtime, served: Served) -> list[Fact]:
    """The facts that came through links, and nothing that the platform noted by itself."""
    with runtime.reading() as session:
        return [
            Fact(event.kind, event.reason, event.args, event.entry, event.attempt_id, _detail(session, event))
            for event in journal_of(session, served.court_id, served.order_id)
            if "link" in event.args
        ]


def _detail(session: Session, event: DeliveryEvent) -> str:
    detail = session.get(EventDetail, (event.court_id, event.id))
    return (detail.content or "") if detail else ""


def kinds(runtime: Runtime, served: Served) -> list[str]:
    """The kinds of those facts, in order."""
    return [fact.kind for fact in facts(runtime, served)]
