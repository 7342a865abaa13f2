"""The clerk: tells the platform what became of the cases while service ran, and moves hearings that are lost."""

from datetime import date, datetime, timedelta

from adapters.sandbox import hours
from adapters.sandbox.chance import Chance
from adapters.sandbox.court_api import CourtApi
from adapters.sandbox.deliveries import Deliveries
from adapters.sandbox.people import Case

_ENDS = ("settled", "withdrawn")


class Clerk:
    """One working day's news, told case by case; what was told once is remembered."""

    def __init__(self, deliveries: Deliveries, api: CourtApi, key: str) -> None:
        self._deliveries = deliveries
        self._api = api
        self._key = key
        self._chance = Chance(deliveries.population.seed)
        self._numbers = deliveries.population.parameters

    def tell_changes(self, now: datetime) -> None:
        """Cancel the orders of settled cases, and move hearings."""
        today = hours.local(now).date()
        cases = self._deliveries.population.cases
        settled = [case for case in cases if self._is_news("settled", case, case.settled_on, today)]
        if settled:
            listed = list(self._api.pages("/api/v1/orders?status=open", self._key))
            for case in settled:
                body = {
                    "reason": self._chance.pick(self._numbers.weights("end", _ENDS), case.orders[0].key, "settlement")
                }
                for order in listed:
                    if order.get("case_number") == case.number:
                        self._api.tell(self._key, f"/api/v1/orders/{order['id']}/cancel", body, "clerk", now)
                self._deliveries.journal.remember(f"settled:{case.number}")
        self._move_lost(now)
        for case in cases:
            if case.hearing_at is not None and self._is_news("moved", case, case.hearing_moved_on, today):
                self._move(case, case.hearing_at, now)

    def _move_lost(self, now: datetime) -> None:
        """Most hearings that the desk calls lost are moved, to the day that the case proposes."""
        listed = list(self._api.pages("/api/v1/desk?kind=hearing_lost", self._key))
        for item in sorted(listed, key=lambda item: str(item["case_number"])):
            number, was = str(item["case_number"]), str(item["args"]["hearing_at"])
            told = f"lost:{number}:{was}"
            if self._deliveries.journal.recall(told) is not None:
                continue
            self._deliveries.journal.remember(told)
            if not self._chance.happens(self._numbers.lost_hearing_moved, f"{number} {was}", "lost-moved"):
                continue
            found = self._api.read(f"/api/v1/cases/{item['case_id']}/readiness", self._key)
            moved = found.get("propose_at") or self._later(number, datetime.fromisoformat(was)).isoformat()
            self._api.tell(self._key, "/api/v1/hearings", {"number": number, "hearing_at": moved}, "clerk", now)
            self._deliveries.journal.remember(f"moved:{number}")

    def _is_news(self, what: str, case: Case, on: date | None, today: date) -> bool:
        return on is not None and on <= today and self._deliveries.journal.recall(f"{what}:{case.number}") is None

    def _move(self, case: Case, hearing_at: datetime, now: datetime) -> None:
        body = {"number": case.number, "hearing_at": self._later(case.orders[0].key, hearing_at).isoformat()}
        if case.settled_on is None or self._deliveries.journal.recall(f"settled:{case.number}") is None:
            self._api.tell(self._key, "/api/v1/hearings", body, "clerk", now)
        self._deliveries.journal.remember(f"moved:{case.number}")

    def _later(self, key: str, hearing_at: datetime) -> datetime:
        """The hour of a hearing some days later, on a working day."""
        least, most = int(self._numbers.hearing_delay_least), int(self._numbers.hearing_delay_most)
        later = hours.local(hearing_at) + timedelta(days=self._chance.whole(least, most, key, "hearing-delay"))
        return datetime.combine(hours.next_working_day(later.date()), later.timetz())
