"""Whether a message really comes from a court: its short code, typed by a person who need not click on anything.

The answer names the court, the day and the masked address that we wrote to, nothing about the case, and opens nothing.
Wrong codes are counted by where they come from, so that nobody can go through all of them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.domain.address import mask_email, mask_phone, mask_wechat
from delivery.domain.event import Channel
from delivery.linking import hashed, normalised_code
from delivery.store.accounts import SignInTry, tries_since
from delivery.store.cases import LawFirm
from delivery.store.courts import Court
from delivery.store.links import ServiceLink
from delivery.store.model import vault_of
from delivery.store.orders import Attempt
from delivery.store.parties import Address

WINDOW = timedelta(minutes=15)
WRONG_CODES = 20  # whole neighbourhoods share one address of a mobile carrier


@dataclass(frozen=True, slots=True)
class Genuine:
    """A message of ours: which court sent it, when, on which channel, to which masked address.

    One whose link was revoked is `withdrawn`: it was ours, and where it went is nobody's business any more.
    """

    court: Court
    sent_at: datetime
    channel: Channel
    to: str
    withdrawn: bool = False


def too_many_codes(session: Session, address: str, *, machine_now: datetime) -> bool:
    """Whether too many wrong codes came from this network address lately."""
    return tries_since(session, _subject(session, address), machine_now - WINDOW) >= WRONG_CODES


def note_wrong_code(session: Session, address: str, *, machine_now: datetime) -> None:
    """Count a wrong code against where it came from."""
    session.add(SignInTry(subject=_subject(session, address), tried_at=machine_now))


def check_code(session: Session, typed: str) -> Genuine | None:
    """The message that carries this code, if we sent it."""
    code = normalised_code(typed)
    link = session.scalar(select(ServiceLink).where(ServiceLink.code_hash == hashed(code))) if code else None
    if link is None or link.attempt_id is None:
        return None
    attempt = session.get_one(Attempt, (link.court_id, link.attempt_id))
    if attempt.submitted_at is None:  # written down, but it has not left us: whoever shows it has it from elsewhere
        return None
    return Genuine(
        court=session.get_one(Court, link.court_id),
        sent_at=attempt.submitted_at,
        channel=Channel(attempt.channel),
        to="" if link.revoked_at is not None else masked_address(session, attempt),
        withdrawn=link.revoked_at is not None,
    )


def masked_address(session: Session, attempt: Attempt) -> str:
    """Where the attempt went, as its owner can recognise it and nobody else can read it."""
    if attempt.law_firm_id is not None:
        firm = session.get_one(LawFirm, (attempt.court_id, attempt.law_firm_id))
        if attempt.channel == Channel.WECHAT:
            return mask_wechat(firm.wechat) if firm.wechat else ""
        return mask_email(firm.email) if firm.email else ""
    address = session.get(Address, (attempt.court_id, attempt.address_id)) if attempt.address_id else None
    if address is None or not address.value:
        return ""
    match address.kind:
        case "mobile":
            return mask_phone(address.value)
        case "email":
            return mask_email(address.value)
        case "wechat":
            return mask_wechat(address.value)
        case _:
            return ""


def _subject(session: Session, address: str) -> str:
    return vault_of(session).index("link.code_check", address)
