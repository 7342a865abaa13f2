"""What people do through an e-service link, each act a recorded fact with the role of who did it.

An act of a role other than the recipient's own (family, an assistant, somebody else) is recorded like any other and
never counts as the recipient's: the law engine's facts are drawn from `args.role`. The same act again, by a second
click or another day, is the same fact; nothing here is undone by a later act.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from delivery.address_confirming import withdraw_consent
from delivery.domain.errors import Conflict, NotFound
from delivery.domain.event import EventKind, Report
from delivery.link_visiting import OWN_ROLES, LinkRole, Visitor, court_day, record_act
from delivery.store.cases import Document
from delivery.store.desk import put_on_desk
from delivery.store.journal import DeliveryEvent, event_known, journal_of
from delivery.store.links import ServiceLink
from delivery.store.orders import ServiceOrder, documents_of
from delivery.tracking import OURSELVES

LONGEST_NOTE = 1000


class DeclineReason(StrEnum):
    """Why somebody does not take the papers here."""

    PAPER_WANTED = "paper_wanted"
    NO_E_SERVICE = "no_e_service"  # withdraws the consent to e-service in this case
    CANNOT_READ = "cannot_read"
    NOT_OUR_CLIENT = "not_our_client"  # firms: no longer acting
    NO_AUTHORITY = "no_authority"  # firms: acting, but not authorised to receive
    OTHER = "other"


class ObjectionKind(StrEnum):
    """What somebody says is wrong with this service; the judge is warned."""

    DIFFERENT_ARRIVAL = "different_arrival"
    ADDRESS_NOT_MINE = "address_not_used_by_recipient"
    PAPERS_INCOMPLETE = "papers_incomplete"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that was done through a link, as its page tells it."""

    kind: EventKind
    at: datetime
    role: LinkRole
    reason: str
    args: Mapping[str, Any]


def reasons_for(audience: str) -> tuple[DeclineReason, ...]:
    """The reasons for declining that make sense behind a link; the open one last."""
    if audience == "law_firm":
        return (DeclineReason.NOT_OUR_CLIENT, DeclineReason.NO_AUTHORITY, DeclineReason.OTHER)
    return (DeclineReason.PAPER_WANTED, DeclineReason.NO_E_SERVICE, DeclineReason.CANNOT_READ, DeclineReason.OTHER)


def acts_through(session: Session, link: ServiceLink, role: LinkRole) -> list[Act]:
    """What this role has done through this link so far, oldest first."""
    return [
        Act(EventKind(event.kind), event.occurred_at, role, event.reason, event.args)
        for event in _events(session, link)
        if event.args.get("role") == role and event.kind != EventKind.IDENTITY_FAILED
    ]


def said_not_me(session: Session, link: ServiceLink) -> datetime | None:
    """When somebody said through this link that they are not the recipient."""
    event = event_known(session, link.court_id, OURSELVES, f"not_me:{link.id}")
    return event.occurred_at if event is not None else None


def has_opened(session: Session, visitor: Visitor) -> bool:
    """Whether this role has opened the papers behind this link."""
    return event_known(session, visitor.link.court_id, OURSELVES, _of_papers(session, "opened", visitor)) is not None


def has_acknowledged(session: Session, visitor: Visitor) -> bool:
    """Whether this role has said that it has these papers."""
    event_id = _of_papers(session, "acknowledged", visitor)
    return event_known(session, visitor.link.court_id, OURSELVES, event_id) is not None


def open_papers(session: Session, visitor: Visitor, *, now: datetime) -> bool:
    """A person asks to see the papers. False if that was recorded before."""
    report = Report(EventKind.LINK_OPENED, _of_papers(session, "opened", visitor), now)
    return record_act(session, visitor, report) is not None


def paper_behind(session: Session, visitor: Visitor, document_id: str) -> Document:
    """One of the order's papers. Raises `NotFound`, or `Conflict("papers_not_opened")` before they were opened."""
    papers = documents_of(session, visitor.link.court_id, visitor.link.order_id)
    paper = next((paper for paper in papers if str(paper.id) == document_id), None)
    if paper is None or not paper.sha256:
        raise NotFound("paper_not_found")
    if not has_opened(session, visitor):
        raise Conflict("papers_not_opened")
    return paper


