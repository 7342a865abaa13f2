"""China Post's open platform for agreement customers (协议客户), version 2: court mail by EMS.

How bodies are sealed lies in `ems_codec.py`, the agreement in `ems_settings.py`, what the carrier's codes mean in
`ems_codes.py`.
"""

import base64
import binascii
import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import requests

from adapters.documents import read_json
from adapters.ems_codec import BODY_FIELD, OK, seal_body
from adapters.ems_codes import BEIJING, TIME_FORMAT, report_of_trace, unreadable_trace
from adapters.ems_settings import Settings
from adapters.http import LONGEST_ANSWER, Timeouts, post_form, use_no_proxy_for_loopback
from delivery.document_types import DocumentType, identify
from delivery.domain.errors import BadValue, MalformedCallback, OutcomeUnknown, Permanent, Transient
from delivery.domain.event import Channel, EventKind, Report
from delivery.providers import Capabilities, Message, PostalAddress, Submission

NAME = "ems"
_MOBILE = re.compile(r"1[0-9]{10}")
_HEAD_OFFICE_TEMPLATE = "129"
_MINUTE = timedelta(minutes=1)
_PICTURES = frozenset({DocumentType.JPEG, DocumentType.PNG, DocumentType.PDF})
_LONGEST_PICTURE = 16 << 20
_SHORTEST_PICTURE = 64  # shorter texts are numbers, names and moments


