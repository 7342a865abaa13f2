"""Twilio's programmable messaging: text messages over the official SDK, which is left unchanged and merely aimed.

The codec comes first (`sign` beside `verify`, used by the receiver and by the sandbox town), then what Twilio's codes
mean for us, then the client.
"""

import base64
import hashlib
import hmac
import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import requests

from adapters.environment import MISSING, Group
from adapters.faults import Meaning, refusal
from adapters.http import fault_of_exception, fault_of_status, use_no_proxy_for_loopback
from adapters.twilio_codes import CANCELLED, ERRORS, REFUSED, STATUSES
from delivery.domain.errors import OutcomeUnknown, Permanent, SendError, Transient
from delivery.domain.event import Channel, EventKind
from delivery.providers import Capabilities, Message, Submission
from delivery.settings import Problem

if TYPE_CHECKING:
    from adapters.twilio_lookup import LineCheck

NAME = "twilio"
SIGNATURE_HEADER = "X-Twilio-Signature"
KEY_PARAMETER = "key"
"""The name, in the query of the callback address, of the idempotency key: Twilio itself takes none."""


class Algorithm(StrEnum):
    """How a callback is signed; the names are those of `X-Twilio-Webhooks-Signature-Settings`."""

    HMAC_SHA1 = "HMAC_SHA1"  # with the account's auth token
    HMAC_SHA256 = "HMAC_SHA256"  # with a shared key that was created for webhooks


class Switch(StrEnum):
    """Whether something that costs money and passes numbers on is done."""

    ON = "on"
    OFF = "off"


_API_BASE = "https://api.twilio.com"
_DIGESTS = {Algorithm.HMAC_SHA1: hashlib.sha1, Algorithm.HMAC_SHA256: hashlib.sha256}
_DEFAULT_PORTS = {"https": 443, "http": 80}


def sign(
    url: str,
    params: Mapping[str, str] | Iterable[tuple[str, str]],
    token: str,
    algorithm: Algorithm = Algorithm.HMAC_SHA1,
) -> str:
    """Compute the signature of a callback: base64 of HMAC(token, url + each name and raw value, names sorted).

    `url` is the address exactly as it was given to Twilio, query included. `params` are the decoded form fields;
    equal pairs count once. For a JSON body pass none: the URL then carries `bodySHA256`. Source: twilio-python 9.13,
    `request_validator`.
    """
    pairs = params.items() if isinstance(params, Mapping) else params
    text = url + "".join(f"{name}{value}" for name, value in sorted(set(pairs)))
    mac = hmac.new(token.encode(), text.encode("utf-8", "replace"), _DIGESTS[algorithm])
    return base64.b64encode(mac.digest()).decode("ascii")


def verify(
    url: str,
    params: Mapping[str, str] | Iterable[tuple[str, str]],
    token: str,
    signature: str,
    algorithm: Algorithm = Algorithm.HMAC_SHA1,
) -> bool:
    """Whether `signature` proves the callback; never raises, whatever header and URL say.

    The algorithm is ours to choose, never the caller's. Twilio signs the URL sometimes with and sometimes without the
    default port, so both forms are tried.
    """
    pairs = list(params.items() if isinstance(params, Mapping) else params)
    given = signature.encode("utf-8", "replace")
    candidates = [sign(form, pairs, token, algorithm).encode() for form in {url, *_with_and_without_port(url)}]
    return any(hmac.compare_digest(candidate, given) for candidate in candidates)


def _with_and_without_port(url: str) -> tuple[str, ...]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ()
    bare = parts.netloc.removesuffix(f":{port}")
    port = port or _DEFAULT_PORTS.get(parts.scheme, 443)
    return tuple(urlunsplit(parts._replace(netloc=netloc)) for netloc in (bare, f"{bare}:{port}"))


