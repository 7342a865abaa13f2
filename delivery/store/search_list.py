"""Address searches as lists: over the API page by page, and of one order with what belongs to each."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.store.cases import Case, Recipient
from delivery.store.orders import ServiceOrder
from delivery.store.parties import Party
from delivery.store.searches import AddressSearch


@dataclass(frozen=True, slots=True)
class SearchRow:
    """One search with the case that it belongs to and who is looked for."""

    search: AddressSearch
    case_number: str
    party: Party


def listed_searches(
    session: Session, court_id: UUID, *, state: str, order: UUID | None, after: UUID | None, limit: int
) -> list[SearchRow]:
    """Searches by id, which is the order of asking. `state`: open, answered, or empty for both.

    With `order` those that count for this order: of its recipient in its case, whichever order asked.
    """
    query = (
        select(AddressSearch, Case.number, Party)
        .join(Case, (Case.court_id == AddressSearch.court_id) & (Case.id == AddressSearch.case_id))
        .join(Party, (Party.court_id == AddressSearch.court_id) & (Party.id == AddressSearch.party_id))
        .where(AddressSearch.court_id == court_id)
        .order_by(AddressSearch.id)
        .limit(limit)
    )
    if state == "open":
        query = query.where(AddressSearch.answer == "")
    elif state:
        query = query.where(AddressSearch.answer != "")
    if order is not None:
        query = query.join(
            Recipient,
            (Recipient.court_id == AddressSearch.court_id)
            & (Recipient.case_id == AddressSearch.case_id)
            & (Recipient.party_id == AddressSearch.party_id),
        ).join(
            ServiceOrder, (ServiceOrder.court_id == Recipient.court_id) & (ServiceOrder.recipient_id == Recipient.id)
        )
        query = query.where(ServiceOrder.id == order)
    if after is not None:
        query = query.where(AddressSearch.id > after)
    return [SearchRow(search, number, party) for search, number, party in session.execute(query)]
