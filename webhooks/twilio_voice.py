"""What Twilio tells us of a call, and what it is to say next: statuses, keys that were pressed, recordings.

A key alone is a hint: hear again, call me back, not me. None of them is consent, a confirmed address or service, and
none becomes so in the core, which takes a call for service only when a person reports what was told and confirmed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sqlalchemy.orm import Session

from adapters.twilio_voice import (
    ANNOUNCE,
    ANSWER,
    ANSWERED_BY,
    CALL_BACK,
    CALL_FAILURES,
    CALL_STATUSES,
    HEAR_AGAIN,
    KEY_PARAMETER,
    NAME,
    NOT_ME,
    RECORDED,
    STEP,
    Settings,
    announcement,
    last_words,
    lines_of,
)
from delivery.composing import kept_fields
from delivery.domain.errors import InvalidSignature, MalformedCallback
from delivery.domain.event import EventKind, Report
from delivery.store.courts import court_by_code
from delivery.store.orders import attempt_by_key
from delivery.wording import say
from webhooks.receiver import Answer, InboundRequest, form, public_url
from webhooks.twilio import TwilioReceiver

_XML = "text/xml; charset=utf-8"
_SILENCE = Answer(body="<Response/>", content_type=_XML)
_HANG_UP = Answer(body="<Response><Hangup/></Response>", content_type=_XML)
_KEYS = {HEAR_AGAIN: EventKind.INFORMATION, CALL_BACK: EventKind.REPLIED, NOT_ME: EventKind.NOT_ME}
_GOODBYES = {CALL_BACK: "call.will_call_back", NOT_ME: "call.will_not_call"}
_LONGEST_KEY = 36  # a UUID


@dataclass(frozen=True, slots=True)
class TwilioVoiceReceiver:
    """Callbacks of calls, signed like those of messages and by the same account."""

    gate: TwilioReceiver
    name = NAME

    @classmethod
    def configured(cls, settings: Settings, base_url: str) -> "TwilioVoiceReceiver":
        """Build the receiver of an account; `base_url` is where Twilio reaches us."""
        return cls(TwilioReceiver.configured(settings, base_url))

    def verify(self, request: InboundRequest) -> None:
        """Check the signature, by the algorithm that is configured and no other."""
        self.gate.verify(request)

    def event_reports(self, request: InboundRequest) -> list[Report]:
        """Read a status, a key or the news of a recording; an address that was merely asked for words says little."""
        fields = _fields(request)
        sid = fields.get("CallSid", "")
        if not sid:
            raise MalformedCallback("reference_missing")
        if "RecordingSid" in fields:
            return _recording(request, sid, fields)
        if "Digits" in fields:
            return [_key(request, sid, fields)]
        status = fields.get("CallStatus", "")
        if not status:
            raise MalformedCallback("status_missing")
        return [_status(request, sid, status, fields)]

    def acknowledge(self, request: InboundRequest) -> Answer:  # noqa: ARG002 - the same for every request
        """Answer an empty TwiML document."""
        return _SILENCE

    def reply(self, session: Session, request: InboundRequest) -> Answer | None:
        """Say what comes next in the call: the announcement, once more, or a goodbye. Machines are told nothing."""
        step = request.query().get(STEP, "")
        if step not in {ANNOUNCE, ANSWER}:
            return None
        fields = _fields(request)
        lines = _lines(session, request)
        if not lines or ANSWERED_BY.get(fields.get("AnsweredBy", "")) is EventKind.FAILED:
            return _HANG_UP
        goodbye = _GOODBYES.get(fields.get("Digits", "")) if step == ANSWER else None
        if goodbye is not None:
            said = last_words([(language, say(language, goodbye)) for language, _ in lines])
        else:
            said = announcement(lines, self._answer_url(request))
        return Answer(body=said, content_type=_XML)

    def _answer_url(self, request: InboundRequest) -> str:
        """Our address for the key: the one that was called, at the next step."""
        parts = urlsplit(public_url(self.gate.base_url, request))
        query = [(name, ANSWER if name == STEP else value) for name, value in parse_qsl(parts.query)]
        return urlunsplit(parts._replace(query=urlencode(query)))


def _fields(request: InboundRequest) -> dict[str, str]:
    try:
        return dict(form(request))
    except InvalidSignature:
        raise MalformedCallback("not_a_form") from None


def _lines(session: Session, request: InboundRequest) -> list[tuple[str, str]]:
    """The words of the attempt that our key names, each with its language; empty when there is none."""
    court = court_by_code(session, request.path().rstrip("/").rpartition("/")[2])
    key = request.query().get(KEY_PARAMETER, "")
    attempt = attempt_by_key(session, court.id, NAME, key) if court is not None else None
    return lines_of(attempt.text or "", kept_fields(attempt.fields)) if attempt is not None else []


def _status(request: InboundRequest, sid: str, status: str, fields: Mapping[str, str]) -> Report:
    answered_by = fields.get("AnsweredBy", "")[:30]
    args = _our_key(request) | ({"answered_by": answered_by} if answered_by else {})
    raw_code = f"{status}/{answered_by}" if status == "completed" else status
    kind = CALL_STATUSES.get(status, EventKind.UNRECOGNISED)
    if status == "completed":
        kind = ANSWERED_BY.get(answered_by, EventKind.UNRECOGNISED)
    reason = ""
    if kind is EventKind.FAILED:
        machine = "fax" if answered_by == "fax" else "machine"
        meaning = CALL_FAILURES[status if status in CALL_FAILURES else machine]
        reason, args = meaning.reason, args | {"fault": meaning.fault.value}
    if duration := fields.get("CallDuration", ""):
        args["seconds"] = duration[:6]
    return Report(kind, f"{sid}|{raw_code}"[:200], request.received_at, sid, raw_code[:40], reason, args)


def _key(request: InboundRequest, sid: str, fields: Mapping[str, str]) -> Report:
    """Read a key that was pressed. Who pressed it, nobody knows: the role says so."""
    digits = fields["Digits"][:4]
    kind = _KEYS.get(digits, EventKind.INFORMATION)
    args = {**_our_key(request), "digits": digits, "role": "holder"}
    if digits == CALL_BACK:
        args["choice"] = "call_me"
    reason = {HEAR_AGAIN: "heard_again", NOT_ME: "not_me"}.get(digits, "" if digits == CALL_BACK else "other_key")
    return Report(kind, f"{sid}|key|{digits}", request.received_at, sid, "key", reason, args)


def _recording(request: InboundRequest, sid: str, fields: Mapping[str, str]) -> list[Report]:
    """A recording that is ready is fetched later, by its own name; one that is not says nothing yet."""
    status, recording = fields.get("RecordingStatus", "")[:40], fields["RecordingSid"][:40]
    if status in {"in-progress", "processing", "paused", "stopped"}:
        return []
    ready = status == "completed"
    args = _our_key(request) | ({RECORDED: recording} if ready else {})
    reason = "call_recorded" if ready else "recording_absent"
    event_id = f"{sid}|{recording}|{status}"[:200]
    return [Report(EventKind.INFORMATION, event_id, request.received_at, sid, status, reason, args)]


def _our_key(request: InboundRequest) -> dict[str, str]:
    key = request.query().get(KEY_PARAMETER, "")
    return {"key": key} if key and len(key) <= _LONGEST_KEY else {}
