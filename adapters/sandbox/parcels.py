"""The course of one mail item, drawn when it is ordered: every trace with its time, and the paper slip.

Who really took the item is the truth; the carrier's code says it more or less well, and the slip, now and then, says
otherwise.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources

from adapters.sandbox import hours
from adapters.sandbox.chance import Chance
from adapters.sandbox.parameters import Parameters
from adapters.sandbox.people import Door, DoorState, Kind

_COLLECTED = time(17)
_CARRIED_OUT = time(8, 40)
_ALL_ATTEMPTS = 3
_OFFICE = ("65019901", "青河揽投部")


class Fate(StrEnum):
    """How an item ends."""

    SELF = "self"
    FAMILY = "family"
    DESK = "desk"  # an organisation's mail room or office
    UNCLEAR = "unclear"  # somebody else
    LOCKER = "locker"  # a locker, a property office, a doorstep
    REFUSED = "refused"
    UNCLAIMED = "unclaimed"
    MOVED = "moved"
    NO_SUCH_PERSON = "no_such_person"
    NO_SUCH_ADDRESS = "no_such_address"


RETURNED = {Fate.REFUSED, Fate.UNCLAIMED, Fate.MOVED, Fate.NO_SUCH_PERSON, Fate.NO_SUCH_ADDRESS}
# By which delivery codes the carrier reports it; the shares are among the parameters.
_CODES: Mapping[Fate, tuple[str, ...]] = {
    Fate.SELF: ("10",),
    Fate.FAMILY: ("20",),
    Fate.DESK: ("60", "162"),
    Fate.UNCLEAR: ("20", "100"),
    Fate.LOCKER: ("50", "30", "70", "161"),
}
_FAILURES = {
    Fate.REFUSED: "7",
    Fate.UNCLAIMED: "4",
    Fate.MOVED: "5",
    Fate.NO_SUCH_PERSON: "3",
    Fate.NO_SUCH_ADDRESS: "2",
}


@dataclass(frozen=True, slots=True)
class Trace:
    """One event as the carrier tells it: when it was, when it is pushed, and the codes."""

    at: datetime
    pushed_at: datetime
    code: str
    delivered: str = ""
    failed: str = ""

    def told(self, waybill: str) -> Mapping[str, str]:
        """The trace in the platform's form; times are Beijing wall-clock."""
        words = _words()
        detail = words["delivered"].get(self.delivered) or words["failed"].get(self.failed, "")
        return {
            "waybillNo": waybill,
            "opTime": f"{hours.local(self.at):%Y-%m-%d %H:%M:%S}",
            "opCode": self.code,
            "opName": words["operations"][self.code],
            "opDesc": detail or words["operations"][self.code],
            "opOrgProvName": "云岭省",
            "opOrgCity": "云州市",
            "opOrgCode": _OFFICE[0],
            "opOrgName": _OFFICE[1],
            "operatorNo": "0001",
            "operatorName": "",
            "deliverCode": self.delivered,
            "attemptDeliveryCode": self.failed,
        }


@dataclass(frozen=True, slots=True)
class Course:
    """Everything that will happen to an item.

    `on_slip` is what the paper says, `slip_at` when it arrives, None for never.
    """

    fate: Fate
    on_slip: Fate
    traces: tuple[Trace, ...]
    attempts: tuple[datetime, ...]
    slip_at: datetime | None
    ended_at: datetime
    telephoned: bool


