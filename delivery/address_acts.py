"""What a clerk does with a party's addresses in a case: enter one, put another in its place, key a signed form.

Each is checked as written, entered under the right that it has, and told to every open order of the party in the case.
Nothing is removed: what a later word replaces stays, as replaced, with its day, because what went there before keeps
its ground.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from delivery.addressing import postal_value
from delivery.docket_entry import OWN_WORD
from delivery.domain.address import AddressKind, Basis, parse_email, parse_phone
from delivery.domain.errors import BadValue, NotFound
from delivery.domain.event import EventKind, Report
from delivery.domain.order import UNFINISHED
from delivery.domain.postal import parse_postal
from delivery.intake_addresses import AddressBook, Form
from delivery.intake_entries import AddressEntry
from delivery.store.cases import Case, Recipient
from delivery.store.courts import Court
from delivery.store.orders import Attempt, ServiceOrder, lock_orders
from delivery.store.parties import Address, AddressBasis, Party
from delivery.tracking import record_fact

_ELECTRONIC = frozenset({AddressKind.MOBILE, AddressKind.EMAIL, AddressKind.WECHAT})
_TYPED = (AddressKind.MOBILE, AddressKind.LANDLINE, AddressKind.EMAIL, AddressKind.POSTAL)
# Courts have used 送达地址确认书 since EMS04 came into force: none can have been signed before.
_FIRST_FORMS_ON = date(2005, 1, 1)


@dataclass(frozen=True, slots=True)
class Given:
    """An address as a person typed it. `consent_scope` as in the ledger: "all", kinds by comma, or nothing."""

    kind: str
    written: str
    basis: str
    given_on: date
    consent_scope: str = ""
    covers_other_cases: bool = False


def read_address(given: Given, today: date) -> AddressEntry:
    """What was typed, checked.

    Raises `BadValue`: what the reading of numbers, mailboxes and addresses raises, `phone_not_mobile`,
    `address_kind_unknown`, `date_in_future`, `consent_misplaced` (a consent at an address that the party did not
    give itself, or that nothing electronic goes to).
    """
    value = _value(given.kind, given.written)
    if given.given_on > today:
        raise BadValue("date_in_future")
    if given.consent_scope and (given.kind not in _ELECTRONIC or Basis(given.basis) not in OWN_WORD):
        raise BadValue("consent_misplaced")
    return AddressEntry(given.kind, value, given.basis, given.given_on, given.consent_scope, given.covers_other_cases)


def _value(kind: str, written: str) -> str:
    if kind not in _TYPED:
        raise BadValue("address_kind_unknown", allowed=", ".join(_TYPED))
    if kind == AddressKind.EMAIL:
        return parse_email(written)
    if kind == AddressKind.POSTAL:
        return postal_value(parse_postal(written))
    phone = parse_phone(written)
    if kind == AddressKind.MOBILE and (not phone.mobile or phone.extension):
        raise BadValue("phone_not_mobile")
    return f"{phone.number};ext={phone.extension}" if phone.extension else phone.number


@dataclass(frozen=True, slots=True)
class _Place:
    """A party in a case, and the ledger as it stands."""

    court: Court
    case: Case
    recipient: Recipient
    party: Party
    book: AddressBook
    today: date


def _place(session: Session, court_id: UUID, recipient_id: UUID, now: datetime) -> _Place:
    recipient = session.get(Recipient, (court_id, recipient_id), with_for_update=True)
    if recipient is None:
        raise NotFound
    court = session.get_one(Court, court_id)
    book = AddressBook(session, court, now)
    book.look_up([recipient.party_id], [recipient.case_id])
    return _Place(
        court,
        session.get_one(Case, (court_id, recipient.case_id)),
        recipient,
        session.get_one(Party, (court_id, recipient.party_id)),
        book,
        now.astimezone(ZoneInfo(court.time_zone)).date(),
    )


def add_address(
    session: Session, court_id: UUID, recipient_id: UUID, given: Given, *, by: UUID | None, now: datetime
) -> UUID:
    """Enter one more address; returns its id. A `confirmed` one comes with its form: see `record_confirmation`.

    Raises `NotFound`, and `BadValue` as `read_address` and `confirmation_needed`.
    """
    if given.basis == Basis.CONFIRMED:
        raise BadValue("confirmation_needed")
    place = _place(session, court_id, recipient_id, now)
    entry = read_address(given, place.today)
    address_id = _enter(session, place, [entry])[0]
    _tell(session, place, [entry], by=by, now=now)
    return address_id


def change_address(
    session: Session,
    court_id: UUID,
    recipient_id: UUID,
    old_id: UUID,
    given: Given,
    *,
    in_writing: bool,
    by: UUID | None,
    now: datetime,
) -> UUID:
    """Enter the address that the party moved to; returns its id.

    Only a change in writing puts the old one out of use (EMS04 4, OP19 6); one by word of mouth stands beside it, to be
    tried as well. Raises as `add_address`.
    """
    place = _place(session, court_id, recipient_id, now)
    old = _basis(session, place, old_id)
    entry = read_address(given, place.today)
    if not in_writing:
        entry = replace(entry, basis=Basis.GIVEN_ORALLY)
    elif given.basis == Basis.CONFIRMED:
        raise BadValue("confirmation_needed")
    address_id = _enter(session, place, [entry])[0]
    if in_writing and address_id != old_id:
        _put_out_of_use(session, old, place, now)
    _tell(session, place, [entry], by=by, now=now, replaced=old_id if in_writing else None)
    return address_id


def record_confirmation(
    session: Session,
    court_id: UUID,
    recipient_id: UUID,
    addresses: Sequence[Given],
    form: Form,
    *,
    by: UUID | None,
    now: datetime,
) -> UUID:
    """Key a signed form; returns the id of the confirmation.

    Its addresses are confirmed in this case from the day on which it was signed, whatever their standing was; others of
    the same kinds are replaced by it (INT 137, OP19 6). Raises `NotFound`, `BadValue` as `read_address` and
    `form_empty`, `signed_on_impossible`.
    """
    if not addresses:
        raise BadValue("form_empty")
    place = _place(session, court_id, recipient_id, now)
    if not _FIRST_FORMS_ON <= form.signed_on <= place.today:
        raise BadValue("signed_on_impossible", day=str(form.signed_on), first=str(_FIRST_FORMS_ON))
    entries = [
        read_address(replace(one, basis=Basis.CONFIRMED, given_on=form.signed_on), place.today) for one in addresses
    ]
    confirmation = place.book.sign(entries, place.case, place.recipient, form)
    session.flush()
    named = _enter(session, place, entries)
    _rest_on(session, place, named, entries, confirmation.id, now)
    for basis in _others(session, place, {entry.kind for entry in entries}, named):
        _put_out_of_use(session, basis, place, now)
    place.recipient.warned = place.recipient.warned or bool(form.warnings_version)
    _tell(session, place, entries, by=by, now=now, form=confirmation.id)
    return confirmation.id


def _enter(session: Session, place: _Place, entries: Sequence[AddressEntry]) -> list[UUID]:
    ids = [place.book.address_of(place.party, entry) for entry in entries]
    place.book.write()
    place.book.bind(entries, place.case, place.recipient, place.party)
    place.book.write()
    session.flush()
    return ids


def _rest_on(
    session: Session,
    place: _Place,
    address_ids: Sequence[UUID],
    entries: Sequence[AddressEntry],
    confirmation_id: UUID,
    now: datetime,
) -> None:
    """The addresses rest on this form now, also those that an earlier one named; what they were is outweighed."""
    for address_id, entry in zip(address_ids, entries, strict=True):
        basis = _basis(session, place, address_id)
        basis.confirmation_id, basis.moved_on = confirmation_id, None
        basis.source_note = {"covers_other_cases": entry.covers_other_cases}
        if entry.consent_scope and basis.consent_withdrawn_on is not None:
            basis.consent_scope, basis.consent_given_on = entry.consent_scope, entry.given_on
            basis.consent_withdrawn_on = None
    session.execute(
        update(Address)
        .where(Address.court_id == place.court.id, Address.id.in_(address_ids), Address.standing != "good")
        .values(standing="good", standing_reason="", standing_at=now)
    )


def _basis(session: Session, place: _Place, address_id: UUID) -> AddressBasis:
    basis = session.scalar(
        select(AddressBasis)
        .join(Address, (Address.court_id == AddressBasis.court_id) & (Address.id == AddressBasis.address_id))
        .where(
            AddressBasis.court_id == place.court.id,
            AddressBasis.case_id == place.case.id,
            AddressBasis.address_id == address_id,
            Address.party_id == place.party.id,
        )
    )
    if basis is None:
        raise NotFound
    return basis


def _others(session: Session, place: _Place, kinds: set[str], named: Sequence[UUID]) -> list[AddressBasis]:
    """The party's other addresses of these kinds in the case."""
    return list(
        session.scalars(
            select(AddressBasis)
            .join(Address, (Address.court_id == AddressBasis.court_id) & (Address.id == AddressBasis.address_id))
            .where(
                AddressBasis.court_id == place.court.id,
                AddressBasis.case_id == place.case.id,
                AddressBasis.address_id.not_in(named),
                Address.party_id == place.party.id,
                Address.kind.in_(kinds),
            )
        )
    )


