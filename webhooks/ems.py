"""What China Post pushes to us: the traces of court mail, in the three forms that stand side by side at the post.

Platform v2 seals one trace a call with the agreement's key. JDPT vouches for a list of traces by a digest and wants
each of them acknowledged. The oldest form proves nothing, so what it says is a hint, and the platform is asked. All
three tell of the mail of one carrier.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from adapters.documents import read_json
from adapters.ems import NAME
from adapters.ems_codec import BODY_FIELD, OK, UnopenableBodyError, digest_body, open_body
from adapters.ems_codes import report_of_action, report_of_trace, unreadable_trace
from adapters.ems_settings import Settings
from adapters.hints import Network
from delivery.domain.errors import InvalidSignature, MalformedCallback
from delivery.domain.event import Report
from webhooks.receiver import Answer, InboundRequest, form
from webhooks.unsigned import prove

_JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class EmsReceiver:
    """Trace pushes (040002), as a form or as JSON: both have been seen.

    That a body opens with our key is all the proof there is. The key does not bind the call to a moment, so an old push
    can be sent again by whoever recorded it; it then gives the same `event_id` and changes nothing.
    """

    sign_keys: tuple[str, ...] = field(repr=False)
    sender_no: str
    name = NAME
    carrier = NAME

    @classmethod
    def configured(cls, settings: Settings) -> "EmsReceiver":
        """Build the receiver of an agreement."""
        return cls(settings.sign_keys, settings.sender_no)

    def verify(self, request: InboundRequest) -> None:
        """Open the body with any active key."""
        self._open(request)

    def event_reports(self, request: InboundRequest) -> list[Report]:
        """Read the trace; the platform sends one, but a list is read too."""
        try:
            content = read_json(self._open(request))
        except InvalidSignature:
            raise MalformedCallback("not_sealed") from None
        except (ValueError, RecursionError):
            raise MalformedCallback("not_json") from None
        traces = content if isinstance(content, list) else [content]
        if not traces or not all(isinstance(trace, dict) for trace in traces):
            raise MalformedCallback("trace_missing")
        return [report_of_trace(trace) for trace in traces]

    def acknowledge(self, request: InboundRequest) -> Answer:
        """Acknowledge in the platform's form; the serial number is ours and follows from the body."""
        serial = UUID(bytes=hashlib.sha256(request.body).digest()[:16], version=4)
        answer = {"serialNo": str(serial), "code": OK, "codeMessage": "成功", "senderNo": self.sender_no}
        return Answer(body=json.dumps(answer, ensure_ascii=False), content_type=_JSON)

    def _open(self, request: InboundRequest) -> str:
        sealed = _fields(request).get(BODY_FIELD)
        if not isinstance(sealed, str):
            raise InvalidSignature("body_missing")
        for key in self.sign_keys:
            try:
                return open_body(sealed, key)
            except UnopenableBodyError:
                continue
        raise InvalidSignature("sealed_otherwise")


@dataclass(frozen=True, slots=True)
class JdptReceiver:
    """Pushes of the JDPT form: several traces, vouched for by a digest over the body as it was received."""

    keys: tuple[str, ...] = field(repr=False)
    name = "ems_jdpt"
    carrier = NAME

    @classmethod
    def configured(cls, settings: Settings) -> "JdptReceiver":
        """Build the receiver of an agreement."""
        return cls(settings.jdpt_keys)

    def verify(self, request: InboundRequest) -> None:
        """Compare the digest with every active key."""
        fields = dict(form(request))
        body, given = fields.get("msgBody", ""), fields.get("dataDigest", "").replace(" ", "+").encode()
        if not body or not any(hmac.compare_digest(digest_body(body, key).encode(), given) for key in self.keys):
            raise InvalidSignature("digest")

    def event_reports(self, request: InboundRequest) -> list[Report]:
        """Read every trace; one that cannot be read, but names its mail, is shown to a person."""
        found: list[Report] = []
        for trace in _traces(request):
            try:
                found.append(report_of_trace(trace))
            except MalformedCallback:
                found.append(unreadable_trace(trace, request.received_at))
        return found

    def acknowledge(self, request: InboundRequest) -> Answer:
        """Acknowledge trace by trace: what could not be read may come again."""
        fields = dict(form(request))
        try:
            items = [_acknowledged(trace) for trace in _traces(request)]
        except MalformedCallback as error:
            items, fault = [], str(error)
        else:
            fault = ""
        answer = {
            "receiveId": fields.get("receiveID", ""),
            "responseState": not fault and all(item["success"] for item in items),
            "errorDesc": fault,
            "responseItems": items,
        }
        return Answer(body=json.dumps(answer, ensure_ascii=False), content_type=_JSON)