@dataclass(frozen=True, slots=True)
class Postman:
    """Carries items. `key` names an item by what it says and how often it came, never by its number."""

    chance: Chance
    numbers: Parameters
    kinds: Mapping[str, Kind] = field(default_factory=dict)

    def carry(self, door: Door, key: str, now: datetime) -> Course:
        """The course of an item that is ordered now to this door."""
        kind = self.kinds.get(door.resident, Kind.NATURAL)
        fate = self._fate(door.state, kind, key)
        posted_at = self._posted_at(now)
        days = self.chance.skewed(self.numbers.post_days_median, self.numbers.post_days_p90, key, "days")
        first_on = (hours.local(posted_at) + timedelta(days=max(1, round(days)))).date()
        attempts = tuple(self._attempts(fate, first_on, key))
        traces = [
            *self._on_the_way(posted_at, attempts[0], key),
            *self._at_the_door(fate, attempts, key),
        ]
        if fate in RETURNED:
            traces += self._back(attempts[-1], key)
        elif traces[-1].code == "704" and self.chance.happens(self.numbers.post_reversed, key, "reversed"):
            again = attempts[-1] + self.chance.span(timedelta(hours=3), timedelta(hours=20), key, "reversal")
            traces.append(self._trace(again, "743", key))
            traces += self._back(again, key)
            fate = Fate.UNCLAIMED
        if self.chance.happens(self.numbers.waybill_recycled, key, "recycled"):
            traces.append(Trace(posted_at - timedelta(days=400), posted_at, "704", delivered="10"))
        traces.sort(key=lambda trace: (trace.at, trace.code))
        ended_at = max(trace.at for trace in traces)
        return Course(
            fate=fate,
            on_slip=self._on_slip(fate, key),
            traces=tuple(traces),
            attempts=attempts,
            slip_at=self._slip_at(ended_at, key),
            ended_at=ended_at,
            telephoned=self.chance.happens(self.numbers.postman_telephones, key, "telephones"),
        )

    def _fate(self, state: DoorState, kind: Kind, key: str) -> Fate:
        numbers = self.numbers
        natural = kind is Kind.NATURAL
        if state is DoorState.VOID:
            unknown = self.chance.happens(numbers.void_is_no_such_address, key, "void")
            return Fate.NO_SUCH_ADDRESS if unknown else Fate.NO_SUCH_PERSON
        if state is DoorState.MOVED:
            weights = {
                Fate.LOCKER: numbers.post_moved_delivered,
                Fate.MOVED: numbers.post_moved_bad_address,
                Fate.UNCLAIMED: numbers.post_moved_unclaimed,
            }
            fate = self.chance.pick(weights, key, "fate")
            if fate is not Fate.LOCKER:
                return fate
            others = {Fate.UNCLEAR: numbers.signer_natural_unclear, Fate.LOCKER: numbers.signer_natural_locker}
            return self.chance.pick(others, key, "signer")
        delivered = {True: numbers.post_right_delivered, False: numbers.post_right_unclaimed}
        if not self.chance.pick(delivered, key, "fate"):
            return Fate.UNCLAIMED
        if self.chance.happens(numbers.post_refused, key, "refused"):
            return Fate.REFUSED
        return self.chance.pick(self._signers(natural=natural), key, "signer")

    def _signers(self, *, natural: bool) -> dict[Fate, float]:
        numbers = self.numbers
        if natural:
            return {
                Fate.SELF: numbers.signer_natural_self,
                Fate.FAMILY: numbers.signer_natural_family,
                Fate.UNCLEAR: numbers.signer_natural_unclear,
                Fate.LOCKER: numbers.signer_natural_locker,
            }
        return {
            Fate.SELF: numbers.signer_organisation_self,
            Fate.DESK: numbers.signer_organisation_desk,
            Fate.UNCLEAR: numbers.signer_organisation_unclear,
            Fate.LOCKER: numbers.signer_organisation_locker,
        }

    @staticmethod
    def _posted_at(now: datetime) -> datetime:
        here = hours.local(now)
        late = here.time() > time(_COLLECTED.hour - 1)
        return hours.instant(here.date() + timedelta(days=1 if late else 0), _COLLECTED)

    def _attempts(self, fate: Fate, first_on: date, key: str) -> Iterator[datetime]:
        count = 1
        if fate in RETURNED and fate is not Fate.REFUSED:
            few = self.chance.happens(self.numbers.returned_after_few_attempts, key, "few")
            count = self.chance.whole(1, 2, key, "few-count") if few else _ALL_ATTEMPTS
        for number in range(count):
            knocks = self.chance.span(timedelta(hours=9, minutes=30), timedelta(hours=18), key, "knocks", number)
            yield hours.instant(first_on + timedelta(days=2 * number), time(0)) + knocks

    def _on_the_way(self, posted_at: datetime, first: datetime, key: str) -> Iterator[Trace]:
        yield self._trace(posted_at, "203", key)
        yield self._trace(posted_at + timedelta(hours=2), "305", key)
        yield self._trace(posted_at + timedelta(hours=7), "389", key)
        arrived = hours.instant(hours.local(first).date(), time(7, 30))
        yield self._trace(arrived, "713", key)

    def _at_the_door(self, fate: Fate, attempts: tuple[datetime, ...], key: str) -> Iterator[Trace]:
        for number, attempt in enumerate(attempts):
            out = hours.instant(hours.local(attempt).date(), _CARRIED_OUT)
            yield self._trace(out, "702", key, number)
            if fate in RETURNED:
                yield self._trace(attempt, "705", key, number, failed=_FAILURES[fate])
        if fate in RETURNED:
            return
        code = self.chance.pick(self.numbers.weights(f"carrier_{fate}", _CODES[fate]), key, "deliver-code")
        if code == "50" and self.chance.happens(self.numbers.locker_emptied, key, "collected"):
            yield self._trace(attempts[-1], "747", key)
            later = attempts[-1] + self.chance.span(timedelta(hours=2), timedelta(hours=30), key, "collects")
            yield self._trace(later, "748", key)
            return
        yield self._trace(attempts[-1], "704", key, delivered=code)

    def _back(self, last: datetime, key: str) -> Iterator[Trace]:
        registered = last + self.chance.span(timedelta(hours=2), timedelta(hours=20), key, "return-registered")
        sealed = registered + timedelta(hours=20)
        days = self.chance.skewed(self.numbers.post_days_median, self.numbers.post_days_p90, key, "return-days")
        home = sealed + timedelta(hours=int(24 * days))
        yield self._trace(registered, "708", key)
        yield self._trace(sealed, "326", key)
        yield self._trace(home, "711", key)

    def _trace(
        self, at: datetime, code: str, key: str, number: int = 0, *, delivered: str = "", failed: str = ""
    ) -> Trace:
        lag = self.chance.span(timedelta(minutes=2), timedelta(minutes=40), key, f"push-{code}", number)
        return Trace(at, at + lag, code, delivered, failed)

    def _on_slip(self, fate: Fate, key: str) -> Fate:
        if not self.chance.happens(self.numbers.slip_differs, key, "slip-differs"):
            return fate
        if fate in RETURNED:
            return Fate.MOVED if fate is Fate.UNCLAIMED else Fate.UNCLAIMED
        return Fate.FAMILY if fate in {Fate.SELF, Fate.DESK} else Fate.UNCLEAR

    def _slip_at(self, ended_at: datetime, key: str) -> datetime | None:
        if self.chance.happens(self.numbers.slip_never, key, "slip-never"):
            return None
        day = (hours.local(ended_at) + timedelta(days=self.numbers.slip_days)).date()
        minutes = self.chance.whole(0, 120, key, "slip-minute")
        return hours.instant(hours.next_working_day(day), time(9)) + timedelta(minutes=minutes)


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(resources.files("adapters.sandbox").joinpath("carrier.toml").read_text("utf-8"))
