"""The court's own people, as far as the town plays them: four servers, mail desk, clerk and court officer.

They work over the API, in office hours and by what they find, blind to the policy. Each report goes out when its
writer has signal again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, assert_never

from adapters.sandbox import hours, names, texts
from adapters.sandbox.chance import Chance
from adapters.sandbox.clerk import Clerk
from adapters.sandbox.court_api import CourtApi
from adapters.sandbox.deliveries import Deliveries
from adapters.sandbox.directory import Directory
from adapters.sandbox.doors import Doorstep
from adapters.sandbox.happening import Act, Happening
from adapters.sandbox.inquiries import Inquiries

_ROUNDS = (time(8, 30), time(13, 30))
_OFFICER_COMES = time(16, 30)
_CLERK_COMES = time(10)
_QUESTIONS_GO = time(11)
_NOON = 12
_MINUTES_A_STOP = 24
_NOTICE_CONTENT = (
    "reason", "claim_points", "answer_period", "consequence_of_no_answer", "hearing_time", "hearing_place",
    "consequence_of_absence", "main_content", "appeal_right", "appeal_period", "appeal_court",
)  # fmt: skip
# What the officer decides: the usual action of a kind of desk item, and the other one. The rest is for clerks.
_ACTIONS = {"confirm_outcome": ("confirm", "send_back"), "approve_notice": ("approve_notice", "decline_notice")}
_UNTIL_PUBLISHED = timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class StaffKeys:
    """Bearer keys of the platform's API, one a role."""

    server: str = field(repr=False)
    mail_desk: str = field(repr=False)
    officer: str = field(repr=False)
    clerk: str = field(default="", repr=False)  # without one nothing is settled and no hearing is moved


