"""Confirming an address for service behind an e-service link: the form 送达地址确认书, filled in by the person.

What the recipient or its litigation agent gives becomes `confirmed` in this case, with the e-service consent that they
gave or refused (OP19 1-4; INT 136-137; ONL 29-30); what anybody else gives is kept as a fact, and a clerk asks the
party. What was effective before stays so: the law counts days, and a change never reaches back.
"""

import json
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery.address_form import WARNINGS_VERSION, Confirmation
from delivery.addressing import lies_in_area, postal_value
from delivery.domain.event import EventKind, Report
from delivery.link_visiting import OWN_ROLES, Visitor, attempt_of, court_day, record_act
from delivery.store.cases import Recipient
from delivery.store.courts import Court
from delivery.store.desk import put_on_desk
from delivery.store.ids import new_id
from delivery.store.journal import DeliveryEvent, journal_of
from delivery.store.model import vault_of
from delivery.store.orders import Attempt, ServiceOrder, lock_order
from delivery.store.parties import Address, AddressBasis, AddressConfirmation

WHOLE_SCOPE = "all"
_ELECTRONIC = ("mobile", "email")


def confirm_addresses(session: Session, visitor: Visitor, form: Confirmation, *, now: datetime) -> DeliveryEvent | None:
    """Record the form as a fact and, when the recipient's own, enter it into the ledger. None for the same form again.

    The fact is `ADDRESS_CONFIRMED` when the address that the message went to stays in use, else `ADDRESS_CHANGED`.
    """
    link = visitor.link
    order = lock_order(session, link.court_id, link.order_id)
    assert order is not None
    attempt = attempt_of(session, link)
    used = session.get(Address, (link.court_id, attempt.address_id)) if attempt and attempt.address_id else None
    given = _values(form, used)
    seal = vault_of(session).index("link.confirmation", json.dumps([given, form.consent], sort_keys=True))
    earlier = [event for event in journal_of(session, link.court_id, order.id) if _is_form(event, visitor)]
    if earlier and earlier[-1].args.get("form") == seal:
        return None
    stays = used is not None and given.get(used.kind) == used.value
    kind = EventKind.ADDRESS_CONFIRMED if stays else EventKind.ADDRESS_CHANGED
    args = {
        "kinds": sorted(given),
        "consent": form.consent,
        "scope": WHOLE_SCOPE if form.consent else "",
        "warnings": WARNINGS_VERSION,
        "form": seal,
    }
    event_id = f"address:{link.id}:{visitor.role}:{len(earlier) + 1}"
    event = record_act(session, visitor, Report(kind, event_id, now, args=args, detail=given))
    if event is None:
        return None
    if visitor.role in OWN_ROLES:
        _enter(session, order, visitor, form, given, now)
    else:
        put_on_desk(
            session, link.court_id, kind="address_offered", subject=str(event.id), at=now, order_id=order.id,
            role=visitor.role,
        )  # fmt: skip
    return event


def _is_form(event: DeliveryEvent, visitor: Visitor) -> bool:
    return (
        event.kind in {EventKind.ADDRESS_CONFIRMED, EventKind.ADDRESS_CHANGED}
        and event.args.get("link") == str(visitor.link.id)
        and event.args.get("role") == visitor.role
    )


def _values(form: Confirmation, used: Address | None) -> dict[str, str]:
    """Kind -> stored value of everything that the form gives."""
    given = {"mobile": form.mobile, "email": form.email, "postal": postal_value(form.postal) if form.postal else ""}
    if form.keep and used is not None and not given.get(used.kind):
        given[used.kind] = used.value or ""
    return {kind: value for kind, value in given.items() if value}


def _enter(
    session: Session, order: ServiceOrder, visitor: Visitor, form: Confirmation, given: Mapping[str, str], now: datetime
) -> None:
    """The ledger: the form, its addresses as confirmed in this case, older ones of the same kind as left."""
    recipient = session.get_one(Recipient, (order.court_id, order.recipient_id))
    today = court_day(session, visitor.link, now)
    confirmation = AddressConfirmation(
        court_id=order.court_id,
        id=new_id(),
        case_id=order.case_id,
        recipient_id=recipient.id,
        signed_on=today,
        means="e_service_link",
        signer_role=visitor.role,
        consent_scope=WHOLE_SCOPE if form.consent else "",
        covers_other_cases=False,
        warnings_version=WARNINGS_VERSION,
        created_at=now,
    )
    session.add(confirmation)
    session.flush()
    if not form.consent:
        withdraw_consent(session, order, today)
    addresses = [_address(session, order, recipient, kind, value, now) for kind, value in given.items()]
    for address in addresses:
        basis = _basis(session, order, address, now)
        if basis.basis != "confirmed" or basis.given_on is None:
            basis.basis, basis.given_on = "confirmed", today
        basis.confirmation_id, basis.moved_on = confirmation.id, None
        basis.source_note = {"covers_other_cases": False}
        if form.consent and address.kind in _ELECTRONIC:
            _consent(basis, today)
    _replace_others(session, order, recipient, addresses, today)
    recipient.address_confirmation, recipient.warned = "given", True