def _put_out_of_use(session: Session, basis: AddressBasis, place: _Place, now: datetime) -> None:
    """Replaced from today on; the law counts days, so that what went there today keeps its ground until tomorrow."""
    if "replaced_on" in basis.source_note:
        return
    last = session.scalar(
        select(func.max(Attempt.submitted_at)).where(
            Attempt.court_id == basis.court_id, Attempt.address_id == basis.address_id
        )
    )
    zone = ZoneInfo(place.court.time_zone)
    today = now.astimezone(zone).date()
    sent_today = last is not None and last.astimezone(zone).date() >= today
    since = today + timedelta(days=1) if sent_today else today
    basis.source_note = {**basis.source_note, "replaced_on": since.isoformat()}


def _tell(
    session: Session,
    place: _Place,
    entries: Sequence[AddressEntry],
    *,
    by: UUID | None,
    now: datetime,
    replaced: UUID | None = None,
    form: UUID | None = None,
) -> None:
    """A fact in each order of the party in this case that is under way; it looks again."""
    args: Mapping[str, object] = {
        "kinds": [entry.kind for entry in entries],
        "basis": entries[0].basis,
        "by": str(by or ""),
        **({"replaced": str(replaced)} if replaced else {}),
        **({"form": str(form)} if form else {}),
    }
    concerned = (ServiceOrder.recipient_id == place.recipient.id, ServiceOrder.status.in_(UNFINISHED))
    for order in lock_orders(session, place.court.id, *concerned):
        record_fact(session, order, Report(EventKind.ADDRESS_RECORDED, "", now, args=args), now=now)
