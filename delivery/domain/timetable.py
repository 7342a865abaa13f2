"""The plan computed backwards from the hearing: when each way of serving must start, and when the hearing is lost.

A hearing bears only with papers that are effective some days before it: the notice of an ordinary hearing has three
clear days (CPL 139), the periods for the answer and for evidence must have run out, a public notice takes thirty days
by itself. From the last day on which the papers may be effective each way gives the last day on which it may start.
The hearing is lost on the day after the last chance: said on that day, because a later one is of no use to anybody.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from delivery.domain.case import Instance, Procedure
from delivery.domain.event import Channel
from delivery.domain.law.cn_civil.deadlines import ANSWER_DAYS, FOREIGN_DAYS
from delivery.domain.law.versions import NOTICE_DAYS, in_force
from delivery.domain.paper import DocumentKind
from delivery.domain.waiting import add_working_days

CLEAR_DAYS = 4  # CPL 139: three days before; on the fourth day before, however they are counted
EVIDENCE_DAYS = 15  # EVID 51: at least, in an ordinary first instance
NEW_EVIDENCE_DAYS = 10  # EVID 51: at least, for new evidence in the second instance
NEAR = 2  # working days
_DAY_BEFORE = 1
_NOTICE_ABROAD = {"mainland": 0, "foreign": 60}  # CPL 283
_THREE_MONTHS = 92  # HKM 9, TW 8: three months at their longest

RestDays = Callable[[date], bool]

BEARS_ON_HEARING = frozenset(
    {
        DocumentKind.COMPLAINT_COPY,
        DocumentKind.APPEAL_COPY,
        DocumentKind.SUMMONS,
        DocumentKind.HEARING_NOTICE,
        DocumentKind.EVIDENCE_NOTICE,
    }
)
_ANSWERED = frozenset({DocumentKind.COMPLAINT_COPY, DocumentKind.APPEAL_COPY})
_PROVED = _ANSWERED | {DocumentKind.EVIDENCE_NOTICE}


@dataclass(frozen=True, slots=True)
class Periods:
    """What must lie between the day of service and the hearing, in days.

    `clear` by the calendar; `running` a period that is counted by CPL 85, rolls over rest days and must have ended
    before the hearing; `public_notice` is how long a public notice hangs.
    """

    clear: int
    running: int
    public_notice: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a way can be: working days until the papers may be with the recipient, then days that the law waits.

    `by_people`: it starts on working days only. `deemed`: a court officer confirms it, on a working day before the
    hearing.
    """

    working: int
    waiting: int = 0
    by_people: bool = False
    deemed: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """A tier of the plan that may still serve. `began_on`: the day of its start, None while it is to come.

    `wait_days`: the working days that the plan gives it.
    """

    tier: str
    pace: Pace
    began_on: date | None = None
    wait_days: int = 0


@dataclass(frozen=True, slots=True)
class Chance:
    """Until when a tier can bring the papers in time: its latest start, or the last day of what is under way."""

    tier: str
    last_on: date
    under_way: bool


@dataclass(frozen=True, slots=True)
class Timetable:
    """The plan of one order against its hearing; all days are court-local.

    `serve_by` is the last day on which the papers may become effective. `chances` are in the order of the plan; a tier
    that is under way and too slow for this hearing is none.
    """

    hearing_on: date
    serve_by: date
    chances: tuple[Chance, ...]

    @property
    def last_chance_on(self) -> date | None:
        """The last day on which the hearing can still be met; None when there is no way left at all."""
        return max((chance.last_on for chance in self.chances), default=None)

    @property
    def lost_on(self) -> date | None:
        """The first day on which the hearing can no longer be met; None: on any day, because no way is left."""
        last = self.last_chance_on
        return None if last is None else last + timedelta(days=1)

    @property
    def at_risk_on(self) -> date | None:
        """The first day on which everything hangs on what is already under way; None: on any day."""
        to_come = [chance.last_on for chance in self.chances if not chance.under_way]
        return max(to_come) + timedelta(days=1) if to_come else None

    @property
    def best(self) -> Chance | None:
        """The tier to come that may start last."""
        return max((c for c in self.chances if not c.under_way), key=lambda chance: chance.last_on, default=None)

    def can_be_met(self, on: date) -> bool:
        """Whether somebody who looks on this day may still hope."""
        last = self.last_chance_on
        return last is not None and on <= last

    def at_risk(self, on: date) -> bool:
        """Whether it can be met, but only by what is already under way."""
        return self.can_be_met(on) and (self.at_risk_on is None or on >= self.at_risk_on)


