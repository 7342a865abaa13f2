"""What the callbacks of WeChat and WeCom have in common: opening the envelope, reading the message, and answering.

The signature stands in the address and covers time stamp, nonce and the sealed text. It proves nothing about when a
request is made, so old ones are refused; within the window a repeated one is the same fact again, because the fact's
identity follows from what is said and not from when.
"""

import hashlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from adapters.hints import meaning_of_answer
from adapters.wechat_crypto import UnopenableEnvelopeError, unseal, verify
from delivery.domain.errors import InvalidSignature, MalformedCallback
from delivery.domain.event import EventKind, Report
from webhooks.receiver import InboundRequest

WINDOW = timedelta(minutes=10)
"""How far a request's time stamp may lie from our clock: both houses repeat within seconds."""

ROLE = "account_holder"
"""Who answers in WeChat: whoever holds the account. Nobody checked who that is: no consent, nor service by itself."""

_SEALED = re.compile(rb"<Encrypt>\s*(?:<!\[CDATA\[)?([A-Za-z0-9+/=]+)(?:\]\]>)?\s*</Encrypt>")
_STAMP = re.compile(r"[0-9]{1,11}")


@dataclass(frozen=True, slots=True)
class Envelope:
    """The secrets of one account's callbacks, newest first, and for whom its messages are sealed (AppID, CorpID)."""

    tokens: tuple[str, ...] = field(repr=False)
    keys: tuple[str, ...] = field(repr=False)
    receive_id: str

    def check(self, request: InboundRequest, signature: str, *signed: str) -> None:
        """Check a signature over time stamp, nonce and what else is signed, and the age of the request."""
        query = request.query()
        stamp = query.get("timestamp", "")
        given = query.get(signature, "")
        if not any(verify(given, token, stamp, query.get("nonce", ""), *signed) for token in self.tokens):
            raise InvalidSignature("signature")
        at = _moment(stamp)
        if at is None or abs(request.received_at - at) > WINDOW:
            raise InvalidSignature("time_stamp")

    def verified(self, request: InboundRequest, sealed: str) -> str:
        """Check the request, and give what is sealed in it. Raises `InvalidSignature`."""
        self.check(request, "msg_signature", sealed)
        return self.opened(sealed)

    def opened(self, sealed: str) -> str:
        """Open with any active key, whatever its age. Raises `InvalidSignature`."""
        for key in self.keys:
            try:
                return unseal(sealed, key, self.receive_id)
            except UnopenableEnvelopeError:
                continue
        raise InvalidSignature("sealed_otherwise")


def sealed_in(request: InboundRequest) -> str:
    """Find the sealed text of a body without reading it as XML: nothing vouches for it yet."""
    found = _SEALED.search(request.body)
    if found is None:
        raise InvalidSignature("body_missing")
    return found.group(1).decode("ascii")


def message_in(envelope: Envelope, request: InboundRequest) -> Mapping[str, str]:
    """Read the message of a request that was verified. Raises `MalformedCallback`."""
    try:
        text = envelope.opened(sealed_in(request))
    except InvalidSignature:
        raise MalformedCallback("not_sealed") from None
    if "<!DOCTYPE" in text:
        raise MalformedCallback("not_xml")
    try:
        root = ET.fromstring(text)  # noqa: S314 - sealed and signed with our secrets, and without entities of its own
    except (ET.ParseError, ValueError):
        raise MalformedCallback("not_xml") from None
    fields = {child.tag: (child.text or "").strip() for child in root}
    if not fields.get("MsgType"):
        raise MalformedCallback("type_missing")
    return fields


def told_at(fields: Mapping[str, str]) -> datetime:
    """Give the message's own time. Raises `MalformedCallback` when it has none."""
    at = _moment(fields.get("CreateTime", ""))
    if at is None:
        raise MalformedCallback("time_unreadable")
    return at


def reply_of(fields: Mapping[str, str], address: Callable[[str], str]) -> Report:
    """Read what a person wrote. The account is the only link to an order, so it travels in `detail`, sealed."""
    number, sender = fields.get("MsgId", ""), fields.get("FromUserName", "")
    if not number or not sender:
        raise MalformedCallback("reference_missing")
    text = fields.get("Content", "")
    kind, choice = meaning_of_answer(text)
    return Report(
        kind=kind,
        event_id=f"{number[:100]}|reply",
        occurred_at=told_at(fields),
        reference=number[:80],
        raw_code=fields["MsgType"][:40],
        args={"role": ROLE} | ({"choice": choice} if choice else {}),
        detail={"from": address(sender), "text": text},
    )


def unknown_event(fields: Mapping[str, str], reference: str = "") -> Report:
    """An event that nobody told us of: shown to a person. Its identity names nobody."""
    said = "|".join(fields.get(name, "") for name in ("Event", "EventKey", "FromUserName", "CreateTime"))
    number = hashlib.sha256(said.encode()).hexdigest()
    return Report(EventKind.UNRECOGNISED, number, told_at(fields), reference[:80], fields.get("Event", "")[:40])


def _moment(text: str) -> datetime | None:
    return datetime.fromtimestamp(int(text), UTC) if _STAMP.fullmatch(text) else None
