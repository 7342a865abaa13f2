"""The town as demo and simulation drive it: started, advanced through court time, counted, stopped.

Nothing moves by itself. `advance(now)` performs everything that is due by then, in an order that depends on the seed
alone, over real HTTP; `keep_pace` does so in a thread of its own for a demo whose clock runs.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, assert_never

from adapters.sandbox import (
    aliyun_carrier,
    code_carrier,
    map_house,
    page,
    post_office,
    tencent_carrier,
    text_carrier,
    twilio_house,
    watcher,
    wechat_office,
)
from adapters.sandbox.aliyun_carrier import AliyunCarrier
from adapters.sandbox.call_carrier import CallCarrier
from adapters.sandbox.callers import Callers, OfficeAccount, TextAccount
from adapters.sandbox.chance import name_of
from adapters.sandbox.conversation import Request, Response, TownServer
from adapters.sandbox.court_api import CourtApi
from adapters.sandbox.deliveries import Deliveries
from adapters.sandbox.directory import Directory
from adapters.sandbox.faults import Faults, Misfortune
from adapters.sandbox.happening import Act, Happening
from adapters.sandbox.journal import Journal, State
from adapters.sandbox.letterbox import Letterbox
from adapters.sandbox.mail_carrier import MailCarrier
from adapters.sandbox.map_house import MapAccount, MapHouse
from adapters.sandbox.memory import Memory
from adapters.sandbox.population import Population
from adapters.sandbox.pushes import PostAccount
from adapters.sandbox.reactions import Reactions
from adapters.sandbox.staff import Staff, StaffKeys
from adapters.sandbox.template_texts import TemplateAccount
from adapters.sandbox.tencent_carrier import TencentCarrier
from adapters.sandbox.visitors import Unreachable, Visitor, scan
from adapters.sandbox.watcher import WatchAccount, Watcher

LOG = logging.getLogger(__name__)

# When something that was not acknowledged is tried again, in court time; after the last it is given up.
PATIENCE = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 600, 3600, 6 * 3600, 24 * 3600))
_NO_FAULTS = Faults()
_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the town listens: what the platform's settings must name."""

    url: str
    ems_url: str
    smtp_host: str
    smtp_port: int


@dataclass(frozen=True, slots=True)
class Places:
    """Where the platform is, and which doors the town is to use."""

    platform_url: str
    http_port: int = 0
    smtp_port: int = 0
    journal: Path | None = None


@dataclass(frozen=True, slots=True)
class Accounts:
    """What town and platform both know: provider accounts, and the staff's keys once the platform has made them."""

    texts: TextAccount
    post: PostAccount
    office: OfficeAccount
    staff: StaffKeys | None = field(default=None)
    templates: TemplateAccount | None = field(default=None)
    watcher: WatchAccount | None = field(default=None)
    maps: MapAccount | None = field(default=None)


