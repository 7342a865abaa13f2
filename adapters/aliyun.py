"""Aliyun's short message service (短信服务, dysmsapi 2017-05-25): texts by registered templates, in the mainland.

The codec comes first (`sign` beside `verify`, the latter for the sandbox town), then the client. Its own library is 29
packages for thirty lines of signature, so it serves the tests as an oracle and nothing else.
"""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from adapters.aliyun_codes import BEIJING, REFUSALS, REFUSED, STATUSES, moment, report_on
from adapters.documents import read_json
from adapters.environment import Group
from adapters.faults import refusal
from adapters.hints import Network, read_reference, sign_reference
from adapters.http import Reply, Timeouts, exchange, fault_of_status, use_no_proxy_for_loopback
from adapters.mainland import national_number, registered
from adapters.whereabouts import Inside, lies_abroad
from delivery.domain.errors import OutcomeUnknown, Transient
from delivery.domain.event import Channel, EventKind, Report
from delivery.providers import Capabilities, Message, Submission
from delivery.settings import Problem

NAME = "aliyun"
ALGORITHM = "ACS3-HMAC-SHA256"
VERSION = "2017-05-25"
_MAINLAND = r"dysmsapi(-vpc)?(\.cn-(?!hongkong)[a-z0-9-]+)?\.aliyuncs\.com"