@dataclass(frozen=True, slots=True)
class Settings:
    """One Twilio account. Tokens are newest first: the first one signs in, all of them are accepted on callbacks."""

    account_sid: str
    auth_tokens: tuple[str, ...] = field(repr=False)
    sender: str
    api_base: str = _API_BASE
    timeout_seconds: float = 20
    algorithm: Algorithm = Algorithm.HMAC_SHA1
    webhook_keys: tuple[str, ...] = field(default=(), repr=False)
    caller: str = ""
    lookup: Switch = Switch.OFF
    verify_service: str = ""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], problems: list[Problem]) -> "Settings | None":
        """Read `SONGDA_TWILIO_*`; None when the group is absent, or wrong, which `problems` then says.

        `FROM` is a number, a short code or the SID of a Messaging Service (`MG`); `VOICE_FROM` the number that calls,
        `VERIFY_SERVICE` the SID (`VA`) of the Verify service that texts codes.
        """
        group = Group(environ, "SONGDA_TWILIO_", problems)
        if not group.present:
            return None
        settings = cls(
            account_sid=group.required("ACCOUNT_SID"),
            auth_tokens=group.secrets("AUTH_TOKEN"),
            sender=group.required("FROM"),
            api_base=group.url("API_BASE", _API_BASE),
            timeout_seconds=group.number("TIMEOUT_SECONDS", 20, lowest=1, highest=120),
            algorithm=group.choice("SIGNATURE", Algorithm.HMAC_SHA1),
            webhook_keys=group.secrets("WEBHOOK_KEYS", required=False),
            caller=group.text("VOICE_FROM"),
            lookup=group.choice("LOOKUP", Switch.OFF),
            verify_service=group.text("VERIFY_SERVICE"),
        )
        if settings.algorithm is Algorithm.HMAC_SHA256 and not settings.webhook_keys:
            group.wrong("WEBHOOK_KEYS", MISSING)
        if settings.caller and not re.fullmatch(r"\+[1-9]\d{6,14}", settings.caller):
            group.wrong("VOICE_FROM", "must be a number in international form, such as +14155550100")
        if settings.verify_service and not re.fullmatch(r"VA[0-9a-fA-F]{32}", settings.verify_service):
            group.wrong("VERIFY_SERVICE", "must be the SID of a Verify service: VA and 32 hexadecimal digits")
        return settings if group.sound() else None

    @property
    def callback_secrets(self) -> tuple[str, ...]:
        """The secrets that prove a callback, for the algorithm that this account uses."""
        return self.webhook_keys if self.algorithm is Algorithm.HMAC_SHA256 else self.auth_tokens


_ASK_AFTER = timedelta(seconds=60)  # a request that we gave up on may still be on its way, and the list may lag
_CLOCK_SKEW = timedelta(seconds=5)
_LONGEST_LIST = 200
_SILENT = logging.Logger("twilio.silent", logging.CRITICAL + 1)  # noqa: LOG001 - outside the tree, so nobody opens it
"""The SDK writes every request to its log, parameters and so telephone numbers included."""


