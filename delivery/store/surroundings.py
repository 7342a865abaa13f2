"""What stands around an order: court, case, recipient and party, papers, counsel and addresses.

Whoever looks at an order asks for most of these, the decision for all of them several times over: they are read once,
in four statements, and handed on.
"""

from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from delivery.store.cases import Case, Counsel, Document, LawFirm, Recipient, counsel_of
from delivery.store.courts import Court
from delivery.store.orders import ServiceOrder, documents_of
from delivery.store.parties import Address, AddressBasis, Party, addresses_in_case


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Rows around one order, as they stood when they were read.

    `papers` are the newest versions in the order in which they were listed, `counsel` those in force with their firms,
    `addresses` those of the party that may be used in the case, oldest first, each with the right to it.
    """

    court: Court
    case: Case
    recipient: Recipient
    party: Party
    papers: list[Document]
    counsel: list[tuple[Counsel, LawFirm]]
    addresses: list[tuple[Address, AddressBasis]]


_AROUND = (
    select(Court, Case, Recipient, Party)
    .join(Case, Case.court_id == Court.id)
    .join(Recipient, (Recipient.court_id == Case.court_id) & (Recipient.case_id == Case.id))
    .join(Party, (Party.court_id == Recipient.court_id) & (Party.id == Recipient.party_id))
    .where(Court.id == bindparam("court"), Case.id == bindparam("case"), Recipient.id == bindparam("recipient"))
)


def surroundings_of(session: Session, order: ServiceOrder) -> Surroundings:
    """Everything around an order. Raises `NoResultFound` when a row is missing, which references forbid."""
    keys = {"court": order.court_id, "case": order.case_id, "recipient": order.recipient_id}
    court, case, recipient, party = session.execute(_AROUND, keys).one()
    return Surroundings(
        court=court,
        case=case,
        recipient=recipient,
        party=party,
        papers=documents_of(session, court.id, order.id),
        counsel=counsel_of(session, court.id, recipient.id),
        addresses=addresses_in_case(session, court.id, case.id, party.id),
    )
