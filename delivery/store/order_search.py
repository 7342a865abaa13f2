"""What a search finds: a bounded number of cases and recipients, by index alone; their orders are listed from there."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.store.cases import Case, Recipient
from delivery.store.model import vault_of
from delivery.store.parties import Address, Party

MOST_MATCHES = 200


@dataclass(frozen=True, slots=True)
class Matches:
    """What a search found: at most `MOST_MATCHES` cases and as many recipients."""

    case_ids: tuple[UUID, ...]
    recipient_ids: tuple[UUID, ...]


def search(
    session: Session, court_id: UUID, *, number: str = "", number_prefix: str = "", name: str = "", phone: str = ""
) -> Matches:
    """The cases with this number (or beginning so), and the recipients with exactly this name or telephone number."""
    cases: list[UUID] = []
    if number or number_prefix:
        fits = Case.number == number if number else Case.number.startswith(number_prefix, autoescape=True)
        query = select(Case.id).where(Case.court_id == court_id, fits).order_by(Case.number).limit(MOST_MATCHES)
        cases = list(session.scalars(query))
    parties: list[UUID] = []
    vault = vault_of(session)
    if name:
        index = Party.name.index_for(vault, name)
        named = select(Party.id).where(Party.court_id == court_id, Party.name_index == index)
        parties += session.scalars(named.limit(MOST_MATCHES))
    if phone:
        index = Address.value.index_for(vault, phone)
        owners = select(Address.party_id).where(Address.court_id == court_id, Address.value_index == index)
        parties += session.scalars(owners.limit(MOST_MATCHES))
    recipients: list[UUID] = []
    if parties:
        query = select(Recipient.id).where(Recipient.court_id == court_id, Recipient.party_id.in_(parties))
        recipients = list(session.scalars(query.limit(MOST_MATCHES)))
    return Matches(tuple(cases), tuple(recipients))
