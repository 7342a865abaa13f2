"""Who stands behind an e-service link: the short identity check, its limited tries, and the session that follows.

A message may be read by anybody who holds the telephone, so the link alone shows nothing about the case. Whoever knows
the last four characters of the recipient's identity number, or, for a firm, the code in its mail, goes on, in a role
that they name themselves. Tries are counted in the link's own row; all times of tries and sessions are machine time.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from delivery.domain.case import PartyKind
from delivery.domain.event import EventKind, Report
from delivery.domain.order import OrderStatus
from delivery.domain.text import compact
from delivery.link_visiting import LinkRole, attempt_of
from delivery.linking import ON_A_DOOR, hashed, normalised_code
from delivery.providers import CodeAnswer
from delivery.store.accounts import SignInTry
from delivery.store.cases import Recipient
from delivery.store.desk import put_on_desk
from delivery.store.links import LinkSession, ServiceLink
from delivery.store.model import vault_of
from delivery.store.orders import ServiceOrder, lock_order
from delivery.store.parties import Party
from delivery.tracking import record_fact

TRIES = 5
LOCKED_FOR = timedelta(days=1)
TRIES_IN_ALL = 15  # three days of guessing: 15 of about 11,000 possible answers; then the court must send a new link
SESSION_LENGTH = timedelta(minutes=30)
_ASKED = 4
_LONGEST_TEXTED = 10


_PERSONS = (LinkRole.RECIPIENT, LinkRole.LAWYER, LinkRole.FAMILY, LinkRole.ASSISTANT, LinkRole.OTHER)
_ROLES = {
    "recipient": _PERSONS,
    ON_A_DOOR: _PERSONS,
    "law_firm": (LinkRole.LAWYER, LinkRole.ASSISTANT, LinkRole.OTHER),
}


class Proof(StrEnum):
    """What is asked for. A firm may give the code of its mail or its client's number, which it has on file."""

    PERSON_NUMBER = "person_number"
    ORGANISATION_NUMBER = "organisation_number"
    MESSAGE_CODE = "message_code"
    TEXTED_CODE = "texted_code"  # instead of the message's, where the court has them texted
    FIRM = "firm"


class LinkState(StrEnum):
    """What can be done with a link now."""

    OPEN = "open"
    EXPIRED = "expired"
    REVOKED = "revoked"
    CANCELLED = "cancelled"  # the order was withdrawn: there is nothing to serve any more
    LOCKED = "locked"  # for a day
    BLOCKED = "blocked"  # for good


class Refusal(StrEnum):
    """Why an identity check did not let somebody in."""

    WRONG = "wrong"
    MALFORMED = "malformed"
    ROLE = "role"
    STATE = "state"  # the link itself does not stand; see its state
    CODE_OVER = "code_over"  # the texted code cannot be compared with any more: another one is needed
    RENEWAL_ASKED = "renewal_asked"  # right, but the link has expired: the court was asked for a new one


@dataclass(frozen=True, slots=True)
class Admission:
    """What came of an identity check: the token of a new session, or why not."""

    token: str = ""
    refusal: Refusal | None = None
    tries_left: int = TRIES


def roles_for(audience: str) -> tuple[LinkRole, ...]:
    """The roles that may be named behind a link, the usual one first."""
    return _ROLES[audience]


def state_of(session: Session, link: ServiceLink, *, now: datetime, machine_now: datetime) -> LinkState:
    """What can be done with the link at this instant: `now` is court time, `machine_now` machine time."""
    order = session.get_one(ServiceOrder, (link.court_id, link.order_id))
    if link.revoked_at is not None:
        return LinkState.REVOKED
    if order.status == OrderStatus.CANCELLED:
        return LinkState.CANCELLED
    if link.tries_left <= 0:
        count, last = _tries(session, link.id)
        if count >= TRIES_IN_ALL:
            return LinkState.BLOCKED
        if last is not None and machine_now < last + LOCKED_FOR:
            return LinkState.LOCKED
    return LinkState.EXPIRED if now >= link.expires_at else LinkState.OPEN


def proof_wanted(session: Session, link: ServiceLink) -> Proof:
    """What the identity check behind this link asks for."""
    if link.audience == "law_firm":
        return Proof.FIRM
    party = _party(session, link)
    if not party.identity_number:
        return Proof.MESSAGE_CODE
    return Proof.ORGANISATION_NUMBER if party.kind == PartyKind.ORGANISATION else Proof.PERSON_NUMBER


def check_identity(
    session: Session,
    link: ServiceLink,
    *,
    digits: str,
    role: str,
    now: datetime,
    machine_now: datetime,
    texted: CodeAnswer | None = None,
) -> Admission:
    """Check what was typed; a wrong answer costs a try and is recorded as a fact, an unreadable one costs nothing.

    `texted` is what the provider of texted codes said to it, where such a code is what the page asked for.
    """
    order = lock_order(session, link.court_id, link.order_id)
    assert order is not None
    session.refresh(link, with_for_update=True)
    state = state_of(session, link, now=now, machine_now=machine_now)
    if state not in {LinkState.OPEN, LinkState.EXPIRED}:
        return Admission(refusal=Refusal.STATE)
    if link.tries_left <= 0:  # the day of the lock is over
        link.tries_left = TRIES
    if role not in roles_for(link.audience):
        return Admission(refusal=Refusal.ROLE, tries_left=link.tries_left)
    proof = proof_wanted(session, link) if texted is None else Proof.TEXTED_CODE
    typed = compact(digits).upper()
    if not _readable(typed, proof):
        return Admission(refusal=Refusal.MALFORMED, tries_left=link.tries_left)
    if texted is CodeAnswer.OVER:
        return Admission(refusal=Refusal.CODE_OVER, tries_left=link.tries_left)
    if not (_is_right(session, link, typed, proof) if texted is None else texted is CodeAnswer.RIGHT):
        return _wrong(session, order, link, role, now=now, machine_now=machine_now)
    link.tries_left = TRIES
    if state is LinkState.EXPIRED:
        _ask_for_a_new_link(session, order, link, role, now)
        return Admission(refusal=Refusal.RENEWAL_ASKED)
    return Admission(token=_begin(session, link, LinkRole(role), proof, machine_now))