class Staff:
    """Plans and performs what staff do."""

    def __init__(self, deliveries: Deliveries, directory: Directory, api: CourtApi, keys: StaffKeys) -> None:
        self._deliveries = deliveries
        self._directory = directory
        self._keys = keys
        self._chance = Chance(deliveries.population.seed)
        self._numbers = deliveries.population.parameters
        self._doorstep = Doorstep(self._chance, self._numbers, directory.kinds)
        self._api = api
        self._inquiries = Inquiries(deliveries, api, keys.clerk)

    def first_days(self, now: datetime) -> list[Happening]:
        """The standing dates, each of which plans its next one."""
        dates = [self._next_round(now), self._next_officer(now)]
        return [*dates, self._next_clerk(now), self._next_questions(now)] if self._keys.clerk else dates

    def do_clerks_work(self, now: datetime) -> None:
        """What was settled or moved since the last time is told to the platform."""
        Clerk(self._deliveries, self._api, self._keys.clerk).tell_changes(now)
        self._deliveries.journal.plan([self._next_clerk(now)])

    def pass_on_questions(self, now: datetime) -> None:
        """The court's new questions where somebody is, each with its answer to come."""
        answers = self._inquiries.pick_up(now)
        self._deliveries.journal.plan([*answers, self._next_questions(now)])

    def work(self, happening: Happening) -> None:
        """Do what is due. Raises `Unreachable` when it has to be tried again."""
        args, at = happening.args, happening.due_at
        match happening.act:
            case Act.ROUND:
                self.take_round(at)
            case Act.REPORT:
                self.report(args, at)
            case Act.SLIP:
                self.key_slip(args["slip"], at)
            case Act.PUBLISH:
                self.publish(args["order"], at)
            case Act.CLERK:
                self.do_clerks_work(at)
            case Act.ASK:
                self.pass_on_questions(at)
            case Act.ANSWER:
                self._inquiries.answer(args, at)
            case Act.OFFICER:
                self.go_through_desk(at)
            case Act.CALLBACK | Act.TALK | Act.PUSH | Act.SCAN | Act.FOLLOW_LINK:
                raise ValueError(happening.act)
            case _:
                assert_never(happening.act)

    def take_round(self, now: datetime) -> None:
        """Take the stops of the coming half-day, the most urgent first; each is one happening."""
        band = "morning" if hours.local(now).hour < _NOON else "afternoon"
        capacity = int(self._numbers.servers * self._numbers.stops_per_server / len(_ROUNDS))
        journal = self._deliveries.journal
        listed = list(self._api.pages("/api/v1/visits?state=open", self._keys.server))
        waiting = [visit for visit in listed if journal.recall(f"visit:{visit['id']}") is None]
        stops: list[Happening] = []
        with self._deliveries.memory.writing():
            for visit in sorted(waiting, key=lambda visit: (str(visit.get("due_on") or ""), _key(visit))):
                key = _key(visit)
                if len(stops) == capacity:
                    break
                if journal.recall(f"band:{key}") == band:
                    continue  # nobody was there at this time of day: the other half is better
                journal.remember(f"band:{key}", band)
                journal.remember(f"visit:{visit['id']}")
                stops.append(self._stop(visit, key, len(stops), now))
            journal.plan([*stops, self._next_round(now)])

    def report(self, args: Mapping[str, Any], now: datetime) -> None:
        """Send one report of a stop; its id makes a second sending the same report."""
        body = {**args["report"], "report_id": args["visit"]}
        self._api.tell(self._keys.server, f"/api/v1/visits/{args['visit']}/report", body, "server", now)

    def key_slip(self, slip: Mapping[str, Any], now: datetime) -> None:
        """Key one paper slip."""
        self._api.tell(self._keys.mail_desk, "/api/v1/slips", slip, "mail_desk", now)

    def go_through_desk(self, now: datetime) -> None:
        """Decide what waits for a court officer, and have approved notices published."""
        for kind, actions in _ACTIONS.items():
            listed = list(self._api.pages(f"/api/v1/desk?kind={kind}", self._keys.officer))
            for name, item in sorted(((_item_key(item), item) for item in listed), key=lambda pair: pair[0]):
                action = actions[0 if self._chance.happens(self._numbers.officer_approves, name, "approves") else 1]
                body = {"action": action, "reason": names.saying(action)}
                taken = self._api.tell(self._keys.officer, f"/api/v1/desk/{item['id']}/resolve", body, "officer", now)
                if taken and action == "approve_notice":
                    published = Happening(now + _UNTIL_PUBLISHED, name, Act.PUBLISH, {"order": item["order_id"]})
                    self._deliveries.journal.plan([published])
        self._deliveries.journal.plan([self._next_officer(now)])

    def publish(self, order: str, now: datetime) -> None:
        """Tell that a notice hangs on the court's board and stands on its website."""
        today = hours.local(now).date().isoformat()
        postings = [{"place": place, "on": today} for place in ("court_board", "website")]
        notice = {"postings": postings, "content": list(_NOTICE_CONTENT)}
        self._api.tell(self._keys.officer, f"/api/v1/orders/{order}/publications", notice, "officer", now)

    def _stop(self, visit: Mapping[str, Any], key: str, position: int, now: datetime) -> Happening:
        ordinal = self._deliveries.journal.next_ordinal(f"stop:{key}")
        minutes = 30 + (position // max(int(self._numbers.servers), 1)) * _MINUTES_A_STOP
        at = now + timedelta(minutes=minutes) + hours.seconds(self._chance.whole(0, 900, key, "stop", ordinal))
        door = self._directory.door(str(visit.get("address") or ""), str(visit.get("recipient_name") or ""))
        if visit.get("channel") == "posting":
            meaning = str(visit.get("meaning") or "left_at_address")
            found = self._doorstep.post_notice(door, key, ordinal, at, meaning)
        else:
            found = self._doorstep.visit(door, key, ordinal, at)
        reported_at = at + timedelta(minutes=2)
        if self._chance.happens(self._numbers.door_without_signal, key, "no-signal", ordinal):
            reported_at = at + self._chance.span(timedelta(minutes=30), timedelta(hours=5), key, "signal", ordinal)
        return Happening(reported_at, f"{key}#{ordinal}", Act.REPORT, {"visit": visit["id"], "report": found})

    @staticmethod
    def _next_round(now: datetime) -> Happening:
        return Happening(_next(now, _ROUNDS), "round", Act.ROUND, {})

    @staticmethod
    def _next_clerk(now: datetime) -> Happening:
        return Happening(_next(now, (_CLERK_COMES,)), "clerk", Act.CLERK, {})

    @staticmethod
    def _next_questions(now: datetime) -> Happening:
        return Happening(_next(now, (_QUESTIONS_GO,)), "questions", Act.ASK, {})

    @staticmethod
    def _next_officer(now: datetime) -> Happening:
        return Happening(_next(now, (_OFFICER_COMES,)), "officer", Act.OFFICER, {})


def _key(visit: Mapping[str, Any]) -> str:
    titles = [str(title) for title in visit.get("document_titles") or ()]
    words = [str(visit.get(name) or "") for name in ("channel", "recipient_name", "address")]
    return texts.digest(*words, *sorted(titles))


def _item_key(item: Mapping[str, Any]) -> str:
    return texts.digest(*(str(item.get(word) or "") for word in ("kind", "case_number", "recipient_name")))


def _next(now: datetime, times: tuple[time, ...]) -> datetime:
    """The first of these times on a working day that is later than now."""
    day = hours.local(now).date()
    while True:
        if hours.is_working_day(day):
            for at in times:
                if hours.instant(day, at) > now:
                    return hours.instant(day, at)
        day += timedelta(days=1)