def _consent(basis: AddressBasis, today: date) -> None:
    """Consent to all papers; one that stands already keeps its day, so that what it made effective stays so."""
    if basis.consent_scope != WHOLE_SCOPE or basis.consent_withdrawn_on is not None:
        basis.consent_scope, basis.consent_source = WHOLE_SCOPE, "express"
        basis.consent_given_on, basis.consent_withdrawn_on = today, None


def _address(
    session: Session, order: ServiceOrder, recipient: Recipient, kind: str, value: str, now: datetime
) -> Address:
    """The party's address of this value, made if it is new; bad news about it is outweighed by the party's own word."""
    index = Address.value.index_for(vault_of(session), value)
    address = session.scalar(
        select(Address).where(
            Address.court_id == order.court_id,
            Address.party_id == recipient.party_id,
            Address.kind == kind,
            Address.value_index == index,
        )
    )
    if address is None:
        area = session.get_one(Court, order.court_id).area
        address = Address(
            court_id=order.court_id,
            id=new_id(),
            party_id=recipient.party_id,
            kind=kind,
            in_area=lies_in_area(area, kind, value),
            created_at=now,
        )
        with session.no_autoflush:
            session.add(address)
            address.value = value
    address.standing, address.standing_reason, address.standing_at = "good", "", now
    session.flush()
    return address


def _basis(session: Session, order: ServiceOrder, address: Address, now: datetime) -> AddressBasis:
    basis = session.scalar(
        select(AddressBasis).where(
            AddressBasis.court_id == order.court_id,
            AddressBasis.address_id == address.id,
            AddressBasis.case_id == order.case_id,
        )
    )
    if basis is None:
        basis = AddressBasis(
            court_id=order.court_id,
            id=new_id(),
            address_id=address.id,
            case_id=order.case_id,
            basis="confirmed",
            created_at=now,
        )
        session.add(basis)
    return basis


def _replace_others(
    session: Session, order: ServiceOrder, recipient: Recipient, named: list[Address], today: date
) -> None:
    """What the form names takes the place of the party's other addresses of the same kind (INT 137, OP19 6).

    A change in writing is not a fault; so it is noted as a replacement, and never as "moved without telling".
    """
    kinds, kept = {address.kind for address in named}, {address.id for address in named}
    for basis in _bases_of(session, order, recipient, kinds):
        if basis.address_id not in kept and "replaced_on" not in basis.source_note:
            since = _effective_on(session, basis, today)
            basis.source_note = {**basis.source_note, "replaced_on": since.isoformat()}


def withdraw_consent(session: Session, order: ServiceOrder, today: date) -> None:
    """The recipient takes back its consent to e-service in this case; what arrived before stands."""
    recipient = session.get_one(Recipient, (order.court_id, order.recipient_id))
    for basis in _bases_of(session, order, recipient, {"mobile", "email", "wechat"}):
        if basis.consent_scope and basis.consent_withdrawn_on is None:
            basis.consent_withdrawn_on = _effective_on(session, basis, today)


def _effective_on(session: Session, basis: AddressBasis, today: date) -> date:
    """From which day a change counts. The law counts days: what went out earlier today must not lose its ground."""
    zone = ZoneInfo(session.get_one(Court, basis.court_id).time_zone)
    last = session.scalar(
        select(func.max(Attempt.submitted_at)).where(
            Attempt.court_id == basis.court_id, Attempt.address_id == basis.address_id
        )
    )
    sent_today = last is not None and last.astimezone(zone).date() >= today
    return today + timedelta(days=1) if sent_today else today


def _bases_of(
    session: Session, order: ServiceOrder, recipient: Recipient, kinds: Collection[str]
) -> list[AddressBasis]:
    return list(
        session.scalars(
            select(AddressBasis)
            .join(Address, (Address.court_id == AddressBasis.court_id) & (Address.id == AddressBasis.address_id))
            .where(
                AddressBasis.court_id == order.court_id,
                AddressBasis.case_id == order.case_id,
                Address.party_id == recipient.party_id,
                Address.kind.in_(kinds),
            )
        )
    )
