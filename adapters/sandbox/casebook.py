"""Cases and their recipients, drawn one after the other; with each recipient the truth that the court does not know.

A party's own telephone, mailbox and home are drawn first. What the docket shows is then either the truth or a
plausible error: a number that has died, a home that was left, a place that never was.
"""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from adapters.sandbox import names
from adapters.sandbox.people import Case, Firm, Kind, Order, Party, Place, Side
from adapters.sandbox.registers import Registers

ZONE = ZoneInfo("Asia/Shanghai")
_PROCEDURES = {
    "ordinary": "普通程序",
    "summary": "简易程序",
    "small_claims": "小额诉讼程序",
    "payment_order": "督促程序",
}
_CAUSES = ("loan", "contract", "family", "traffic", "labour", "other")
_TO_PLAINTIFF = ("受理案件通知书", "举证通知书", "传票")
_TO_DEFENDANT = ("起诉状副本", "应诉通知书", "举证通知书", "传票")
_FRIDAY = 4
_HEARING_SLOTS = tuple(time(hour, minute) for hour in (9, 10, 14, 15) for minute in (0, 30))


class Casebook:
    """Draws cases until there are enough recipients."""

    def __init__(self, registers: Registers, start_on: date, days: int) -> None:
        self._registers = registers
        self._chance = registers.chance
        self._numbers = registers.parameters
        self._start_on = start_on
        self._intake = _working_days(start_on, max(1, days // 3))
        self.prior_cases: list[Case] = []

    def draw(self, orders: int) -> tuple[Case, ...]:
        """Cases in the order of their acceptance, numbered through, with exactly this many recipients together."""
        drawn: list[Case] = []
        left = orders
        while left > 0:
            case = self._case(f"c{len(drawn):05d}")
            case = replace(case, orders=case.orders[:left])
            left -= len(case.orders)
            drawn.append(case)
        drawn.sort(key=lambda case: (case.accepted_on, case.number))
        return tuple(
            replace(case, number=_case_number(case.accepted_on.year, sequence))
            for sequence, case in enumerate(drawn, start=1)
        )

    def specimen(self, sequence: int) -> Case:
        """A case of the first day whose defendant has confirmed an address that does not exist, and nothing else."""
        registers, accepted_on, key = self._registers, self._start_on, "specimen"
        party = registers.person(key)
        defendant = Order(
            key=f"{key}-d0",
            party=party.key,
            side=Side.DEFENDANT,
            id_number=party.id_number,
            mobile="",
            email="",
            address=registers.false_door(key, party).text,
            basis="confirmed",
            confirmed_on=accepted_on,
            consents=False,
            firm="",
            lawyer="",
            documents=_TO_DEFENDANT,
        )
        return Case(
            number=_case_number(accepted_on.year, sequence),
            cause=names.cause(self._chance, _CAUSES[0], key),
            procedure=_PROCEDURES["ordinary"],
            accepted_on=accepted_on,
            hearing_at=self._hearing(key, accepted_on, "ordinary"),
            orders=(defendant,),
        )

    def _case(self, key: str) -> Case:
        numbers, chance = self._numbers, self._chance
        accepted_on = chance.pick(self._load(), key, "accepted")
        procedure = chance.pick({name: getattr(numbers, f"procedure_{name}") for name in _PROCEDURES}, key, "procedure")
        cause = chance.pick({group: getattr(numbers, f"cause_{group}") for group in _CAUSES}, key, "cause-group")
        hearing_at = None if procedure == "payment_order" else self._hearing(key, accepted_on, procedure)
        moved = hearing_at is not None and chance.happens(numbers.hearing_moved, key, "hearing-moved")
        settled = chance.happens(numbers.settled_or_withdrawn, key, "settled")
        return Case(
            number=key,
            cause=names.cause(chance, cause, key),
            procedure=_PROCEDURES[procedure],
            accepted_on=accepted_on,
            hearing_at=hearing_at,
            orders=self._orders(key, accepted_on, procedure),
            settled_on=accepted_on + timedelta(days=chance.whole(3, 30, key, "settled-day")) if settled else None,
            hearing_moved_on=accepted_on + timedelta(days=chance.whole(2, 15, key, "moved-day")) if moved else None,
        )

    def _load(self) -> dict[date, float]:
        weekday_load = {0: self._numbers.monday_load, _FRIDAY: self._numbers.friday_load}
        return {day: weekday_load.get(day.weekday(), 1.0) for day in self._intake}

    def _hearing(self, key: str, accepted_on: date, procedure: str) -> datetime:
        numbers, chance = self._numbers, self._chance
        if procedure != "ordinary" and chance.happens(numbers.fast_track, key, "fast-track"):
            least, most = 4, int(numbers.fast_track_hearing_days)
        else:
            least, most = int(numbers.hearing_days_least), int(numbers.hearing_days_most)
        day = accepted_on + timedelta(days=chance.whole(min(least, most), most, key, "hearing-day"))
        while day.weekday() > _FRIDAY:
            day -= timedelta(days=1)
        return datetime.combine(day, chance.one_of(_HEARING_SLOTS, key, "hearing-slot"), ZONE)

    def _orders(self, key: str, accepted_on: date, procedure: str) -> tuple[Order, ...]:
        numbers, chance = self._numbers, self._chance
        plaintiff = self._plaintiff(key, accepted_on, procedure)
        sizes = {
            1: numbers.defendants_one,
            2: numbers.defendants_two,
            3: numbers.defendants_three,
            4: numbers.defendants_four,
        }
        count = chance.pick(sizes, key, "defendants")
        return (
            plaintiff,
            *(self._defendant(f"{key}-d{index}", accepted_on, procedure, plaintiff.firm) for index in range(count)),
        )

    def _plaintiff(self, case_key: str, accepted_on: date, procedure: str) -> Order:
        numbers, chance, registers = self._numbers, self._chance, self._registers
        key = f"{case_key}-p"
        kinds = {Kind.NATURAL: numbers.plaintiff_natural, Kind.ORGANISATION: numbers.plaintiff_organisation}
        party = (
            registers.institution(key)
            if chance.pick(kinds, key, "kind") is Kind.ORGANISATION
            else registers.person(key)
        )
        confirmed = chance.happens(numbers.plaintiff_confirmed_here, key, "confirmed")
        firm, lawyer = self._counsel(key, numbers.counsel_plaintiff, "")
        return Order(
            key=key,
            party=party.key,
            side=Side.PLAINTIFF,
            id_number=party.id_number,
            mobile=registers.listed_phone(key, party, good=numbers.phone_confirmed_good),
            email=party.email if chance.happens(numbers.plaintiff_has_email, key, "has-email") else "",
            address=registers.listed_door(key, party, right=numbers.address_right_confirmed).text,
            basis="confirmed" if confirmed else "own_filing",
            confirmed_on=accepted_on if confirmed else None,
            consents=chance.happens(numbers.confirmed_consents, key, "consents") if confirmed else None,
            firm=firm.key if firm else "",
            lawyer=lawyer,
            documents=_TO_PLAINTIFF if procedure != "payment_order" else _TO_PLAINTIFF[:1],
            wechat=registers.openid(party) if chance.happens(numbers.plaintiff_follows, key, "follows") else "",
        )

    def _defendant(self, key: str, accepted_on: date, procedure: str, other_firm: str) -> Order:
        numbers, chance, registers = self._numbers, self._chance, self._registers
        kinds = {Kind.NATURAL: numbers.defendant_natural, Kind.ORGANISATION: numbers.defendant_organisation}
        kind = chance.pick(kinds, key, "kind")
        party = registers.person(key) if kind is Kind.NATURAL else registers.company(key)
        word = kind.value
        confirmed = chance.happens(numbers.defendant_confirmed_here, key, "confirmed")
        if chance.happens(getattr(numbers, f"prior_{word}"), key, "prior"):
            self._prior(key, party)
        firm, lawyer = self._counsel(key, getattr(numbers, f"counsel_{word}"), other_firm)
        right = numbers.address_right_confirmed if confirmed else getattr(numbers, f"address_right_{word}")
        has_phone = confirmed or chance.happens(getattr(numbers, f"{word}_has_phone"), key, "has-phone")
        has_email = chance.happens(getattr(numbers, f"{word}_has_email"), key, "has-email")
        has_id = chance.happens(getattr(numbers, f"{word}_has_id"), key, "has-id")
        good = numbers.phone_confirmed_good if confirmed else None
        return Order(
            key=key,
            party=party.key,
            side=Side.DEFENDANT,
            id_number=party.id_number if has_id else "",
            mobile=registers.listed_phone(key, party, good=good) if has_phone else "",
            email=party.email if has_email else "",
            address=registers.listed_door(key, party, right=right).text,
            basis="confirmed" if confirmed else "plaintiff_supplied",
            confirmed_on=accepted_on if confirmed else None,
            consents=chance.happens(numbers.confirmed_consents, key, "consents") if confirmed else None,
            firm=firm.key if firm else "",
            lawyer=lawyer,
            documents=_TO_DEFENDANT if procedure != "payment_order" else ("支付令",),
        )

    def _counsel(self, key: str, share: float, other_firm: str) -> tuple[Firm | None, str]:
        if not self._chance.happens(share, key, "counsel"):
            return None, ""
        firm = self._registers.some_firm(key, other_than=other_firm)
        return firm, self._chance.one_of(firm.lawyers, key, "lawyer")

    def _prior(self, key: str, party: Party) -> None:
        numbers, chance, registers = self._numbers, self._chance, self._registers
        recent = chance.happens(numbers.prior_within_year, key, "prior-recent")
        age = chance.whole(30, 345, key, "prior-age") if recent else chance.whole(380, 1100, key, "prior-age")
        confirmed_on = self._start_on - timedelta(days=age)
        right = numbers.address_right_prior_year if recent else numbers.address_right_prior_older
        address: Place = registers.listed_door(f"{key}-prior", party, right=right)
        order = Order(
            key=f"{key}-prior",
            party=party.key,
            side=chance.one_of(tuple(Side), key, "prior-side"),
            id_number=party.id_number,
            mobile=registers.listed_phone(f"{key}-prior", party, good=numbers.phone_confirmed_good),
            email=party.email,
            address=address.text,
            basis="confirmed",
            confirmed_on=confirmed_on,
            consents=chance.happens(numbers.confirmed_consents, key, "prior-consents"),
            firm="",
            lawyer="",
            documents=("判决书",),
        )
        number = _case_number(confirmed_on.year, 9000 + len(self.prior_cases))
        cause = names.cause(chance, chance.one_of(_CAUSES, key, "prior-group"), f"{key}-prior")
        self.prior_cases.append(Case(number, cause, _PROCEDURES["ordinary"], confirmed_on, None, (order,), closed=True))


def _case_number(year: int, sequence: int) -> str:
    return f"（{year}）{names.court().docket_code}民初{sequence}号"


def _working_days(start_on: date, days: int) -> tuple[date, ...]:
    span = (start_on + timedelta(days=offset) for offset in range(days))
    return tuple(day for day in span if day.weekday() <= _FRIDAY) or (start_on,)