def note_download(session: Session, visitor: Visitor, paper: Document, *, now: datetime) -> bool:
    """A person fetches one paper. False if that was recorded before."""
    args = {"document": str(paper.id), "version": paper.version, "sha256": paper.sha256}
    event_id = f"{_once('read', visitor)}:{paper.id}"
    return record_act(session, visitor, Report(EventKind.DOCUMENT_DOWNLOADED, event_id, now, args=args)) is not None


def acknowledge(session: Session, visitor: Visitor, *, now: datetime) -> bool:
    """A person says that they have the papers. Raises `Conflict("papers_not_opened")`: nobody can say so unseen.

    Behind a posted notice it answers no message and serves nobody by itself, so a clerk is told who is within reach.
    """
    if not has_opened(session, visitor):
        raise Conflict("papers_not_opened")
    args = {"papers": [str(paper.id) for paper in documents_of(session, visitor.link.court_id, visitor.link.order_id)]}
    report = Report(EventKind.ACKNOWLEDGED, _of_papers(session, "acknowledged", visitor), now, args=args)
    if record_act(session, visitor, report) is None:
        return False
    link = visitor.link
    if link.attempt_id is None and visitor.role in OWN_ROLES:
        kind, subject = "acknowledged_behind_notice", str(link.id)
        put_on_desk(
            session, link.court_id, kind=kind, subject=subject, at=now, order_id=link.order_id, role=visitor.role
        )
    return True


def decline(session: Session, visitor: Visitor, reason: DeclineReason, note: str, *, now: datetime) -> bool:
    """A person does not take the papers here. Their own words are sealed apart from the journal."""
    report = Report(
        EventKind.DECLINED, _once("declined", visitor), now, reason=reason, detail={"note": note} if note else {}
    )
    if record_act(session, visitor, report) is None:
        return False
    link = visitor.link
    if reason is DeclineReason.NO_E_SERVICE and visitor.role in OWN_ROLES:
        order = session.get_one(ServiceOrder, (link.court_id, link.order_id))
        withdraw_consent(session, order, court_day(session, link, now))
    if link.audience == "law_firm":
        # Whom the court has on file as counsel is the court's to put right.
        put_on_desk(
            session,
            link.court_id,
            kind="counsel_declined",
            subject=str(link.id),
            at=now,
            order_id=link.order_id,
            reason=reason,
            role=visitor.role,
        )
    return True


def say_not_me(session: Session, visitor: Visitor, *, now: datetime) -> bool:
    """Whoever holds this telephone or mailbox is not the recipient.

    It stops for this party in all cases, and every link that was sent there is worth nothing from now on.
    """
    link = visitor.link
    report = Report(EventKind.NOT_ME, f"not_me:{link.id}", now, reason="not_me")
    recorded = record_act(session, visitor, report) is not None
    if link.revoked_at is None:
        link.revoked_at = now
    return recorded


def object_to_service(
    session: Session, visitor: Visitor, kind: ObjectionKind, *, arrived_on: date | None, note: str, now: datetime
) -> bool:
    """A person says that something is wrong with this service; it lies on the desk until a judge has seen it."""
    args: dict[str, str] = {"objection": kind}
    if kind is ObjectionKind.DIFFERENT_ARRIVAL and arrived_on is not None:
        args["at"] = arrived_on.isoformat()
    report = Report(
        EventKind.OBJECTED, _once(f"objected:{kind}", visitor), now, args=args, detail={"note": note} if note else {}
    )
    event = record_act(session, visitor, report)
    if event is None:
        return False
    link = visitor.link
    put_on_desk(
        session,
        link.court_id,
        kind="objection",
        subject=str(event.id),
        at=now,
        order_id=link.order_id,
        objection=kind,
        role=visitor.role,
    )
    return True


def _once(act: str, visitor: Visitor) -> str:
    """The stable name of an act: one link, one role, one fact."""
    return f"{act}:{visitor.link.id}:{visitor.role}"


def _of_papers(session: Session, act: str, visitor: Visitor) -> str:
    """The stable name of an act on these very papers: corrected ones are opened and acknowledged anew."""
    papers = documents_of(session, visitor.link.court_id, visitor.link.order_id)
    mark = hashlib.sha256(" ".join(sorted(str(paper.id) for paper in papers)).encode()).hexdigest()[:8]
    return f"{_once(act, visitor)}:{mark}"


def _events(session: Session, link: ServiceLink) -> Sequence[DeliveryEvent]:
    found = journal_of(session, link.court_id, link.order_id)
    return [event for event in found if event.args.get("link") == str(link.id)]