class Town:
    """One town. Made once, started once."""

    def __init__(
        self,
        population: Population,
        clock: Callable[[], datetime],
        places: Places,
        accounts: Accounts,
        faults: Faults = _NO_FAULTS,
    ) -> None:
        self.population = population
        self._memory = Memory(places.journal)
        self._journal = Journal(self._memory)
        self._letterbox = Letterbox(self._memory)
        self._accounts = accounts
        self._clock = clock
        self._callers = Callers(accounts.texts, accounts.post, accounts.office)
        directory = Directory(population)
        self._deliveries = Deliveries(
            population=population,
            memory=self._memory,
            journal=self._journal,
            letterbox=self._letterbox,
            reactions=Reactions(population),
            misfortune=Misfortune(faults, population.seed),
            now=clock,
            at_once=self._perform_now,
            platform_url=places.platform_url.rstrip("/"),
            has_staff=accounts.staff is not None,
        )
        self._texts = text_carrier.TextCarrier(self._deliveries, accounts.texts, self._callers)
        self._calls = CallCarrier(self._deliveries, accounts.texts, self._callers)
        self._codes = code_carrier.CodeCarrier(self._deliveries, accounts.texts, accounts.texts.verify_service)
        self._post = post_office.PostOffice(self._deliveries, accounts.post, directory)
        self._office = wechat_office.WeChatOffice(self._deliveries, accounts.office)
        self._mainland = _mainland_carrier(self._deliveries, accounts.templates) if accounts.templates else None
        self._watcher = Watcher(self._deliveries, accounts.watcher) if accounts.watcher else None
        self._maps = MapHouse(accounts.maps, population.seed) if accounts.maps else None
        self._mail = MailCarrier(self._deliveries, directory, places.smtp_port)
        self._court = CourtApi(self._deliveries)
        self._staff = Staff(self._deliveries, directory, self._court, accounts.staff) if accounts.staff else None
        self._page = page.TownPage(self._deliveries)
        self._server = TownServer(self._answer, places.http_port)
        self._advancing = threading.Lock()
        self._resting = threading.Event()
        self._pace: threading.Thread | None = None

    def start(self, *, keep_pace: bool = False) -> Addresses:
        """Open the doors. With `keep_pace` the town follows its clock by itself until it is stopped."""
        self._server.start()
        self._mail.start()
        if keep_pace:
            self._pace = threading.Thread(target=self._follow_clock, name="town-pace", daemon=True)
            self._pace.start()
        url = self._server.url
        return Addresses(url, f"{url}{min(post_office.PATHS)}", "127.0.0.1", self._mail.port)

    def stop(self) -> None:
        """Close the doors; what is still to happen stays in the journal if it has a file."""
        self._resting.set()
        if self._pace is not None:
            self._pace.join()
        self._server.stop()
        self._mail.stop()
        with self._advancing:
            self._callers.close()
            self._court.close()
            self._memory.close()

    def advance(self, now: datetime) -> datetime | None:
        """Perform everything that is due up to `now`; when the next thing is due, None if nothing is planned."""
        with self._advancing:
            self._keep_dates(now)
            while not self._resting.is_set() and (entry := self._journal.due(now)) is not None:
                self._settle(*entry, now)
            return self._journal.next_due()

    def _settle(self, number: int, happening: Happening, now: datetime) -> None:
        """Perform one; a fault of the town's own gives it up, so that the rest can go on, and is raised."""
        try:
            done = self._perform(happening)
        except Exception:
            self._journal.settle(number, State.GIVEN_UP)
            self._journal.count("given_up")
            raise
        if done:
            self._journal.settle(number, State.DONE)
        elif happening.tries < len(PATIENCE):
            self._journal.postpone(number, max(now, happening.due_at) + PATIENCE[happening.tries])
        else:
            self._journal.settle(number, State.GIVEN_UP)
            self._journal.count("given_up")

    def next_due(self) -> datetime | None:
        """When the next happening falls due."""
        return self._journal.next_due()

    def counts(self) -> dict[str, Any]:
        """What the platform's own counts are held against.

        `requests_received`: requests to send, refused ones included; `queries_received`: questions; `callbacks_sent`:
        reports and replies that the platform acknowledged; `doubled`: attempts that arrived as more than one message.
        """
        tallies = self._journal.tallies()
        names = (
            "requests_received", "queries_received", "callbacks_sent", "callbacks_refused", "sms", "calls", "wechat",
            "emails", "emails_refused", "mail_orders", "staff_refused", "given_up",
        )  # fmt: skip
        return {**{name: tallies.get(name, 0) for name in names}, "doubled": self._letterbox.doubled()}

    def faults(self) -> list[tuple[datetime, str, str]]:
        """What went wrong on purpose: when, what, and the platform's key of the message."""
        return self._journal.faults()

    def deeds(self) -> list[tuple[datetime, str, str, dict[str, Any]]]:
        """What people did, in the order of doing: when, who, what, with what."""
        return [(at, who, what, dict(more)) for at, who, what, more in self._journal.deeds()]

    def _answer(self, request: Request) -> Response:
        if request.path.startswith(code_carrier.ROOT):
            return self._codes.answer(request)
        if self._calls.is_meant(request):
            return self._calls.answer(request)
        if request.path.startswith(twilio_house.ROOT):
            return self._texts.answer(request)
        if self._mainland is not None and {aliyun_carrier.ACTION, tencent_carrier.ACTION} & request.headers.keys():
            return self._mainland.answer(request)
        if request.path in post_office.PATHS and request.method == "POST":
            return self._post.answer(request)
        for path, house in ((watcher.PATH, self._watcher), (map_house.PATH, self._maps)):
            if house is not None and request.path == path:
                return house.answer(request)
        if request.path in wechat_office.PATHS:
            return self._office.answer(request)
        return self._page.answer(request)

    def _follow_clock(self) -> None:
        while not self._resting.wait(_PAUSE_SECONDS):
            try:
                self.advance(self._clock())
            except Exception as error:
                LOG.exception("town_failed", extra={"error": type(error).__name__})

    def _keep_dates(self, now: datetime) -> None:
        if self._staff is not None and self._journal.recall("dates") is None:
            with self._memory.writing():
                self._journal.plan(self._staff.first_days(now))
                self._journal.remember("dates")

    def _perform_now(self, happening: Happening) -> None:
        """Perform one outside the order of things, as a provider does that reports before it answers."""
        if not self._perform(happening):
            self._journal.plan([Happening(happening.due_at, happening.key, happening.act, happening.args, 1)])

    def _perform(self, happening: Happening) -> bool:
        """Whether it is over: done, or refused for good."""
        try:
            return self._act(happening)
        except Unreachable:
            return False

    def _act(self, happening: Happening) -> bool:
        args, at = happening.args, happening.due_at
        match happening.act:
            case Act.CALLBACK:
                return self._counted(self._call_back(happening))
            case Act.TALK:
                for answered in self._calls.talk(happening):
                    self._counted(answered)
            case Act.PUSH if "watched" in args:
                return self._counted(self._callers.push_history(args["watched"], args["param"], args["sign"]))
            case Act.PUSH:
                return self._counted(self._callers.push_trace(args["trace"], args.get("before"), at))
            case Act.SCAN:
                scan(args["urls"], partial(self._journal.note, at))
            case Act.FOLLOW_LINK:
                Visitor(args["url"], args, partial(self._journal.note, at), self._codes.code_on).visit()
            case Act.ROUND | Act.REPORT | Act.SLIP | Act.PUBLISH | Act.ASK | Act.ANSWER | Act.CLERK | Act.OFFICER:
                if self._staff is not None:
                    self._staff.work(happening)
            case _:
                assert_never(happening.act)
        return True

    def _call_back(self, happening: Happening) -> bool | None:
        """A carrier or WeChat tells the platform something; whether that was acknowledged, None if nobody listens."""
        args = happening.args
        if self._mainland is not None and ("mainland" in args or "reply" in args):
            return self._push_unsigned(happening, self._mainland)
        if "office" in args:
            return self._tell_office(happening)
        if "call" in args:
            return self._calls.report(happening)
        return self._texts.pass_on(happening) if "reply" in args else self._texts.report(happening)

    def _tell_office(self, happening: Happening) -> bool:
        """WeChat says how a template message ended, WeCom which button of a card was pressed."""
        args, at = happening.args, happening.due_at
        said: dict[str, str | int] = {
            "FromUserName": args.get("from", "openid"),
            "CreateTime": int(at.timestamp()),
            "MsgType": "event",
        }
        if args["office"] == "wecom":
            said |= {"Event": "template_card_event", "EventKey": args["said"], "TaskId": args["sid"]}
        else:
            said |= {"Event": "TEMPLATESENDJOBFINISH", "MsgID": args["sid"], "Status": args["said"]}
        random = bytes.fromhex(name_of(self.population.seed, happening.key, args["office"]))
        return self._callers.tell_office(args["office"], said, self._clock(), random)

    def _push_unsigned(self, happening: Happening, carrier: AliyunCarrier | TencentCarrier) -> bool | None:
        """A mainland carrier reports on a text, or passes on what somebody wrote back."""
        args, content = happening.args, carrier.pushed(happening)
        if not content:
            return None
        if "reply" in args and not happening.tries:
            # Written down first: the platform may ask for it before it has answered.
            self._journal.note(happening.due_at, args["from"], "replied", {"answer": args["reply"]})
        return self._callers.push_json(carrier.push_url, content)

    def _counted(self, acknowledged: bool | None) -> bool:  # noqa: FBT001 - the one thing to count
        if acknowledged is None:
            return True
        self._journal.count("callbacks_sent" if acknowledged else "callbacks_refused")
        return acknowledged


def _mainland_carrier(deliveries: Deliveries, account: TemplateAccount) -> AliyunCarrier | TencentCarrier:
    return AliyunCarrier(deliveries, account) if account.carrier == "aliyun" else TencentCarrier(deliveries, account)
