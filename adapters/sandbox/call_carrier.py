"""The telephone company: Twilio's Calls resource as its official library calls it, and what becomes of each call.

A call rings, is taken by a person, a machine or nobody, fetches from the platform what is to be said, and passes on the
keys that are pressed. How it goes hangs on the number and the day alone: a call has no words before it is taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree as ET

from adapters.sandbox import hours, texts
from adapters.sandbox.callers import Callers, TextAccount
from adapters.sandbox.chance import Chance, name_of
from adapters.sandbox.conversation import Request, Response
from adapters.sandbox.deliveries import Deliveries
from adapters.sandbox.happening import Act, Happening
from adapters.sandbox.letterbox import Door, Stored
from adapters.sandbox.listeners import Course, Listeners
from adapters.sandbox.twilio_house import (
    INTERNATIONAL,
    ROOT,
    Refusal,
    as_json,
    international,
    key_in,
    let_in,
    national,
    not_found,
    rest_of,
)

_MOST_LISTED = 200
_EVENTS = {"initiated": "initiated", "ringing": "ringing", "in-progress": "answered"}
_MOST_TURNS = 6
# One frame of MPEG audio layer III, 128 kbit/s at 44.1 kHz, holds a fortieth of a second of silence.
_SILENCE = b"\xff\xfb\x90\xc4" + bytes(413)
_FRAMES_A_SECOND = 38
_LONGEST_TAPE = 3  # seconds that are really recorded: silence is silence


class CallCarrier:
    """Answers the API; plans reports, talks with whoever takes the call, and keeps recordings."""

    def __init__(self, deliveries: Deliveries, account: TextAccount, callers: Callers) -> None:
        self._deliveries = deliveries
        self._account = account
        self._callers = callers
        self._chance = Chance(deliveries.population.seed)
        self._listeners = Listeners(deliveries.population)

    @staticmethod
    def is_meant(request: Request) -> bool:
        """Whether this request is for calls and not for texts."""
        return request.path.startswith(ROOT) and {"Calls", "Recordings"} & set(rest_of(request)) != set()

    def answer(self, request: Request) -> Response:
        """One API call."""
        if request.method == "POST":
            self._deliveries.journal.count("requests_received")
        return let_in(self._account, request, lambda: self._route(request, rest_of(request)))

    def _route(self, request: Request, rest: Sequence[str]) -> Response:
        match request.method, rest:
            case "POST", [_, "Calls"]:
                return self._create(parse_qs(request.body.decode()))
            case "GET", [_, "Calls"]:
                return self._list(national(request.query.get("To", "")))
            case "GET", [_, "Calls", sid]:
                self._deliveries.journal.count("queries_received")
                return Response(as_json(self._resource(self._call(sid))))
            case "GET", [_, "Recordings", name]:
                return self._recording(name.removesuffix(".mp3"))
            case _:
                raise not_found()

    def _create(self, form: Mapping[str, list[str]]) -> Response:
        deliveries = self._deliveries
        to, sender, url = (form.get(name, [""])[0] for name in ("To", "From", "Url"))
        if not INTERNATIONAL.fullmatch(to):
            raise Refusal(21211, "Invalid 'To' Phone Number")
        if sender != self._account.sender:
            raise Refusal(21210, "'From' phone number not verified")
        if not url:
            raise Refusal(21205, "Url parameter is required")
        now, number = deliveries.now(), national(to)
        key, about = f"call:{number}:{hours.local(now).date()}", key_in(url)
        ordinal = deliveries.journal.next_ordinal(f"call-request:{key}")
        mishap = deliveries.before_taking(key, ordinal, about)
        if mishap.refuses:
            raise Refusal(20500, "Internal Server Error", 500)
        with deliveries.memory.writing():
            ordinal = deliveries.journal.next_ordinal(key)
            course = self._listeners.course(number, key, told_a_code=self._told_a_code(number))
            stored = self._keep(form, number, f"{key}#{ordinal}", now, course)
            reports, talk = self._plan(
                stored, f"{key}#{ordinal}", about, course, set(form.get("StatusCallbackEvent", []))
            )
            deliveries.journal.plan(talk)
        if reports and deliveries.is_early(key, ordinal, about):
            deliveries.at_once(reports.pop(0))
        deliveries.journal.plan(reports)
        return Response(as_json(self._resource(stored)), 201, hang_up=mishap.hangs_up)

    def _told_a_code(self, number: str) -> bool:
        """Whether a text with a code to check it by came to this number before."""
        return any(texts.check_code(one.body) for one in self._deliveries.letterbox.messages(Door.SMS, number, 20))

    def _keep(self, form: Mapping[str, list[str]], number: str, key: str, now: datetime, course: Course) -> Stored:
        deliveries = self._deliveries
        sid = "CA" + name_of(deliveries.population.seed, key, "sid")
        url, callback, tape = (form.get(name, [""])[0] for name in ("Url", "StatusCallback", "RecordingStatusCallback"))
        more = {
            "url": url,
            "callback": callback,
            "tape": tape if form.get("Record") == ["true"] and course.seconds else "",
            "answered_by": course.answered_by,
            "seconds": course.seconds,
            "said": "",
            "updated": now.isoformat(),
        }
        attempt = "voice:" + texts.digest(number, url)
        stored = Stored(sid, Door.VOICE, now, self._account.sender, number, "", attempt, "queued", more)
        deliveries.letterbox.keep_message(stored)
        deliveries.journal.count("calls")
        return stored

    def _plan(
        self, stored: Stored, key: str, about: str, course: Course, wanted: set[str]
    ) -> tuple[list[Happening], list[Happening]]:
        """The reports, some of them disturbed; and the talk, which takes place when it does."""
        rung_at = stored.at + timedelta(seconds=self._chance.whole(2, 5, key, "rings"))
        ended_at = rung_at + timedelta(seconds=course.rings + course.seconds)
        steps = [(stored.at + timedelta(seconds=1), "initiated"), (rung_at, "ringing")]
        talk = []
        if course.seconds:
            taken_at = rung_at + timedelta(seconds=course.rings)
            steps.append((taken_at, "in-progress"))
            talk = [Happening(taken_at, key, Act.TALK, {"sid": stored.sid, "keys": list(course.keys)})]
            talk += self._heeded(stored, key, course, ended_at)
        if course.status == "failed":
            steps.pop()  # it never rang
        steps.append((ended_at, course.status))
        asked = [(at, status) for at, status in steps if _EVENTS.get(status, "completed") in wanted | {"completed"}]
        reports = [
            Happening(at, key, Act.CALLBACK, {"call": stored.sid, "status": status, "number": number})
            for number, (at, status) in enumerate(asked)
        ]
        if stored.more["tape"]:
            args = {"call": stored.sid, "status": "recorded", "number": len(asked)}
            reports.append(Happening(ended_at + timedelta(seconds=20), key, Act.CALLBACK, args))
        return self._deliveries.disturbed(reports, about), talk

    def _heeded(self, stored: Stored, key: str, course: Course, at: datetime) -> list[Happening]:
        """Whoever heard the call out may look at the text that came before it."""
        earlier = self._deliveries.letterbox.messages(Door.SMS, stored.recipient, 1)
        if not course.heard or not earlier:
            return []
        links = texts.links(earlier[0].body, self._deliveries.platform_url)
        return self._deliveries.reactions.to_call(stored.recipient, earlier[0].body, links, at, key)

    def report(self, happening: Happening) -> bool | None:
        """Report how far a call is, or that its recording is ready; whether that was acknowledged, if anybody asked."""
        args, stored = happening.args, self._call(happening.args["call"])
        status, tape = str(args["status"]), str(stored.more["tape"])
        token = name_of(self._deliveries.population.seed, happening.key, status)
        if status == "recorded":
            recording = self._tape_of(stored)
            address = f"{ROOT}{self._account.account_sid}/Recordings/{recording}"
            fields = {
                "AccountSid": self._account.account_sid,
                "CallSid": stored.sid,
                "RecordingSid": recording,
                "RecordingUrl": address,
                "RecordingStatus": "completed",
                "RecordingDuration": str(stored.more["seconds"]),
                "RecordingChannels": "1",
                "RecordingSource": "OutboundAPI",
            }
            return self._callers.report_status(tape, fields, token)
        if stored.status in {"queued", "initiated", "ringing", "in-progress"}:
            more = {**stored.more, "updated": happening.due_at.isoformat()}
            self._deliveries.letterbox.set_status(stored.sid, status, more)
        fields = self._about(stored, status) | {
            "Timestamp": format_datetime(happening.due_at.astimezone(UTC)),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(args["number"]),
        }
        if status == "completed":
            fields |= {"CallDuration": str(stored.more["seconds"]), "AnsweredBy": str(stored.more["answered_by"])}
        callback = str(stored.more["callback"])
        return self._callers.report_status(callback, fields, token) if callback else None

    def talk(self, happening: Happening) -> list[bool]:
        """Fetch what is to be said, press the keys that were meant to be pressed; which requests were answered.

        A call cannot wait: what is not answered at once ends it, and nothing of this is tried again.
        """
        stored = self._call(happening.args["sid"])
        keys, url, said, answered = list(happening.args["keys"]), str(stored.more["url"]), [], []
        more: dict[str, str] = {"AnsweredBy": str(stored.more["answered_by"])}
        for _ in range(_MOST_TURNS):
            told = self._callers.ask_what_to_say(url, self._about(stored, "in-progress") | more)
            answered.append(told is not None)
            spoken = _read(told or "")
            said += spoken.lines
            if not keys or not spoken.next_url:
                break
            url, more = spoken.next_url, {"Digits": keys.pop(0)}
            at, pressed = happening.due_at, more["Digits"]
            self._deliveries.journal.note(at, stored.recipient, "pressed", {"key": pressed})
        self._deliveries.letterbox.set_status(stored.sid, stored.status, {**stored.more, "said": "\n".join(said)})
        return answered

    def _about(self, stored: Stored, status: str) -> dict[str, str]:
        return {
            "CallSid": stored.sid,
            "AccountSid": self._account.account_sid,
            "From": stored.sender,
            "To": international(stored.recipient),
            "CallStatus": status,
            "Direction": "outbound-api",
            "ApiVersion": "2010-04-01",
        }

    def _tape_of(self, stored: Stored) -> str:
        recording = "RE" + name_of(self._deliveries.population.seed, stored.sid, "tape")
        self._deliveries.journal.remember(f"tape:{recording}", stored.sid)
        return recording

    def _recording(self, name: str) -> Response:
        self._deliveries.journal.count("queries_received")
        sid = self._deliveries.journal.recall(f"tape:{name}")
        if sid is None:
            raise not_found()
        seconds = min(int(self._call(sid).more["seconds"]), _LONGEST_TAPE)
        return Response(_SILENCE * (_FRAMES_A_SECOND * seconds), content_type="audio/mpeg")

    def _call(self, sid: str) -> Stored:
        stored = self._deliveries.letterbox.message(sid)
        if stored is None or stored.door is not Door.VOICE:
            raise not_found()
        return stored

    def _list(self, number: str) -> Response:
        self._deliveries.journal.count("queries_received")
        found = self._deliveries.letterbox.messages(Door.VOICE, number, _MOST_LISTED)
        uri = f"{ROOT}{self._account.account_sid}/Calls.json"
        pages = {"first_page_uri": uri, "next_page_uri": None, "previous_page_uri": None, "uri": uri}
        listed = [self._resource(one) for one in found]
        return Response(as_json({"calls": listed, "page": 0, "page_size": _MOST_LISTED, **pages}))

    def _resource(self, stored: Stored) -> dict[str, Any]:
        over = stored.status not in {"queued", "initiated", "ringing", "in-progress"}
        created = format_datetime(stored.at.astimezone(UTC))
        uri = f"{ROOT}{self._account.account_sid}/Calls/{stored.sid}"
        return {
            "account_sid": self._account.account_sid,
            "answered_by": (stored.more["answered_by"] or None) if over else None,
            "api_version": "2010-04-01",
            "date_created": created,
            "date_updated": format_datetime(datetime.fromisoformat(str(stored.more["updated"]))),
            "direction": "outbound-api",
            "duration": str(stored.more["seconds"]) if over else None,
            "from": stored.sender,
            "price": None,
            "price_unit": "USD",
            "sid": stored.sid,
            "start_time": created if over else None,
            # Twilio says "queued" of what has only been initiated.
            "status": "queued" if stored.status == "initiated" else stored.status,
            "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
            "to": international(stored.recipient),
            "uri": f"{uri}.json",
        }


@dataclass(frozen=True, slots=True)
class _Spoken:
    """What a TwiML document has said, and where a key that is pressed meanwhile goes."""

    lines: list[str]
    next_url: str


def _read(document: str) -> _Spoken:
    try:
        root = ET.fromstring(document)  # noqa: S314 - of the platform that is being tried, on this machine
    except ET.ParseError:
        return _Spoken([], "")
    gather = root.find("Gather")
    return _Spoken([one.text or "" for one in root.iter("Say")], gather.get("action", "") if gather is not None else "")
