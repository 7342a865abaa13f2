"""China Post's open platform for agreement customers (协议客户), version 2: court mail by EMS.

The codec comes first (`seal_body` beside `open_body`, used by the receiver and by the sandbox town), then the client.
What the carrier's codes mean lies in `ems_codes.py`.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from adapters.ems_codes import BEIJING, TIME_FORMAT, report_of_trace
from adapters.environment import Group
from adapters.http import Timeouts, post_form, use_no_proxy_for_loopback
from delivery.domain.errors import OutcomeUnknown, Permanent, Transient
from delivery.domain.event import Channel, EventKind, Report
from delivery.providers import Capabilities, Message, PostalAddress, Submission
from delivery.settings import Problem

NAME = "ems"
SEAL_PREFIX = "|$4|"
BODY_FIELD = "logitcsInterface"  # misspelt in the protocol itself
OK = "00000"
SIGN_KEY_BYTES = 16
_BLOCK_BITS = 128
_MOBILE = re.compile(r"1[0-9]{10}")


class UnopenableBodyError(ValueError):
    """The text was not sealed with this key."""


def _cipher(sign_key: str) -> Cipher[modes.ECB]:
    return Cipher(algorithms.SM4(base64.b64decode(sign_key, validate=True)), modes.ECB())  # noqa: S305 - the protocol's


def seal_body(json_text: str, sign_key: str) -> str:
    """Encrypt a body: `|$4|` + base64(SM4-ECB-PKCS7(key, body + the key's own text)).

    `sign_key` is the base64 text that China Post hands out, 16 bytes when decoded. This is encryption with the key
    appended, not a MAC, and ECB shows equal blocks: transport security is TLS's. Source: the platform's published
    sample.
    """
    padder = padding.PKCS7(_BLOCK_BITS).padder()
    plain = padder.update((json_text + sign_key).encode()) + padder.finalize()
    encryptor = _cipher(sign_key).encryptor()
    return SEAL_PREFIX + base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode("ascii")


def open_body(text: str, sign_key: str) -> str:
    """Decrypt a sealed body and cut the trailing key text; raises `UnopenableBodyError` for anything else.

    Whether pushes carry the trailing key is not documented, so its absence is accepted, but then only for a body that
    reads as JSON: without the key text, valid padding alone proves next to nothing. A blank stands for a `+` that form
    encoding lost.
    """
    if not text.startswith(SEAL_PREFIX):
        raise UnopenableBodyError
    try:
        sealed = base64.b64decode(text.removeprefix(SEAL_PREFIX).replace(" ", "+"), validate=True)
        decryptor = _cipher(sign_key).decryptor()
        unpadder = padding.PKCS7(_BLOCK_BITS).unpadder()
        padded = decryptor.update(sealed) + decryptor.finalize()
        plain = (unpadder.update(padded) + unpadder.finalize()).decode("utf-8")
        if plain.endswith(sign_key):
            return plain.removesuffix(sign_key)
        json.loads(plain)
    except (ValueError, RecursionError, binascii.Error, UnsupportedAlgorithm) as error:
        raise UnopenableBodyError from error
    return plain


@dataclass(frozen=True, slots=True)
class Settings:
    """One agreement with China Post, and the address from which the court posts. Keys are newest first."""

    url: str
    sender_no: str
    authorization: str = field(repr=False)
    sign_keys: tuple[str, ...] = field(repr=False)
    sender_name: str
    sender_phone: str
    sender: PostalAddress
    product: str = "1"  # bizProductNo: 1 is 特快专递
    receipt: str = "2"  # receiptFlag: 2 is the receipt (回执)
    timeout_seconds: float = 20

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], problems: list[Problem]) -> "Settings | None":
        """Read `SONGDA_EMS_*`; None when the group is absent, or wrong, which `problems` then says."""
        group = Group(environ, "SONGDA_EMS_", problems)
        if not group.present:
            return None
        settings = cls(
            url=group.url("URL", "https://api.ems.com.cn/amp-prod-api/f/amp/api/open"),
            sender_no=group.required("SENDER_NO"),
            authorization=group.required("AUTHORIZATION"),
            sign_keys=group.keys("SIGN_KEY", SIGN_KEY_BYTES),
            sender_name=group.required("SENDER_NAME"),
            sender_phone=group.required("SENDER_PHONE"),
            sender=PostalAddress(
                province=group.required("SENDER_PROVINCE"),
                city=group.required("SENDER_CITY"),
                county=group.required("SENDER_COUNTY"),
                street=group.required("SENDER_STREET"),
                postcode=group.text("SENDER_POSTCODE"),
            ),
            product=str(group.number("PRODUCT", 1, lowest=1, highest=99)),
            receipt=str(group.number("RECEIPT", 2, lowest=1, highest=8)),
            timeout_seconds=group.number("TIMEOUT_SECONDS", 20, lowest=1, highest=120),
        )
        return settings if group.sound() else None


class Ems:
    """Court mail by EMS.

    Idempotent: the order number is ours, and the same number gives the same waybill again. Not askable: the platform
    answers about waybill numbers only, which is just what is missing when the answer to an order was lost.
    """

    name = NAME
    capabilities = Capabilities(Channel.POST, idempotent=True, askable=False)

    def __init__(self, settings: Settings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now
        self._session = use_no_proxy_for_loopback(requests.Session(), settings.url)

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

    def cancel(self, order_number: str, waybill: str, reason: str) -> None:
        """Take an order back before it is posted. `order_number` is the idempotency key. Raises a `SendError`."""
        self._call("020006", {"logisticsOrderNo": order_number, "waybillNo": waybill, "cancelReason": reason})

    def track(self, waybill: str) -> tuple[Report, ...]:
        """Ask for all that is known of a waybill, oldest first as the carrier gives it; empty when it knows nothing.

        Raises a `SendError`, and `MalformedCallback` for a trace that cannot be read.
        """
        answer = self._call("040001", {"waybillNo": waybill, "direction": "0"})
        items = answer.get("responseItems") if isinstance(answer, dict) else answer
        traces = [item for item in items or () if isinstance(item, dict)] if isinstance(items, list) else []
        return tuple(report_of_trace({"waybillNo": waybill, **trace}) for trace in traces)

    def _order(self, message: Message, to: PostalAddress) -> dict[str, object]:
        written_at = message.written_at or self._now()
        return {
            "createdTime": written_at.astimezone(BEIJING).strftime(TIME_FORMAT),
            "ecommerceUserId": str(message.court_id),
            "senderNo": self._settings.sender_no,
            "logisticsOrderNo": message.idempotency_key,
            "contentsAttribute": "1",  # papers
            "bizProductNo": self._settings.product,
            "deliverType": "2",  # to the door: court mail must not be sent to a locker from the start
            "receiptFlag": self._settings.receipt,
            "sender": _person(self._settings.sender_name, self._settings.sender_phone, self._settings.sender),
            "receiver": _person(message.recipient_name, message.phone, to),
            "cargos": [{"cargoName": title, "cargoQuantity": 1} for title in message.document_titles],
        }

    def _call(self, api_code: str, body: object) -> Any:  # noqa: ANN401 - JSON
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
        reply = post_form(self._session, settings.url, fields, Timeouts(read=settings.timeout_seconds))
        try:
            answer = json.loads(reply.body)
            code, inner = str(answer["retCode"]), answer.get("retBody")
            result = json.loads(inner) if isinstance(inner, str) and inner else inner
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            result, code = None, ""
        if not code:
            raise OutcomeUnknown("answer_unreadable")
        if code != OK:
            # The platform's list of refusals is not public. It says no, so nothing was taken; whether address, account
            # or moment is at fault it does not say, so the address is not blamed and the same order may go again.
            raise Transient("refused", detail=code[:12])
        return result


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
