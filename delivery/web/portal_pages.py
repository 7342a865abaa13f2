"""What the pages behind an e-service link show: the cover, which says nothing about the case, and the papers' page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from http import HTTPStatus
from zoneinfo import ZoneInfo

from flask import url_for

from delivery.address_form import WrongField
from delivery.domain.case import PartyKind
from delivery.domain.event import EventKind
from delivery.domain.plan import Purpose
from delivery.link_acts import Act, ObjectionKind, acts_through, has_acknowledged, has_opened, reasons_for, said_not_me
from delivery.link_identity import LinkState, Proof, proof_wanted, roles_for, state_of
from delivery.link_visiting import OWN_ROLES, Visitor, attempt_of
from delivery.message_checking import masked_address
from delivery.officer_reading import day_to_tell
from delivery.store.cases import Case, Document, Recipient
from delivery.store.courts import Court
from delivery.store.links import LinkSession, ServiceLink
from delivery.store.orders import ServiceOrder, documents_of
from delivery.store.parties import Address, Party
from delivery.texted_codes import CodeWay, code_way
from delivery.web.portal_forms import form_token
from delivery.web.rendering import page
from delivery.web.request_state import language, now, runtime, session

Answer = tuple[str, HTTPStatus]

# The periods that the party itself has to keep; those of the court are nothing for this page.
_OWN_PERIODS = ("answer", "appeal", "objection", "evidence_starts")
# Kinds of facts that a person sees as something that they did.
_SHOWN_ACTS = frozenset(
    {
        EventKind.LINK_OPENED,
        EventKind.DOCUMENT_DOWNLOADED,
        EventKind.ACKNOWLEDGED,
        EventKind.DECLINED,
        EventKind.ADDRESS_CONFIRMED,
        EventKind.ADDRESS_CHANGED,
        EventKind.OBJECTED,
    }
)
_KILOBYTE = 1024
_TYPES = {"application/pdf": "PDF", "image/jpeg": "JPEG", "image/png": "PNG"}


@dataclass(frozen=True, slots=True)
class Entered:
    """A form that came back: which act, what was typed, and what is wrong with it."""

    act: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    wrong: Sequence[WrongField] = ()


@dataclass(frozen=True, slots=True)
class ShownCourt:
    """A court as its recipients see it, and its own time."""

    name: str
    phone: str
    zone: ZoneInfo

    def local(self, moment: datetime) -> str:
        """Court-local date and time, to the minute."""
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")


def shown_court(court: Court) -> ShownCourt:
    """The court's name in the language of the page."""
    name = court.name if language() == "zh" else court.name_en
    return ShownCourt(name, court.phone, ZoneInfo(court.time_zone))


def _state(link: ServiceLink) -> LinkState:
    return state_of(session(), link, now=now(), machine_now=runtime().machine_now())


def code_way_here(link: ServiceLink) -> CodeWay | None:
    """How a one-time code would get to whoever the link was sent to, in the language of the page."""
    return code_way(runtime(), session(), link, language=language(), now=now())


def cover_page(
    link: ServiceLink, token: str, *, note: str = "", tries_left: int = 0, role: str = "", refused: bool = False
) -> Answer:
    """The first page: which court, that papers wait, how to check it, and the identity form if the link stands.

    `note` is the code of a sentence above the form.
    """
    state = _state(link)
    court = shown_court(session().get_one(Court, link.court_id))
    way = code_way_here(link)
    not_me_at = said_not_me(session(), link) if state is LinkState.REVOKED else None
    values = {
        "court": court,
        "state": state,
        "note": note,
        "tries_left": tries_left,
        "audience": link.audience,
        "proof": proof_wanted(session(), link) if way is None else Proof.TEXTED_CODE,
        "code_to": way.shown if way is not None else "",
        "roles": roles_for(link.audience),
        "role": role,
        "refused": refused,
        "token": token,
        "form": form_token(str(link.id)),
        "not_me_at": court.local(not_me_at) if not_me_at else "",
        "back": url_for("portal.cover", token=token),
    }
    return page("portal/cover.html", **values), _cover_status(state, refused=refused, said=not_me_at is not None)


def _cover_status(state: LinkState, *, refused: bool, said: bool) -> HTTPStatus:
    match state:
        case LinkState.OPEN | LinkState.EXPIRED:
            return HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
        case LinkState.LOCKED | LinkState.BLOCKED:
            return HTTPStatus.TOO_MANY_REQUESTS
        case LinkState.REVOKED:
            # Who has just said "not me" sees that it was heard; that is no error.
            return HTTPStatus.OK if said else HTTPStatus.GONE
        case LinkState.CANCELLED:
            return HTTPStatus.GONE


