"""What China Post pushes to us: the traces of court mail, one a call, sealed with the agreement's key (platform v2)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from adapters.ems import BODY_FIELD, NAME, OK, Settings, UnopenableBodyError, open_body
from adapters.ems_codes import report_of_trace
from delivery.domain.errors import InvalidSignature, MalformedCallback
from delivery.domain.event import Report
from webhooks.receiver import Answer, InboundRequest, form


@dataclass(frozen=True, slots=True)
class EmsReceiver:
    """Trace pushes (040002), as a form or as JSON: both have been seen.

    That a body opens with our key is all the proof there is. The key does not bind the call to a moment, so an old push
    can be sent again by whoever recorded it; it then gives the same `event_id` and changes nothing.
    """

    sign_keys: tuple[str, ...] = field(repr=False)
    sender_no: str
    name = NAME

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
            content = json.loads(self._open(request))
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
        return Answer(body=json.dumps(answer, ensure_ascii=False), content_type="application/json; charset=utf-8")

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


def _fields(request: InboundRequest) -> Mapping[str, Any]:
    """Give the fields of the envelope, which nothing protects: only the sealed one is used."""
    if not request.body.lstrip().startswith(b"{"):
        return dict(form(request))
    try:
        content = json.loads(request.body)
    except (ValueError, RecursionError):
        raise InvalidSignature("body") from None
    return content if isinstance(content, dict) else {}