def periods_of(procedure: str, instance: str, domicile: str, kinds: Collection[str], on: date) -> Periods | None:
    """What these papers need before a hearing, by the law of the day; None when no hearing waits for them.

    CPL 128, 139, 163, 174, 285; EVID 51; CPL 95, 283 for the notice. In summary procedure and small claims neither the
    three days nor the periods bind (CPL 163; INT 266, 275): the day before is enough. For Hong Kong, Macao and Taiwan
    the period for the answer is the court's to fix.
    """
    if not BEARS_ON_HEARING & set(kinds) or procedure == Procedure.PAYMENT_ORDER:
        return None
    notice = _NOTICE_ABROAD.get(domicile, _THREE_MONTHS) or in_force(NOTICE_DAYS, on)
    if procedure != Procedure.ORDINARY:
        return Periods(_DAY_BEFORE, 0, notice)
    answer = {"mainland": ANSWER_DAYS, "foreign": FOREIGN_DAYS}.get(domicile, 0) if _ANSWERED & set(kinds) else 0
    evidence = {Instance.FIRST: EVIDENCE_DAYS, Instance.SECOND: NEW_EVIDENCE_DAYS}.get(Instance(instance), 0)
    return Periods(CLEAR_DAYS, max(answer, evidence if _PROVED & set(kinds) else 0), notice)


def serve_by(hearing_on: date, periods: Periods, is_rest_day: RestDays) -> date:
    """The last day on which the papers may become effective for this hearing."""
    day = hearing_on - timedelta(days=max(periods.clear, periods.running + 1 if periods.running else 0))
    while periods.running and _rolled(day + timedelta(days=periods.running), is_rest_day) >= hearing_on:
        day -= timedelta(days=1)
    return day


def first_hearing(served_on: date, periods: Periods, is_rest_day: RestDays) -> date:
    """The first working day for which papers that become effective on this day are in time."""
    day = served_on + timedelta(days=max(periods.clear, periods.running + 1 if periods.running else 0))
    while is_rest_day(day) or serve_by(day, periods, is_rest_day) < served_on:
        day += timedelta(days=1)
    return day


def _rolled(day: date, is_rest_day: RestDays) -> date:
    """CPL 85: a period whose last day is a rest day ends on the first day after it."""
    while is_rest_day(day):
        day += timedelta(days=1)
    return day


def pace_of(channel: Channel, periods: Periods) -> Pace:
    """How fast a channel can be at its best.

    A text is there on the day; a visit is made on the next working day; court mail is with the recipient on the second;
    a notice at the door needs a visit; a public notice hangs for its time from the day on which it is published.
    """
    match channel:
        case Channel.SMS | Channel.EMAIL | Channel.WECHAT | Channel.VOICE:
            return Pace(0)
        case Channel.IN_PERSON:
            return Pace(1, by_people=True)
        case Channel.POST:
            return Pace(2, by_people=True)
        case Channel.POSTING:
            return Pace(1, by_people=True, deemed=True)
        case Channel.PUBLICATION:
            return Pace(0, waiting=periods.public_notice, by_people=True, deemed=True)


def earliest(start_on: date, pace: Pace, is_rest_day: RestDays) -> date:
    """The first day on which something started on this day can be effective."""
    begins = _rolled(start_on, is_rest_day) if pace.by_people else start_on
    return add_working_days(begins, pace.working, is_rest_day) + timedelta(days=pace.waiting)


def timetable(hearing_on: date, periods: Periods, ways: Sequence[Way], is_rest_day: RestDays) -> Timetable:
    """The plan backwards from the hearing. `ways` are the tiers that may still serve, in the plan's order."""
    by = serve_by(hearing_on, periods, is_rest_day)
    chances = []
    for way in ways:
        limit = _limit(by, hearing_on, way.pace, is_rest_day)
        if way.began_on is None:
            chances.append(Chance(way.tier, _latest_start(limit, way.pace, is_rest_day), under_way=False))
        elif earliest(way.began_on, way.pace, is_rest_day) <= limit:
            chances.append(Chance(way.tier, limit, under_way=True))
    return Timetable(hearing_on, by, tuple(chances))


def plan_ends_on(ways: Sequence[Way], today: date, is_rest_day: RestDays) -> date:
    """The day by which every way that is left has had its whole time, one after the other.

    A public notice is counted only where nothing else is left.
    """
    day = today
    for way in [way for way in ways if not way.pace.waiting] or ways:
        begins = way.began_on or day
        ends = add_working_days(begins, max(way.wait_days, way.pace.working), is_rest_day)
        day = max(day, earliest(begins, way.pace, is_rest_day), ends)
    return day


def _limit(by: date, hearing_on: date, pace: Pace, is_rest_day: RestDays) -> date:
    """The last day on which this way may be effective: a deemed outcome is confirmed before the hearing's day."""
    while pace.deemed and add_working_days(by, 1, is_rest_day) >= hearing_on:
        by -= timedelta(days=1)
    return by


def _latest_start(limit: date, pace: Pace, is_rest_day: RestDays) -> date:
    day = limit - timedelta(days=pace.waiting)
    while earliest(day, pace, is_rest_day) > limit:
        day -= timedelta(days=1)
    return day
