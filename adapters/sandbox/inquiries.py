"""Who answers when the court asks where somebody is: registers, the other party, carriers, committees.

What each knows was drawn with the people. An answer comes after some days, in office hours, through the platform's API
like everything that staff do.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from adapters.sandbox import hours, texts
from adapters.sandbox.chance import Chance
from adapters.sandbox.court_api import CourtApi
from adapters.sandbox.deliveries import Deliveries
from adapters.sandbox.happening import Act, Happening
from adapters.sandbox.people import Order

_OFFICE_OPENS, _OFFICE_CLOSES = timedelta(hours=9), timedelta(hours=17)
_REGISTERS = frozenset({"household_register", "company_register"})


class Inquiries:
    """Questions picked up, and answers given."""

    def __init__(self, deliveries: Deliveries, api: CourtApi, key: str) -> None:
        self._deliveries = deliveries
        self._api = api
        self._key = key
        self._chance = Chance(deliveries.population.seed)
        self._numbers = deliveries.population.parameters

    def pick_up(self, now: datetime) -> list[Happening]:
        """The answers to questions that were put since the last time, each on its day; to be planned by the caller."""
        journal = self._deliveries.journal
        listed = list(self._api.pages("/api/v1/searches?state=open", self._key))
        new = [search for search in listed if journal.recall(f"search:{search['id']}") is None]
        answers = []
        for search in sorted(new, key=_key_of):
            key = _key_of(search)
            ordinal = journal.next_ordinal(f"search:{key}")
            journal.remember(f"search:{search['id']}")
            at = self._answered_at(key, ordinal, now)
            args = {"search": search["id"], "reply": self._reply(search)}
            answers.append(Happening(at, f"{key}#{ordinal}", Act.ANSWER, args))
        return answers

    def answer(self, args: Mapping[str, Any], now: datetime) -> None:
        """Give one answer."""
        self._api.tell(self._key, f"/api/v1/searches/{args['search']}/reply", args["reply"], "source", now)

    def _answered_at(self, key: str, ordinal: int, now: datetime) -> datetime:
        least, most = int(self._numbers.search_days_least), int(self._numbers.search_days_most)
        days = self._chance.whole(least, most, key, "search-days", ordinal)
        day = hours.next_working_day((hours.local(now) + timedelta(days=days)).date())
        midnight = hours.instant(day, hours.MIDNIGHT)
        return midnight + self._chance.span(_OFFICE_OPENS, _OFFICE_CLOSES, key, "search-hour", ordinal)

    def _reply(self, search: Mapping[str, Any]) -> dict[str, str]:
        order = self._order(search)
        found = self._known(str(search["source"]), order) if order is not None else None
        if found is None:
            return {"answer": "nothing"}
        kind, value = found
        return {"answer": "found", "kind": kind, "value": value}

    def _order(self, search: Mapping[str, Any]) -> Order | None:
        """Who is looked for, by case and name: somebody whom nobody drew is found nowhere."""
        population = self._deliveries.population
        for case in population.cases:
            if case.number == search.get("case_number"):
                for order in case.orders:
                    if population.parties[order.party].name == search.get("recipient_name"):
                        return order
        return None

    def _known(self, source: str, order: Order) -> tuple[str, str] | None:
        """Kind and value of what this source knows of the party."""
        population, numbers = self._deliveries.population, self._numbers
        party = population.parties[order.party]
        if source in _REGISTERS:
            return "postal", population.registered[party.key].text
        share = {
            "ask_plaintiff": numbers.other_party_knows,
            "carrier_lookup": numbers.carrier_knows,
            "committee_statement": numbers.committee_knows,
        }[source]
        if not self._chance.happens(share, order.key, source):
            return None
        return ("mobile", party.mobile) if source == "carrier_lookup" else ("postal", party.home.text)


def _key_of(search: Mapping[str, Any]) -> str:
    return texts.digest(*(str(search.get(word) or "") for word in ("case_number", "recipient_name", "source")))
