"""Twilio's programmable voice: the announcement call, over the official SDK, and what is said on it as TwiML.

The call says who we are, how to check it and how to be called back; it names no case, because anybody may pick up. What
is pressed on the keys is a hint at most: no scope was read out, no effect explained and nobody's identity checked, so
that nothing here is consent, a confirmed address or service.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import requests

from adapters.faults import refusal
from adapters.http import Timeouts, accepted, exchange, use_no_proxy_for_loopback
from adapters.twilio import KEY_PARAMETER, Settings, ask_sdk, callback_url, sdk_client
from adapters.twilio_codes import ANSWERED_BY, CALL_ERRORS, CALL_FAILURES, CALL_STATUSES
from delivery.domain.errors import OutcomeUnknown, Permanent, Transient
from delivery.domain.event import Channel, EventKind
from delivery.providers import Capabilities, Message, Submission

__all__ = [
    "ANSWERED_BY", "CALL_FAILURES", "CALL_STATUSES", "KEY_PARAMETER", "Settings", "TwilioVoice", "announcement",
    "last_words", "lines_of",
]  # fmt: skip

NAME = "twilio_voice"
STEP = "step"
"""The name, in the query of the address that Twilio asks, of where in the call it is."""
ANNOUNCE, ANSWER, RECORDED = "announce", "answer", "recorded"
SPOKEN, RECORDS = "spoken", "recorded"
"""Fields of a message: the languages of its lines, and whether the call is recorded (it says so itself)."""
HEAR_AGAIN, CALL_BACK, NOT_ME = "1", "2", "3"

_VOICES = {"zh": ("cmn-CN", "Polly.Zhiyu-Neural"), "en": ("en-GB", "Polly.Amy-Neural")}
_RINGS = 40  # seconds; networks hand over to voicemail after about thirty
_LONGEST_CALL = 300
_KEY_SECONDS = 8
_ASK_AFTER = timedelta(seconds=60)
_CLOCK_SKEW = timedelta(seconds=5)
_LONGEST_LIST = 200
_RECORDING = re.compile(r"RE[0-9a-fA-F]{32}")
_EVENTS = ["initiated", "ringing", "answered", "completed"]


class TwilioVoice:
    """Announcement calls by Twilio. Not idempotent: creating takes no key. Askable: an account lists its calls."""

    name = NAME
    capabilities = Capabilities(Channel.VOICE, idempotent=False, askable=True, abroad=True, text_limit=3000)

    def __init__(self, settings: Settings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now

    @cached_property
    def _calls(self) -> Any:  # noqa: ANN401 - the SDK has no types
        return sdk_client(self._settings).calls

    def submit(self, message: Message) -> Submission:
        """Place a call. What is said on it is fetched from us when somebody picks up."""
        if not message.to:
            raise Permanent("address_missing")
        fields: dict[str, Any] = {
            "to": message.to,
            "from_": self._settings.caller,
            "url": callback_url(message, **{STEP: ANNOUNCE}),
            "method": "POST",
            "status_callback": callback_url(message),
            "status_callback_event": _EVENTS,
            "status_callback_method": "POST",
            "machine_detection": "Enable",
            "timeout": _RINGS,
            "time_limit": _LONGEST_CALL,
        }
        if message.fields.get(RECORDS) == "yes":
            fields["record"] = True
            fields["recording_status_callback"] = callback_url(message, **{STEP: RECORDED})
        return _submission(ask_sdk(lambda: self._calls.create(**fields), CALL_ERRORS))

    def ask(self, message: Message) -> Submission | None:
        """Look for the call among those that the account placed to this number.

        A call gives back neither our key nor its words. One call since the attempt was written down is taken for ours;
        of several nobody can say which.
        """
        if message.written_at is None:
            raise OutcomeUnknown("not_askable")
        too_early = message.written_at + _ASK_AFTER - self._now()
        if too_early > timedelta(0):
            raise Transient("too_early_to_ask", retry_after=too_early)
        listed = ask_sdk(lambda: self._calls.list(to=message.to, limit=_LONGEST_LIST), CALL_ERRORS)
        since = message.written_at - _CLOCK_SKEW
        recent = [one for one in listed if (one.date_created or self._now()) >= since]
        if len(recent) > 1:
            raise OutcomeUnknown("several_calls")
        return Submission(str(recent[0].sid)) if recent else None

    def recording(self, reference: str) -> tuple[bytes, str]:
        """Fetch a recording by its SID: its bytes, and their type. Raises a `SendError`."""
        if not _RECORDING.fullmatch(reference):
            raise Permanent("address_invalid")
        settings = self._settings
        with requests.Session() as session:
            use_no_proxy_for_loopback(session, settings.api_base)
            session.auth = (settings.account_sid, settings.auth_tokens[0])
            url = f"{settings.api_base}/2010-04-01/Accounts/{settings.account_sid}/Recordings/{reference}.mp3"
            waits = Timeouts(read=settings.timeout_seconds, whole=settings.timeout_seconds)
            return accepted(exchange(session, requests.Request("GET", url), waits)).body, "audio/mpeg"


def _submission(resource: Any) -> Submission:  # noqa: ANN401 - the SDK has no types
    """Read a Call resource: `failed` at once is a refusal; a status that we do not know is still an acceptance."""
    status = str(resource.status)
    if CALL_STATUSES.get(status) is EventKind.FAILED:
        raise refusal(CALL_FAILURES[status])
    if not isinstance(resource.sid, str) or not resource.sid:
        raise OutcomeUnknown("answer_unreadable")
    return Submission(resource.sid)


def announcement(lines: Sequence[tuple[str, str]], answer_url: str) -> str:
    """Say each line, of (language, words), and wait for a key, which is sent to `answer_url`; then hang up."""
    said = "".join(_say(language, words) for language, words in lines)
    gather = f'numDigits="1" timeout="{_KEY_SECONDS}" method="POST" input="dtmf" action={quoteattr(answer_url)}'
    return f"<Response><Gather {gather}>{said}</Gather><Hangup/></Response>"


def last_words(lines: Sequence[tuple[str, str]]) -> str:
    """Say each line and hang up."""
    return f"<Response>{''.join(_say(language, words) for language, words in lines)}<Hangup/></Response>"


def _say(language: str, words: str) -> str:
    spoken, voice = _VOICES[language]
    return f'<Say language="{spoken}" voice="{voice}">{escape(words)}</Say>'


def lines_of(text: str, fields: Mapping[str, str]) -> list[tuple[str, str]]:
    """The lines of a message to be spoken, each with its language; what is not said to be Chinese is English."""
    languages = fields.get(SPOKEN, "").split(",")
    return [(one if one in _VOICES else "en", line) for one, line in zip(languages, text.split("\n"), strict=False)]