def canonical_request(query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """Write a POST without a body in the form that is signed: sorted, percent-encoded as RFC 3986 has it."""
    names = sorted(headers)
    asked = "&".join(f"{_encoded(name)}={_encoded(query[name])}" for name in sorted(query))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    return f"POST\n/\n{asked}\n{lines}\n{';'.join(names)}\n{headers['x-acs-content-sha256']}"


def sign(query: Mapping[str, str], headers: Mapping[str, str], secret: str) -> str:
    """Compute the signature (hex of HMAC-SHA256) of a request; `headers` are those signed, names in small letters.

    Source: Aliyun's V3 signature; captured from alibabacloud_dysmsapi20170525 4.6.0.
    """
    digest = hashlib.sha256(canonical_request(query, headers).encode()).hexdigest()
    return hmac.new(secret.encode(), f"{ALGORITHM}\n{digest}".encode(), hashlib.sha256).hexdigest()


def authorization(key_id: str, secret: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """Write the header that proves a request."""
    signed = ";".join(sorted(headers))
    return f"{ALGORITHM} Credential={key_id},SignedHeaders={signed},Signature={sign(query, headers, secret)}"


def verify(key_id: str, secret: str, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
    """Whether a request with these headers (names in small letters) proves that it was signed with the key."""
    given = headers.get("authorization", "")
    listed = re.search(r"SignedHeaders=([a-z0-9;-]+)", given)
    names = listed.group(1).split(";") if listed else []
    if "x-acs-content-sha256" not in names or not set(names) <= headers.keys():
        return False
    expected = authorization(key_id, secret, query, {name: headers[name] for name in names})
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


def _encoded(text: str) -> str:
    return quote(text, safe="~")


@dataclass(frozen=True, slots=True)
class Settings:
    """One access key, the templates that were registered with it, and how its callbacks reach us.

    `templates` go from `e_service.zh`, or `COURT/e_service.zh` for one court alone, to the code of a template.
    """

    key_id: str
    key_secret: str = field(repr=False)
    templates: Mapping[str, str]
    callback_secrets: tuple[str, ...] = field(repr=False)
    networks: tuple[Network, ...]
    api_base: str = "https://dysmsapi.aliyuncs.com"
    timeout_seconds: float = 20
    abroad: bool = False

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], problems: list[Problem]) -> "Settings | None":
        """Read `SONGDA_ALIYUN_*`; None when the group is absent, or wrong, which `problems` then says."""
        group = Group(environ, "SONGDA_ALIYUN_", problems)
        if not group.present:
            return None
        settings = cls(
            key_id=group.required("ACCESS_KEY_ID"),
            key_secret=group.required("ACCESS_KEY_SECRET"),
            templates=group.templates("TEMPLATES"),
            callback_secrets=group.path_secrets("CALLBACK_SECRET"),
            networks=group.networks("CALLBACK_NETWORKS"),
            api_base=group.url("API_BASE", "https://dysmsapi.aliyuncs.com"),
            timeout_seconds=group.number("TIMEOUT_SECONDS", 20, lowest=1, highest=120),
            abroad=lies_abroad(group.text("API_BASE"), _MAINLAND, group.choice("INSIDE", Inside.NO)),
        )
        return settings if group.sound() else None

    @property
    def longest_seconds(self) -> float:
        """How long one call of ours may take: near midnight two days are asked for."""
        return 2 * self.timeout_seconds


_ASK_AFTER = timedelta(minutes=5)  # a request that we gave up on may still be on its way, and the list may lag
_PAGE = 50  # the most that one answer holds; the service itself lets a number have no more in a day


class AliyunSms:
    """Texts by Aliyun.

    Not idempotent: the service takes no key of ours. Askable: its list of what went to a number on a day gives back the
    reference (`OutId`) that only we can have made. Reports are unsigned, so they are asked for, too.
    """

    name = NAME
    capabilities = Capabilities(Channel.SMS, idempotent=False, askable=True, templated=True)

    def __init__(self, settings: Settings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self.capabilities = replace(self.capabilities, abroad=settings.abroad)
        self._now = now
        self._session = use_no_proxy_for_loopback(requests.Session(), settings.api_base)

    def submit(self, message: Message) -> Submission:
        """Send one text. OK means taken: what became of it is told by reports."""
        number = national_number(message.to)
        template, code = registered(message, self._settings.templates)
        reference = sign_reference(message.idempotency_key, self._settings.callback_secrets[0])
        variables = json.dumps(dict(template.variables), ensure_ascii=False)
        query = {
            "PhoneNumbers": number,
            "SignName": template.signature,
            "TemplateCode": code,
            "TemplateParam": variables,
            "OutId": reference,
        }
        answer = self._call("SendSms", query)
        return Submission(reference, args={"serial": str(answer.get("BizId") or "")[:60]})

    def ask(self, message: Message) -> Submission | None:
        """Look for our reference among what went to this number. Until five minutes later the list proves nothing."""
        if message.written_at is None:
            raise OutcomeUnknown("not_askable")
        too_early = message.written_at + _ASK_AFTER - self._now()
        if too_early > timedelta(0):
            raise Transient("too_early_to_ask", retry_after=too_early)
        found = next(self._sent(message), None)
        # Whether it was taken is the question; that it failed later is told by its own report.
        return None if found is None else Submission(str(found["OutId"]))

    def reports(self, message: Message, reference: str) -> tuple[Report, ...]:
        """Ask what became of a text (QuerySendDetails). Empty as long as the carrier has not said."""
        del reference  # the list does not carry the number of the batch, but our own key
        return tuple(report for row in self._sent(message) if (report := self._report(row)) is not None)

    def answers(self, message: Message) -> tuple[Report, ...]:
        """Cannot be told: the service pushes what people write back and keeps no list of it."""
        raise OutcomeUnknown("not_askable", detail=message.channel)

    def _report(self, row: Mapping[str, Any]) -> Report | None:
        status = str(row.get("SendStatus"))
        kind = STATUSES.get(status, EventKind.UNRECOGNISED)
        if kind is None:
            return None
        reference = str(row["OutId"])
        key = read_reference(reference, self._settings.callback_secrets)
        code = str(row.get("ErrCode") or (status if kind is EventKind.UNRECOGNISED else ""))
        return report_on(key, reference, kind, code, moment(row, "ReceiveDate") or self._now())

    def _sent(self, message: Message) -> Iterator[Mapping[str, Any]]:
        """What the service lists under our key. A day is Beijing's; near its end the message may be in the next."""
        written_at = message.written_at or self._now()
        days = {(written_at + more).astimezone(BEIJING).date() for more in (timedelta(0), timedelta(minutes=10))}
        for day in sorted(days):
            rows = self._listed(national_number(message.to), f"{day:%Y%m%d}")
            keys = [read_reference(row.get("OutId"), self._settings.callback_secrets) for row in rows]
            if message.idempotency_key not in keys and len(rows) >= _PAGE:
                raise OutcomeUnknown("list_too_long")
            yield from (row for row, key in zip(rows, keys, strict=True) if key == message.idempotency_key)

    def _listed(self, number: str, day: str) -> list[Mapping[str, Any]]:
        query = {"PhoneNumber": number, "SendDate": day, "PageSize": str(_PAGE), "CurrentPage": "1"}
        listed = self._call("QuerySendDetails", query).get("SmsSendDetailDTOs")
        rows = listed.get("SmsSendDetailDTO") if isinstance(listed, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise OutcomeUnknown("answer_unreadable")
        return rows

    def _call(self, action: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        """Call one interface and give its answer, which says OK. Raises a `SendError`."""
        settings = self._settings
        headers = {
            "host": urlsplit(settings.api_base).netloc,
            "x-acs-action": action,
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
            "x-acs-date": self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": secrets.token_hex(16),
            "x-acs-version": VERSION,
        }
        headers["Authorization"] = authorization(settings.key_id, settings.key_secret, query, headers)
        asked = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in query.items())
        request = requests.Request("POST", f"{settings.api_base}/?{asked}", headers=headers)
        return _read(exchange(self._session, request, Timeouts(read=settings.timeout_seconds)))


def _read(reply: Reply) -> Mapping[str, Any]:
    """Read an answer. Refusals come with any status; a code on a server error documents nothing but throttling."""
    try:
        answer = read_json(reply.body)
    except (ValueError, RecursionError):
        answer = None
    code = str(answer.get("Code") or "") if isinstance(answer, dict) else ""
    fault = fault_of_status(reply.status, reply.headers)
    if fault is None and code == "OK":
        assert isinstance(answer, dict)
        return answer
    if code.startswith("Throttling") or (code in REFUSALS and reply.status < HTTPStatus.INTERNAL_SERVER_ERROR):
        raise refusal(REFUSALS.get(code, REFUSALS["Throttling"]), detail=code[:40])
    if fault is not None:
        raise fault
    raise refusal(REFUSED, detail=code[:40]) if code else OutcomeUnknown("answer_unreadable")