def _traces(request: InboundRequest) -> list[dict[str, Any]]:
    """Give the traces of a JDPT body. Raises `MalformedCallback`, also for forms that nobody saw (XML, compressed)."""
    try:
        fields = dict(form(request))
        if fields.get("dataType", "1") != "1":
            raise MalformedCallback("data_type")
        content = read_json(fields.get("msgBody", ""))
        traces = content["traces"]
    except (InvalidSignature, ValueError, KeyError, TypeError, RecursionError):
        raise MalformedCallback("not_json") from None
    if not isinstance(traces, list) or not traces or not all(isinstance(trace, dict) for trace in traces):
        raise MalformedCallback("trace_missing")
    return traces


def _acknowledged(trace: Mapping[str, Any]) -> dict[str, Any]:
    number = str(trace.get("traceNo") or trace.get("waybillNo") or "")
    try:
        report_of_trace(trace)
    except MalformedCallback as error:
        return {"traceNo": number, "success": False, "reason": str(error)}
    return {"traceNo": number, "success": True, "reason": ""}


@dataclass(frozen=True, slots=True)
class LegacyReceiver:
    """Pushes of the oldest form (`listexpressmail`), JSON or XML. Nothing of it is signed: each item is a hint."""

    paths: tuple[str, ...] = field(repr=False)
    networks: tuple[Network, ...]
    name = "ems_legacy"
    carrier = NAME
    only_hints = True

    @classmethod
    def configured(cls, settings: Settings) -> "LegacyReceiver":
        """Build the receiver of an agreement."""
        return cls(settings.legacy_paths, settings.legacy_networks)

    def verify(self, request: InboundRequest) -> None:
        """Check the secret path and the caller's network: all that there is."""
        prove(request, self.paths, self.networks)

    def event_reports(self, request: InboundRequest) -> list[Report]:
        """Read every item that can be read; the numbers of the others are in the acknowledgement."""
        items = _mails(request)
        found = [report for report in map(_readable, items) if report is not None]
        if not found:
            raise MalformedCallback("trace_incomplete")
        return found

    def acknowledge(self, request: InboundRequest) -> Answer:
        """Name the mails whose items could not be read, so that they come again."""
        try:
            failed = [str(item.get("mailnum", "")) for item in _mails(request) if _readable(item) is None]
            remark = "unreadable" if failed else ""
        except MalformedCallback as error:
            failed, remark = [], str(error)
        answer = {"success": "0" if remark else "1", "failmailnums": ",".join(failed), "remark": remark}
        if request.body.lstrip().startswith(b"<"):
            inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in answer.items())
            return Answer(body=f"<response>{inner}</response>", content_type="application/xml; charset=utf-8")
        return Answer(body=json.dumps(answer, ensure_ascii=False), content_type=_JSON)


def _readable(item: Mapping[str, Any]) -> Report | None:
    try:
        return report_of_action(item)
    except MalformedCallback:
        return None


def _mails(request: InboundRequest) -> list[dict[str, Any]]:
    """Give the items of a body in JSON or XML. Raises `MalformedCallback`."""
    if request.body.lstrip().startswith(b"<"):
        return _of_xml(request.body)
    try:
        content = read_json(request.body)
        items = content["listexpressmail"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise MalformedCallback("not_json") from None
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise MalformedCallback("trace_missing")
    return items


def _of_xml(body: bytes) -> list[dict[str, Any]]:
    """Read the XML form: every element that holds a `mailnum` is an item. A document with definitions is not read."""
    # In UTF-16, which the parser recognises by itself, definitions would not show.
    if b"<!" in body or b"\0" in body:
        raise MalformedCallback("not_xml")
    try:
        root = ET.fromstring(body)  # noqa: S314 - no definitions, so nothing can grow or be fetched
    except (ET.ParseError, ValueError, LookupError):
        raise MalformedCallback("not_xml") from None
    items = [{part.tag: part.text or "" for part in one} for one in root.iter() if one.find("mailnum") is not None]
    if not items:
        raise MalformedCallback("trace_missing")
    return items


def _fields(request: InboundRequest) -> Mapping[str, Any]:
    """Give the fields of the envelope, which nothing protects: only the sealed one is used."""
    if not request.body.lstrip().startswith(b"{"):
        return dict(form(request))
    try:
        content = read_json(request.body)
    except (ValueError, RecursionError):
        raise InvalidSignature("body") from None
    return content if isinstance(content, dict) else {}
