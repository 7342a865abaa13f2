"""Who lives in the town and what the court will be told of them, drawn from the seed before any act.

`draw_population` is blind to the policy: the same seed gives the same people, telephones, mailboxes and doors
whatever ladder will be tried on them. Cases come from `casebook.py`; this module keeps the town's registers and
answers who is where.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from adapters.sandbox import docket, names
from adapters.sandbox.casebook import Casebook
from adapters.sandbox.chance import Chance
from adapters.sandbox.parameters import Parameters
from adapters.sandbox.people import Case, Door, Firm, Mailbox, Order, Party, Phone, Place
from adapters.sandbox.registers import Registers


@dataclass(frozen=True, slots=True)
class Client:
    """A party in one case, as a firm's file names it."""

    case: Case
    order: Order
    party: Party


@dataclass(frozen=True, slots=True)
class Population:
    """The registers: parties and firms by key, phones by number, mailboxes and doors by their text."""

    seed: int
    parameters: Parameters
    cases: tuple[Case, ...]
    prior_cases: tuple[Case, ...]
    parties: Mapping[str, Party]
    firms: Mapping[str, Firm]
    phones: Mapping[str, Phone]
    mailboxes: Mapping[str, Mailbox]
    doors: Mapping[str, Door]
    registered: Mapping[str, Place]  # party -> the domicile in the household or company register

    @property
    def court(self) -> names.Court:
        return names.court()

    @property
    def orders(self) -> tuple[Order, ...]:
        """Every recipient row of the current cases, in the docket's order."""
        return tuple(order for case in self.cases for order in case.orders)

    def docket_rows(self, accepted_on: date | None = None) -> list[dict[str, str]]:
        """The docket under its Chinese headings: all of it, or what was accepted on one day."""
        cases = [case for case in self.cases if accepted_on in (None, case.accepted_on)]
        return docket.rows(cases, self.parties, self.firms)

    def prior_rows(self) -> list[dict[str, str]]:
        """Closed cases in which parties of the current ones once confirmed an address; imported first."""
        return docket.rows(self.prior_cases, self.parties, self.firms)

    def clients(self, text: str, firm: str) -> Iterable[Client]:
        """Whom a message to this firm is about: clients in the case that the text names, else those it names."""
        mine = [
            Client(case, order, self.parties[order.party])
            for case in self.cases
            for order in case.orders
            if order.firm == firm
        ]
        in_case = [client for client in mine if client.case.number in text]
        return [client for client in in_case or mine if client.party.name in text] or in_case


def draw_population(
    seed: int, orders: int, start_on: date, days: int, parameters: Parameters | None = None, *, specimen: bool = False
) -> Population:
    """Draw a town with exactly `orders` recipient rows, in cases accepted in the first third of `days`.

    The rest of the days is left to service: a public notice alone takes thirty. With a `specimen` there is one case
    more, of somebody whose confirmed address does not exist: a demo shows what follows; chance may not bring it.
    """
    chosen = parameters or Parameters()
    registers = Registers(Chance(seed), chosen)
    casebook = Casebook(registers, start_on, days)
    cases = casebook.draw(orders)
    if specimen:
        cases = (*cases, casebook.specimen(len(cases) + 1))
    return Population(
        seed=seed,
        parameters=chosen,
        cases=cases,
        prior_cases=tuple(casebook.prior_cases),
        parties=registers.parties,
        firms=registers.firms,
        phones=registers.phones,
        mailboxes=registers.mailboxes,
        doors=registers.doors,
        registered={key: registers.registered_door(party) for key, party in registers.parties.items()},
    )
