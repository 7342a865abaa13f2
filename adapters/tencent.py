"""Tencent Cloud's short message service (sms 2021-01-11): texts by registered templates, in the mainland.

The codec comes first (`sign` beside `verify`, the latter for the sandbox town), then the client. Its own library serves
the tests as an oracle and nothing else.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests

from adapters.documents import read_json
from adapters.environment import Group
from adapters.faults import refusal
from adapters.hints import Network, read_reference, sign_reference
from adapters.http import Reply, Timeouts, exchange, fault_of_status, use_no_proxy_for_loopback
from adapters.mainland import national_number, registered
from adapters.tencent_codes import REFUSED, answer_from, meaning_of_refusal, report_on
from adapters.whereabouts import Inside, lies_abroad
from delivery.domain.errors import OutcomeUnknown, SendError
from delivery.domain.event import Channel, Report
from delivery.providers import Capabilities, Message, Submission
from delivery.settings import Problem

NAME = "tencent"
ALGORITHM = "TC3-HMAC-SHA256"
VERSION = "2021-01-11"
_SERVICE = "sms"
_CITIES = "beijing|chengdu|chongqing|guangzhou|nanjing|shanghai|shenzhen"
_MAINLAND = rf"sms(\.(internal|ap-({_CITIES})(-[a-z]+)?))?\.tencentcloudapi\.com"
_MAINLAND_REGION = re.compile(rf"ap-({_CITIES})(-[a-z]+)?")


def canonical_request(body: bytes, content_type: str, host: str) -> str:
    """Write a POST in the form that is signed: only type and host of the headers are covered, and the body."""
    digest = hashlib.sha256(body).hexdigest()
    return f"POST\n/\n\ncontent-type:{content_type}\nhost:{host}\n\ncontent-type;host\n{digest}"


def sign(body: bytes, content_type: str, host: str, timestamp: int, secret: str) -> str:
    """Compute the signature (hex) of a request that is made at `timestamp`, in seconds of UTC.

    Source: Tencent Cloud's API 3.0 signature; captured from tencentcloud-sdk-python-sms 3.1.153.
    """
    date = _date(timestamp)
    digest = hashlib.sha256(canonical_request(body, content_type, host).encode()).hexdigest()
    key = f"TC3{secret}".encode()
    for part in (date, _SERVICE, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = f"{ALGORITHM}\n{timestamp}\n{date}/{_SERVICE}/tc3_request\n{digest}"
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def authorization(key_id: str, timestamp: int, signature: str) -> str:
    """Write the header that proves a request."""
    scope = f"{key_id}/{_date(timestamp)}/{_SERVICE}/tc3_request"
    return f"{ALGORITHM} Credential={scope}, SignedHeaders=content-type;host, Signature={signature}"


def verify(key_id: str, secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a request with these headers (names in small letters) proves that it was signed with the key."""
    said = headers.get("x-tc-timestamp", "")
    if not said.isascii() or not said.isdigit() or len(said) > len("1795328738"):
        return False
    signature = sign(body, headers.get("content-type", ""), headers.get("host", ""), int(said), secret)
    expected = authorization(key_id, int(said), signature).encode()
    return hmac.compare_digest(expected, headers.get("authorization", "").encode("utf-8", "replace"))


def _date(timestamp: int) -> str:
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class Settings:
    """One key and application, the templates that were registered for it, and how its callbacks reach us.

    `templates` go from `e_service.zh`, or `COURT/e_service.zh` for one court alone, to the number of a template.
    """

    secret_id: str
    secret_key: str = field(repr=False)
    app_id: str
    templates: Mapping[str, str]
    callback_secrets: tuple[str, ...] = field(repr=False)
    networks: tuple[Network, ...]
    region: str = "ap-guangzhou"
    api_base: str = "https://sms.tencentcloudapi.com"
    timeout_seconds: float = 20
    abroad: bool = False

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], problems: list[Problem]) -> "Settings | None":
        """Read `SONGDA_TENCENT_*`; None when the group is absent, or wrong, which `problems` then says."""
        group = Group(environ, "SONGDA_TENCENT_", problems)
        if not group.present:
            return None
        inside = group.choice("INSIDE", Inside.NO)
        elsewhere = inside is Inside.NO and _MAINLAND_REGION.fullmatch(group.text("REGION", "ap-guangzhou")) is None
        settings = cls(
            secret_id=group.required("SECRET_ID"),
            secret_key=group.required("SECRET_KEY"),
            app_id=group.required("APP_ID"),
            templates=group.templates("TEMPLATES"),
            callback_secrets=group.path_secrets("CALLBACK_SECRET"),
            networks=group.networks("CALLBACK_NETWORKS"),
            region=group.text("REGION", "ap-guangzhou"),
            api_base=group.url("API_BASE", "https://sms.tencentcloudapi.com"),
            timeout_seconds=group.number("TIMEOUT_SECONDS", 20, lowest=1, highest=120),
            abroad=elsewhere or lies_abroad(group.text("API_BASE"), _MAINLAND, inside),
        )
        return settings if group.sound() else None


_LONGEST_LIST = 100
_KEPT_FOR = timedelta(days=7) - timedelta(minutes=5)
_CLOCK_SKEW = timedelta(minutes=5)