def _readable(typed: str, proof: Proof) -> bool:
    """Whether this could be an answer at all: four letters or digits, or a whole code where a code is asked."""
    number = len(typed) == _ASKED and typed.isascii() and typed.isalnum()
    match proof:
        case Proof.PERSON_NUMBER | Proof.ORGANISATION_NUMBER:
            return number
        case Proof.MESSAGE_CODE:
            return bool(normalised_code(typed))
        case Proof.TEXTED_CODE:
            return typed.isascii() and typed.isdigit() and _ASKED <= len(typed) <= _LONGEST_TEXTED
        case Proof.FIRM:
            return number or bool(normalised_code(typed))


def _is_right(session: Session, link: ServiceLink, typed: str, proof: Proof) -> bool:
    """Compared in constant time; where two answers are right, both are always compared."""
    number = (_party(session, link).identity_number or "").upper()[-_ASKED:]
    by_number = bool(number) and hmac.compare_digest(number.encode(), typed.encode())
    by_code = hmac.compare_digest(link.code_hash.encode(), hashed(normalised_code(typed)).encode())
    match proof:
        case Proof.PERSON_NUMBER | Proof.ORGANISATION_NUMBER:
            return by_number
        case Proof.MESSAGE_CODE:
            return by_code
        case Proof.TEXTED_CODE:
            return False  # we do not know it: whoever texted it says whether it is right
        case Proof.FIRM:
            return by_number | by_code


def _wrong(
    session: Session, order: ServiceOrder, link: ServiceLink, role: str, *, now: datetime, machine_now: datetime
) -> Admission:
    link.tries_left -= 1
    session.add(SignInTry(subject=_subject(session, link.id), tried_at=machine_now))
    session.flush()
    count, _ = _tries(session, link.id)
    args = {"role": role, "link": str(link.id), "tries_left": link.tries_left}
    report = Report(EventKind.IDENTITY_FAILED, f"identity_failed:{link.id}:{count}", now, args=args)
    record_fact(session, order, report, now=now, attempt=attempt_of(session, link), look_again=False)
    if count >= TRIES_IN_ALL:
        link.tries_left = 0
        put_on_desk(
            session, link.court_id, kind="link_blocked", subject=str(link.id), at=now, order_id=order.id, tries=count
        )
    return Admission(refusal=Refusal.WRONG, tries_left=link.tries_left)


def _ask_for_a_new_link(session: Session, order: ServiceOrder, link: ServiceLink, role: str, now: datetime) -> None:
    """An expired link and the right answer: the court is asked, once, and decides how to send a new one."""
    args = {"role": role, "link": str(link.id)}
    report = Report(EventKind.INFORMATION, f"link_expired:{link.id}", now, reason="new_link_wanted", args=args)
    record_fact(session, order, report, now=now, attempt=attempt_of(session, link), look_again=False)
    put_on_desk(session, link.court_id, kind="link_expired", subject=str(link.id), at=now, order_id=order.id, role=role)


def _begin(session: Session, link: ServiceLink, role: LinkRole, proof: Proof, machine_now: datetime) -> str:
    """A new session; those of this link that are over go with it."""
    session.execute(
        delete(LinkSession).where(
            LinkSession.court_id == link.court_id,
            LinkSession.link_id == link.id,
            LinkSession.expires_at <= machine_now,
        )
    )
    token = secrets.token_urlsafe(32)
    session.add(
        LinkSession(
            token_hash=hashed(token),
            court_id=link.court_id,
            link_id=link.id,
            role=role,
            identity=proof,
            csrf=secrets.token_urlsafe(24),
            created_at=machine_now,
            expires_at=machine_now + SESSION_LENGTH,
        )
    )
    return token


def session_behind(session: Session, link: ServiceLink, token: str, *, machine_now: datetime) -> LinkSession | None:
    """The session that this token opened, if it belongs to this very link and still holds."""
    found = session.get(LinkSession, hashed(token)) if token else None
    if found is None or found.link_id != link.id or found.court_id != link.court_id or machine_now >= found.expires_at:
        return None
    return found


def end_session(session: Session, found: LinkSession) -> None:
    """The person has finished: the token is worth nothing from now on."""
    session.execute(delete(LinkSession).where(LinkSession.token_hash == found.token_hash))


def _party(session: Session, link: ServiceLink) -> Party:
    order = session.get_one(ServiceOrder, (link.court_id, link.order_id))
    recipient = session.get_one(Recipient, (link.court_id, order.recipient_id))
    return session.get_one(Party, (link.court_id, recipient.party_id))


def _subject(session: Session, link_id: UUID) -> str:
    return vault_of(session).index("link.identity", str(link_id))


def _tries(session: Session, link_id: UUID) -> tuple[int, datetime | None]:
    """How many wrong answers this link has seen in all, and when the last one was."""
    subject = _subject(session, link_id)
    count, last = session.execute(
        select(func.count(), func.max(SignInTry.tried_at)).where(SignInTry.subject == subject)
    ).one()
    return count, last