class Ems:
    """Court mail by EMS.

    Idempotent: the order number is ours, and the same number gives the same waybill again. Not askable: the platform
    answers about waybill numbers only, which is just what is missing when the answer to an order was lost.
    """

    name = NAME
    capabilities = Capabilities(Channel.POST, idempotent=True, askable=False)

    def __init__(self, settings: Settings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self.capabilities = replace(self.capabilities, abroad=settings.abroad)
        self._now = now
        self._session = use_no_proxy_for_loopback(requests.Session(), settings.url)
        self._asking, self._asked = threading.Lock(), deque[datetime]()

    def submit(self, message: Message) -> Submission:
        """Create an order and take a waybill number for it."""
        if message.postal is None:
            raise Permanent("address_missing")
        answer = self._call("020003", [self._order(message, message.postal)])
        first = answer[0] if isinstance(answer, list) and answer else answer
        waybill = first.get("waybillNo") if isinstance(first, dict) else None
        if not waybill:
            raise OutcomeUnknown("waybill_missing")
        return Submission(str(waybill), EventKind.POST_ACCEPTED)

    def ask(self, message: Message) -> Submission | None:
        """Cannot be told: see the class. The same order again is the way to learn the waybill."""
        raise OutcomeUnknown("not_askable", detail=message.channel)

    def cancel(self, order_number: str, waybill: str) -> None:
        """Take an order back before it is posted. `order_number` is the idempotency key. Raises a `SendError`."""
        self._call("020006", {"logisticsOrderNo": order_number, "waybillNo": waybill, "cancelReason": "无需寄递"})

    def label(self, waybill: str) -> bytes:
        """Fetch the label of a waybill as PDF, by the head office's template. Raises a `SendError`.

        Asked for without an address to fetch from, the platform answers with the document itself in base64; under
        which name is not documented, so any text in the answer that opens to a PDF is taken.
        """
        answer = self._call("010004", {"waybillNo": waybill, "type": _HEAD_OFFICE_TEMPLATE})
        for text in answer.values() if isinstance(answer, dict) else (answer,):
            found = _pdf(text)
            if found:
                return found
        raise OutcomeUnknown("label_unreadable")

    @property
    def keeps_slips(self) -> bool:
        """Whether the agreement names an interface for pictures of signed slips."""
        return bool(self._settings.slip_api)

    def slip(self, waybill: str) -> tuple[bytes, str] | None:
        """Fetch the picture of the slip that was signed for a waybill, and its media type; None while there is none.

        No public description has the interface. What all others of the platform share is relied on: the number goes
        in, the document comes out in base64 under some name, and an answer without one is a miss. Raises a `SendError`.
        """
        self._spend_a_question()
        answer = self._call(self._settings.slip_api, {"waybillNo": waybill}, longest=_LONGEST_PICTURE)
        texts = [text for text in _texts(answer) if len(text) >= _SHORTEST_PICTURE]
        for text in texts:
            content = _decoded(text)
            if content and (kind := _picture(content)) is not None:
                return content, kind.value
        if texts:
            raise OutcomeUnknown("slip_unreadable")
        return None

    def track(self, waybill: str) -> tuple[Report, ...]:
        """Ask for all that is known of a waybill, oldest first as the carrier gives it; empty when it knows nothing.

        A trace that cannot be read is shown to a person and hides none of the others. Raises a `SendError`
        (`Transient("rate_limited")` once the minute's questions are spent).
        """
        self._spend_a_question()
        answer = self._call("040001", {"waybillNo": waybill, "direction": "0"})
        items = answer.get("responseItems") if isinstance(answer, dict) else answer
        traces = [item for item in items or () if isinstance(item, dict)] if isinstance(items, list) else []
        return tuple(self._read({"waybillNo": waybill, **trace}) for trace in traces)

    def _read(self, trace: Mapping[str, Any]) -> Report:
        try:
            return report_of_trace(trace)
        except MalformedCallback:
            return unreadable_trace(trace, self._now())

    def reports(self, message: Message, reference: str) -> tuple[Report, ...]:  # noqa: ARG002 - the port's shape
        """Say what became of a mail after somebody hinted at it: the traces of its waybill. See `track`."""
        return self.track(reference) if reference else ()

    def answers(self, message: Message) -> tuple[Report, ...]:
        """Nobody writes back to a letter."""
        raise OutcomeUnknown("not_askable", detail=message.channel)

    def _spend_a_question(self) -> None:
        """Keep to the agreement's rate: questions beyond it wait, orders and cancellations never do."""
        now = self._now()
        with self._asking:
            while self._asked and self._asked[0] <= now - _MINUTE:
                self._asked.popleft()
            if len(self._asked) >= self._settings.queries_per_minute:
                raise Transient("rate_limited", retry_after=self._asked[0] + _MINUTE - now)
            self._asked.append(now)

    def _order(self, message: Message, to: PostalAddress) -> dict[str, object]:
        written_at = message.written_at or self._now()
        court = message.sender or self._settings.posted_by
        return {
            "createdTime": written_at.astimezone(BEIJING).strftime(TIME_FORMAT),
            "ecommerceUserId": str(message.court_id),
            "senderNo": self._settings.sender_no,
            "logisticsOrderNo": message.idempotency_key,
            "contentsAttribute": "1",  # papers
            "bizProductNo": self._settings.product,
            "deliverType": "2",  # to the door: court mail must not be sent to a locker from the start
            "receiptFlag": self._settings.receipt,
            "sender": _person(court.name, court.phone, court.address),
            "receiver": _person(message.recipient_name, message.phone, to),
            "cargos": [{"cargoName": title, "cargoQuantity": 1} for title in message.document_titles],
        }

    def _call(self, api_code: str, body: object, *, longest: int = LONGEST_ANSWER) -> Any:  # noqa: ANN401 - JSON
        """Call one interface and give its `retBody`, parsed. Raises a `SendError`."""
        settings = self._settings
        fields = {
            "apiCode": api_code,
            "senderNo": settings.sender_no,
            "authorization": settings.authorization,
            "timeStamp": self._now().astimezone(BEIJING).strftime(TIME_FORMAT),
            "version": "V1.0.0",
            BODY_FIELD: seal_body(json.dumps(body, ensure_ascii=False, separators=(",", ":")), settings.sign_keys[0]),
        }
        reply = post_form(self._session, settings.url, fields, Timeouts(read=settings.timeout_seconds, longest=longest))
        try:
            answer = read_json(reply.body)
            code, inner = str(answer["retCode"]), answer.get("retBody")
            result = inner if _is_document(inner) else read_json(inner) if isinstance(inner, str) and inner else inner
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            result, code = None, ""
        if not code:
            raise OutcomeUnknown("answer_unreadable")
        if code != OK:
            # The platform's list of refusals is not public. It says no, so nothing was taken; whether address, account
            # or moment is at fault it does not say, so the address is not blamed and the same order may go again.
            raise Transient("refused", detail=code[:12])
        return result


def _pdf(text: object) -> bytes:
    """Open a text of base64 that holds a PDF; empty for anything else."""
    content = _decoded(text)
    return content if content.startswith(b"%PDF-") else b""


def _is_document(text: object) -> bool:
    """Whether the body is a document itself, and no JSON."""
    content = _decoded(text)
    return bool(_pdf(text)) or (len(content) >= _SHORTEST_PICTURE and _picture(content) is not None)


def _decoded(text: object) -> bytes:
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        return b""


def _picture(content: bytes) -> DocumentType | None:
    """What kind of picture or scan this is, if it is a whole one."""
    try:
        kind = identify(content)
    except BadValue:
        return None
    return kind if kind in _PICTURES else None


def _texts(value: object) -> Iterator[str]:
    """Every text in an answer, at any depth."""
    match value:
        case str():
            yield value
        case dict():
            for inner in value.values():
                yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)
        case _:
            return


def _person(name: str, phone: str, address: PostalAddress) -> dict[str, str]:
    """Write name, number and address in the platform's fields; numbers of the mainland without +86."""
    digits = phone.removeprefix("+86").replace("-", "").replace(" ", "")
    number = "mobile" if _MOBILE.fullmatch(digits) else "phone"
    fields = {
        "name": name,
        number: digits,
        "prov": address.province,
        "city": address.city,
        "county": address.county,
        "address": address.street,
        "postCode": address.postcode,
    }
    return {key: value for key, value in fields.items() if value}