class TencentSms:
    """Texts by Tencent Cloud.

    Not idempotent: the service takes no key of ours. Not askable: it lists what carriers reported, so a message that is
    not there may still have been taken. Reports are unsigned, so they are asked for.
    """

    name = NAME
    capabilities = Capabilities(Channel.SMS, idempotent=False, askable=False, templated=True)

    def __init__(self, settings: Settings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self.capabilities = replace(self.capabilities, abroad=settings.abroad)
        self._now = now
        self._session = use_no_proxy_for_loopback(requests.Session(), settings.api_base)

    def submit(self, message: Message) -> Submission:
        """Send one text. The answer is 200 even for a number that was refused: its own status decides."""
        number = national_number(message.to)
        template, code = registered(message, self._settings.templates)
        answer = self._call(
            "SendSms",
            {
                "PhoneNumberSet": [f"+86{number}"],
                "SmsSdkAppId": self._settings.app_id,
                "TemplateId": code,
                "SignName": template.signature,
                "TemplateParamSet": list(template.variables.values()),
                "SessionContext": sign_reference(message.idempotency_key, self._settings.callback_secrets[0]),
            },
        )
        statuses = answer.get("SendStatusSet")
        if not isinstance(statuses, list) or len(statuses) != 1 or not isinstance(statuses[0], dict):
            raise OutcomeUnknown("answer_unreadable")
        return _submission(statuses[0])

    def ask(self, message: Message) -> Submission | None:
        """Cannot be told: see the class."""
        raise OutcomeUnknown("not_askable", detail=message.channel)

    def reports(self, message: Message, reference: str) -> tuple[Report, ...]:
        """Ask what became of a text. Empty as long as the carrier has not said; nothing is kept beyond seven days.

        A text whose serial number was lost with the answer is known by our own reference, where the account has it
        given back.
        """
        found = [
            row for row in self._listed("PullSmsSendStatusByPhoneNumber", "PullSmsSendStatusSet", message)
            if self._is_of(row, message, reference)
        ]  # fmt: skip
        return tuple(
            report_on(
                serial=str(row.get("SerialNo") or reference),
                status=str(row.get("ReportStatus") or ""),
                code=str(row.get("Description") or ""),
                received=_seconds(row.get("UserReceiveTime")),
                now=self._now(),
                key=message.idempotency_key,
            )
            for row in found
        )

    def answers(self, message: Message) -> tuple[Report, ...]:
        """Ask what was written back from the number since the message went out."""
        rows = self._listed("PullSmsReplyStatusByPhoneNumber", "PullSmsReplyStatusSet", message)
        return tuple(
            answer_from(message.to, str(row.get("ReplyContent") or ""), said_at)
            for row in rows
            if (said_at := _seconds(row.get("ReplyTime"))) is not None
        )

    def _is_of(self, row: Mapping[str, Any], message: Message, reference: str) -> bool:
        if reference:
            return str(row.get("SerialNo") or "") == reference
        return read_reference(row.get("SessionContext"), self._settings.callback_secrets) == message.idempotency_key

    def _listed(self, action: str, name: str, message: Message) -> Iterator[Mapping[str, Any]]:
        now = self._now()
        since = max((message.written_at or now) - _CLOCK_SKEW, now - _KEPT_FOR)
        answer = self._call(
            action,
            {
                "BeginTime": int(since.timestamp()),
                "EndTime": int(now.timestamp()),
                "Offset": 0,
                "Limit": _LONGEST_LIST,
                "PhoneNumber": f"+86{national_number(message.to)}",
                "SmsSdkAppId": self._settings.app_id,
            },
        )
        rows = answer.get(name)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise OutcomeUnknown("answer_unreadable")
        return iter(rows)

    def _call(self, action: str, fields: Mapping[str, object]) -> Mapping[str, Any]:
        """Call one interface and give what stands in its answer. Raises a `SendError`."""
        settings = self._settings
        body = json.dumps(fields, ensure_ascii=False).encode()
        timestamp = int(self._now().timestamp())
        content_type, host = "application/json; charset=utf-8", urlsplit(settings.api_base).netloc
        signature = sign(body, content_type, host, timestamp, settings.secret_key)
        headers = {
            "Authorization": authorization(settings.secret_id, timestamp, signature),
            "Content-Type": content_type,
            "Host": host,
            "X-TC-Action": action,
            "X-TC-Version": VERSION,
            "X-TC-Timestamp": str(timestamp),
            "X-TC-Region": settings.region,
        }
        request = requests.Request("POST", f"{settings.api_base}/", headers=headers, data=body)
        return _read(exchange(self._session, request, Timeouts(read=settings.timeout_seconds)))


def _submission(status: Mapping[str, Any]) -> Submission:
    """Read the status of the one number."""
    code, serial = str(status.get("Code") or ""), str(status.get("SerialNo") or "")
    if code != "Ok":
        if not code:
            raise OutcomeUnknown("answer_unreadable")
        raise _refused(code)
    if not serial:
        raise OutcomeUnknown("answer_unreadable")
    return Submission(serial[:80])


def _read(reply: Reply) -> Mapping[str, Any]:
    """Read an answer: `Response`, with an `Error` in it when it says no, whatever the HTTP status."""
    try:
        answer = read_json(reply.body)["Response"]
    except (ValueError, KeyError, TypeError, RecursionError):
        answer = None
    error = answer.get("Error") if isinstance(answer, dict) else None
    code = str(error.get("Code") or "") if isinstance(error, dict) else ""
    fault = fault_of_status(reply.status, reply.headers)
    if code and reply.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        raise _refused(code)
    if fault is not None:
        raise fault
    if not isinstance(answer, dict):
        raise OutcomeUnknown("answer_unreadable")
    return answer


def _refused(code: str) -> SendError:
    """Name a refusal. An inner fault of the service that it does not explain says nothing of what it had taken."""
    meaning = meaning_of_refusal(code)
    if meaning is None and code.startswith("InternalError"):
        return OutcomeUnknown("server_error", detail=code[:40])
    return refusal(meaning or REFUSED, detail=code[:40])


def _seconds(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 33 else None