class TwilioSms:
    """Text messages by Twilio. Not idempotent: creating takes no key. Askable: an account lists its messages."""

    name = NAME
    capabilities = Capabilities(Channel.SMS, idempotent=False, askable=True, abroad=True, text_limit=1600)

    def __init__(self, settings: Settings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now

    @property
    def shown_number(self) -> str:
        """See `NumberShowing`: a Messaging Service picks a number of its own for each text."""
        return "" if self._settings.sender.startswith("MG") else self._settings.sender

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - the SDK has no types
        return sdk_client(self._settings)

    @cached_property
    def _lines(self) -> "LineCheck":
        from adapters.twilio_lookup import LineCheck

        return LineCheck(self._client)

    def submit(self, message: Message) -> Submission:
        """Create a message. The answer is at most "queued": whether it went on is told by callbacks."""
        if not message.to:
            raise Permanent("address_missing")
        if self._settings.lookup is Switch.ON:
            self._lines.check(message.to)
        sender = "messaging_service_sid" if self._settings.sender.startswith("MG") else "from_"
        fields = {"to": message.to, "body": message.text, sender: self._settings.sender}
        if message.callback_url:
            fields["status_callback"] = callback_url(message)
        return _submission(ask_sdk(lambda: self._client.messages.create(**fields)))

    def ask(self, message: Message) -> Submission | None:
        """Look for the message among those that the account sent to this number.

        Twilio gives back neither our key nor the callback address, so a message is ours when number and text are equal
        and it was created after the attempt was written down. Until a minute later the list proves nothing.
        """
        if message.written_at is None:
            raise OutcomeUnknown("not_askable")
        too_early = message.written_at + _ASK_AFTER - self._now()
        if too_early > timedelta(0):
            raise Transient("too_early_to_ask", retry_after=too_early)
        # Not filtered by DateSent: a message that still waits in Twilio's queue has none.
        listed = ask_sdk(lambda: self._client.messages.list(to=message.to, limit=_LONGEST_LIST))
        since = message.written_at - _CLOCK_SKEW
        recent = [one for one in listed if (one.date_created or self._now()) >= since]
        for one in recent:
            if one.body == message.text:
                kind = STATUSES.get(str(one.status), EventKind.SUBMITTED)
                # Whether it was taken is the question; that it failed later is told by its own report.
                return Submission(str(one.sid), EventKind.SUBMITTED if kind is EventKind.FAILED else kind)
        if len(recent) == _LONGEST_LIST:
            raise OutcomeUnknown("list_too_long")
        return None


def sdk_client(settings: Settings) -> Any:  # noqa: ANN401 - the SDK has no types
    """Build the official client, with time-outs and without its log; another base serves all of its interfaces."""
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    http_client = TwilioHttpClient(timeout=settings.timeout_seconds, logger=_SILENT)
    use_no_proxy_for_loopback(http_client.session, settings.api_base)
    client = Client(settings.account_sid, settings.auth_tokens[0], http_client=http_client)
    client.api.base_url = settings.api_base
    if settings.api_base != _API_BASE:
        client.lookups.base_url = client.verify.base_url = settings.api_base
    return client


def callback_url(message: Message, **more: str) -> str:
    """Give the address for Twilio to call, with our key in its query, so that an early callback finds its attempt."""
    parts = urlsplit(message.callback_url)
    query = [*parse_qsl(parts.query, keep_blank_values=True), (KEY_PARAMETER, message.idempotency_key), *more.items()]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _submission(resource: Any) -> Submission:  # noqa: ANN401 - the SDK has no types
    """Read a Message resource: `failed` at once is a refusal; a status that we do not know is still an acceptance."""
    kind = STATUSES.get(str(resource.status), EventKind.SUBMITTED)
    if kind is EventKind.FAILED:
        code = resource.error_code
        meaning = CANCELLED if resource.status == "canceled" else ERRORS.get(code, REFUSED)
        raise refusal(meaning, detail=str(code or ""))
    if not isinstance(resource.sid, str) or not resource.sid:
        raise OutcomeUnknown("answer_unreadable")
    return Submission(resource.sid, kind)


def ask_sdk(call: Callable[[], Any], errors: Mapping[int, Meaning] = ERRORS) -> Any:  # noqa: ANN401 - the SDK has no types
    """Run one call of the SDK and name what went wrong. The SDK never repeats a request by itself."""
    from twilio.base.exceptions import TwilioException

    fault: SendError
    try:
        return call()
    except requests.RequestException as error:
        fault = fault_of_exception(error)
    except TwilioException as error:
        # Two classes, not related: TwilioRestException, and TwilioServiceException for problem+json.
        fault = _fault_of_answer(*_told_by(error), errors)
    except (ValueError, TypeError, AttributeError):
        fault = OutcomeUnknown("answer_unreadable")  # a 2xx with a body that is not Twilio's
    raise fault  # outside the handlers: what the SDK raises holds the number and the text


def _told_by(error: Exception) -> tuple[int, int | None]:
    """The HTTP status and Twilio's own code; where a list is refused, the SDK hands the bare answer on."""
    answer = next((one for one in error.args if hasattr(one, "status_code")), None)
    if answer is None:
        return getattr(error, "status", 0), getattr(error, "code", None)
    try:
        code = json.loads(answer.text).get("code")
    except (ValueError, TypeError, AttributeError):
        code = None
    return int(answer.status_code), code if isinstance(code, int) else None


def _fault_of_answer(status: int, code: int | None, errors: Mapping[int, Meaning]) -> SendError:
    """Name a refusal: by Twilio's own code where it documents one, else by the HTTP status."""
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    if refused and code is not None and code in errors:
        return refusal(errors[code], detail=str(code))
    if status == HTTPStatus.BAD_REQUEST:
        return refusal(REFUSED, detail=str(code or status))
    return fault_of_status(status, {}) or OutcomeUnknown("answer_unreadable")
