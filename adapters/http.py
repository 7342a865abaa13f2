"""How HTTP leaves the house: one exchange with time-outs, and one place that turns what went wrong into send errors.

The question is always the same: could the other side have received the request? Before the connection stands, surely
not. After the request left, an answer that documents a refusal says no; silence, a reset or a server error says
nothing. An error made here carries neither the address nor the text of what it came from: both may name a person.
"""

import json
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError

from adapters.environment import is_loopback
from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, SendError, Transient

LONGEST_ANSWER = 1 << 20
_CHUNK = 1 << 14
_LONGEST_RETRY_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds: for a connection, for the next byte, and for the whole answer after its head.

    `longest` is how many bytes of an answer are read at most.
    """

    connect: float = 5.0
    read: float = 20.0
    whole: float = 40.0
    longest: int = LONGEST_ANSWER


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer that was read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def use_no_proxy_for_loopback(session: requests.Session, url: str) -> requests.Session:
    """Keep what stays on this machine away from a proxy that the environment names for the rest of the world."""
    if is_loopback(urlsplit(url).hostname or ""):
        session.trust_env = False
    return session


def post_form(session: requests.Session, url: str, fields: Mapping[str, str], timeouts: Timeouts) -> Reply:
    """POST one form and read the answer. Raises a `SendError` by phase; a returned reply is 2xx."""
    return accepted(exchange(session, requests.Request("POST", url, data=fields), timeouts))


def post_json(session: requests.Session, url: str, query: Mapping[str, str], body: object, timeouts: Timeouts) -> Reply:
    """POST one JSON document in UTF-8 and read the answer. Raises a `SendError` by phase; a returned reply is 2xx."""
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    request = requests.Request("POST", url, params=dict(query), data=content, headers=headers)
    return accepted(exchange(session, request, timeouts))


def accepted(reply: Reply) -> Reply:
    """Give the reply back if it is 2xx, else raise what its status means."""
    fault = fault_of_status(reply.status, reply.headers)
    if fault is not None:
        raise fault
    return reply


def exchange(session: requests.Session, request: requests.Request, timeouts: Timeouts) -> Reply:
    """Send one request and read the answer, whatever its status. Raises a `SendError` for anything less than one.

    Redirects are not followed: a provider that moved is a matter for a person, and a message must not wander to
    another host.
    """
    fault: SendError
    try:
        prepared = session.prepare_request(request)
        how = session.merge_environment_settings(str(prepared.url), {}, stream=True, verify=None, cert=None)
        waits = (timeouts.connect, timeouts.read)
        with session.send(prepared, timeout=waits, allow_redirects=False, **how) as response:
            return Reply(response.status_code, response.headers, _read(response, timeouts))
    except requests.RequestException as error:
        fault = fault_of_exception(error)
    raise fault  # outside the handler, so that no chained traceback can carry an address into a log


def _read(response: requests.Response, timeouts: Timeouts) -> bytes:
    """Read a bounded body in bounded time: the read time-out of sockets alone lets a trickle go on for ever."""
    deadline = time.monotonic() + timeouts.whole
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > timeouts.longest or time.monotonic() > deadline:
            raise requests.exceptions.ContentDecodingError
    return bytes(body)


def fault_of_exception(error: requests.RequestException) -> SendError:
    """Name what a failed exchange means. Only what fails before the request is written is surely not received."""
    fault: SendError = OutcomeUnknown("connection_lost")
    match error:
        case requests.ConnectTimeout():
            fault = Transient("connect_timeout")
        case requests.exceptions.ConnectionError() if isinstance(_cause(error), NameResolutionError):
            fault = Transient("name_not_resolved")
        case requests.exceptions.ConnectionError() if isinstance(_cause(error), NewConnectionError):
            fault = Transient("connection_refused")
        case requests.exceptions.ProxyError():
            fault = Transient("proxy_unreachable")
        case requests.exceptions.SSLError() if _is_certificate_fault(error):
            fault = Misconfigured("certificate_not_trusted")
        case requests.exceptions.InvalidURL() | requests.exceptions.InvalidSchema():
            fault = Misconfigured("address_unusable")
        case requests.ReadTimeout():
            fault = OutcomeUnknown("read_timeout")
        case _:
            pass  # reset, cut short, unreadable: the request was on its way
    return fault


def _cause(error: requests.RequestException) -> object:
    """Give what urllib3 gave up on: requests wraps it twice."""
    inner = error.args[0] if error.args else None
    return getattr(inner, "reason", inner)


def _is_certificate_fault(error: BaseException) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return True
        seen = seen.__context__ or seen.__cause__
    return False


_DOCUMENTED: dict[int, tuple[type[SendError], str]] = {
    HTTPStatus.REQUEST_TIMEOUT: (Transient, "asked_to_repeat"),
    HTTPStatus.TOO_EARLY: (Transient, "asked_to_repeat"),
    HTTPStatus.UNAUTHORIZED: (Misconfigured, "credentials_refused"),
    HTTPStatus.FORBIDDEN: (Misconfigured, "credentials_refused"),
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: (Misconfigured, "credentials_refused"),
    HTTPStatus.NOT_FOUND: (Misconfigured, "address_unusable"),
    HTTPStatus.METHOD_NOT_ALLOWED: (Misconfigured, "address_unusable"),
    HTTPStatus.GONE: (Misconfigured, "address_unusable"),
}


def fault_of_status(status: int, headers: Mapping[str, str]) -> SendError | None:
    """Name what an HTTP status means when the provider documents nothing more exact; None for 2xx.

    A server error is `OutcomeUnknown`: the request was there, and what was done with it before is anybody's guess.
    """
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Transient("rate_limited", detail=str(status), retry_after=retry_after(headers))
    kind: type[SendError]
    if status in _DOCUMENTED:
        kind, reason = _DOCUMENTED[status]
    elif HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        kind, reason = Misconfigured, "redirected"
    elif HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        kind, reason = Permanent, "refused"
    else:
        kind, reason = OutcomeUnknown, "server_error"
    return kind(reason, detail=str(status))


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Read `Retry-After` (RFC 9110, 10.2.3), at most a day; None when absent or unreadable.

    It holds seconds, or a date, which is taken against the answer's own `Date` so that no clock of ours enters.
    """
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(timedelta(seconds=int(text)), _LONGEST_RETRY_AFTER)
    try:
        later, now = (parsedate_to_datetime(value) for value in (text, headers.get("Date", "")))
        span = later.replace(tzinfo=later.tzinfo or UTC) - now.replace(tzinfo=now.tzinfo or UTC)
    except (ValueError, TypeError):
        return None
    return min(max(span, timedelta(0)), _LONGEST_RETRY_AFTER)
