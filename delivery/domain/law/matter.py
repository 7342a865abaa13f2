"""The matter at hand: facts with the calendar, the forum's zone and the look-ups that every rule needs.

Rules ask the matter instead of walking lists, so that each of them reads like its article. An instant becomes a day
in the forum's zone here and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import assert_never
from zoneinfo import ZoneInfo

from delivery.domain.law.acts import (
    Acknowledged,
    Act,
    Affixed,
    AnyAct,
    CollectedAtCourt,
    Direct,
    Electronic,
    Entrusted,
    Forwarded,
    JudicialAssistance,
    LeftInPlace,
    Post,
    Pronouncement,
    ProofFiled,
    PublicNotice,
    Substituted,
    Telephone,
)
from delivery.domain.law.calendar import Calendar, days_after
from delivery.domain.law.facts import Address, Facts, Rebuttal, Ruling
from delivery.domain.law.vocabulary import Document, Jurisdiction, RebuttalKind

ZONES: Mapping[Jurisdiction, str] = {
    Jurisdiction.CN_CIVIL: "Asia/Shanghai",
    Jurisdiction.ENGLAND_CPR: "Europe/London",
    Jurisdiction.NY_CPLR: "America/New_York",
    Jurisdiction.CA_CCP: "America/Los_Angeles",
}


@dataclass(frozen=True, slots=True)
class Matter:
    """Facts, calendar and zone."""

    facts: Facts
    calendar: Calendar
    zone: ZoneInfo
    addresses: Mapping[str, Address]

    def day(self, at: datetime) -> date:
        """The court-local day of an instant."""
        return self.local(at).date()

    def local(self, at: datetime) -> datetime:
        """The instant on the court's clock; the first and the last day of all calendars have no other zone."""
        try:
            return at.astimezone(self.zone)
        except OverflowError:
            return at

    def address(self, act: Act) -> Address | None:
        return self.addresses.get(act.address) if act.address is not None else None

    def documents(self, act: Act) -> tuple[Document, ...]:
        """The papers of an act: its own list, or the whole set."""
        return act.documents or self.facts.documents

    def proved(self, act: Act, kind: RebuttalKind) -> Rebuttal | None:
        """The proved rebuttal of this kind against this act; of several arrivals the latest."""
        found = [
            rebuttal
            for rebuttal in self.facts.rebuttals
            if rebuttal.proved and rebuttal.kind is kind and rebuttal.act == act.id
        ]
        return max(found, key=lambda rebuttal: rebuttal.at.timestamp() if rebuttal.at else 0.0, default=None)

    def ruling(self, act: Act) -> Ruling | None:
        """What a court officer decided about this act; of several the last."""
        return next((ruling for ruling in reversed(self.facts.rulings) if ruling.act == act.id), None)

    def has_ended(self, last_day: date) -> bool:
        """Whether a period is over: it runs to the end of its last day (Civil Code 203)."""
        return self.facts.as_of is None or self.facts.as_of > last_day

    def visited_on(self, act: Direct | Substituted) -> date | None:
        """The day of a visit: as noted, or from its instant."""
        if act.on is not None:
            return act.on
        return self.day(act.at) if act.at is not None else None

    def period_end(self, start: date, days: int) -> date:
        """CPL 85: the day of the event is not counted; a last day that is a rest day moves to the first day after it.

        Rest days inside the period count. Raises `CalendarMissing`.
        """
        return self.calendar.roll(days_after(start, days))

    def left_court_on(self, act: AnyAct) -> date | None:  # noqa: C901, PLR0911, PLR0912 - one line per method
        """The day on which the papers of an act left the court's hands: what they said that day is what was served."""
        match act:
            case Direct():
                return self.visited_on(act) or act.signed_on
            case Substituted():
                return self.visited_on(act)
            case Electronic():
                at = act.sent_at or act.success_at or act.delivered_at or act.read_at or act.replied_at or act.acted_at
                return self.day(at) if at else None
            case Telephone():
                return self.day(act.at) if act.at else None
            case Post():
                return act.posted_on
            case Entrusted():
                return act.received_on
            case Forwarded():
                return act.unit_received_on or act.signed_on
            case JudicialAssistance():
                return act.sent_on
            case PublicNotice():
                return min((posting.on for posting in act.postings or ()), default=None)
            case CollectedAtCourt():
                return act.on or act.signed_on
            case LeftInPlace() | Pronouncement() | Affixed() | ProofFiled():
                return act.on
            case Acknowledged():
                return act.signed_on
            case _:
                assert_never(act)


def matter_of(facts: Facts, calendar: Calendar) -> Matter:
    """The matter of these facts, whatever order its lists have."""
    addresses = {address.id: address for address in facts.addresses}
    if len(addresses) < len(facts.addresses):  # an id used twice: always the same one of them wins
        addresses = {address.id: address for address in sorted(facts.addresses, key=repr)}
    return Matter(facts, calendar, zone(ZONES[facts.jurisdiction]), addresses)


@cache
def zone(name: str) -> ZoneInfo:
    """The time zone, looked up once."""
    return ZoneInfo(name)


def age_on(born_on: date, day: date) -> int:
    """Years of age on a day."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))
