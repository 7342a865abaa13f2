"""What people have to do about court mail: asked on the desk by a carrier's word, and taken back by facts.

Looked at anew on every look at an order, so that a reversal, a slip or an answer closes what it settles. The answer to
"who signed?" is a fact in the journal and fills in what the paper slip leaves open; without a slip it proves nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from delivery.domain.event import Channel, EventKind
from delivery.domain.law.vocabulary import Kind, Role
from delivery.domain.mail import FollowUp
from delivery.legal_acts import standing_of_mail
from delivery.mail_folding import without_reversed
from delivery.store.cases import Recipient
from delivery.store.desk import close_item, open_items_of, put_on_desk, was_answered
from delivery.store.journal import DeliveryEvent
from delivery.store.orders import Attempt, ServiceOrder
from delivery.store.parties import Party

# Action on the desk -> who signed, in the law engine's words. Whoever has looked at the slip knows nothing of the card.
SIGNERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "family_together": {"role": Role.FAMILY, "co_resident": True, "adult": True},
        "desk_employee": {"role": Role.MAIL_ROOM_STAFF},
        "authorised_receiver": {"role": Role.NAMED_COLLECTOR},
        "stranger": {"role": Role.UNKNOWN},
    }
)
_ASKING = frozenset(
    {EventKind.POST_DELIVERED, EventKind.SLIP_RECORDED, EventKind.POST_PROOF_AVAILABLE, EventKind.UNRECOGNISED}
)


def follow_mail(
    session: Session,
    order: ServiceOrder,
    events: Sequence[DeliveryEvent],
    attempts: Sequence[Attempt],
    now: datetime,
) -> None:
    """Put on the desk what the post's words ask people to do, and take away what facts have settled."""
    if not any(event.kind in _ASKING for event in events):
        return
    mails = {attempt.id: attempt for attempt in attempts if attempt.channel == Channel.POST}
    of_mail = [event for event in without_reversed(events) if event.attempt_id in mails]
    open_ones = {item.subject for item in open_items_of(session, order.court_id, order.id)}
    recipient = session.get_one(Recipient, (order.court_id, order.recipient_id))
    kind = Kind(session.get_one(Party, (order.court_id, recipient.party_id)).kind)
    for attempt_id, attempt in mails.items():
        mine = [event for event in of_mail if event.attempt_id == attempt_id]
        subject = f"who_signed:{attempt_id}"
        if signer_is_open(mine, attempt.reason, kind):
            put_on_desk(session, order.court_id, kind="who_signed", subject=str(attempt_id), at=now, order_id=order.id)
        elif subject in open_ones:
            close_item(session, order.court_id, subject, at=now, resolution="settled_by_itself")
        _ask_for_slip(session, order, attempt, mine, now)
        for event in mine:
            if event.kind == EventKind.UNRECOGNISED:
                _show_unread(session, order, event, now)


def _ask_for_slip(
    session: Session, order: ServiceOrder, attempt: Attempt, events: Sequence[DeliveryEvent], now: datetime
) -> None:
    """Once the proof of a mail is there, often days later, somebody keys what it says, unless the paper came first."""
    kinds, subject = {event.kind for event in events}, f"slip_to_key:{attempt.id}"
    if EventKind.SLIP_RECORDED in kinds:
        close_item(session, order.court_id, subject, at=now, resolution="settled_by_itself")
    elif EventKind.POST_PROOF_AVAILABLE in kinds and not was_answered(session, order.court_id, subject):
        put_on_desk(session, order.court_id, kind="slip_to_key", subject=str(attempt.id), at=now, order_id=order.id)


def signer_is_open(events: Sequence[DeliveryEvent], reason: str, recipient: Kind) -> bool:
    """Whether nobody knows yet who signed for one mail, and somebody should ask."""
    slips = [event for event in events if event.kind == EventKind.SLIP_RECORDED]
    answered = max((event.sequence for event in events if event.kind == EventKind.SIGNER_NAMED), default=0)
    if slips:
        slip = max(slips, key=lambda event: event.sequence)
        unread = (slip.args.get("signer") or {}).get("role", Role.UNKNOWN) == Role.UNKNOWN
        return slip.args.get("result") == "signed" and unread and not answered
    meaning = standing_of_mail(events, reason, recipient)
    return meaning is not None and meaning.follow_up is FollowUp.WHO_SIGNED and not answered


def _show_unread(session: Session, order: ServiceOrder, event: DeliveryEvent, now: datetime) -> None:
    """A code that no table knows: nothing is concluded from it, and a person reads it."""
    subject = f"{event.attempt_id}:{event.body['raw_code']}"[:80]
    if not was_answered(session, order.court_id, f"unrecognised:{subject}"):
        code = str(event.body["raw_code"])
        put_on_desk(
            session, order.court_id, kind="unrecognised", subject=subject, at=now, order_id=order.id, raw_code=code
        )