def papers_page(
    visitor: Visitor, found: LinkSession, token: str, *, entered: Entered | None = None, done: str = ""
) -> Answer:
    """The page behind the identity check. `done` is the kind of the act that the person has just done."""
    link = visitor.link
    order = session().get_one(ServiceOrder, (link.court_id, link.order_id))
    case = session().get_one(Case, (link.court_id, order.case_id))
    recipient = session().get_one(Recipient, (link.court_id, order.recipient_id))
    party = session().get_one(Party, (link.court_id, recipient.party_id))
    court = shown_court(session().get_one(Court, link.court_id))
    attempt = attempt_of(session(), link)
    papers = documents_of(session(), link.court_id, order.id)
    acts = [act for act in acts_through(session(), link, visitor.role) if act.kind in _SHOWN_ACTS]
    titles = {str(paper.id): paper.title for paper in papers}
    entered = entered or Entered()
    answered = any(act.kind in {EventKind.ADDRESS_CONFIRMED, EventKind.ADDRESS_CHANGED} for act in acts)
    asks = attempt is not None and attempt.purpose == Purpose.CONFIRM_ADDRESS and not answered
    effective_on = day_to_tell(session(), order)
    values = {
        "court": court,
        "case": case,
        "name": party.name,
        "organisation": party.kind == PartyKind.ORGANISATION,
        "hearing": court.local(case.hearing_at) if case.hearing_at else "",
        "papers": [_shown(paper) for paper in papers],
        "opened": has_opened(session(), visitor),
        "acknowledged": has_acknowledged(session(), visitor),
        "acts": [_told_act(act, court, titles) for act in acts],
        "last": next((act.kind for act in reversed(acts) if act.kind == done), ""),
        "own": visitor.role in OWN_ROLES,
        "role": visitor.role,
        "audience": link.audience,
        "asks": asks,
        "used_kind": used_kind(link),
        "used": masked_address(session(), attempt) if attempt is not None else "",
        "reasons": reasons_for(link.audience),
        "objections": tuple(ObjectionKind),
        "periods": _periods(order, effective_on),
        "effective_on": effective_on,
        "token": token,
        "act_token": found.csrf,
        "entered": entered,
        "wrong": {item.field: item for item in reversed(entered.wrong)},
        "first_wrong": _first_wrong(entered),
        "back": url_for("portal.papers", token=token),
    }
    return page("portal/papers.html", **values), HTTPStatus.UNPROCESSABLE_ENTITY if entered.wrong else HTTPStatus.OK


def _told_act(act: Act, court: ShownCourt, titles: Mapping[str, str]) -> dict[str, str]:
    return {
        "kind": act.kind,
        "at": court.local(act.at),
        "reason": act.reason,
        "title": titles.get(str(act.args.get("document", "")), ""),
    }


def _first_wrong(entered: Entered) -> str:
    """The name under which the page finds the first field that needs another look."""
    first = entered.wrong[0].field if entered.wrong else ""
    return f"{entered.act}-note" if first == "note" else first


def used_kind(link: ServiceLink) -> str:
    """The kind of the party's address that the message went to; empty for a firm's mailbox."""
    attempt = attempt_of(session(), link)
    if attempt is None or attempt.address_id is None:
        return ""
    return session().get_one(Address, (link.court_id, attempt.address_id)).kind


def _shown(paper: Document) -> dict[str, object]:
    return {
        "id": str(paper.id),
        "kind": paper.kind,
        "title": paper.title,
        "type": _TYPES.get(paper.media_type or "", ""),
        "kilobytes": -(-paper.size // _KILOBYTE) if paper.size else 0,
        "there": bool(paper.sha256),
    }


def _periods(order: ServiceOrder, effective_on: date | None) -> list[tuple[str, str]]:
    """(period, last day) of the party's own periods, once their first day may be told."""
    found = order.effect.get("deadlines", {})
    if effective_on is None or not isinstance(found, dict):
        return []
    return [(name, str(found[name])) for name in _OWN_PERIODS if found.get(name)]


def fault_page(code: str, text: str, status: int) -> Answer:
    """An error behind a link, on the same plain page."""
    return page("portal/fault.html", code=code, text=text, status=status, back="/s"), HTTPStatus(status)
